/** What the environment says to the program: pools, and the log. */
import { describe, expect, it } from 'vitest'
import { fileWith, world } from './world.js'

const PLAN =
  'pools: { backend: { slots: 1 }, docs: { slots: 1 } }\nstreams: { s: { pool: backend, tasks: { a: { estimate: 1m }, b: { estimate: 1m } } } }\n'
const BARE = 'tasks: { a: { estimate: 1m }, b: { estimate: 1m } }\n'

async function run(env: Record<string, string>, words: readonly string[] = [], text = PLAN) {
  const w = world({ env })
  const code = await w.call(['run', fileWith('plan.yaml', text), '--json', ...words])
  return { code, document: JSON.parse(w.stdout.sent), stderr: w.stderr.sent }
}

describe('SIGNALBOX_POOLS', () => {
  it('gives pools of the plan their slots; --pool wins, and names that the plan has not are for other plans', async () => {
    expect((await run({})).document.makespanMs).toBe(120_000)
    expect((await run({ SIGNALBOX_POOLS: 'backend=2, agents=7' })).document.makespanMs).toBe(60_000)
    expect((await run({ SIGNALBOX_POOLS: 'backend=2' }, ['--pool', 'backend=1'])).document.makespanMs).toBe(120_000)
  })

  it('gives a plan without pools those', async () => {
    expect((await run({ SIGNALBOX_POOLS: 'agents=1' }, [], BARE)).document.makespanMs).toBe(120_000)
  })

  it('is wrong usage where it cannot be read', async () => {
    const { code, document } = await run({ SIGNALBOX_POOLS: 'backend' })
    expect([code, document.error.code]).toEqual([2, 'USAGE'])
  })
})

describe('SIGNALBOX_LOG_LEVEL', () => {
  const lines = (stderr: string) =>
    stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('{"level"') ? [JSON.parse(line) as { level: string; msg: string }] : []))

  it('writes what is stored as JSON on stderr, from that level on', async () => {
    const info = lines((await run({ SIGNALBOX_LOG_LEVEL: 'info' })).stderr)
    expect(info.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      'info worker.joined backend',
      'info worker.joined docs',
      'info run.opened r1',
      'info run.closed r1',
      expect.stringContaining('info worker.'),
      expect.stringContaining('info worker.'),
      expect.stringContaining('info worker.left'),
      expect.stringContaining('info worker.left'),
    ])
    const debug = lines((await run({ SIGNALBOX_LOG_LEVEL: 'debug' })).stderr)
    expect(debug).toContainEqual(
      expect.objectContaining({ level: 'debug', msg: 'attempt.started r1/s/a#1', task: 's/a' }),
    )
    expect(lines((await run({ SIGNALBOX_LOG_LEVEL: 'error' }, ['--fail', '100%'])).stderr)).toContainEqual(
      expect.objectContaining({ level: 'error', type: 'attempt.failed', task: 's/a', kind: 'error' }),
    )
  })

  it('writes nothing without, or when it says silent, and is wrong usage where it says something else', async () => {
    expect(lines((await run({})).stderr)).toEqual([])
    expect(lines((await run({ SIGNALBOX_LOG_LEVEL: 'silent' })).stderr)).toEqual([])
    const { code, document } = await run({ SIGNALBOX_LOG_LEVEL: 'loud' })
    expect([code, document.error.message]).toEqual([2, 'SIGNALBOX_LOG_LEVEL is no level of a log.'])
  })
})
