import { describe, expect, it } from 'vitest'
import { fileWith, world } from './world.js'

const PLAN = `
name: release
pools: { backend: { slots: 2 } }
defaults: { retry: { maxAttempts: 3, initialDelay: 10m, jitter: 0 } }
streams:
  db:
    owns: [migrations/]
    tasks:
      schema: { estimate: 4h }
      seed: { estimate: { min: 1h, max: 3h }, dependsOn: [schema] }
  api:
    tasks:
      routes: { estimate: 2h, claims: { write: [src/app.ts] } }
      auth: { estimate: 2h, claims: { write: [src/app.ts] } }
tasks:
  notes: { input: { count: { $from: db/seed, path: [rows, 0] } } }
`

async function runJson(content: string, options: readonly string[] = [], name = 'plan.yaml') {
  const { call, stdout, stderr, listeners } = world()
  const code = await call(['run', fileWith(name, content), '--json', ...options])
  expect(listeners()).toBe(0)
  return { code, document: JSON.parse(stdout.sent), stderr: stderr.sent }
}

describe('run', () => {
  it('tells the run in plain lines where there is no terminal, and sums it up', async () => {
    const { call, stdout, stderr } = world()
    expect(await call(['run', fileWith('plan.yaml', PLAN), '--speed', '1000x'])).toBe(0)
    expect(stderr.sent).toBe('')
    const lines = stdout.sent.trimEnd().split('\n')
    expect(lines.slice(0, 5)).toEqual([
      'All work is simulated: tasks take their estimate (1m without one), 1,000 times as fast as real time.',
      '',
      '     0ms  opened     run r1 of release: 5 tasks in 2 streams',
      '     0ms  started    db/schema#1 on backend/1',
      '     0ms  started    api/routes#1 on backend/2',
    ])
    expect(lines).toContain('      4h  succeeded  db/schema#1 after 4h  (2/5)')
    expect(lines).toContain('5 of 5 tasks succeeded (5 attempts, 0 retries)')
    expect(lines).toContain('  2h  api/auth  src/app.ts held by api/routes for 2h')
  })

  it('plays what tasks can wait for: milestones come evenly, conditions hold, failures do not come', async () => {
    const { call, stdout } = world()
    const plan = `
tasks:
  e: { estimate: 4h, milestones: [half] }
  f: { estimate: 1h, dependsOn: ['e#half'] }
  scan: { estimate: 1h }
  fix: { estimate: 1h, if: { $from: scan, path: [changed] } }
  undo: { dependsOn: [{ on: fix, when: failure }] }
`
    expect(await call(['run', fileWith('plan.yaml', plan), '--speed', '100000x'])).toBe(0)
    const lines = stdout.sent.trimEnd().split('\n')
    expect(lines).toContain('      2h  reached    e#half after 2h')
    expect(lines).toContain('      2h  started    f#1 on local/2')
    expect(lines).toContain(
      '      2h  skipped    undo: fix succeeded, of failure of fix, so there is nothing to do  (3/5)',
    )
  })

  it('prints one document with --json, and the lines on stderr', async () => {
    const { code, document, stderr } = await runJson(PLAN)
    expect(code).toBe(0)
    expect(stderr).toContain('started    db/schema#1')
    expect(document).toMatchObject({
      ok: true,
      verdict: 'succeeded',
      simulated: { seed: 1, failShare: 0, speed: 2200 },
      run: 'r1',
      name: 'release',
      attempts: 5,
      retries: 0,
      pools: [{ pool: 'backend', slots: 2, attempts: 5 }],
      waits: [{ task: 'api/auth', waitedMs: 7_200_000 }],
      failures: [],
      counts: { total: 5, succeeded: 5 },
    })
    expect(document.tasks[0]).toEqual({
      id: 'db/schema',
      status: 'succeeded',
      attempts: 1,
      startedMs: 0,
      endedMs: 14_400_000,
    })
    expect(document.tasks).toHaveLength(5)
  })

  it('gives the same run for the same seed, and another for another', async () => {
    const first = await runJson(PLAN, ['--fail', '30%', '--seed', '7'])
    const second = await runJson(PLAN, ['--fail', '0.3', '--seed', '7', '--speed', '123456x', '--yes'])
    const third = await runJson(PLAN, ['--fail', '30%', '--seed', '8'])
    const comparable = ({ simulated: _, ...rest }: object & { simulated?: unknown }) => rest
    expect(comparable(second.document)).toEqual(comparable(first.document))
    expect(comparable(third.document)).not.toEqual(comparable(first.document))
  })

  it('fails, retries and skips as the plan says', async () => {
    const { code, document } = await runJson(PLAN, ['--fail', '100%'])
    expect(code).toBe(1)
    expect(document).toMatchObject({
      ok: false,
      verdict: 'failed',
      attempts: 9,
      retries: 6,
      counts: { failed: 3, skipped: 2 },
    })
    expect(document.failures[0].failure).toEqual({ kind: 'error', message: 'This failure is simulated.' })
    expect(document.tasks.find(({ id }: { id: string }) => id === 'db/seed')).toMatchObject({
      status: 'skipped',
      startedMs: null,
    })
  })

  it('aims at ten seconds of real time, but is never slower than real time', async () => {
    const { document } = await runJson('tasks: { a: { estimate: 1d } }')
    expect(document.simulated.speed).toBe(8600)
    expect((await runJson('tasks: { a: { estimate: 1s } }')).document.simulated.speed).toBe(1)
    const { call, clock, io } = world()
    const start = io.clock.now()
    await call(['run', fileWith('plan.yaml', 'tasks: { a: { estimate: 1d } }')])
    expect(clock.now() - start).toBeGreaterThanOrEqual(10_000)
    expect(clock.now() - start).toBeLessThan(10_500)
  })

  it('takes slots by hand, and keeps what the plan says of the pool', async () => {
    const plan =
      'pools: { p: { slots: 1, capabilities: [gpu] } }\ntasks: { a: { requires: [gpu], estimate: 1h }, b: { estimate: 1h } }'
    expect((await runJson(plan)).document.makespanMs).toBe(7_200_000)
    expect((await runJson(plan, ['--pool', 'p=2'])).document).toMatchObject({
      makespanMs: 3_600_000,
      pools: [{ slots: 2 }],
    })
  })

  it('makes pools for a plan that has none, with what its tasks require', async () => {
    const plan = 'streams: { s: { requires: [arm], tasks: { a: { requires: [gpu] } } } }\ntasks: { b: {} }'
    expect((await runJson(plan)).document).toMatchObject({ ok: true, pools: [{ pool: 'local' }] })
    const pooled = 'tasks: { a: { pool: x }, b: {} }'
    expect((await runJson(pooled, ['--pool', 'x=1', '--pool', 'y=3'])).document).toMatchObject({
      ok: true,
      pools: [
        { pool: 'x', slots: 1 },
        { pool: 'y', slots: 3 },
      ],
    })
    const refused = await runJson(pooled)
    expect(refused.code).toBe(1)
    expect(refused.document).toMatchObject({
      ok: false,
      error: { code: 'PLAN_INVALID' },
      diagnostics: [{ code: 'NO_POOL' }],
    })
  })

  it('runs the handlers of the plan as simulations too', async () => {
    const plan = 'defaults: { handler: agent.code }\ntasks: { a: { handler: repo.build }, b: {} }'
    expect((await runJson(plan)).document).toMatchObject({ ok: true, attempts: 2 })
  })

  it('refuses a plan with errors as check does', async () => {
    const { call, stdout, stderr } = world()
    expect(await call(['run', fileWith('plan.yaml', 'tasks: { a: { dependsOn: [a] } }')])).toBe(1)
    expect(stdout.sent).toBe('')
    expect(stderr.sent).toContain('The plan cannot be run: 1 error.')
    expect(stderr.sent).toContain('Task "a" depends on itself.')
  })

  it.each([
    [['--speed', 'fast'], '"fast" is no speed.'],
    [['--speed', '0'], '"0" is no speed.'],
    [['--fail', '101%'], '"101%" is no share of the attempts.'],
    [['--fail', '5'], '"5" is no share of the attempts.'],
    [['--seed', '1.5'], '"1.5" is no seed.'],
    [['--pool', 'backend'], '"backend" does not say how many slots a pool has.'],
    [['--pool', 'backend=0'], '"backend=0" does not say how many slots a pool has.'],
    [['--pool', 'bakend=2'], 'The plan has no pool "bakend".'],
    [['--pool', 'zzz=2'], 'The plan has no pool "zzz".'],
  ])('answers %j with what was meant', async (options, message) => {
    const { code, document } = await runJson(PLAN, options)
    expect(code).toBe(2)
    expect(document.error).toMatchObject({ code: 'USAGE', message })
  })

  it('refuses an id that is none with the error of the scheduler', async () => {
    const { code, document } = await runJson(PLAN, ['--id', '../x'])
    expect(code).toBe(1)
    expect(document.error.code).toBe('ID_INVALID')
  })
})

describe('run, on a terminal', () => {
  it('is a live picture, and leaves a summary behind', async () => {
    const { call, stdout } = world({ terminal: { columns: 80, rows: 24 }, env: { NO_COLOR: '1' } })
    let middle: readonly string[] = []
    const code = await call(['run', fileWith('plan.yaml', PLAN)], () => {
      if (stdout.screen().some((line) => line.includes('db/seed#1'))) middle = stdout.screen()
      expect(stdout.screen().length).toBeLessThan(26)
    })
    expect(code).toBe(0)
    expect(middle.find((line) => line.startsWith('● db'))).toContain('1/2  1 running')
    expect(middle).toContain('Running')
    expect(stdout.screen().slice(2, 5)).toEqual([
      expect.stringMatching(/^release {2}run r1 {2}succeeded .* elapsed · simulated, [\d,.]+x$/),
      '███████████████████  5/5 succeeded',
      '',
    ])
    expect(stdout.screen()).toContain('Waited longest')
    expect(stdout).toMatchObject({ isCursorShown: true, wraps: true })
  })

  it('is told in lines on a terminal that cannot move its cursor', async () => {
    const { call, stdout } = world({ terminal: { columns: 80, rows: 24 }, env: { TERM: 'dumb' } })
    expect(await call(['run', fileWith('plan.yaml', PLAN)])).toBe(0)
    expect(stdout.sent).not.toContain('\u001b')
    expect(stdout.sent).toContain('started    db/schema#1')
  })

  it('is cancelled by an interrupt, waits for what runs to stop, and ends with 130', async () => {
    const { call, stdout, interrupt, exits, listeners } = world({ terminal: { columns: 80, rows: 24 } })
    let interrupts = 0
    const code = await call(['run', fileWith('plan.yaml', PLAN)], () => {
      if (interrupts > 0 || !stdout.sent.includes('db/schema#1')) return
      interrupts += 1
      interrupt()
    })
    expect(code).toBe(130)
    expect(exits).toEqual([])
    expect(listeners()).toBe(0)
    expect(stdout.sent).toContain('cancelled')
    expect(stdout).toMatchObject({ isCursorShown: true, wraps: true })
  })

  it('ends at once at the second interrupt, with the terminal as it was', async () => {
    const { call, stdout, interrupt, exits } = world({ terminal: { columns: 80, rows: 24 } })
    let interrupts = 0
    await call(['run', fileWith('plan.yaml', PLAN)], () => {
      if (interrupts > 0 || !stdout.sent.includes('db/schema#1')) return
      interrupts += 2
      interrupt()
      expect(stdout.isCursorShown).toBe(false)
      interrupt()
      expect(exits).toEqual([130])
      expect(stdout).toMatchObject({ isCursorShown: true, wraps: true })
    })
  })
})

describe('run of a plan with gates', () => {
  const plan = `
tasks:
  build: { estimate: 1h, verify: [lint] }
  ship: { estimate: 1h, dependsOn: [review] }
gates:
  tests: { kind: check, handler: npm.test, dependsOn: [build] }
  review: { kind: approval, dependsOn: [tests] }
`

  it('is refused where nobody could approve', async () => {
    const { call, stderr } = world()
    expect(await call(['run', fileWith('plan.yaml', plan), '--speed', '1000000x'])).toBe(2)
    expect(stderr.sent).toContain('The plan awaits approval ("review"), and nobody can give it here.')
    expect(stderr.sent).toContain('Run it on a terminal to be asked, add --yes')
  })

  const terminal = { columns: 80, rows: 24 }
  const env = { NO_COLOR: '1', USER: 'ann' }

  it('asks at a terminal, with what waits for it; meanwhile time stands still', async () => {
    const questions: string[] = []
    const shown: string[] = []
    const given = ['perhaps', 'y  it looks good']
    const timed = plan.replace('kind: approval,', 'kind: approval, timeout: 1m, title: Somebody has read it,')
    const { call, stdout, clock } = world({
      terminal,
      env,
      answers: async (question) => {
        questions.push(question)
        shown.push(...stdout.screen())
        expect(stdout).toMatchObject({ isCursorShown: true, wraps: true })
        // Somebody who thinks: a minute would be over many times.
        let moments = 0
        clock.arm(clock.now() + 600_000, () => (moments += 1))
        while (moments === 0) await new Promise((resolve) => setImmediate(resolve))
        return given[questions.length - 1]!
      },
    })
    expect(await call(['run', fileWith('plan.yaml', timed)])).toBe(0)
    expect(questions).toEqual(Array(2).fill('  Approve it? y or n, and a note if you like: '))
    expect(shown).toContain('Gate review awaits approval: Somebody has read it')
    expect(shown).toContain('  Waiting for it: ship')
    expect(shown.some((line) => line.includes('2/4 done'))).toBe(true)
    expect(shown.some((line) => line.includes('tests#1'))).toBe(false)
    expect(shown).toContain('  1 for review (ready)')
    expect(stdout.screen()).toContain('succeeded in 2h 1m')
    expect(stdout).toMatchObject({ isCursorShown: true, wraps: true })
  })

  it('keeps who answered, and the note; what is refused skips what waits for it', async () => {
    const { call, stdout } = world({ terminal, env: { ...env, TERM: 'xterm' }, answers: () => 'No, not this week' })
    expect(await call(['run', fileWith('plan.yaml', plan)])).toBe(1)
    const text = stdout.screen().join('\n')
    expect(text).toContain('It was refused by ann: not this week.')
  })

  it('is cancelled by an interrupt while it asks, and gives everything back', async () => {
    const asked = { count: 0 }
    const { call, stdout, interrupt, listeners, exits } = world({
      terminal,
      env,
      answers: () => {
        asked.count += 1
        return new Promise(() => {})
      },
    })
    const code = await call(['run', fileWith('plan.yaml', plan)], () => {
      if (asked.count === 1) interrupt()
      asked.count *= 2
    })
    expect({ code, exits, listeners: listeners() }).toEqual({ code: 130, exits: [], listeners: 0 })
    expect(stdout.sent).toContain('cancelled')
    expect(stdout).toMatchObject({ isCursorShown: true, wraps: true })
  })

  it('is cancelled when nobody is there to answer any more', async () => {
    const { call, stdout } = world({ terminal, env, answers: () => null })
    expect(await call(['run', fileWith('plan.yaml', plan)])).toBe(1)
    expect(stdout.sent).toContain('cancelled')
  })

  it('approves as soon as it is asked with --yes, and tells it', async () => {
    const { call, stdout } = world()
    expect(await call(['run', fileWith('plan.yaml', plan), '--speed', '1000000x', '--yes'])).toBe(0)
    const told = stdout.sent.split('\n').map((line) => line.trim())
    expect(told).toContain('1h  completed  build#1 after 1h, to be verified in 1 step')
    expect(told).toContain('1h  verified   build#1, step 1 of 1')
    expect(told.filter((line) => line.includes('gate')).map((line) => line.replace(/^.*?(?=passed)/, ''))).toEqual([
      'passed     gate tests  (2/4)',
      'passed     gate review by --yes  (3/4)',
    ])
    const { document } = await runJson(plan, ['--speed', '1000000x', '--yes'])
    const tasks = document.tasks.map(({ id, status }: { id: string; status: string }) => `${id} ${status}`)
    expect(tasks).toEqual(['build succeeded', 'tests succeeded', 'review succeeded', 'ship succeeded'])
  })
})
