/** The example with agents as programs: one is killed, and replaced. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { libraryEntries } from '../../scripts/entries.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const source = join(root, 'examples/agents-as-commands')
let folder = ''

beforeAll(async () => {
  const parent = join(root, '.vitest')
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, 'agents-'))
  const sources = Object.entries(libraryEntries).map(([name, file]) => [
    name === 'index' ? 'signalbox' : `signalbox/${name}`,
    join(root, file),
  ])
  await build({
    entryPoints: [join(source, 'run.mjs')],
    outfile: join(folder, 'run.mjs'),
    alias: Object.fromEntries(sources),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  })
  copyFileSync(join(source, 'agent.sh'), join(folder, 'agent.sh'))
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('agents-as-commands: an agent that hangs is killed and replaced, at the cost of no retry', {
  timeout: 60_000,
}, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'run.mjs')], { encoding: 'utf8' })
  expect({ status, stdout: stdout.split('\n'), stderr }).toEqual({
    status: 0,
    stdout: [
      'The run has succeeded.',
      'api/build took 1 attempt',
      'web/build took 2 attempts: the first was lost ("sh" was ended by SIGKILL.)',
      'docs/build took 1 attempt',
      'tests/build took 1 attempt',
      'release took 1 attempt',
      'web by r1/web/build#2',
      '',
    ],
    stderr: '',
  })
})
