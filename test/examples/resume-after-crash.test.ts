/** The example that kills its own processes, with the library from the sources: bundled, for its processes know no alias. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { libraryEntries } from '../../scripts/entries.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('resume-after-crash.mjs is killed three times, and commits each result once', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-example-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'example.mjs')
  const alias = {
    signalbox: join(root, libraryEntries.index),
    'signalbox/stores/file': join(root, libraryEntries['stores/file']),
  }
  const entryPoints = [join(root, 'examples/resume-after-crash.mjs')]
  await build({ entryPoints, outfile, alias, bundle: true, format: 'esm', platform: 'node', target: 'es2022' })
  const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.trimEnd().split('\n')).toEqual([
    'killed 3 times, resumed 3 times',
    '12 of 12 tasks succeeded, each committed once',
    'whatever was committed had happened outside',
  ])
})
