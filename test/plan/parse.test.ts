import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CODE_LIMITS, DEFAULT_LIMITS } from '../../src/plan/limits.js'
import { normalizeTask } from '../../src/plan/normalize.js'
import { parsePlan } from '../../src/plan/parse.js'
import { isPlainTask } from '../../src/plan/plain.js'
import { taskSchema } from '../../src/plan/schema.js'
import type { Plan } from '../../src/plan/types.js'
import { line } from './problems.js'

function parsed(value: unknown): Plan {
  const result = parsePlan(value)
  if (!result.ok) throw new Error(result.diagnostics.map(line).join('\n'))
  return result.plan
}

function refusals(value: unknown): readonly string[] {
  const result = parsePlan(value)
  return result.ok ? [] : result.diagnostics.map(line)
}

/** Every field there is, as people write it. */
const everything = {
  $schema: 'https://example.org/plan.json',
  name: 'Everything',
  'x-note': { kept: ['as', 'it', 'is'] },
  pools: { backend: { slots: 6, capabilities: ['backend', 'C++'] } },
  resources: { gpu: 2, 'api:anthropic': { capacity: 4, perMinute: 60 } },
  sequences: [{ path: 'migrations/002.py', order: ['A', 'B', 'D'] }],
  protect: ['package-lock.json'],
  defaults: {
    handler: 'agent.code',
    retry: { maxAttempts: 3, initialDelay: '2s' },
    timeouts: { stall: '10m' },
    heartbeat: '30s',
  },
  onFailure: 'drain',
  streams: {
    db: {
      title: 'Database',
      dependsOn: ['fetch', { on: 'gate-1' }],
      owns: ['db/**'],
      mergeAfter: ['ui'],
      phase: 'one',
      priority: 5,
      pool: 'backend',
      requires: ['backend'],
      branch: 'feature/db',
      defaults: { heartbeat: 1000 },
      tasks: {
        schema: {
          title: 'Schema',
          handler: 'agent.code',
          input: { prompt: 'x', sha: { $from: 'fetch', path: ['sha'] } },
          dependsOn: [
            'a',
            { on: 'b', when: 'finish', lag: '1m', soft: true },
            { stream: 'ui', progress: 0.5, lag: '1s' },
            { anyOf: ['a', { on: 'b', lag: '2s' }] },
            { quorum: 2, of: ['a', 'b', 'c'], soft: false },
          ],
          claims: { write: ['db/a'], read: ['db/b'], advisory: ['db/c'], integrate: ['package.json'] },
          pool: 'backend',
          requires: ['C++'],
          uses: { gpu: 1 },
          priority: -1,
          estimate: { min: '1m', max: '1.5h' },
          retry: {
            maxAttempts: 2,
            initialDelay: '1s',
            factor: 2,
            maxDelay: '5m',
            jitter: 0,
            on: ['error'],
            maxLost: 0,
          },
          timeouts: {
            startToClose: '1h',
            scheduleToStart: '1d',
            scheduleToClose: '2d',
            heartbeat: '90s',
            stall: '10m',
            close: '1m',
          },
          heartbeat: '30s',
          verify: ['check.tests', { handler: 'check.lint', input: {}, timeout: '5m' }],
          milestones: ['constants'],
          idempotencyKey: 'k',
          deliverables: ['docs/a.md'],
          optional: true,
        },
      },
    },
  },
  tasks: [{ id: 'fetch', estimate: '4m' }],
  gates: { 'gate-1': { title: 'G', dependsOn: ['fetch'], kind: 'check', handler: 'h', input: 1, timeout: '1h' } },
  phases: [{ id: 'one', title: 'One' }],
}

describe('a parsed plan', () => {
  it('has lists with ids, and milliseconds', () => {
    const plan = parsed(everything)
    const [stream] = plan.streams ?? []
    const [task] = stream?.tasks ?? []
    expect(plan.defaults).toEqual({
      handler: 'agent.code',
      retry: { maxAttempts: 3, initialDelay: 2_000 },
      timeouts: { stall: 600_000 },
      heartbeat: 30_000,
    })
    expect(stream?.id).toBe('db')
    expect(task).toEqual({
      ...everything.streams.db.tasks.schema,
      id: 'schema',
      dependsOn: [
        'a',
        { on: 'b', when: 'finish', lag: 60_000, soft: true },
        { stream: 'ui', progress: 0.5, lag: 1_000 },
        { anyOf: ['a', { on: 'b', lag: 2_000 }] },
        { quorum: 2, of: ['a', 'b', 'c'], soft: false },
      ],
      estimate: { min: 60_000, max: 5_400_000 },
      retry: {
        maxAttempts: 2,
        initialDelay: 1_000,
        factor: 2,
        maxDelay: 300_000,
        jitter: 0,
        on: ['error'],
        maxLost: 0,
      },
      timeouts: {
        startToClose: 3_600_000,
        scheduleToStart: 86_400_000,
        scheduleToClose: 172_800_000,
        heartbeat: 90_000,
        stall: 600_000,
        close: 60_000,
      },
      heartbeat: 30_000,
      verify: ['check.tests', { handler: 'check.lint', input: {}, timeout: 300_000 }],
    })
    expect(plan.gates).toEqual([{ ...everything.gates['gate-1'], id: 'gate-1', timeout: 3_600_000 }])
    expect(plan).toHaveProperty('x-note', everything['x-note'])
  })

  it('parses to itself', () => {
    const plan = parsed(everything)
    expect(parsed(plan)).toEqual(plan)
    expect(parsed(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  it('leaves absent fields absent, and drops those that hold undefined', () => {
    const plan = parsed({ name: undefined, tasks: [{ id: 'a', title: undefined, retry: { factor: undefined } }] })
    expect(Object.keys(plan)).toEqual(['tasks'])
    expect(plan.tasks?.map(Object.keys)).toEqual([['id', 'retry']])
    expect(plan.tasks?.[0]?.retry).toStrictEqual({})
  })

  it('shares what needs no change with the value', () => {
    const value = {
      tasks: [
        { id: 'a', dependsOn: ['b'] },
        { id: 'b', input: { deep: [1] } },
      ],
      streams: [{ id: 's', tasks: [{ id: 't' }] }],
    }
    const plan = parsed(value)
    expect(plan.tasks).toBe(value.tasks)
    expect(plan.streams).toBe(value.streams)
  })

  it('copies the records that change, and only those', () => {
    const value = { tasks: [{ id: 'a' }, { id: 'b', estimate: '1s' }, { id: 'c' }] }
    const plan = parsed(value)
    expect(plan.tasks).toEqual([{ id: 'a' }, { id: 'b', estimate: 1_000 }, { id: 'c' }])
    expect(plan.tasks?.[0]).toBe(value.tasks[0])
    expect(plan.tasks?.[2]).toBe(value.tasks[2])
    expect(value.tasks[1]).toEqual({ id: 'b', estimate: '1s' })
  })

  it('has pools and resources without a prototype', () => {
    const { pools, resources } = parsed(everything)
    expect(Object.getPrototypeOf(pools)).toBeNull()
    expect(Object.getPrototypeOf(resources)).toBeNull()
  })
})

describe('forms', () => {
  it('pools may be a Map', () => {
    const pools = new Map([['backend', { slots: 2 }]])
    expect(parsed({ pools }).pools).toEqual({ backend: { slots: 2 } })
    expect(refusals({ pools: new Map([['__proto__', { slots: 2 }]]) })).toEqual([
      'RESERVED_NAME /pools/__proto__ The name "__proto__" is reserved: every JavaScript object has it.',
    ])
  })

  it('an entry of a mapping that is undefined is none', () => {
    expect(parsed({ tasks: { a: undefined, b: {} }, pools: { p: undefined } })).toEqual({
      tasks: [{ id: 'b' }],
      pools: {},
    })
  })

  it('an id inside a record of a mapping must be its key', () => {
    expect(parsed({ tasks: { a: { id: 'a' } } }).tasks).toEqual([{ id: 'a' }])
    expect(refusals({ tasks: { a: { id: 'b' } } })).toEqual([
      'BAD_ID /tasks/a/id The task "a" has another id inside: "b".',
    ])
  })

  it('a mapping of records that are none', () => {
    expect(refusals({ tasks: { a: null, b: 3 } })).toEqual([
      'BAD_VALUE /tasks/a The task must be an object, not null.',
      'BAD_VALUE /tasks/b The task must be an object, not 3.',
    ])
  })

  it('objects of another realm are plain too', () => {
    const foreign = Object.create(Object.create(null))
    expect(parsed(Object.assign(foreign, { name: 'x' })).name).toBe('x')
  })
})

describe('fields', () => {
  const field = (fields: object): readonly string[] => refusals({ tasks: [{ id: 'a', ...fields }] })

  it('an unknown field is refused, with the nearest known one', () => {
    const result = parsePlan({ tasks: [{ id: 'a', dependson: [] }], naem: 'x', zzz: 1 })
    expect(result).toMatchObject({
      diagnostics: [
        {
          code: 'UNKNOWN_FIELD',
          at: '/naem',
          message: 'The field "naem" is not known here.',
          hint: 'Did you mean "name"? Your own fields begin with "x-".',
        },
        { at: '/tasks/0/dependson', hint: 'Did you mean "dependsOn"? Your own fields begin with "x-".' },
        {
          at: '/zzz',
          hint: expect.stringMatching(/^Known here: "\$schema", "name", "pools",.* Your own fields begin with "x-"\.$/),
        },
      ],
    })
  })

  it.each([
    [{ retry: { attempts: 3 } }, '/tasks/0/retry/attempts', 'Known here: "maxAttempts", "initialDelay"'],
    [{ claims: { wirte: [] } }, '/tasks/0/claims/wirte', 'Did you mean "write"?'],
    [{ dependsOn: [{ on: 'a', wen: 'success' }] }, '/tasks/0/dependsOn/0/wen', 'Did you mean "when"?'],
    [
      { dependsOn: [{ anyOf: [{ on: 'a', whne: 'finish' }] }] },
      '/tasks/0/dependsOn/0/anyOf/0/whne',
      'Did you mean "when"?',
    ],
    [{ verify: [{ handler: 'h', imput: 1 }] }, '/tasks/0/verify/0/imput', 'Did you mean "input"?'],
    [{ estimate: { min: 1, max: 2, avg: 1 } }, '/tasks/0/estimate/avg', 'Known here: "min", "max".'],
  ])('unknown fields inside %j', (fields, at, hint) => {
    const result = parsePlan({ tasks: [{ id: 'a', ...fields }] })
    expect(result).toMatchObject({ diagnostics: [{ code: 'UNKNOWN_FIELD', at, hint: expect.stringContaining(hint) }] })
  })

  it('keys that begin with "x-" are kept and ignored, anywhere', () => {
    const fields = { 'x-a': 1, retry: { 'x-b': 2 }, claims: { 'x-c': [] }, dependsOn: [{ on: 'b', 'x-d': null }] }
    const plan = parsed({ 'x-e': 1, tasks: [{ id: 'a', ...fields }, { id: 'b' }] })
    expect(plan.tasks?.[0]).toEqual({ id: 'a', ...fields })
  })

  it.each([
    [{ priority: 1_001 }, '"priority" must be a number from -1000 to 1000, not 1001.'],
    [{ priority: 'P0' }, '"priority" must be a number from -1000 to 1000, not "P0".'],
    [{ retry: { maxAttempts: 0 } }, '"maxAttempts" must be a whole number from 1 to 1000, not 0.'],
    [{ retry: { maxAttempts: 1.5 } }, '"maxAttempts" must be a whole number from 1 to 1000, not 1.5.'],
    [{ retry: { jitter: 2 } }, '"jitter" must be a number from 0 to 1, not 2.'],
    [
      { retry: { on: ['lost'] } },
      'Entry 1 of "on" must be one of "error", "timeout", "stalled", "rate-limited", "claim-violation", "verify" (for lost attempts there is "maxLost"), not "lost".',
    ],
    [{ requires: 'gpu' }, '"requires" must be a list of texts, not "gpu".'],
    [{ requires: ['gpu', ''] }, 'Entry 2 of "requires" must be a text of 1 to 128 characters, not "".'],
    [{ claims: ['src/**'] }, '"claims" must be an object, not a list.'],
    [{ claims: { write: 'src/**' } }, '"write" must be a list of path patterns, not "src/**".'],
    [{ dependsOn: 'a' }, '"dependsOn" must be a list of dependencies, not "a".'],
    [
      { dependsOn: [3] },
      'Entry 1 of "dependsOn" must be the id of a task or stream, or an object such as { "on": "id" }, not 3.',
    ],
    [
      { estimate: { min: '2m', max: '1m' } },
      '"estimate" must be a duration such as "4m", or { "min", "max" } of such with min at most max, not an object.',
    ],
    [
      { estimate: { min: '2m', max: 'x' } },
      '"max" must be a duration such as "30s", "5m", "2h" or a number of milliseconds, not "x".',
    ],
    [{ title: 3 }, '"title" must be a text, not 3.'],
    [{ optional: 1 }, '"optional" must be true or false, not 1.'],
    [{ uses: { gpu: 0 } }, '"gpu" must be a whole number from 1 to 1,000,000,000, "shared" or "exclusive", not 0.'],
  ])('%j', (fields, message) => {
    const [first, ...others] = field(fields)
    expect(first?.split(' ').slice(2).join(' ')).toBe(message)
    expect(others).toEqual([])
  })

  it.each([
    [{ handler: 'no spaces' }, 'BAD_ID /tasks/0/handler The name "no spaces" has characters that are not allowed.'],
    [
      { handler: 'x'.repeat(258) },
      `BAD_ID /tasks/0/handler The name "${'x'.repeat(40)}…" (258 characters) is too long: at most 257 characters.`,
    ],
    [{ uses: { 'a b': 1 } }, 'BAD_ID /tasks/0/uses/a b The name "a b" has characters that are not allowed.'],
    [{ dependsOn: [{}] }, 'MISSING_FIELD /tasks/0/dependsOn/0 The field "on" is missing.'],
    [{ estimate: { min: 1 } }, 'MISSING_FIELD /tasks/0/estimate The field "max" is missing.'],
  ])('%j', (fields, problem) => {
    expect(field(fields)).toEqual([problem])
  })

  it.each(['-f', 'a b', 'a//b', 'a..b', '/a', '', `a${'b'.repeat(300)}`])('the branch %j is refused', (branch) => {
    expect(refusals({ streams: { s: { branch } } })).toHaveLength(1)
  })

  it('a record without an id, and one whose id is no text', () => {
    expect(refusals({ tasks: [{}, { id: 3 }, { id: () => 1 }] })).toEqual([
      'MISSING_FIELD /tasks/0 The field "id" is missing.',
      'BAD_VALUE /tasks/1/id "id" must be an id, not 3.',
      'NOT_JSON /tasks/2/id A function cannot be written as JSON.',
    ])
  })

  it('a pool without slots', () => {
    expect(refusals({ pools: { p: {} } })).toEqual(['MISSING_FIELD /pools/p The field "slots" is missing.'])
  })
})

it('the diagnostics of one parse have lines where they can be found', () => {
  const result = parsePlan(
    { tasks: 3 },
    { file: 'p.json', locate: () => new Map([['/tasks', { line: 4, column: 2 }]]) },
  )
  expect(result).toMatchObject({ ok: false, diagnostics: [{ at: '/tasks', file: 'p.json', line: 4, column: 2 }] })
})

describe('plain tasks, which are let through without the schema', () => {
  const often = <T>(usual: fc.Arbitrary<T>, ...unusual: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 12, arbitrary: usual }, ...unusual)
  const text = often(
    fc.constantFrom('a', 'b-1'),
    fc.string({ maxLength: 5 }),
    fc.constantFrom('constructor', '__proto__', '', 'x'.repeat(129), 'a/b', 'a b'),
    fc.constant(1),
    fc.constant(undefined),
  )
  const texts = often(fc.array(text, { maxLength: 3 }), text)
  const fields = {
    id: text,
    title: text,
    handler: text,
    dependsOn: texts,
    claims: often(fc.record({ write: texts, read: texts }, { requiredKeys: [] }), text, fc.constant({ other: ['a'] })),
    estimate: often(fc.nat(), fc.double(), fc.constantFrom('4m', 0, 1e15)),
    priority: often(fc.integer({ min: -1000, max: 1000 }), fc.double(), fc.constantFrom(-1001, 1001)),
    optional: fc.boolean(),
  }

  it('are those that the schema accepts and nothing changes', () => {
    let plain = 0
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: ['id'] }), (task) => {
        if (!isPlainTask(task, DEFAULT_LIMITS)) return
        plain++
        expect(taskSchema.safeParse(task).success).toBe(true)
        expect(normalizeTask(task)).toBe(task)
      }),
      { numRuns: 3_000 },
    )
    expect(plain).toBeGreaterThan(20)
  })

  it('are most of those that people write', () => {
    const task = {
      id: 'a',
      title: 'A',
      handler: 'h',
      dependsOn: ['b'],
      claims: { write: ['x'], read: [] },
      estimate: 3,
      priority: 1,
    }
    expect(isPlainTask(task, CODE_LIMITS)).toBe(true)
  })

  it('have no text over the limit, and no depth over it', () => {
    const task = { id: 'abcd', title: 'abcd' }
    expect(isPlainTask(task, { ...DEFAULT_LIMITS, stringLength: 4 })).toBe(true)
    expect(isPlainTask(task, { ...DEFAULT_LIMITS, stringLength: 3 })).toBe(false)
    expect(isPlainTask({ id: 'a', handler: 'abcd' }, { ...DEFAULT_LIMITS, stringLength: 3 })).toBe(false)
    expect(isPlainTask(task, { ...DEFAULT_LIMITS, depth: 6 })).toBe(false)
  })
})
