/**
 * Bundles a TypeScript module so that it runs without a build, and imports it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

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
