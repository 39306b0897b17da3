/** The program as a person's shell sees it: built, started, signalled, cut off. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileWith } from './world.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside the repository, so that the program finds its packages.
const parent = join(root, '.vitest')
let folder = ''

beforeAll(() => {
  mkdirSync(parent, { recursive: true })
  folder = mkdtempSync(join(parent, 'cli-'))
  const bundler = join(root, 'node_modules/tsup/dist/cli-default.js')
  const options = ['--no-config', '--silent', '--format', 'esm', '--target', 'es2022', '--out-dir', folder]
  const built = spawnSync(process.execPath, [bundler, '--entry.cli', 'src/cli/main.ts', ...options], {
    cwd: root,
    encoding: 'utf8',
  })
  if (built.status !== 0) throw new Error(built.stdout + built.stderr)
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(...words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [join(folder, 'cli.js'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
}

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

async function end(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, ...texts }
}

describe('the program', () => {
  it('tells the version of its package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    expect(await end(start('--version'))).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: '' })
  })

  it('ends with 0, 1 or 2, and keeps stdout for the document', async () => {
    const good = await end(start('check', fileWith('p.yaml', 'tasks: { a: {} }'), '--json'))
    expect({ code: good.code, stderr: good.stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(good.stdout).ok).toBe(true)
    const bad = await end(start('check', fileWith('p.yaml', 'tasks: { a: { dependsOn: [a] } }'), '--json'))
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.stdout).diagnostics[0].code).toBe('CYCLE')
    const wrong = await end(start('chekc', '--json'))
    expect(wrong.code).toBe(2)
    expect(JSON.parse(wrong.stdout).error.code).toBe('USAGE')
  })

  it('runs a plan to its end, and ends by itself', async () => {
    const { code, stdout, stderr } = await end(
      start('run', fileWith('p.yaml', 'tasks: { a: {}, b: { dependsOn: [a] } }'), '--speed', '1000000x', '--json'),
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'succeeded', makespanMs: 120_000 })
    expect(stderr).toContain('closed     run r1: succeeded')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('is cancelled by %s and ends with 130', async (signal) => {
    const child = start('run', fileWith('p.yaml', 'tasks: { a: { estimate: 9h } }'), '--speed', '1x')
    const ended = end(child)
    child.stdout?.on('data', (text: string) => {
      if (text.includes('started')) child.kill(signal)
    })
    const { code, stdout } = await ended
    expect(code).toBe(130)
    expect(stdout).toContain('cancelled  a: interrupted')
  })

  it('goes on after a kill, with what was committed before', async () => {
    const plan = fileWith('p.yaml', 'tasks: { a: { estimate: 1s }, b: { dependsOn: [a], estimate: 2s } }')
    const store = ['--store', `file:${join(dirname(plan), 'store')}`]
    const child = start('run', plan, ...store, '--speed', '1x')
    const ended = end(child)
    child.stdout?.on('data', (text: string) => {
      if (text.includes('started    b#1')) child.kill('SIGKILL')
    })
    expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' })
    const listed = await end(start('list', ...store, '--json'))
    expect(JSON.parse(listed.stdout).runs).toMatchObject([{ id: 'r1', status: 'open' }])
    const { code, stdout } = await end(start('resume', 'r1', ...store, '--speed', '1000x', '--json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'succeeded', tasks: [{ attempts: 1 }, { attempts: 2 }] })
  })

  it('does not mind when nobody reads to the end', async () => {
    const tasks = Array.from({ length: 3_000 }, (_, at) => `  task-${at}: { title: ${'x'.repeat(40)} }`)
    const child = start('check', fileWith('p.yaml', `tasks:\n${tasks.join('\n')}`), '--json')
    child.stdout?.destroy()
    expect(await end(child)).toMatchObject({ code: 0, signal: null, stderr: '' })
  })
})
