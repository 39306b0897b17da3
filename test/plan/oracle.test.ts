/**
 * Compiled plans against a dumb oracle: it knows the edges because it made them, finds waves and tails by recursion, and
 * compares each task's claims with each other's.
 */
import fc from 'fast-check'
import { topologicalGenerations } from 'graphology-dag'
import { describe, expect, it } from 'vitest'
import { overlaps } from '../../src/claims/overlap.js'
import { type Pattern, parsePattern } from '../../src/claims/pattern.js'
import type { CompiledPlan } from '../../src/core/types.js'
import { checkPlan } from '../../src/plan/check.js'
import { compile } from '../../src/plan/compile.js'
import { graphWaves, planGraph } from '../../src/plan/graph.js'
import { parsePlan } from '../../src/plan/parse.js'

const PATTERNS = ['src/**', 'src/a.ts', 'src/*.ts', 'docs', '**/*.md', '{src,docs}/x', 'lib/']

interface TaskSpec {
  /** -1: none. */
  readonly stream: number
  readonly estimate: number | null
  readonly write: readonly number[]
  readonly read: readonly number[]
  /** Tasks and streams (after the tasks) that it waits for; streams wait for those too. */
  readonly after: readonly number[]
  readonly refers: readonly number[]
  readonly priority: number
}

interface Spec {
  readonly tasks: readonly TaskSpec[]
  readonly streams: readonly { readonly after: readonly number[] }[]
}

/** Tasks of streams come first, as in a compiled plan. */
function specs(options: { readonly acyclic: boolean }): fc.Arbitrary<Spec> {
  return fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 9 })).chain(([streamCount, taskCount]) => {
    const nodes = taskCount + streamCount
    const some = (from: number, least = 0): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min: least, max: from - 1 }), { maxLength: 3 })
    const patterns = fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      fc.array(fc.nat(PATTERNS.length - 1), { maxLength: 2 }),
    )
    const task = fc.record({
      stream: fc.integer({ min: -1, max: streamCount - 1 }),
      estimate: fc.option(fc.integer({ min: 0, max: 20 })),
      write: patterns,
      read: patterns,
      after: some(nodes),
      refers: some(taskCount),
      priority: fc.integer({ min: 0, max: 1 }),
    })
    const stream = fc.record({ after: some(nodes) })
    return fc
      .tuple(
        fc.array(task, { minLength: taskCount, maxLength: taskCount }),
        fc.array(stream, { minLength: streamCount, maxLength: streamCount }),
      )
      .map(([tasks, streams]) => {
        const order = (one: TaskSpec): number => (one.stream === -1 ? streamCount : one.stream)
        const spec = { tasks: tasks.toSorted((a, b) => order(a) - order(b)), streams }
        return options.acyclic ? withoutCycles(spec) : spec
      })
  })
}

/** Only edges to earlier tasks, and to streams that are before the task's own; streams wait for earlier streams. */
function withoutCycles({ tasks, streams }: Spec): Spec {
  const count = tasks.length
  const place = (stream: number): number => (stream === -1 ? streams.length : stream)
  return {
    tasks: tasks.map((task, index) => ({
      ...task,
      after: task.after.filter((node) => (node < count ? node < index : node - count < place(task.stream))),
      refers: task.refers.filter((node) => node < index),
    })),
    streams: streams.map(({ after }, index) => ({
      after: after.filter((node) => (node < count ? place(tasks[node]!.stream) < index : node - count < index)),
    })),
  }
}

const localId = (task: number): string => `t${task}`
const fullId = ({ tasks }: Spec, task: number): string =>
  tasks[task]!.stream === -1 ? localId(task) : `s${tasks[task]!.stream}/${localId(task)}`

/** The spec as a document, with each way of writing an id. */
function document(spec: Spec): unknown {
  const { tasks, streams } = spec
  const nameFrom = (node: number, stream: number): string => {
    if (node >= tasks.length) return `s${node - tasks.length}`
    const isSibling = stream !== -1 && tasks[node]!.stream === stream
    return isSibling && node % 2 === 0 ? localId(node) : fullId(spec, node)
  }
  const record = (task: TaskSpec, index: number): object => ({
    id: localId(index),
    dependsOn: task.after.map((node) =>
      node % 3 === 0 ? { on: nameFrom(node, task.stream) } : nameFrom(node, task.stream),
    ),
    input: { list: task.refers.map((node) => ({ $from: nameFrom(node, task.stream), path: ['x'] })) },
    claims: { write: task.write.map((at) => PATTERNS[at]), read: task.read.map((at) => PATTERNS[at]) },
    ...(task.estimate === null ? {} : { estimate: task.estimate }),
    priority: task.priority,
  })
  const inStream = (stream: number): object[] =>
    tasks.flatMap((task, index) => (task.stream === stream ? [record(task, index)] : []))
  return {
    streams: streams.map(({ after }, index) => ({
      id: `s${index}`,
      dependsOn: after.map((node) => nameFrom(node, -1)),
      tasks: inStream(index),
    })),
    tasks: inStream(-1),
  }
}

/** By node: what it waits for. */
function oracleEdges({ tasks, streams }: Spec): readonly ReadonlySet<number>[] {
  const ofTasks = tasks.map(
    ({ after, refers, stream }) => new Set([...after, ...refers, ...(stream === -1 ? [] : streams[stream]!.after)]),
  )
  const ofStreams = streams.map(({ after }, index) => {
    const own = tasks.flatMap((task, at) => (task.stream === index ? [at] : []))
    return new Set(own.length > 0 ? own : after)
  })
  return [...ofTasks, ...ofStreams]
}

function hasCycle(edges: readonly ReadonlySet<number>[]): boolean {
  const reaches = (from: number, to: number, seen: Set<number>): boolean =>
    [...edges[from]!].some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return reaches(next, to, seen)
    })
  return edges.some((_, node) => reaches(node, node, new Set()))
}

const parsed = (at: number): Pattern => {
  const pattern = parsePattern(PATTERNS[at]!)
  if (!pattern.ok) throw new Error(pattern.message)
  return pattern
}

function conflict(a: TaskSpec, b: TaskSpec): boolean {
  const meet = (some: readonly number[], others: readonly number[]): boolean =>
    some.some((x) => others.some((y) => overlaps(parsed(x), parsed(y))))
  return meet(a.write, [...b.write, ...b.read]) || meet(b.write, a.read)
}

function oracleRanks({ tasks }: Spec, edges: readonly ReadonlySet<number>[]): readonly number[] {
  const known = tasks.flatMap(({ estimate }) => (estimate === null ? [] : [estimate]))
  const otherwise = known.length === 0 ? 1 : known.reduce((sum, one) => sum + one, 0) / known.length
  const weight = (node: number): number => (node < tasks.length ? (tasks[node]!.estimate ?? otherwise) : 0)
  const longest = (node: number): number =>
    weight(node) + Math.max(0, ...edges.flatMap((before, after) => (before.has(node) ? [longest(after)] : [])))
  return tasks.map((task, index) => {
    const excluded = tasks.filter((other, at) => at !== index && conflict(task, other))
    return longest(index) + 0.2 * excluded.reduce((sum, other) => sum + weight(tasks.indexOf(other)), 0)
  })
}

function oracleWave(node: number, count: number, edges: readonly ReadonlySet<number>[]): number {
  const after = (one: number): number => oracleWave(one, count, edges) + (one < count ? 1 : 0)
  return Math.max(0, ...[...edges[node]!].map(after))
}

function rows({ start, targets }: CompiledPlan['successors']): readonly (readonly number[])[] {
  return Array.from({ length: start.length - 1 }, (_, node) => [...targets.slice(start[node], start[node + 1])])
}

function compiledOf(spec: Spec): CompiledPlan {
  const check = checkPlan(document(spec))
  if (!check.ok) throw new Error(check.diagnostics.map(({ message }) => message).join('\n'))
  return check.compiled
}

const ascending = (numbers: Iterable<number>): readonly number[] => [...numbers].sort((a, b) => a - b)

describe('plans without cycles', () => {
  it('have the edges, waves, ranks and classes of the oracle', () => {
    fc.assert(
      fc.property(specs({ acyclic: true }), (spec) => {
        const plan = compiledOf(spec)
        const edges = oracleEdges(spec)
        const count = spec.tasks.length
        expect(plan.taskIds).toEqual(spec.tasks.map((_, task) => fullId(spec, task)))
        expect(rows(plan.predecessors)).toEqual(edges.map(ascending))
        expect(rows(plan.successors)).toEqual(
          edges.map((_, node) => edges.flatMap((before, after) => (before.has(node) ? [after] : []))),
        )
        expect([...plan.dependencyCount]).toEqual(edges.map(({ size }) => size))
        expect([...plan.wave]).toEqual(spec.tasks.map((_, task) => oracleWave(task, count, edges)))
        expect(plan.waveCount).toBe(Math.max(...plan.wave) + 1)
        for (const [task, rank] of oracleRanks(spec, edges).entries()) expect(plan.rank[task]).toBeCloseTo(rank, 9)
        for (let a = 0; a < count; a++) {
          for (let b = 0; b < count; b++) {
            const before = plan.priority[b]! - plan.priority[a]! || plan.rank[b]! - plan.rank[a]!
            expect(Math.sign(plan.dispatchClass[a]! - plan.dispatchClass[b]!)).toBe(Math.sign(before))
          }
        }
        expect(new Set(plan.dispatchClass).size).toBe(plan.classCount)
      }),
      { numRuns: 1_000 },
    )
  })

  it('have the same waves as the graph of graphology', () => {
    fc.assert(
      fc.property(specs({ acyclic: true }), (spec) => {
        const plan = compiledOf(spec)
        const graph = planGraph(plan)
        const waves = Array.from({ length: plan.waveCount }, (_, wave) =>
          plan.taskIds.filter((_, task) => plan.wave[task] === wave),
        )
        expect(graphWaves(graph).map((ids) => ids.toSorted())).toEqual(waves.map((ids) => ids.toSorted()))
        if (spec.streams.length === 0) {
          const generations = topologicalGenerations(graph).map((keys) => ascending(keys.map(Number)))
          expect(generations).toEqual(waves.map((ids) => ascending(ids.map((id) => plan.taskIndex.get(id)!))))
        }
      }),
    )
  })

  it('compile to the same, parsed first or not, from lists or mappings', () => {
    fc.assert(
      fc.property(specs({ acyclic: true }), (spec) => {
        const plan = parsePlan(document(spec))
        expect(plan.ok && compile(plan.plan)).toEqual({ ok: true, compiled: compiledOf(spec) })
        const value = document(spec) as { streams: { id: string; tasks: { id: string }[] }[]; tasks: { id: string }[] }
        const byId = <R extends { id: string }>(records: readonly R[]): object =>
          Object.fromEntries(records.map((record) => [record.id, record]))
        const streams = byId(value.streams.map((stream) => ({ ...stream, tasks: byId(stream.tasks) })))
        const check = checkPlan({ streams, tasks: byId(value.tasks) })
        expect(check.compiled?.predecessors).toEqual(compiledOf(spec).predecessors)
      }),
    )
  })
})

describe('plans with or without cycles', () => {
  it('are refused exactly when there is one, with a trail that is one', () => {
    let cyclic = 0
    fc.assert(
      fc.property(specs({ acyclic: false }), (spec) => {
        const edges = oracleEdges(spec)
        const cycles = checkPlan(document(spec)).diagnostics.filter(({ code }) => code === 'CYCLE')
        expect(cycles.length > 0).toBe(hasCycle(edges))
        cyclic += cycles.length > 0 ? 1 : 0
        for (const { message } of cycles) {
          const trail = trailOf(message, spec)
          for (const [at, node] of trail.entries()) {
            expect(edges[node]!.has(trail[(at + 1) % trail.length]!)).toBe(true)
          }
          expect(new Set(trail).size).toBe(trail.length)
        }
      }),
      { numRuns: 1_000 },
    )
    expect(cyclic).toBeGreaterThan(50)
  })

  it('give the same text each time, whatever the check did before', () => {
    fc.assert(
      fc.property(specs({ acyclic: false }), (spec) => {
        const text = JSON.stringify(checkPlan(document(spec)).diagnostics)
        expect(JSON.stringify(checkPlan(structuredClone(document(spec))).diagnostics)).toBe(text)
      }),
    )
  })
})

/** The nodes that the message of a cycle names. */
function trailOf(message: string, spec: Spec): readonly number[] {
  const names = [...message.matchAll(/(stream )?"([^"]+)"/gi)].map(([, stream, id]) => ({
    isStream: stream !== undefined,
    id: id!,
  }))
  const nodes = names.map(({ isStream, id }) =>
    isStream ? spec.tasks.length + Number(id.slice(1)) : spec.tasks.findIndex((_, task) => fullId(spec, task) === id),
  )
  // The first is named again at the end, unless it depends on itself.
  return nodes.length > 1 ? nodes.slice(0, -1) : nodes
}
