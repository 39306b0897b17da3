/** What the history checker knows beforehand: the plans, read from the world itself and not from what `compile` made of them. */
import { overlap } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import { parsePattern } from '../claims/pattern.js'
import type { OnFailure } from '../core/types.js'
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

/** What somebody waits for, with the tasks of streams written out. */
export type MemberFacts =
  | { readonly kind: 'task' | 'stream' | 'failure' | 'finish'; readonly tasks: readonly string[] }
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
  readonly streams: ReadonlySet<string>
  readonly onFailure: OnFailure
  readonly resources: RunSpec['resources']
  readonly tasks: ReadonlyMap<string, TaskFacts>
  /** The tasks that wait for the success of a task. */
  readonly dependents: ReadonlyMap<string, readonly string[]>
  readonly conditions: readonly ConditionFacts[]
  readonly phases: ReadonlySet<string>
  /** The conditions that a task has to do with. */
  readonly about: ReadonlyMap<string, readonly number[]>
  /** By condition: the tasks that wait for it. */
  readonly waiting: readonly (readonly string[])[]
}

export interface WorldFacts {
  readonly runs: ReadonlyMap<string, RunFacts>
  readonly workers: ReadonlyMap<string, WorkerSpec>
}

export function factsOf(world: WorldSpec): WorldFacts {
  return {
    runs: new Map(world.runs.map((run) => [run.id, factsOfRun(world, run)])),
    workers: new Map(world.workers.map((worker) => [worker.id, worker])),
  }
}

function factsOfRun(world: WorldSpec, run: RunSpec): RunFacts {
  const written = writeOut(run)
  const streams = new Map(run.streams.map((stream) => [stream.id, stream]))
  const tasks = new Map<string, TaskFacts>()
  for (const spec of run.tasks) {
    const id = fullIdOf(spec)
    const stream = spec.stream === null ? undefined : streams.get(spec.stream)
    const ids = [...spec.after, ...(stream?.after ?? [])]
    const after = new Set(ids.filter((each) => !streams.has(each)))
    if (spec.asks !== null) after.add(spec.asks.task)
    const phased = phasesBefore(run, spec, stream)
    for (const gate of phased.gates) after.add(gate)
    const waits = [
      ...phased.streams.map((each) => ({ condition: written.ofStream(each), lag: 0 })),
      ...ids.filter((each) => streams.has(each)).map((each) => ({ condition: written.ofStream(each), lag: 0 })),
      ...[...spec.waits, ...(stream?.waits ?? [])]
        .filter(({ soft }) => !soft)
        .map((wait) => ({ condition: written.ofWait(wait), lag: wait.lag })),
      ...written.turnsOf(spec).map((condition) => ({ condition, lag: 0 })),
    ]
    const policy = policyOf(world, spec)
    tasks.set(id, { id, after: [...after], waits, asks: spec.asks, weight: spec.estimate, spec, policy })
  }
  const phases = new Set(run.phases.map(({ id }) => id))
  return {
    id: run.id,
    streams: new Set(streams.keys()),
    resources: run.resources,
    onFailure: run.onFailure,
    tasks,
    phases,
    ...indexWaits(tasks, written.conditions),
  }
}

/** What must be done and passed before a task starts, because of the phase it is in, or whose gate it is. */
function phasesBefore(
  { phases, streams }: RunSpec,
  { id, gate }: TaskSpec,
  stream: StreamSpec | undefined,
): { readonly gates: readonly string[]; readonly streams: readonly string[] } {
  const own = phases.findIndex((phase) => phase.gate === id && gate !== null)
  const at = own === -1 ? phases.findIndex((phase) => phase.id === stream?.phase) : own
  const before = phases.slice(0, Math.max(at, 0))
  const done = own === -1 ? before : phases.slice(0, own + 1)
  return {
    gates: before.flatMap((phase) => phase.gate ?? []),
    streams: streams.filter(({ phase }) => done.some(({ id }) => id === phase)).map((each) => each.id),
  }
}

interface WrittenOut {
  readonly conditions: readonly ConditionFacts[]
  ofStream(id: string): number
  ofWait(wait: WaitSpec): number
  /** The turns that a task waits for in the sequences of its run. */
  turnsOf(task: TaskSpec): readonly number[]
}

/** Numbers the conditions of a run; equal ones share a number. */
function writeOut(run: RunSpec): WrittenOut {
  const conditions: ConditionFacts[] = []
  const numbers = new Map<string, number>()
  const members = new Map<string, string[]>(run.streams.map(({ id }) => [id, []]))
  for (const task of run.tasks)
    if (task.stream !== null && !task.optional) members.get(task.stream)!.push(fullIdOf(task))
  const numberOf = (condition: ConditionFacts): number => {
    const key = JSON.stringify(condition)
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, conditions.length)
    return conditions.push(condition) - 1
  }
  const toFacts = (member: MemberSpec): MemberFacts => {
    if (member.kind === 'milestone') return { kind: 'milestone', tasks: [member.task], name: member.name }
    if (member.kind === 'share') return { kind: 'share', tasks: members.get(member.stream)!, share: member.share }
    const ofStream = members.get(member.on)
    const kind = member.when !== 'success' ? member.when : ofStream === undefined ? 'task' : 'stream'
    return { kind, tasks: ofStream ?? [member.on] }
  }
  return {
    conditions,
    ofStream: (id) => numberOf({ needed: null, members: [{ kind: 'stream', tasks: members.get(id)! }] }),
    ofWait: ({ needed, members: of }) => numberOf({ needed, members: of.map(toFacts) }),
    turnsOf: (task) =>
      run.sequences.flatMap(({ pattern, order }) => {
        const place = order.indexOf(task.stream ?? task.id)
        if (place === -1 || !touches(task, pattern)) return []
        const before = run.tasks.filter((other) => {
          const at = order.indexOf(other.stream ?? other.id)
          return at !== -1 && at < place && touches(other, pattern)
        })
        return [numberOf({ needed: null, members: [{ kind: 'finish', tasks: before.map(fullIdOf) }] })]
      }),
  }
}

function indexWaits(
  tasks: ReadonlyMap<string, TaskFacts>,
  conditions: readonly ConditionFacts[],
): Pick<RunFacts, 'dependents' | 'conditions' | 'about' | 'waiting'> {
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
  return { dependents, conditions, about, waiting }
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
