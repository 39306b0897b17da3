/** Modules of the library that are not public, bundled from the sources: what the checks measure is below the front door. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

/**
 * The exports of a module with this text, in which `./src/…` may be imported.
 *
 * @param {string} text
 */
export async function loadInside(text) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
  const outfile = join(folder, 'inside.mjs')
  const resolveDir = fileURLToPath(new URL('..', import.meta.url))
  try {
    await build({
      stdin: { contents: text, resolveDir, loader: 'ts' },
      bundle: true,
      outfile,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
