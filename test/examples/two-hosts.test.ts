/** The example with two processes, as its reader runs it: one is killed, the other goes on. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { libraryEntries } from '../../scripts/entries.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const parent = join(root, '.vitest')
let folder = ''

beforeAll(async () => {
  // Inside the repository, so that it finds its packages.
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, 'two-hosts-'))
  const sources = Object.entries(libraryEntries).map(([name, source]) => [
    name === 'index' ? 'signalbox' : `signalbox/${name}`,
    join(root, source),
  ])
  await build({
    entryPoints: [join(root, 'examples/two-hosts.mjs')],
    outfile: join(folder, 'two-hosts.mjs'),
    alias: Object.fromEntries(sources),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Packages of CommonJS inside a module ask for it.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('two-hosts.mjs: the leader is killed, the other goes on, and every result is committed once', {
  timeout: 60_000,
}, () => {
  const program = join(folder, 'two-hosts.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    encoding: 'utf8',
  })
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: [
      'The second host is on standby.',
      'The first host was killed; the second is leader, and the run has succeeded.',
      '12 of 12 results are committed, each of them once.',
      '',
    ].join('\n'),
    stderr: '',
  })
})
