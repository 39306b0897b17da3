/** What hostile or careless people hand in: each refused, in these very words, in milliseconds, without harm. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { CODE_LIMITS } from '../../src/plan/limits.js'
import { parsePlan } from '../../src/plan/parse.js'
import { problems } from './problems.js'

const task = (fields: object): unknown => ({ tasks: [{ id: 'a', ...fields }] })

describe('hostile ids', () => {
  const idProblem = (id: string): readonly string[] => problems({ tasks: [{ id }] })

  it.each([
    ['constructor', 'RESERVED_NAME /tasks/0/id The id "constructor" is reserved: every JavaScript object has it.'],
    ['prototype', 'RESERVED_NAME /tasks/0/id The id "prototype" is reserved: every JavaScript object has it.'],
    ['toString', 'RESERVED_NAME /tasks/0/id The id "toString" is reserved: every JavaScript object has it.'],
    ['__proto__', 'RESERVED_NAME /tasks/0/id The id "__proto__" is reserved: every JavaScript object has it.'],
    ['', 'BAD_ID /tasks/0/id The id is empty.'],
    ['a\u0000b', 'BAD_ID /tasks/0/id The id "a\\u{0}b" has characters that are not allowed.'],
    ['a\u202eb', 'BAD_ID /tasks/0/id The id "a\\u{202e}b" has characters that are not allowed.'],
    ['\u001b[31mred', 'BAD_ID /tasks/0/id The id "\\u{1b}[31mred" has characters that are not allowed.'],
    ['a/b', 'BAD_ID /tasks/0/id The id "a/b" has characters that are not allowed.'],
    ['../x', 'BAD_ID /tasks/0/id The id "../x" has characters that are not allowed.'],
    ['\ud83d', 'BAD_ID /tasks/0/id The id "\\u{d83d}" has characters that are not allowed.'],
  ])('the id %j is refused', (id, message) => {
    expect(idProblem(id)).toEqual([message])
  })

  it('an id of 200 characters is refused and shortened in the message', () => {
    const shown = `"${'x'.repeat(40)}…" (200 characters)`
    expect(idProblem('x'.repeat(200))).toEqual([
      `BAD_ID /tasks/0/id The id ${shown} is too long: at most 128 characters.`,
    ])
  })

  it('an id of 128 characters is allowed', () => {
    expect(checkPlan({ tasks: [{ id: 'x'.repeat(128) }] }).ok).toBe(true)
  })

  it('a key "__proto__" is refused wherever it stands, before anything could drop it in silence', () => {
    const plan = JSON.parse('{"__proto__": {"x": 1}, "tasks": [{"id": "a", "input": {"deep": [{"__proto__": 1}]}}]}')
    const message = 'The name "__proto__" is reserved: every JavaScript object has it.'
    expect(problems(plan)).toEqual([
      `RESERVED_NAME /__proto__ ${message}`,
      `RESERVED_NAME /tasks/0/input/deep/0/__proto__ ${message}`,
    ])
    expect(Object.prototype).not.toHaveProperty('x')
  })

  it('reserved names are refused as keys of a mapping too', () => {
    const plan = JSON.parse('{"tasks": {"constructor": {}, "ok": {}}, "pools": {"toString": {"slots": 1}}}')
    expect(problems(plan)).toEqual([
      'RESERVED_NAME /pools/toString The name "toString" is reserved: every JavaScript object has it.',
      'RESERVED_NAME /tasks/constructor The id "constructor" is reserved: every JavaScript object has it.',
    ])
  })

  it('an object with "__proto__" in its source has another prototype, and is no plain data', () => {
    const tasks = { __proto__: { evil: {} } }
    expect(problems({ tasks })).toEqual([
      'BAD_VALUE /tasks "tasks" must be a list, or a mapping from id to task, not an instance of a class.',
    ])
  })
})

describe('cycles', () => {
  it('a task that depends on itself', () => {
    expect(problems({ tasks: { a: { dependsOn: ['a'] } } })).toEqual([
      'CYCLE /tasks/a/dependsOn/0 Task "a" depends on itself.',
    ])
  })

  it('two tasks that wait for each other', () => {
    const tasks = { a: { dependsOn: ['b'] }, b: { dependsOn: ['a'] } }
    expect(problems({ tasks })).toEqual(['CYCLE /tasks/a/dependsOn/0 These wait for each other: "a" → "b" → "a".'])
  })

  it('a cycle of 10,000 is found without recursion, and printed in one line', () => {
    const tasks = Array.from({ length: 10_000 }, (_, i) => ({ id: `t${i}`, dependsOn: [`t${(i + 1) % 10_000}`] }))
    const first = Array.from({ length: 20 }, (_, i) => `"t${i}"`).join(' → ')
    const message = `These wait for each other: ${first} → … (9,980 more) → "t0".`
    expect(problems({ tasks })).toEqual([`CYCLE /tasks/0/dependsOn/0 ${message}`])
  })

  it('a task that depends on its own stream', () => {
    const streams = { s: { tasks: { a: { dependsOn: ['s'] } } } }
    expect(problems({ streams })).toEqual([
      'CYCLE /streams/s/tasks/a/dependsOn/0 These wait for each other: "s/a" → stream "s" → "s/a".',
    ])
  })
})

describe('dangling and duplicate ids', () => {
  it('a dependency on nothing names the nearest id', () => {
    const check = checkPlan({ tasks: { build: {}, test: { dependsOn: ['biuld'] } } })
    expect(check.diagnostics).toEqual([
      {
        code: 'UNKNOWN_ID',
        severity: 'error',
        message: '"biuld" in task "test" is no task, stream or gate of this plan.',
        at: '/tasks/test/dependsOn/0',
        hint: 'Did you mean "build"?',
      },
    ])
  })

  it('an id that is used twice is reported at its second place', () => {
    expect(problems({ tasks: [{ id: 'a' }, { id: 'b' }, { id: 'a' }] })).toEqual([
      'DUPLICATE_ID /tasks/2 The task id "a" is used before.',
    ])
  })
})

describe('paths', () => {
  it.each([
    ['../x', 'The pattern "../x" has a segment "..", which could leave the repository.'],
    ['/etc/passwd', 'The pattern "/etc/passwd" is absolute; it must be relative to the repository.'],
    ['a\\b', 'The pattern "a\\b" contains a backslash (U+005C) at offset 1.'],
    ['C:/x', 'The pattern "C:/x" starts with a drive letter; it must be relative to the repository.'],
  ])('the path %j is refused', (path, message) => {
    expect(problems(task({ claims: { write: ['ok', path] } }))).toEqual([`BAD_PATH /tasks/0/claims/write/1 ${message}`])
  })

  it('10,000 wildcards are refused by length', () => {
    expect(problems(task({ claims: { read: ['*'.repeat(10_000)] } }))).toEqual([
      'BAD_PATH /tasks/0/claims/read/0 The pattern has 10000 characters; at most 512 are allowed.',
    ])
  })
})

describe('values', () => {
  it('a duration of "5 parsecs"', () => {
    const [diagnostic] = checkPlan(task({ timeouts: { startToClose: '5 parsecs' } })).diagnostics
    expect(diagnostic).toEqual({
      code: 'BAD_DURATION',
      severity: 'error',
      message:
        '"startToClose" must be a duration longer than 0, such as "30s", "5m", "2h" or a number of milliseconds, not "5 parsecs".',
      at: '/tasks/0/timeouts/startToClose',
      hint: 'A duration has one unit: "ms", "s", "m", "h" or "d", and at most 100 years.',
    })
  })

  it.each([
    [Number.NaN, 'The number NaN cannot be written as JSON.'],
    [Number.POSITIVE_INFINITY, 'The number Infinity cannot be written as JSON.'],
    [10n, 'A bigint cannot be written as JSON.'],
    [() => 1, 'A function cannot be written as JSON.'],
    [Symbol('x'), 'A symbol cannot be written as JSON.'],
    [new Date(0), 'An instance of a class cannot be written as JSON.'],
    [new Map(), 'An instance of a class cannot be written as JSON.'],
  ])('an input that JSON cannot hold: %s', (input, message) => {
    expect(problems(task({ input }))).toEqual([`NOT_JSON /tasks/0/input ${message}`])
  })

  it('a hole in a list', () => {
    const input = { list: [1, undefined] }
    expect(problems(task({ input }))).toEqual([
      'NOT_JSON /tasks/0/input/list/1 An empty place in a list cannot be written as JSON.',
    ])
  })

  it('an input that contains itself is refused once, not for ever', () => {
    const loop: Record<string, unknown> = {}
    loop.a = loop
    loop.b = loop
    const [problem, ...others] = problems(task({ input: loop }))
    expect(problem).toMatch(/^TOO_DEEP \/tasks\/0\/input(\/a)+ Lists and objects are nested more than 64 deep\.$/)
    expect(others).toEqual([])
  })

  it('a value that shares its parts is no way to make the walk long', () => {
    let shared: unknown = 'lol'
    for (let depth = 0; depth < 40; depth++) shared = [shared, shared]
    expect(problems(task({ input: shared }))).toEqual(['TOO_LARGE The plan has more than 1,000,000 values.'])
  })

  it('a depth of 10,000', () => {
    let deep: unknown = 1
    for (let depth = 0; depth < 10_000; depth++) deep = [deep]
    expect(problems(task({ input: deep }))).toEqual([
      `TOO_DEEP /tasks/0/input${'/0'.repeat(61)} Lists and objects are nested more than 64 deep.`,
    ])
  })

  it('a text and a key of 64,001 characters', () => {
    const long = 'x'.repeat(64_001)
    const shown = `"${'x'.repeat(40)}…" (64,001 characters)`
    expect(problems(task({ title: long, input: { [long]: 1 } }))).toEqual([
      `TOO_LARGE /tasks/0/input/${long} The name ${shown} is too long: at most 64,000 characters.`,
      `TOO_LARGE /tasks/0/title The text ${shown} is too long: at most 64,000 characters.`,
    ])
  })

  it.each([null, 3, 'plan', [], undefined, () => 1])('%s is no plan', (value) => {
    const [problem] = problems(value)
    expect(problem).toMatch(/^BAD_VALUE The plan must be an object, not /)
  })

  it('a getter or proxy that throws', () => {
    const thrower = (error: unknown) => (): never => {
      throw error
    }
    const getter = Object.defineProperty({}, 'tasks', { get: thrower(new Error('gotcha')), enumerable: true })
    const proxy = new Proxy({}, { ownKeys: thrower('no error') })
    expect(problems(getter)).toEqual(['UNREADABLE The plan cannot be read: "gotcha".'])
    expect(problems(proxy)).toEqual(['UNREADABLE The plan cannot be read: "no error".'])
    expect(problems(new Proxy({}, { has: thrower(null) }))).toEqual(['UNREADABLE The plan cannot be read: null.'])
    expect(parsePlan(getter)).toMatchObject({ ok: false, diagnostics: [{ code: 'UNREADABLE' }] })
  })

  it('a getter that answers differently each time', () => {
    let asked = 0
    const input = Object.defineProperty({}, 'x', { get: () => (asked++ === 0 ? 1 : { $from: 1n }), enumerable: true })
    expect(problems(task({ input }))).toEqual([
      'BAD_REFERENCE /tasks/0/input/x An object with "$from" is not a reference.',
    ])
    const dependsOn = Object.defineProperty({ on: 'a' }, 'on', {
      get: () => (asked++ < 5 ? 'a' : null),
      enumerable: true,
    })
    expect(() => checkPlan(task({ dependsOn: [dependsOn] }))).not.toThrow()
  })
})

describe('size', () => {
  const many = (count: number): unknown => ({ tasks: Array.from({ length: count }, (_, i) => ({ id: `t${i}` })) })

  it('more than 10,000 tasks are refused in a document', () => {
    expect(checkPlan(many(10_000)).ok).toBe(true)
    expect(problems(many(10_001))).toEqual([
      'TOO_LARGE /tasks The plan has 10,001 tasks or more: at most 10,000 tasks are allowed.',
    ])
  })

  it('the limit counts the tasks of all streams together', () => {
    const tasks = Array.from({ length: 6_000 }, (_, i) => ({ id: `t${i}` }))
    const streams = [
      { id: 'a', tasks },
      { id: 'b', tasks },
    ]
    expect(problems({ streams })).toEqual([
      'TOO_LARGE /streams/1/tasks The plan has 12,000 tasks or more: at most 10,000 tasks are allowed.',
    ])
  })

  it('limits can be raised', () => {
    expect(checkPlan(many(10_001), { limits: { tasks: 20_000 } }).ok).toBe(true)
    expect(checkPlan(many(10_001), { limits: CODE_LIMITS }).ok).toBe(true)
  })

  it('a list of a thousand million holes costs nothing', () => {
    expect(problems({ tasks: new Array(1_000_000_000) })).toEqual([
      'TOO_LARGE /tasks The plan has 1,000,000,000 tasks or more: at most 10,000 tasks are allowed.',
    ])
  })

  it('dependencies between streams cannot multiply beyond the limit', () => {
    const tasks = Array.from({ length: 400 }, (_, i) => ({ id: `t${i}` }))
    const before = Array.from({ length: 400 }, (_, i) => ({ id: `s${i}` }))
    const streams = [...before, { id: 'last', dependsOn: before.map(({ id }) => id), tasks }]
    expect(problems({ streams })).toEqual(['TOO_LARGE The plan has more than 100,000 dependencies.'])
  })

  it('more than 5,000 different patterns are refused', () => {
    const write = Array.from({ length: 5_001 }, (_, i) => `file-${i}`)
    expect(problems(task({ claims: { write } }))).toEqual([
      'TOO_LARGE The plan has more than 5,000 different path patterns.',
    ])
  })

  it('of 5,000 problems a thousand are listed, and the others counted', () => {
    const check = checkPlan({ tasks: Array.from({ length: 5_000 }, () => ({})) })
    expect(check.ok).toBe(false)
    expect(check.diagnostics).toHaveLength(1_001)
    expect(check.diagnostics.at(-1)).toMatchObject({
      code: 'TOO_MANY_PROBLEMS',
      severity: 'error',
      message: 'There are 4,000 more problems than are listed here.',
    })
  })
})
