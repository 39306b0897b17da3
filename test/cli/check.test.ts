import { openSync, truncateSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fileWith, world } from './world.js'

const PLAN = `
name: release
pools:
  backend: { slots: 1, capabilities: [code] }
streams:
  db:
    title: Database
    owns: [migrations/]
    tasks:
      schema: { estimate: 4h, requires: [code] }
      seed: { estimate: { min: 1h, max: 3h } }
  api:
    dependsOn: [db/schema]
    tasks:
      routes: { estimate: 1h, claims: { write: [src/app.ts], read: [docs/] } }
tasks:
  notes: { input: { schema: { $from: db/schema } }, dependsOn: [{ on: api }] }
`

async function check(content: string, name = 'plan.yaml', options: readonly string[] = []) {
  const file = fileWith(name, content)
  const { call, stdout, stderr } = world()
  const code = await call(['check', file, ...options])
  return { code, file, lines: stdout.sent.replaceAll(file, name).trimEnd().split('\n'), stdout, stderr }
}

async function checkJson(content: string | Uint8Array, name = 'plan.yaml', options: readonly string[] = []) {
  const file = fileWith(name, content)
  const { call, stdout, stderr } = world()
  const code = await call(['check', file, '--json', ...options])
  expect(stderr.sent).toBe('')
  return { code, file, document: JSON.parse(stdout.sent) }
}

describe('check, for people', () => {
  it('says what a plan amounts to', async () => {
    const { code, lines } = await check(PLAN)
    expect(code).toBe(0)
    expect(lines).toEqual([
      'release: fine, with 1 warning',
      '  2 streams, 4 tasks, 3 dependencies, 3 waves',
      '  critical path  5h 1m: db/schema → api/routes → notes',
      '  total work     7h 1m (1 task without estimate counted as 1m)',
      '  slots          backend 1',
      '  at best        7h 1m, by the work for backend',
      '  makespan       7h 1m, played through on these slots',
      '  kept apart     1 pair of tasks by their claims alone: db/schema and db/seed (migrations/a)',
      '',
      '1 warning',
      '  plan.yaml:11:13  /streams/db/tasks/seed  WILL_NOT_RUN_SIDE_BY_SIDE',
      '    Tasks "db/schema" and "db/seed" both write "migrations/a", and nothing orders them: they will never run side by side. That makes the plan at least 1h longer than its critical path.',
      '    11 │       seed: { estimate: { min: 1h, max: 3h } }',
      '       │             ^',
      '    Let one depend on the other, or narrow what they claim.',
    ])
  })

  it('says what the plan declares of resources', async () => {
    const { lines } = await check(
      'resources: { gpu: 2, api: { capacity: 4, perMinute: 6000 } }\ntasks: { a: { uses: { gpu: 1 } } }',
    )
    expect(lines).toContain('  resources      gpu 2, api 4 (6,000 per minute)')
  })

  it('counts tasks where there are no estimates, and names no pools where there are none', async () => {
    const tasks = Array.from({ length: 14 }, (_, at) => `  t${at}: ${at === 0 ? '{}' : `{ dependsOn: [t${at - 1}] }`}`)
    const { lines } = await check(`tasks:\n${tasks.join('\n')}\n`)
    expect(lines).toEqual([
      'plan.yaml: fine',
      '  0 streams, 14 tasks, 13 dependencies, 14 waves',
      `  critical path  14 tasks: ${tasks
        .slice(0, 12)
        .map((_, at) => `t${at}`)
        .join(' → ')} → … 2 more`,
    ])
  })

  it('finds the paths that make a plan long', async () => {
    const shared = 'claims: { write: [a.ts] }, estimate: 2h'
    const { lines } = await check(
      `pools: { p: { slots: 9 } }\ntasks:\n  first: { estimate: 1h, claims: {} }\n  x: { dependsOn: [first], ${shared} }\n  y: { dependsOn: [first], ${shared} }\n`,
    )
    expect(lines).toContain('  at best        5h, by the tasks that write a.ts')
  })

  it('counts lags, and of a choice only what suffices the soonest; a milestone does not wait for its task', async () => {
    const { lines } = await check(`pools: { p: { slots: 9 } }
tasks:
  slow: { estimate: 9h, milestones: [early] }
  quick: { estimate: 1h }
  middle: { estimate: 2h }
  two: { estimate: 3h, dependsOn: [{ quorum: 2, of: [slow, quick, middle] }] }
  later: { estimate: 1h, dependsOn: [{ on: two, lag: 4h }] }
  beside: { estimate: 9h, dependsOn: ['slow#early'] }
`)
    expect(lines).toContain('  critical path  10h: middle → two → later')
    expect(lines).toContain('  at best        10h, by the critical path')
  })

  it('prints the trail of a cycle', async () => {
    const { code, lines } = await check(
      'tasks:\n  a: { dependsOn: [c] }\n  b: { dependsOn: [a] }\n  c: { dependsOn: [b] }\n',
    )
    expect(code).toBe(1)
    expect(lines).toEqual([
      'plan.yaml: refused, with 1 error',
      '  0 streams, 3 tasks, 3 dependencies',
      '',
      '1 error',
      '  plan.yaml:2:20  /tasks/a/dependsOn/0  CYCLE',
      '    These wait for each other: "a" → "c" → "b" → "a".',
      '    2 │   a: { dependsOn: [c] }',
      '      │                    ^',
      '    Read "→" as "depends on", and remove one of these dependencies.',
    ])
  })

  it('counts what is too much to read, and says a hint once', async () => {
    const tasks = Array.from({ length: 12 }, (_, at) => `  t${at}: { claims: { write: [a] } }`)
    const { lines } = await check(`tasks:\n  bad: { dependsOn: [nothing], estimate: soon }\n${tasks.join('\n')}\n`)
    expect(lines[0]).toBe('plan.yaml: refused, with 2 errors')
    const apart = await check(`tasks:\n${tasks.join('\n')}\n`)
    expect(apart.lines).toContain(
      '  kept apart     66 pairs of tasks by their claims alone: t0 and t1 (a), t0 and t2 (a), … 64 more',
    )
    expect(apart.lines).toContain(
      '    63 more pairs of tasks will never run side by side: their claims meet, and nothing orders them.',
    )
    expect(apart.lines.filter((line) => line.startsWith('    Let one depend'))).toHaveLength(1)
  })

  it('plays the plan through on its pools, where what is ready may have to wait', async () => {
    // Two hours of work that could run side by side, and one slot: then the others have nothing to do but wait.
    const { lines } = await check(`pools: { p: { slots: 1 }, q: { slots: 3 } }
tasks:
  a: { estimate: 1h, pool: p }
  b: { estimate: 1h, pool: p }
  c: { estimate: 4h, pool: q, dependsOn: [b] }
  d: { estimate: 2h, pool: p, dependsOn: [a] }
gates:
  go: { kind: approval, dependsOn: [c, d] }
`)
    // The critical path leads: b, then c beside a and d.
    expect(lines).toContain('  at best        5h, by the critical path')
    expect(lines).toContain('  makespan       5h, played through on these slots')
  })

  it('says what is to be delivered and claimed by nobody who delivers it', async () => {
    const { lines } = await check(`tasks:
  a: { deliverables: [src/a.ts, 'src/shared/', 'a report', '\`docs/a.md\`: how to', 'https://example.org/a'], claims: { write: [src/a.ts] } }
  b: { deliverables: [src/shared, src/late.ts], claims: { write: ['src/shared/**'], integrate: [src/late.ts] } }
  c: { deliverables: [src/late.ts, lib/../etc, version 1.2], claims: { write: [docs/a.md] } }
`)
    expect(lines.find((line) => line.startsWith('  not claimed'))).toBe(
      '  not claimed    1 deliverable by whoever lists them: docs/a.md (a)',
    )
  })

  it('says of an empty plan that it is one', async () => {
    const { code, lines } = await check('{}', 'plan.json')
    expect(code).toBe(0)
    expect(lines.slice(0, 2)).toEqual([
      'plan.json: fine, with 1 warning',
      '  0 streams, 0 tasks, 0 dependencies, 0 waves',
    ])
  })

  it('refuses warnings with --strict', async () => {
    const { code, lines } = await check(PLAN, 'plan.yaml', ['--strict'])
    expect(code).toBe(1)
    expect(lines[0]).toBe('release: refused, with 1 warning')
  })
})

describe('check --json', () => {
  it('prints the plan as it was understood, with lines', async () => {
    const { code, file, document } = await checkJson(PLAN)
    expect(code).toBe(0)
    expect(document).toEqual({
      ok: true,
      diagnostics: [
        expect.objectContaining({
          code: 'WILL_NOT_RUN_SIDE_BY_SIDE',
          severity: 'warning',
          at: '/streams/db/tasks/seed',
          file,
          line: 11,
        }),
      ],
      plan: {
        name: 'release',
        pools: { backend: { slots: 1, capabilities: ['code'] } },
        mergeOrder: ['db', 'api'],
        streams: [
          {
            id: 'db',
            title: 'Database',
            dependsOn: [],
            owns: ['migrations/'],
            tasks: [
              {
                id: 'schema',
                title: null,
                dependsOn: [],
                claims: { write: ['migrations/'] },
                estimate: 14_400_000,
                requires: ['code'],
                source: { file, line: 10 },
              },
              {
                id: 'seed',
                title: null,
                dependsOn: [],
                claims: { write: ['migrations/'] },
                estimate: { min: 3_600_000, max: 10_800_000 },
                source: { file, line: 11 },
              },
            ],
            source: { file, line: 6 },
          },
          {
            id: 'api',
            title: null,
            dependsOn: ['db/schema'],
            owns: [],
            tasks: [
              {
                id: 'routes',
                title: null,
                dependsOn: [],
                claims: { write: ['src/app.ts'], read: ['docs/'] },
                estimate: 3_600_000,
                source: { file, line: 15 },
              },
            ],
            source: { file, line: 12 },
          },
        ],
        tasks: [
          {
            id: 'notes',
            title: null,
            dependsOn: [{ on: 'api' }],
            claims: {},
            estimate: null,
            input: { schema: { $from: 'db/schema' } },
            source: { file, line: 17 },
          },
        ],
        gates: [],
        phases: [],
      },
      coverage: { streams: 2, tasks: 4, edges: 3, unread: [] },
      overview: {
        waves: 3,
        criticalPath: ['db/schema', 'api/routes', 'notes'],
        criticalPathMs: 18_060_000,
        workMs: 25_260_000,
        atBestMs: 25_260_000,
        bottleneck: 'the work for backend',
        unestimated: 1,
        makespanMs: 25_260_000,
        unclaimed: [],
        keptApart: { pairs: 1, isComplete: true },
      },
    })
  })

  it('lists gates and phases, each with whose they are', async () => {
    const { code, file, document } = await checkJson(`phases:
  - { id: build, title: It works, gate: go }
  - { id: ship }
gates:
  go: { kind: approval, title: Somebody has seen it, timeout: 3d }
  tests: { kind: check, handler: npm.test, input: { of: { $from: api/make } }, dependsOn: [api] }
streams:
  api: { phase: build, tasks: { make: {} } }
  site: { phase: ship, dependsOn: [tests], tasks: { pages: {} } }
`)
    expect(code).toBe(0)
    expect(document.plan.gates).toEqual([
      {
        id: 'go',
        kind: 'approval',
        title: 'Somebody has seen it',
        dependsOn: [],
        timeout: 259_200_000,
        phase: 'build',
        source: { file, line: 5 },
      },
      {
        id: 'tests',
        kind: 'check',
        title: null,
        dependsOn: ['api'],
        timeout: null,
        phase: null,
        handler: 'npm.test',
        input: { of: { $from: 'api/make' } },
        source: { file, line: 6 },
      },
    ])
    expect(document.plan.phases).toEqual([
      { id: 'build', title: 'It works', gate: 'go', streams: ['api'], source: { file, line: 2 } },
      { id: 'ship', title: null, gate: null, streams: ['site'], source: { file, line: 3 } },
    ])
    expect(document.coverage).toMatchObject({ tasks: 2, edges: 3 })
  })

  it('reads JSON and YAML alike, by the name or else by the content', async () => {
    const yaml = 'tasks:\n  a: { dependsOn: [b] }\n  b: {}\n'
    const json = '{\n  "tasks": {\n    "a": { "dependsOn": ["b"] },\n    "b": {}\n  }\n}'
    const ids = [{ id: 'a' }, { id: 'b' }]
    for (const [name, content] of [
      ['p.yaml', yaml],
      ['p.yml', yaml],
      ['p', yaml],
      ['p.json', json],
      ['p.JSON', json],
      ['p.plan', json],
    ] as const) {
      const { code, document } = await checkJson(content, name)
      expect(code).toBe(0)
      expect(document.plan.tasks).toMatchObject(ids)
    }
    expect((await checkJson(json, 'p.json')).document.plan.tasks[1].source.line).toBe(4)
    expect((await checkJson(yaml, 'p.json')).document.diagnostics[0].code).toBe('BAD_SYNTAX')
  })

  it('prints what can be read of a plan with errors', async () => {
    const { code, document } = await checkJson(
      'name: x\ntasks:\n  a: { dependsOn: [a] }\n  b: { estimate: 5 parsecs }\n',
    )
    expect(code).toBe(1)
    expect(document.ok).toBe(false)
    expect(document.diagnostics.map(({ code: of }: { code: string }) => of)).toContain('BAD_DURATION')
    expect(document.plan.tasks).toMatchObject([{ id: 'a' }, { id: 'b', estimate: null }])
    expect(document.coverage).toMatchObject({ tasks: 2, edges: 1 })
  })

  it.each([
    ['a: [', 'p.yaml', 'BAD_SYNTAX'],
    ['{', 'p.json', 'BAD_SYNTAX'],
    ['', 'p.json', 'BAD_SYNTAX'],
    ['7', 'p.json', 'BAD_VALUE'],
    [new Uint8Array([0x7b, 0xff, 0xfe]), 'p.json', 'BAD_SYNTAX'],
    [`"${'x'.repeat(1_000_000)}"`, 'p.json', 'TOO_LARGE'],
    [`# ${'x'.repeat(2_000_000)}`, 'p.yaml', 'TOO_LARGE'],
    [`# ${'x'.repeat(2_000_000)}`, 'p', 'TOO_LARGE'],
  ])('prints no plan where there is none', async (content, name, expected) => {
    const { code, document } = await checkJson(content, name)
    expect(code).toBe(1)
    expect(document).toMatchObject({ ok: false, plan: null, coverage: { streams: 0, tasks: 0, edges: 0 } })
    expect(document.diagnostics[0].code).toBe(expected)
  })

  it('is not ok with --strict and a warning', async () => {
    const { code, document } = await checkJson('{}', 'p.json', ['--strict'])
    expect({ code, ok: document.ok }).toEqual({ code: 1, ok: false })
  })
})

describe('a file', () => {
  it('of 200 MB is refused by its size, unread', async () => {
    const file = fileWith('plan.json', '')
    openSync(file, 'r+')
    truncateSync(file, 200_000_000)
    const before = process.memoryUsage().rss
    const { call, stdout } = world()
    expect(await call(['check', file, '--json'])).toBe(1)
    expect(JSON.parse(stdout.sent)).toEqual({
      ok: false,
      diagnostics: [
        {
          code: 'TOO_LARGE',
          severity: 'error',
          message: 'The document is larger than 4,000,000 bytes.',
          at: '',
          hint: 'Split the plan.',
          file,
        },
      ],
      plan: null,
      coverage: { streams: 0, tasks: 0, edges: 0, unread: [] },
      overview: null,
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })

  it('that has no end is read no further than the limit', async () => {
    const { call, stdout } = world()
    expect(await call(['check', '/dev/zero', '--json'])).toBe(1)
    expect(JSON.parse(stdout.sent).diagnostics[0].code).toBe('TOO_LARGE')
  })

  it.each([
    ['/nowhere/plan.yaml', 'there is no such file'],
    ['/', 'it is a folder'],
    ['/dev/null/plan.yaml', 'a part of its path is no folder'],
    ['a\0b', "The argument 'path' must be"],
  ])('%j that cannot be read is wrong usage', async (file, why) => {
    const { call, stdout } = world()
    expect(await call(['check', file, '--json'])).toBe(2)
    const { ok, error } = JSON.parse(stdout.sent)
    expect(ok).toBe(false)
    expect(error.code).toBe('FILE_UNREADABLE')
    expect(error.message).toContain(why)
  })
})
