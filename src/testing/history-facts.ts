/** What the history checker knows beforehand: the plans, read from the world itself and not from what `compile` made of them. */
import { overlap } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import { parsePattern } from '../claims/pattern.js'
import type { OnFailure } from '../core/types.js'
import type { AmendmentSpec } from './amendment-spec.js'
import { policyOf } from './world-gates.js'
import type {
  AskSpec,
  MemberSpec,
  PolicySpec,
  RunSpec,
  StreamSpec,
  TaskSpec,
  WaitSpec,
  WorkerSpec,
  WorldSpec,
} from './world-spec.js'
import { fullIdOf, VOCABULARY } from './world-spec.js'

/** What somebody waits for, with the tasks of streams written out. A stream or phase as a whole is what it has by now. */
export type MemberFacts =
  | { readonly kind: 'task' | 'failure' | 'finish'; readonly tasks: readonly string[] }
  | { readonly kind: 'stream'; readonly tasks: readonly string[]; readonly stream: string }
  | { readonly kind: 'phase'; readonly tasks: readonly string[]; readonly phase: number }
  | { readonly kind: 'milestone'; readonly tasks: readonly string[]; readonly name: string }
  | { readonly kind: 'share'; readonly tasks: readonly string[]; readonly share: number }

export interface ConditionFacts {
  /** How many of the members; null: of the only one. */
  readonly needed: number | null
  readonly members: readonly MemberFacts[]
}

export interface TaskFacts {
  readonly id: string
  /** Tasks that must succeed before it. */
  readonly after: readonly string[]
  /** What else must hold, and how long before. */
  readonly waits: readonly { readonly condition: number; readonly lag: number }[]
  readonly asks: AskSpec | null
  readonly weight: number
  readonly spec: TaskSpec
  readonly policy: PolicySpec
}

export interface RunFacts {
  readonly id: string
  /** As it was written, with what amended it. */
  readonly spec: RunSpec
  readonly streams: ReadonlySet<string>
  readonly onFailure: OnFailure
  readonly resources: RunSpec['resources']
  readonly tasks: ReadonlyMap<string, TaskFacts>
  /** The tasks that wait for the success of a task. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
  readonly conditions: readonly ConditionFacts[]
  /** The numbers of the conditions, by what they say. */
  readonly numbers: ReadonlyMap<string, number>
  readonly phases: ReadonlySet<string>
  /** The conditions that a task has to do with. */
  readonly about: ReadonlyMap<string, readonly number[]>
  /** By condition: the tasks that wait for it. */
  readonly waiting: readonly (readonly string[])[]
}

export interface WorldFacts {
  readonly world: WorldSpec
  readonly runs: ReadonlyMap<string, RunFacts>
  readonly workers: ReadonlyMap<string, WorkerSpec>
}

export function factsOf(world: WorldSpec): WorldFacts {
  return {
    world,
    runs: new Map(world.runs.map((run) => [run.id, factsOfRun(world, run)])),
    workers: new Map(world.workers.map((worker) => [worker.id, worker])),
  }
}

function factsOfRun(world: WorldSpec, spec: RunSpec): RunFacts {
  const written = writeOut(spec, [], new Map())
  const tasks = new Map(spec.tasks.map((task) => [fullIdOf(task), factsOfTask(world, spec, task, written)]))
  return { ...headOf(spec), tasks, ...indexWaits(tasks, written) }
}

function headOf(spec: RunSpec): Pick<RunFacts, 'id' | 'spec' | 'streams' | 'onFailure' | 'resources' | 'phases'> {
  const { id, onFailure, resources } = spec
  const streams = new Set(spec.streams.map((stream) => stream.id))
  return { id, spec, streams, onFailure, resources, phases: new Set(spec.phases.map((phase) => phase.id)) }
}

/** The facts with an amendment that fits. What was there and is not changed waits for what it waited for. */
export function amendFacts(world: WorldSpec, facts: RunFacts, { streams, tasks: added, change }: AmendmentSpec): RunFacts {
  const changed = new Map(change.map((task) => [fullIdOf(task), task]))
  const spec: RunSpec = {
    ...facts.spec,
    streams: [...facts.spec.streams, ...streams],
    tasks: [...facts.spec.tasks.map((task) => changed.get(fullIdOf(task)) ?? task), ...added],
  }
  // Sequences do not look at what is added later.
  const written = { ...writeOut(spec, facts.conditions, facts.numbers), turnsOf: () => [] }
  const tasks = new Map(facts.tasks)
  for (const task of [...change, ...added]) tasks.set(fullIdOf(task), factsOfTask(world, spec, task, written))
  return { ...headOf(spec), tasks, ...indexWaits(tasks, written) }
}

function factsOfTask(world: WorldSpec, run: RunSpec, spec: TaskSpec, written: WrittenOut): TaskFacts {
  const stream = run.streams.find(({ id }) => id === spec.stream)
  const isStream = (id: string): boolean => run.streams.some((each) => each.id === id)
  const ids = [...spec.after, ...(stream?.after ?? [])]
  const after = new Set(ids.filter((each) => !isStream(each)))
  if (spec.asks !== null) after.add(spec.asks.task)
  const phased = phaseBefore(run, spec, stream)
  if (typeof phased === 'string') after.add(phased)
  const waits = [
    ...(typeof phased === 'number' ? [{ condition: written.ofPhase(phased), lag: 0 }] : []),
    ...ids.filter(isStream).map((each) => ({ condition: written.ofStream(each), lag: 0 })),
    ...[...spec.waits, ...(stream?.waits ?? [])]
      .filter(({ soft }) => !soft)
      .map((wait) => ({ condition: written.ofWait(wait), lag: wait.lag })),
    ...written.turnsOf(spec).map((condition) => ({ condition, lag: 0 })),
  ]
  const policy = policyOf(world, spec)
  return { id: fullIdOf(spec), after: [...after], waits, asks: spec.asks, weight: spec.estimate, spec, policy }
}

/** The gate that must be passed, or the phase that must be done, because of the phase it is in, or whose gate it is. */
function phaseBefore({ phases }: RunSpec, { id, gate }: TaskSpec, stream: StreamSpec | undefined): string | number | null {
  const own = phases.findIndex((phase) => phase.gate === id && gate !== null)
  if (own !== -1) return own
  const before = phases.findIndex((phase) => phase.id === stream?.phase) - 1
  return before < 0 ? null : (phases[before]!.gate ?? before)
}

interface WrittenOut extends Pick<RunFacts, 'conditions' | 'numbers'> {
  ofStream(id: string): number
  ofPhase(phase: number): number
  ofWait(wait: WaitSpec): number
  /** The turns that a task waits for in the sequences of its run. */
  turnsOf(task: TaskSpec): readonly number[]
}

/** Numbers the conditions of a run, from those there are on; equal ones with equal lags share a number. */
function writeOut(run: RunSpec, before: RunFacts['conditions'], known: RunFacts['numbers']): WrittenOut {
  const ofStreams = tasksByStream(run)
  const upTo = (phase: number): readonly string[] => tasksUpTo(run, ofStreams, phase)
  const widen = (member: MemberFacts): MemberFacts => {
    if (member.kind === 'stream') return { ...member, tasks: ofStreams.get(member.stream)! }
    return member.kind === 'phase' ? { ...member, tasks: upTo(member.phase) } : member
  }
  const conditions = before.map((each): ConditionFacts => ({ ...each, members: each.members.map(widen) }))
  const numbers = new Map(known)
  const numberOf = (condition: ConditionFacts, lag: number): number => {
    const key = JSON.stringify([condition.needed, condition.members.map(sayingOf), lag])
    const number = numbers.get(key)
    if (number !== undefined) return number
    numbers.set(key, conditions.length)
    return conditions.push(condition) - 1
  }
  const toFacts = (member: MemberSpec): MemberFacts => {
    if (member.kind === 'milestone') return { kind: 'milestone', tasks: [member.task], name: member.name }
    if (member.kind === 'share') return { kind: 'share', tasks: ofStreams.get(member.stream) ?? [], share: member.share }
    const tasks = ofStreams.get(member.on)
    if (member.when !== 'success') return { kind: member.when, tasks: tasks ?? [member.on] }
    return tasks === undefined ? { kind: 'task', tasks: [member.on] } : { kind: 'stream', tasks, stream: member.on }
  }
  const only = (member: MemberFacts): number => numberOf({ needed: null, members: [member] }, 0)
  return {
    conditions,
    numbers,
    ofStream: (stream) => only({ kind: 'stream', tasks: ofStreams.get(stream)!, stream }),
    ofPhase: (phase) => only({ kind: 'phase', tasks: upTo(phase), phase }),
    ofWait: ({ needed, members: of, lag }) => numberOf({ needed, members: of.map(toFacts) }, lag),
    turnsOf: (task) =>
      run.sequences.flatMap(({ pattern, order }) => {
        const place = order.indexOf(task.stream ?? task.id)
        if (place === -1 || !touches(task, pattern)) return []
        const tasks = run.tasks.filter((other) => {
          const at = order.indexOf(other.stream ?? other.id)
          return at !== -1 && at < place && touches(other, pattern)
        })
        return [only({ kind: 'finish', tasks: tasks.map(fullIdOf) })]
      }),
  }
}

/** The tasks of each stream that it is not done without. */
function tasksByStream({ streams, tasks }: RunSpec): ReadonlyMap<string, readonly string[]> {
  const byStream = new Map<string, string[]>(streams.map(({ id }) => [id, []]))
  for (const task of tasks) {
    if (task.stream !== null && !task.optional) byStream.get(task.stream)?.push(fullIdOf(task))
  }
  return byStream
}

/** The tasks of a phase and of those before it, back to the last gate, and that. */
function tasksUpTo(run: RunSpec, ofStreams: ReadonlyMap<string, readonly string[]>, last: number): readonly string[] {
  const { id: phase } = run.phases[last]!
  const own = run.streams.flatMap((stream) => (stream.phase === phase ? ofStreams.get(stream.id)! : []))
  if (last === 0) return own
  const { gate } = run.phases[last - 1]!
  return [...own, ...(gate === null ? tasksUpTo(run, ofStreams, last - 1) : [gate])]
}

/** The tasks that a stream, or a phase with those before it, is not done without. */
export function tasksOfWhole(
  run: RunSpec,
  whole: { readonly stream: string } | { readonly phase: string },
): readonly string[] {
  const ofStreams = tasksByStream(run)
  if ('stream' in whole) return ofStreams.get(whole.stream)!
  const phase = run.phases.findIndex(({ id }) => id === whole.phase)
  return tasksUpTo(run, ofStreams, phase)
}

/** What a member says: of a stream or phase as a whole, whatever it has. */
function sayingOf(member: MemberFacts): MemberFacts | readonly unknown[] {
  if (member.kind === 'stream') return [member.kind, member.stream]
  return member.kind === 'phase' ? [member.kind, member.phase] : member
}

function indexWaits(
  tasks: ReadonlyMap<string, TaskFacts>,
  { conditions, numbers }: WrittenOut,
): Pick<RunFacts, 'dependents' | 'conditions' | 'numbers' | 'about' | 'waiting'> {
  const dependents = new Map<string, string[]>()
  const about = new Map<string, number[]>()
  const waiting: string[][] = conditions.map(() => [])
  for (const { id, after, waits } of tasks.values()) {
    for (const before of after) addTo(dependents, before, id)
    for (const { condition } of waits) waiting[condition]!.push(id)
  }
  for (const [number, { members }] of conditions.entries()) {
    for (const task of new Set(members.flatMap((member) => member.tasks))) addTo(about, task, number)
  }
  return { dependents, conditions, numbers, about, waiting }
}

function addTo<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function touches({ write, read }: TaskSpec, pattern: number): boolean {
  return anyMeet(write, [pattern]) || anyMeet(read, [pattern])
}

/** What is or would be held, as indexes into the vocabulary. */
export type Claimed = Pick<TaskSpec, 'write' | 'read' | 'integrate'>

/** Whether two must not run side by side: some path is claimed by both, and not in both cases to read or to integrate. */
export function exclude(a: Claimed, b: Claimed): boolean {
  return excludes(a, b) || excludes(b, a)
}

function excludes(a: Claimed, b: Claimed): boolean {
  return anyMeet(a.write, [...b.write, ...b.read, ...b.integrate]) || anyMeet(a.read, b.integrate)
}

/** The index of a pattern in its normal form; -1 where the vocabulary has none. */
export function numberOf(text: string): number {
  return patterns.findIndex((pattern) => pattern.text === text)
}

export function anyMeet(a: readonly number[], b: readonly number[]): boolean {
  for (const mine of a) for (const other of b) if (meet(mine, other)) return true
  return false
}

const size = VOCABULARY.length
const patterns = VOCABULARY.map((text) => parsePattern(text) as Pattern)
/** 0 unknown, 1 no, 2 yes. */
const met = new Uint8Array(size * size)

function meet(a: number, b: number): boolean {
  const place = a * size + b
  if (met[place] === 0) met[place] = overlap(patterns[a]!, patterns[b]!) === null ? 1 : 2
  return met[place] === 2
}
