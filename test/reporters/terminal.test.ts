import { describe, expect, it } from 'vitest'
import { type TerminalReporterOptions, terminalReporter } from '../../src/reporters/terminal.js'
import { testClock } from '../cli/world.js'
import { attempt, event, NO_PROGRESS, opening, type ToldRun, toldRun } from './events.js'
import { type FakeTerminal, fakeTerminal } from './fake-terminal.js'

const HOUR = 3_600_000

/** Two streams and a task of none; `api` writes one shared file. */
const PLAN = opening({
  name: 'release',
  streams: {
    db: { title: 'Data\u001b[2Jbase', owns: ['migrations/'], tasks: { schema: {}, seed: { dependsOn: ['schema'] } } },
    api: { tasks: { routes: { claims: { write: ['src/app.ts'], read: ['src/**'] } } } },
  },
  tasks: { notes: {} },
})

interface Watched {
  readonly run: ToldRun
  readonly terminal: FakeTerminal
  readonly reporter: ReturnType<typeof terminalReporter>
  /** Lets the next picture be drawn at this time of the run. */
  draw(now: number): void
}

function watch(terminal: FakeTerminal, options: Partial<TerminalReporterOptions> = {}): Watched {
  const run = toldRun()
  const clock = testClock()
  let now = 0
  const reporter = terminalReporter(run, { stream: terminal, colour: 'plain', clock, now: () => now, ...options })
  return {
    run,
    terminal,
    reporter,
    draw: (at) => {
      now = at
      clock.next()
    },
  }
}

describe('the live view', () => {
  it('shows streams, what runs with what it holds, and why the rest waits', async () => {
    const { run, terminal, draw } = watch(fakeTerminal(80, 24), { note: 'simulated' })
    run.progressIs = { ...NO_PROGRESS, total: 4, done: 1, running: 2, succeeded: 1, percent: 25, etaMs: 9 * HOUR }
    run.reasons.set('db/seed', [{ kind: 'dependency', on: 'db/schema', status: 'running' }])
    await run.tell(PLAN)
    for (const told of attempt('notes', 'local', 0, HOUR, 1)) await run.tell(told)
    await run.tell(attempt('db/schema', 'local', HOUR, 0, 2)[0])
    await run.tell(attempt('api/routes', 'local', HOUR, 0, 3)[0])
    draw(3 * HOUR)
    expect(terminal.screen()).toEqual([
      'release  run r1                                          3h elapsed · simulated',
      '████░░░░░░░░░░░░░░░ 25.0 %  1/4 done  2 running  9h to go',
      '',
      '● db  Data\\u{1b}[2Jbase  ░░░░░░░░░░░░░░ 0/2  1 running',
      '● api                    ░░░░░░░░░░░░░░ 0/1  1 running',
      '✓     tasks of no stream ██████████████ 1/1',
      '',
      'Running',
      '  db/schema#1   local/2      2h  migrations/',
      '  api/routes#1  local/3      2h  src/app.ts, src/** (read)',
      '',
      'Waiting 1: 1 for other tasks',
      '  1 for db/schema (running)',
    ])
    expect(terminal).toMatchObject({ isCursorShown: false, wraps: true })
  })

  it('is drawn in place, at most ten times a second, and only while the terminal takes it', async () => {
    const { run, terminal, draw } = watch(fakeTerminal())
    await run.tell(PLAN)
    const before = terminal.writes
    for (const told of attempt('notes', 'local', 0, HOUR)) await run.tell(told)
    expect(terminal.writes).toBe(before)
    draw(HOUR)
    const first = terminal.screen()
    terminal.hasRoom = false
    draw(HOUR)
    expect(terminal.writes).toBe(before + 2)
    draw(HOUR)
    expect(terminal.writes).toBe(before + 2)
    terminal.emit('drain')
    draw(HOUR)
    expect(terminal.writes).toBe(before + 3)
    expect(terminal.screen()).toEqual(first)
  })

  it('leaves the head behind when the run ends, and gives the terminal back', async () => {
    const { run, terminal, reporter, draw } = watch(fakeTerminal(60, 24))
    run.progressIs = { ...NO_PROGRESS, total: 4, done: 4, succeeded: 3, failed: 1, percent: 100, etaMs: 0 }
    await run.tell(PLAN)
    draw(0)
    await run.tell(event('run.closed', 5 * HOUR, { verdict: 'failed' }))
    await reporter.ended
    expect(terminal.screen()).toEqual([
      'release  run r1  failed                          5h elapsed',
      '███████░░░  3/4 succeeded',
    ])
    expect(terminal).toMatchObject({ isCursorShown: true, wraps: true })
    const { sent } = terminal
    reporter.stop()
    terminal.resize(40, 10)
    expect(terminal.sent).toBe(sent)
  })

  it('gives the terminal back when it is stopped, and says no more', async () => {
    const { run, terminal, reporter } = watch(fakeTerminal())
    reporter.stop()
    await reporter.ended
    expect(terminal).toMatchObject({ isCursorShown: true, wraps: true })
    expect(terminal.screen()).toEqual([])
    const { sent } = terminal
    await run.tell(PLAN)
    expect(terminal.sent).toBe(sent)
  })

  it('leaves nothing of the last picture behind when the terminal becomes narrower', async () => {
    const { run, terminal, draw } = watch(fakeTerminal(80, 24))
    await run.tell(PLAN)
    await run.tell(attempt('db/schema', 'local', 0, 0)[0])
    draw(HOUR)
    terminal.resize(30, 40)
    expect(terminal.screen()[0]).toBe('release  run r1    1h elapsed')
    expect(terminal.screen().filter((line) => line.startsWith('release'))).toHaveLength(1)
    for (const line of terminal.screen()) expect(line.length).toBeLessThan(30)
  })

  it('never has more lines than the terminal has rows', async () => {
    for (let rows = 1; rows < 30; rows += 1) {
      const { run, terminal, draw } = watch(fakeTerminal(80, rows))
      await run.tell(PLAN)
      await run.tell(attempt('db/schema', 'local', 0, 0)[0])
      await run.tell(attempt('notes', 'local', 0, 0)[0])
      draw(HOUR)
      expect(terminal.screen().length).toBeLessThanOrEqual(Math.max(1, rows - 1))
    }
  })

  it('shows what is under way first when there is not room for all', async () => {
    const { run, terminal, draw } = watch(fakeTerminal(70, 20))
    const ids = Array.from({ length: 12 }, (_, at) => `s${at}`)
    const task = { tasks: { a: {}, b: {} } }
    await run.tell(opening({ streams: Object.fromEntries(ids.map((id) => [id, task])) }))
    for (const told of attempt('s0/a', 'w', 0, 1)) await run.tell(told)
    for (const told of attempt('s0/b', 'w', 1, 2)) await run.tell(told)
    for (const told of attempt('s1/a', 'w', 2, 3)) await run.tell(told)
    await run.tell(event('task.failed', 3, { task: 's2/a', failure: { kind: 'timeout', message: 'slow' } }))
    await run.tell(
      event('task.skipped', 3, { task: 's2/b', reason: { kind: 'dependency', because: 's2/a', status: 'failed' } }),
    )
    for (const id of ids.slice(4)) await run.tell(attempt(`${id}/a`, 'w', 3, 0)[0])
    draw(HOUR)
    expect(terminal.screen()).toEqual([
      'plan  run r1                                               1h elapsed',
      '░░░░░░░░░░ 0.0 %  0/0 done  0 running',
      '',
      ...['s4', 's5', 's6', 's7', 's8'].map((id) => `● ${id} ░░░░░░░░░░░░░░ 0/2  1 running`),
      '  … 7 more streams: 3 running, 1 failed, 1 begun, 1 waiting, 1 done',
      '',
      'Running',
      ...['s4', 's5', 's6', 's7', 's8'].map((id) => `  ${id}/a#1  w/1 59m 59s  no paths`),
      '  … 3 more',
      '',
      'Waiting 11',
    ])
  })

  it('says so when it stops, pauses, or has nothing to do', async () => {
    const { run, terminal, draw } = watch(fakeTerminal(80, 24))
    run.progressIs = { ...NO_PROGRESS, failed: 2 }
    await run.tell(PLAN)
    const [started] = attempt('db/schema', 'local', 0, 0)
    await run.tell(started)
    await run.tell(event('run.paused', 0, { reason: 'lunch' }))
    draw(1)
    expect(terminal.screen()[0]).toMatch(/^release {2}run r1 {2}paused /)
    expect(terminal.screen()[1]).toContain('  2 failed')
    await run.tell(event('run.resumed', 0))
    await run.tell(event('run.cancelled', 0, { reason: 'enough' }))
    await run.tell(event('attempt.closing', 0, { ...started, reason: 'cancelled', closeBy: null }))
    await run.tell(
      event('attempt.failed', 0, { ...started, failure: { kind: 'cancelled', message: 'x' }, retryAt: null }),
    )
    draw(1)
    expect(terminal.screen()[0]).toMatch(/^release {2}run r1 {2}stopping /)
    expect(terminal.screen()).toContain('  db/schema#1  local/1     1ms  stopping (cancelled)  migrations/')
    await run.tell(event('attempt.closed', 0, { ...started, by: 'executor' }))
    for (const task of ['db/seed', 'api/routes', 'notes']) {
      await run.tell(event('task.cancelled', 0, { task, reason: 'enough' }))
    }
    draw(1)
    expect(terminal.screen().slice(-3)).toEqual(['Running nothing at the moment', '', 'Waiting nothing'])
    await run.tell(event('run.paused', 0, { reason: 'again' }))
    draw(1)
    expect(terminal.screen().at(-3)).toBe('Running nothing: paused')
  })

  it('counts the obstacles of those that wait', async () => {
    const { run, terminal, draw } = watch(fakeTerminal(100, 30))
    const tasks = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`t${at}`, {}]))
    await run.tell(opening({ tasks }))
    run.reasons.set('t0', [{ kind: 'claim', path: 'a/**', heldBy: 'r1/x#1' }, { kind: 'capacity' }])
    run.reasons.set('t1', [{ kind: 'claim', path: 'a/**', heldBy: 'r1/x#1' }])
    run.reasons.set('t2', [{ kind: 'claim', path: 'b', heldBy: 'r0/y#1' }])
    run.reasons.set('t3', [{ kind: 'reserved', path: 'c' }])
    run.reasons.set('t4', [{ kind: 'capacity', pool: 'p', requires: ['gpu'], busy: 2, slots: 2 }])
    run.reasons.set('t5', [{ kind: 'no-worker', pool: null, requires: ['gpu', 'arm'] }])
    run.reasons.set('t6', [{ kind: 'retry' }])
    run.reasons.set('t7', [{ kind: 'paused' }])
    draw(0)
    expect(terminal.screen().slice(-3)).toEqual([
      'Waiting 9: 4 for paths, 2 for workers, 1 to retry, 1 for the run to resume (of 8 looked at)',
      '  2 for a/**, held by x#1',
      '  1 for b, held by r0/y#1',
    ])
  })

  it('names every kind of obstacle', async () => {
    const obstacles = [
      [{ kind: 'reserved', path: 'c' }, 'for c, kept for a task that was passed too often'],
      [{ kind: 'reserved', resource: 'gpu' }, 'for gpu, kept for a task that was passed too often'],
      [{ kind: 'resource', resource: 'gpu', heldBy: [{ attempt: 'r1/x#1' }] }, 'for gpu, held by x#1'],
      [
        { kind: 'resource', resource: 'gpu', heldBy: [{ attempt: 'r0/x#1' }, { attempt: 'r1/y#1' }] },
        'for gpu, held by r0/x#1 and 1 more',
      ],
      [{ kind: 'resource', resource: 'gpu', heldBy: [] }, 'for gpu'],
      [{ kind: 'rate', resource: 'api' }, 'for api, which has had its starts of this minute'],
      [{ kind: 'breaker', resource: 'api' }, 'for api, which has failed too often'],
      [
        { kind: 'capacity', pool: 'p', requires: ['gpu'], busy: 2, slots: 2 },
        'for a slot of pool p with gpu (2 of 2 busy)',
      ],
      [{ kind: 'no-worker', pool: null, requires: ['arm'] }, 'for workers with arm, of which there are none'],
      [{ kind: 'stream', on: 'db' }, 'for stream db'],
      [{ kind: 'dependency', on: 'db/x' }, 'for db/x'],
    ] as const
    for (const [reason, text] of obstacles) {
      const { run, terminal, draw } = watch(fakeTerminal())
      await run.tell(opening({ tasks: { a: {} } }))
      run.reasons.set('a', [reason])
      draw(0)
      expect(terminal.screen().at(-1)).toBe(`  1 ${text}`)
    }
  })

  it('asks about some of very many', async () => {
    const { run, terminal, draw } = watch(fakeTerminal())
    const ids = Array.from({ length: 2_000 }, (_, at) => `t${at}`)
    await run.tell(opening({ tasks: ids.map((id) => ({ id })) }))
    for (const id of ids) run.reasons.set(id, [{ kind: 'running' }])
    for (const id of ids.slice(0, 1_000)) run.reasons.set(id, [{ kind: 'stream', on: 's' }])
    draw(0)
    expect(terminal.screen().at(-2)).toBe('Waiting 2,000: 250 for other tasks (of 250 looked at)')
  })

  it('does not end its host when the run cannot be asked any more', async () => {
    const { run, terminal, reporter, draw } = watch(fakeTerminal(0, 0))
    await run.tell(PLAN)
    draw(0)
    const { writes } = terminal
    run.progress = () => {
      throw new Error('frozen')
    }
    draw(0)
    expect(terminal.writes).toBe(writes)
    reporter.stop()
    expect(terminal).toMatchObject({ isCursorShown: true, wraps: true })
  })

  it('uses colours where they are wanted', async () => {
    const { run, terminal, draw } = watch(fakeTerminal(), { colour: 'colour' })
    await run.tell(PLAN)
    draw(0)
    expect(terminal.sent).toContain('\u001b[1mrelease\u001b[22m')
  })
})

describe('plain lines', () => {
  it('tell each event that matters, in the time of the run', async () => {
    const stream = Object.assign(fakeTerminal(), { isTTY: false })
    const run = toldRun()
    const { ended } = terminalReporter(run, { stream })
    const [first, done] = attempt('db/schema', 'local', 0, 2 * HOUR)
    const [second] = attempt('api/routes', 'local', HOUR, 0, 2)
    const failure = { kind: 'error', message: 'red\u001b[31m' }
    const told = [
      PLAN,
      first,
      second,
      event('attempt.renewed', HOUR, { ...second }),
      event('context.shared', HOUR, { ...first, stream: 'db', key: 'tables', value: ['users'] }),
      event('message.sent', HOUR, { seq: 1, from: { ...first }, to: { stream: 'api' }, body: 'hurry' }),
      event('message.sent', HOUR, { seq: 2, from: null, to: { task: 'notes' }, body: 'hurry' }),
      done,
      event('attempt.failed', 3 * HOUR, { ...second, failure, retryAt: 3 * HOUR + 5_000 }),
      event('run.paused', 3 * HOUR, { reason: 'lunch' }),
      event('run.resumed', 4 * HOUR),
      { ...second, at: 5 * HOUR, attempt: 2, fence: 9_999 } as typeof second,
      event('attempt.closing', 6 * HOUR, { ...second, attempt: 2, fence: 9_999, reason: 'timeout' }),
      event('attempt.failed', 6 * HOUR, {
        ...second,
        attempt: 2,
        fence: 9_999,
        failure: { kind: 'timeout', message: 'slow' },
        retryAt: null,
      }),
      event('attempt.closed', 6 * HOUR, { ...second, fence: 9_999, by: 'executor' }),
      event('task.failed', 6 * HOUR, { task: 'notes', failure }),
      event('task.reused', 6 * HOUR, { task: 'db/seed', from: { run: 'r0', task: 'db/seed' }, result: null }),
      event('task.skipped', 6 * HOUR, {
        task: 'db/seed',
        reason: { kind: 'dependency', because: 'x', status: 'failed' },
      }),
      event('task.skipped', 6 * HOUR, {
        task: 'db/seed',
        reason: { kind: 'dependency', because: 'x', status: 'cancelled' },
      }),
      event('task.skipped', 6 * HOUR, { task: 'db/seed', reason: { kind: 'on-failure', because: 'x', rule: 'drain' } }),
      event('task.cancelled', 6 * HOUR, { task: 'notes', reason: 'enough' }),
      event('run.cancelled', 6 * HOUR, { reason: 'enough' }),
      event('run.closed', 30 * HOUR, { verdict: 'cancelled' }),
    ]
    for (const one of told) await run.tell(one)
    await ended
    expect(stream.screen()).toEqual([
      '     0ms  opened     run r1 of release: 4 tasks in 2 streams',
      '     0ms  started    db/schema#1 on local/1',
      '      1h  started    api/routes#1 on local/2',
      '      1h  shared     db/schema#1: tables',
      '      1h  message    1 from db/schema#1 to stream api',
      '      1h  message    2 from outside to task notes',
      '      2h  succeeded  db/schema#1 after 2h  (1/4)',
      '      3h  failed     api/routes#1 after 2h, next try in 5s: red\\u{1b}[31m',
      '      3h  paused     lunch',
      '      4h  resumed    run r1',
      '      5h  started    api/routes#2 on local/2',
      '      6h  stopping   api/routes#2 (timeout)',
      '      6h  failed     api/routes#2 after 1h, no more attempts  (2/4): timeout: slow',
      '      6h  failed     notes: red\\u{1b}[31m  (3/4)',
      '      6h  reused     db/seed: the result of r0/db/seed  (4/4)',
      '      6h  skipped    db/seed: x was not done: it failed  (5/4)',
      '      6h  skipped    db/seed: x was cancelled  (6/4)',
      '      6h  skipped    db/seed: nothing starts after x failed (onFailure: drain)  (7/4)',
      '      6h  cancelled  notes: enough  (8/4)',
      '      6h  cancelled  enough',
      '   1d 6h  closed     run r1: cancelled',
    ])
  })
})
