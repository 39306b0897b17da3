/** An amended plan is what compiling the whole plan would have given, task by task; and what does not fit is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompiledPlan } from '../../src/core/types.js'
import { type AmendablePlan, type AmendResult, amendPlan } from '../../src/plan/amend.js'
import { checkPlan } from '../../src/plan/check.js'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'

function amendable(document: PlanDocument): AmendablePlan {
  const check = checkPlan(document)
  if (!check.ok) throw new Error(check.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  return { frame: check.plan, compiled: check.compiled }
}

function amended(base: AmendablePlan, amendment: unknown): Extract<AmendResult, { ok: true }> {
  const result = amendPlan(base, amendment)
  if (!result.ok) throw new Error(result.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  return result
}

function problems(base: AmendablePlan, amendment: unknown): readonly string[] {
  const result = amendPlan(base, amendment)
  return result.ok ? [] : result.diagnostics.map(({ code, at, message }) => `${code} ${at} ${message}`)
}

/** Everything the core looks at, by names instead of numbers. Ranks and waves of what was there stay as they were. */
function facts(plan: CompiledPlan): Readonly<Record<string, unknown>> {
  const nameOf = (node: number): string => plan.taskIds[node] ?? `<${plan.points[node - plan.taskCount]!.id}>`
  const rowOf = (node: number): readonly string[] =>
    [...plan.predecessors.targets.subarray(plan.predecessors.start[node], plan.predecessors.start[node + 1])]
      .map(nameOf)
      .sort()
  const tasks = plan.taskIds.map((id, task) => {
    const set = plan.claimSets[plan.claimSet[task]!]
    const texts =
      set &&
      [set.write, set.read, set.integrate, set.advisory].map((patterns) => patterns.map(({ text }) => text).sort())
    return [
      id,
      {
        after: rowOf(task),
        count: plan.dependencyCount[task],
        stream: plan.streamIds[plan.streamOf[task]!],
        handler: plan.handlers[plan.handler[task]!],
        need: plan.needs[plan.need[task]!],
        policy: plan.policies[plan.policy[task]!],
        claims: texts ?? null,
        priority: plan.priority[task],
        estimate: plan.estimateMs[task],
        optional: plan.optional[task],
        uses: plan.useSets[plan.useSet[task]!] ?? [],
        key: plan.keys.get(task),
        verify: plan.verify.get(task),
        milestones: [...(plan.milestones.get(task) ?? [])].map(([name, point]) => [name, nameOf(point)]),
        condition: plan.conditions.get(task) && {
          of: plan.taskIds[plan.conditions.get(task)!.task],
          path: plan.conditions.get(task)!.path,
        },
        source: plan.sources[task],
        found: plan.taskIndex.get(id) === task,
      },
    ]
  })
  const weights = (weight: Int32Array | undefined): unknown =>
    weight && Object.fromEntries([...weight].flatMap((own, task) => (own === 0 ? [] : [[plan.taskIds[task], own]])))
  const points = plan.points.map((point, index) => [
    point.id,
    { ...point, weight: weights(point.weight), after: rowOf(plan.taskCount + index) },
  ])
  return { ...Object.fromEntries(tasks), ...Object.fromEntries(points) }
}

/** The order in which ready tasks of one need are offered. */
function dispatchOrder(plan: CompiledPlan): readonly string[] {
  const tasks = plan.taskIds.map((_, task) => task)
  const byFields = (a: number, b: number): number =>
    plan.need[a]! - plan.need[b]! || plan.priority[b]! - plan.priority[a]! || plan.rank[b]! - plan.rank[a]! || a - b
  return tasks.toSorted(byFields).map((task) => plan.taskIds[task]!)
}

interface Spec {
  readonly tasks: readonly (TaskDocument & { readonly id: string; readonly stream: string | null })[]
  readonly streams: readonly string[]
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
          milestones: fc.subarray(['early', 'late']),
          optional: fc.boolean(),
          ...(index === 0 ? {} : { if: fc.nat(index) }),
        },
        { requiredKeys: ['id', 'stream', 'dependsOn'] },
      )
    return fc
      .tuple(fc.tuple(...Array.from({ length: count }, (_, index) => task(index))), fc.nat(count), fc.nat(count))
      .map(([tasks, a, b]): Spec => {
        const idOf = (at: number): string => (tasks[at]!.stream === null ? `t${at}` : `${tasks[at]!.stream}/t${at}`)
        const edge = (at: number, form: number): unknown => {
          const milestones = tasks[at]!.milestones ?? []
          if (form === 1) return { on: idOf(at), when: 'failure' }
          if (form === 2) return { on: idOf(at), when: 'finish', lag: 1000 }
          if (form === 3) return { anyOf: [idOf(at), { on: idOf(0), when: 'finish' }] }
          if (form === 4) return { quorum: 2, of: [idOf(at), idOf(0)] }
          return form === 5 && milestones.length > 0 ? `${idOf(at)}#${milestones[0]}` : idOf(at)
        }
        const named = tasks.map(({ forms = [], ...each }) => ({
          ...each,
          dependsOn: each.dependsOn.map((at, index) => edge(at, at === 0 ? 0 : (forms[index] ?? 0))),
          ...(each.if === undefined ? {} : { if: { $from: idOf(Math.min(each.if, Number(each.id.slice(1)) - 1)) } }),
        }))
        return { tasks: named as never, streams: ids, first: Math.min(a, b), second: Math.max(a, b) }
      })
  })

function partOf({ tasks, streams }: Spec, from: number, to: number, all: boolean): PlanDocument {
  const part = tasks.slice(from, to)
  const inStream = (stream: string | null) =>
    part.filter((task) => task.stream === stream).map(({ stream: _, ...task }) => task)
  const used = streams.map((id) => ({ id, tasks: inStream(id) })).filter(({ tasks: own }) => all || own.length > 0)
  return { ...(all ? { resources: { gpu: 4, db: 2 } } : {}), streams: used, tasks: inStream(null) }
}

describe('an amended plan', () => {
  it('is what compiling the whole plan gives', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const whole = amendable(partOf(spec, 0, spec.tasks.length, true))
        const base = amendable(partOf(spec, 0, spec.first, true))
        const once = amended(base, { add: partOf(spec, spec.first, spec.second, false) })
        const twice = amended(once.plan, { add: partOf(spec, spec.second, spec.tasks.length, false) })
        expect(facts(twice.plan.compiled)).toEqual(facts(whole.compiled))
      }),
      { numRuns: 300 },
    )
  })

  it('has the classes of dispatch in the order of need, priority and rank', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        const base = amendable(partOf(spec, 0, spec.first, true))
        const { compiled } = amended(base, { add: partOf(spec, spec.first, spec.tasks.length, false) }).plan
        const byClass = compiled.taskIds
          .map((_, task) => task)
          .toSorted((a, b) => compiled.dispatchClass[a]! - compiled.dispatchClass[b]! || a - b)
          .map((task) => compiled.taskIds[task]!)
        expect(byClass).toEqual(dispatchOrder(compiled))
        expect(new Set(compiled.dispatchClass).size).toBe(compiled.taskCount === 0 ? 0 : compiled.classCount)
      }),
      { numRuns: 300 },
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
