/** An amended plan is what compiling the whole plan would have given, task by task; and what does not fit is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompiledPlan } from '../../src/core/types.js'
import type { AmendablePlan } from '../../src/plan/amend.js'
import { checkPlan } from '../../src/plan/check.js'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'
import { amendable, amended, facts, problems } from './amendable.js'

/** The order in which ready tasks of one need are offered. */
function dispatchOrder(plan: CompiledPlan): readonly string[] {
  const tasks = plan.taskIds.map((_, task) => task)
  const byFields = (a: number, b: number): number =>
    plan.need[a]! - plan.need[b]! || plan.priority[b]! - plan.priority[a]! || plan.rank[b]! - plan.rank[a]! || a - b
  return tasks.toSorted(byFields).map((task) => plan.taskIds[task]!)
}

interface Spec {
  readonly tasks: readonly (TaskDocument & { readonly id: string; readonly stream: string | null })[]
  /** Of no stream; some come with the tasks that are there from the beginning, some with the first amendment. */
  readonly gates: readonly object[]
  readonly earlyGates: number
  readonly streams: readonly { readonly id: string; readonly phase?: string }[]
  readonly order: readonly string[]
  /** So many tasks are there from the beginning; the others come in two amendments. */
  readonly first: number
  readonly second: number
}

const specs: fc.Arbitrary<Spec> = fc
  .record({ count: fc.integer({ min: 1, max: 10 }), streams: fc.integer({ min: 0, max: 3 }) })
  .chain(({ count, streams }) => {
    const ids = Array.from({ length: streams }, (_, index) => `s${index}`)
    const task = (index: number) =>
      fc.record(
        {
          id: fc.constant(`t${index}`),
          stream: fc.constantFrom(null, ...ids),
          dependsOn: fc.uniqueArray(fc.nat(Math.max(0, index - 1)), { maxLength: index === 0 ? 0 : 3 }),
          claims: fc.record({
            write: fc.subarray(['src/**', 'a.ts']),
            read: fc.subarray(['docs/*', 'b/']),
            integrate: fc.subarray(['hot']),
            advisory: fc.subarray(['lib/**']),
          }),
          uses: fc.constantFrom({ gpu: 1 }, { gpu: 2, db: 'shared' }, { lock: 'exclusive' }),
          idempotencyKey: fc.constantFrom('k', 'l'),
          verify: fc.subarray(['one', { handler: 'two', timeout: 1000 }]),
          priority: fc.integer({ min: 0, max: 2 }),
          estimate: fc.integer({ min: 1, max: 50 }),
          requires: fc.subarray(['x', 'y']),
          handler: fc.constantFrom('one', 'two'),
          retry: fc.record({ maxAttempts: fc.integer({ min: 1, max: 3 }) }),
          forms: fc.array(fc.nat(5), { maxLength: 3 }),
          of: fc.constantFrom(...ids, null),
          ofForm: fc.nat(3),
          milestones: fc.subarray(['early', 'late']),
          optional: fc.boolean(),
          ...(index === 0 ? {} : { if: fc.nat(index), stepOf: fc.nat(index) }),
        },
        { requiredKeys: ['id', 'stream', 'dependsOn'] },
      )
    const gate = (index: number) =>
      fc.record({
        id: fc.constant(`g${index}`),
        after: fc.nat(count - 1),
        isCheck: fc.boolean(),
        timeout: fc.constantFrom(undefined, 50),
        by: fc.option(fc.nat(count - 1)),
      })
    const phases = fc.tuple(...ids.map(() => fc.constantFrom(undefined, 'p0', 'p1')))
    return fc
      .record({
        tasks: fc.tuple(...Array.from({ length: count }, (_, index) => task(index))),
        gates: fc.tuple(gate(0), gate(1)),
        phases,
        order: fc.shuffledSubarray(ids),
        cuts: fc.tuple(fc.nat(count), fc.nat(count)),
        earlyGates: fc.nat(2),
      })
      .map(({ tasks, gates, phases, order, cuts: [a, b], earlyGates }): Spec => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)]
        const cut = (gateAt: number): number => (gateAt < earlyGates ? first : second)
        const idOf = (at: number): string => (tasks[at]!.stream === null ? `t${at}` : `${tasks[at]!.stream}/t${at}`)
        const edge = (at: number, form: number): unknown => {
          const milestones = tasks[at]!.milestones ?? []
          if (form === 1) return { on: idOf(at), when: 'failure' }
          if (form === 2) return { on: idOf(at), when: 'finish', lag: 1000 }
          if (form === 3) return { anyOf: [idOf(at), { on: idOf(0), when: 'finish' }] }
          if (form === 4) return { quorum: 2, of: [idOf(at), idOf(0)] }
          return form === 5 && milestones.length > 0 ? `${idOf(at)}#${milestones[0]}` : idOf(at)
        }
        const edgeOf = (stream: string, form: number): unknown => {
          if (form === 1) return { on: stream, when: 'finish', lag: 1000 }
          if (form === 2) return { anyOf: [{ stream, progress: 0.5 }, idOf(0)] }
          return form === 3 ? { stream, progress: 0.3 } : { on: stream, when: 'finish' }
        }
        // A gate comes at the latest with the task that waits for it, and only after what it waits for itself.
        const isThere = (gateAt: number, index: number): boolean => gateAt < earlyGates || index >= first
        const waitsFor = (index: number): readonly string[] =>
          gates.flatMap(({ id, by, after }, at) => (by === index && after < index && isThere(at, index) ? [id] : []))
        const named = tasks.map(({ forms = [], of = null, ofForm = 0, stepOf, verify = [], ...each }, index) => ({
          ...each,
          dependsOn: [
            ...each.dependsOn.map((at, place) => edge(at, at === 0 ? 0 : (forms[place] ?? 0))),
            ...(of === null || of === each.stream || index === 0 ? [] : [edgeOf(of, ofForm)]),
            ...waitsFor(index),
          ],
          ...(each.if === undefined ? {} : { if: { $from: idOf(Math.min(each.if, index - 1)) } }),
          verify:
            stepOf === undefined
              ? verify
              : [...verify, { handler: 'two', input: { $from: idOf(Math.min(stepOf, index - 1)) } }],
        }))
        const namedGates = gates.map(({ id, after, isCheck, timeout }, at) => ({
          id,
          kind: isCheck ? 'check' : 'approval',
          ...(isCheck ? { handler: 'one', input: after < cut(at) ? { $from: idOf(after) } : 0 } : {}),
          ...(timeout === undefined ? {} : { timeout }),
          dependsOn: after < cut(at) ? [{ on: idOf(after), when: 'finish' }] : [],
        }))
        const placed = ids.map((id, index) => ({ id, ...(phases[index] && { phase: phases[index] }) }))
        return { tasks: named as never, gates: namedGates, earlyGates, streams: placed, order, first, second }
      })
  })

/** The tasks `from` to `to` and the gates that come with them; `all`: with what cannot be added. */
function partOf(spec: Spec, from: number, to: number, gates: readonly [number, number], all: boolean): PlanDocument {
  const { tasks, streams } = spec
  const part = tasks.slice(from, to)
  const inStream = (stream: string | null) =>
    part.filter((task) => task.stream === stream).map(({ stream: _, ...task }) => task)
  const used = streams
    .map((stream) => ({ ...(all ? stream : { id: stream.id }), tasks: inStream(stream.id) }))
    .filter(({ tasks: own }) => all || own.length > 0)
  const whole = {
    resources: { gpu: 4, db: 2 },
    phases: [{ id: 'p0' }, { id: 'p1' }],
    sequences: [
      { path: 'src', order: spec.order },
      { path: '**/*.ts', order: [...spec.order].reverse() },
    ],
  }
  return {
    ...(all ? whole : {}),
    streams: used,
    tasks: inStream(null),
    gates: spec.gates.slice(...gates),
  } as PlanDocument
}

/** The whole plan, and what it is begun with. Null where something waits for itself, or is named before it is there. */
function wholeAndBase(spec: Spec): { readonly whole: CompiledPlan; readonly base: AmendablePlan } | null {
  const { compiled: whole } = checkPlan(partOf(spec, 0, spec.tasks.length, [0, 2], true))
  const base = checkPlan(partOf(spec, 0, spec.first, [0, spec.earlyGates], true))
  return whole === undefined || !base.ok ? null : { whole, base: { frame: base.plan, compiled: base.compiled } }
}

describe('an amended plan', () => {
  it('is what compiling the whole plan gives', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const plans = wholeAndBase(spec)
        fc.pre(plans !== null)
        const once = amended(plans.base, { add: partOf(spec, spec.first, spec.second, [spec.earlyGates, 2], false) })
        const twice = amended(once.plan, { add: partOf(spec, spec.second, spec.tasks.length, [2, 2], false) })
        expect(facts(twice.plan.compiled)).toEqual(facts(plans.whole))
      }),
      { numRuns: 200 },
    )
  })

  it('has the classes of dispatch in the order of need, priority and rank', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const base = wholeAndBase(spec)?.base
        fc.pre(base !== undefined)
        const rest = partOf(spec, spec.first, spec.tasks.length, [spec.earlyGates, 2], false)
        const { compiled } = amended(base, { add: rest }).plan
        const byClass = compiled.taskIds
          .map((_, task) => task)
          .toSorted((a, b) => compiled.dispatchClass[a]! - compiled.dispatchClass[b]! || a - b)
          .map((task) => compiled.taskIds[task]!)
        expect(byClass).toEqual(dispatchOrder(compiled))
        expect(new Set(compiled.dispatchClass).size).toBe(compiled.taskCount === 0 ? 0 : compiled.classCount)
      }),
      { numRuns: 100 },
    )
  })

  it('keeps the indexes of the tasks that were there, and leaves the plan it came from as it was', () => {
    const base = amendable({ streams: { s: { tasks: { a: {} } } }, tasks: { z: {} } })
    const before = facts(base.compiled)
    const { plan, added } = amended(base, { add: { streams: { s: { tasks: { b: { dependsOn: ['a'] } } } } } })
    expect(plan.compiled.taskIds).toEqual(['s/a', 'z', 's/b'])
    expect(added).toEqual(['s/b'])
    expect(facts(base.compiled)).toEqual(before)
    expect(base.compiled.taskIndex.get('s/b')).toBeUndefined()
  })

  it('a version does not find the tasks of one that came to nothing', () => {
    const base = amendable({ tasks: { a: {} } })
    amended(base, { add: { tasks: { dropped: {} } } })
    const { compiled } = amended(base, { add: { tasks: { kept: {} } } }).plan
    expect(compiled.taskIndex.get('dropped')).toBeUndefined()
    expect(compiled.taskIndex.get('kept')).toBe(1)
  })

  it('keeps phases and their gates: what comes to a stream holds up the phases after its own', () => {
    const plan = (first: readonly string[]): PlanDocument => ({
      phases: [{ id: 'build', gate: 'go' }, { id: 'ship' }],
      gates: [{ id: 'go', kind: 'approval' }],
      streams: [
        { id: 'api', phase: 'build', tasks: first.map((id) => ({ id })) },
        { id: 'release', phase: 'ship', tasks: [{ id: 'tag' }] },
      ],
    })
    const base = amendable(plan(['a']))
    const { compiled } = amended(base, { add: { streams: { api: { tasks: { b: {} } } } } }).plan
    const whole = amendable(plan(['a', 'b']))
    expect(facts(compiled)).toEqual(facts(whole.compiled))
    const named = ({ phases, points, taskIds, taskCount }: CompiledPlan) =>
      phases.map(({ id, point, gate, streams }) => [id, points[point - taskCount]?.id, gate && taskIds[gate], streams])
    expect(named(compiled)).toEqual(named(whole.compiled))
    expect(compiled.gates.get(compiled.taskIndex.get('go')!)).toBe('approval')
  })

  it('reads again what it stored as the same amendment', () => {
    const base = amendable({
      defaults: { handler: 'h' },
      tasks: { a: { priority: 3, title: 'A' }, b: { dependsOn: ['a'] } },
    })
    const change = { a: { priority: null, estimate: '5m' }, b: { dependsOn: ['c'] } }
    const once = amended(base, { add: { tasks: { c: { estimate: '1s' } } }, change })
    const again = amended(base, JSON.parse(JSON.stringify(once.stored)))
    expect(facts(again.plan.compiled)).toEqual(facts(once.plan.compiled))
    expect(once.plan.compiled.sources[0]).toEqual({ id: 'a', title: 'A', estimate: 300_000 })
    expect(once.changed).toEqual(['a', 'b'])
  })

  it('gives the new tasks of a stream what the stream says, and makes whoever waits for the stream wait for them', () => {
    const base = amendable({
      streams: {
        db: { tasks: { schema: {} } },
        api: { dependsOn: ['db'], owns: ['api/**'], priority: 4, requires: ['node'], tasks: { a: {} } },
        web: { dependsOn: ['api'], tasks: { b: {} } },
      },
    })
    const { compiled } = amended(base, { add: { streams: { api: { tasks: { c: {} } } } } }).plan
    const all = facts(compiled)
    expect(all['api/c']).toMatchObject({ after: ['<db>'], claims: [['api/**'], [], [], []], priority: 4 })
    expect(all.api).toMatchObject({ needed: 2, after: ['api/a', 'api/c'] })
  })
})

describe('an amendment is refused', () => {
  const base = amendable({
    protect: ['secret/**'],
    streams: {
      s: { owns: ['s/**'], tasks: { a: {}, b: { dependsOn: ['a'] } } },
      t: { dependsOn: ['s'], tasks: { c: {} } },
    },
  })

  it.each<[string, unknown, readonly string[]]>([
    ['that is no object', 5, ['BAD_VALUE  The amendment must be an object, not 5.']],
    ['with fields nobody knows', { ad: {} }, ['UNKNOWN_FIELD /ad The field "ad" is not known here.']],
    [
      'with an id that is used',
      { add: { streams: { s: { tasks: { a: {} } } } } },
      ['DUPLICATE_ID /add/streams/s/tasks/a The id "s/a" is used before.'],
    ],
    [
      'that changes a stream',
      { add: { streams: { s: { priority: 3, tasks: { x: {} } } } } },
      ['BAD_VALUE /add/streams/s Stream "s" is there already: it can get tasks, and nothing else.'],
    ],
    [
      'with dependencies on nothing',
      { add: { tasks: { x: { dependsOn: ['s/q'] } } } },
      ['UNKNOWN_ID /add/tasks/x/dependsOn/0 "s/q" in task "x" is no task, stream or gate of this plan.'],
    ],
    [
      'with unknown tasks',
      { remove: ['q'], change: { 's/z': {} } },
      ['UNKNOWN_ID /change/s~1z "s/z" is no task of this plan.', 'UNKNOWN_ID /remove/0 "q" is no task of this plan.'],
    ],
    [
      'that writes what others own',
      { add: { tasks: { x: { claims: { write: ['s/a.ts'] } } } } },
      [
        'OWNED_PATH /add/tasks/x/claims/write/0 Task "x" claims "s/a.ts", but stream "s" owns "s/**" (both cover "s/a.ts").',
      ],
    ],
    [
      'that touches what is protected',
      { add: { tasks: { x: { claims: { read: ['secret/k'] } } } } },
      [
        'PROTECTED_PATH /add/tasks/x/claims/read/0 Task "x" claims "secret/k", but "secret/**" is protected (both cover "secret/k").',
      ],
    ],
    [
      'with a change that is wrong',
      { change: { 's/a': { priority: 'high' } } },
      ['BAD_VALUE /change/s~1a/priority "priority" must be a number from -1000 to 1000, not "high".'],
    ],
    [
      'that does both',
      { remove: ['s/b'], change: { 's/b': { priority: 1 } } },
      ['BAD_VALUE /change/s~1b The task "s/b" is both removed and changed.'],
    ],
    [
      'that makes a circle among what is new',
      { add: { tasks: { x: { dependsOn: ['y'] }, y: { dependsOn: ['x'] } } } },
      ['CYCLE /add/tasks/x/dependsOn/0 These wait for each other: "x" → "y" → "x".'],
    ],
    [
      'that makes a circle through what is there',
      { change: { 's/a': { dependsOn: ['t/c'] } } },
      ['CYCLE  With this amendment these wait for each other: "s/a" → "t/c" → stream "s" → "s/a".'],
    ],
    [
      'that makes a stream wait for itself',
      { add: { streams: { s: { tasks: { x: { dependsOn: ['t/c'] } } } } } },
      ['CYCLE  With this amendment these wait for each other: "t/c" → stream "s" → "s/x" → "t/c".'],
    ],
  ])('%s', (_, amendment, expected) => {
    expect(problems(base, amendment)).toEqual(expected)
  })
})
