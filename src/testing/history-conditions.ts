/**
 * What the tasks of a plan wait for, worked out from the plan as it is written: conditions, each with a number. One is about
 * how tasks end, or is made of others, which have lower numbers.
 */
import { touches } from './claimed.js'
import type { MemberSpec, RunSpec, TaskSpec, WaitSpec } from './world-spec.js'
import { fullIdOf } from './world-spec.js'

/** What a condition is about: the tasks whose ends decide it, and the numbers of the conditions it is made of. */
interface About {
  readonly tasks: readonly string[]
  readonly of: readonly number[]
}

/** Of a stream, or of a phase, whatever tasks that has by now. */
interface OfStream extends About {
  readonly stream: string
}

export type ConditionFacts =
  | (About & { readonly kind: 'task'; readonly task: string })
  | (About & { readonly kind: 'milestone'; readonly task: string; readonly name: string })
  | (OfStream & { readonly kind: 'stream' })
  | (About & { readonly kind: 'phase'; readonly phase: number })
  /** Of a stream or of a task. */
  | (About & { readonly kind: 'failure' | 'finish'; readonly stream: string | null; readonly task: string | null })
  | (OfStream & { readonly kind: 'share'; readonly share: number })
  | (About & { readonly kind: 'choice'; readonly needed: number })
  /** That something else holds, so long. */
  | (About & { readonly kind: 'lag'; readonly lag: number })
  /** The turn of an entry of a sequence: the claimants of the entry before have ended, and their turn had come. */
  | (About & { readonly kind: 'turn'; readonly sequence: number; readonly entry: number })

/** The conditions of a run, and their numbers by what they say. */
export interface Conditions {
  readonly conditions: readonly ConditionFacts[]
  readonly numbers: ReadonlyMap<string, number>
}

export interface ConditionWriter extends Conditions {
  ofStream(id: string): number
  ofPhase(phase: number): number
  ofWait(wait: WaitSpec): number
  /** The turns that a task waits for in the sequences of its run. */
  turnsOf(task: TaskSpec): readonly number[]
}

/** Goes on from the conditions there are: those on streams, phases and turns speak of the run as it is now. */
export function writeConditions(run: RunSpec, before: Conditions): ConditionWriter {
  const members = tasksByStream(run)
  const conditions = before.conditions.map((each) => ({ ...each, tasks: tasksOf(run, members, each) }))
  const numbers = new Map(before.numbers)
  const numberOf = (saying: Saying, of: readonly number[] = []): number => {
    const key = JSON.stringify([saying, of])
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, conditions.length)
    const condition = { ...saying, tasks: [], of } as unknown as ConditionFacts
    return conditions.push({ ...condition, tasks: tasksOf(run, members, condition) }) - 1
  }
  const ofMember = (member: MemberSpec): number => {
    if (member.kind === 'milestone') return numberOf({ kind: 'milestone', task: member.task, name: member.name })
    if (member.kind === 'share') return numberOf({ kind: 'share', stream: member.stream, share: member.share })
    const { on, when } = member
    const isStream = members.has(on)
    if (when === 'success') return numberOf(isStream ? { kind: 'stream', stream: on } : { kind: 'task', task: on })
    return numberOf({ kind: when, stream: isStream ? on : null, task: isStream ? null : on })
  }
  const turnOf = (sequence: number, entry: number): number =>
    numberOf({ kind: 'turn', sequence, entry }, entry === 1 ? [] : [turnOf(sequence, entry - 1)])
  // A turn may come while nobody waits for it, and then stays so.
  for (const [sequence, { order }] of run.sequences.entries()) if (order.length > 1) turnOf(sequence, order.length - 1)
  return {
    conditions,
    numbers,
    ofStream: (stream) => numberOf({ kind: 'stream', stream }),
    ofPhase: (phase) => numberOf({ kind: 'phase', phase }),
    ofWait({ needed, members: of, lag }) {
      const held = of.map(ofMember)
      const whole = needed === null ? held[0]! : numberOf({ kind: 'choice', needed }, held)
      return lag === 0 ? whole : numberOf({ kind: 'lag', lag }, [whole])
    },
    turnsOf: (task) =>
      run.sequences.flatMap(({ pattern, order }, sequence) => {
        const entry = touches(task, pattern) ? order.indexOf(task.stream ?? task.id) : -1
        return entry < 1 ? [] : [turnOf(sequence, entry)]
      }),
  }
}

/** What a condition says; its tasks follow from it. */
type Saying = Readonly<Record<string, string | number | null>> & { readonly kind: ConditionFacts['kind'] }

function tasksOf(
  run: RunSpec,
  members: ReadonlyMap<string, readonly string[]>,
  condition: ConditionFacts,
): readonly string[] {
  switch (condition.kind) {
    case 'task':
    case 'milestone':
      return [condition.task]
    case 'failure':
    case 'finish':
      return condition.stream === null ? [condition.task!] : (members.get(condition.stream) ?? [])
    case 'stream':
    case 'share':
      return members.get(condition.stream) ?? []
    case 'phase':
      return tasksUpTo(run, members, condition.phase)
    case 'choice':
    case 'lag':
      return []
    case 'turn':
      return claimantsOf(run, condition.sequence, condition.entry - 1)
    default:
      return condition satisfies never
  }
}

function claimantsOf({ sequences, tasks }: RunSpec, sequence: number, entry: number): readonly string[] {
  const { pattern, order } = sequences[sequence]!
  return tasks.filter((task) => (task.stream ?? task.id) === order[entry] && touches(task, pattern)).map(fullIdOf)
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
function tasksUpTo(run: RunSpec, members: ReadonlyMap<string, readonly string[]>, last: number): readonly string[] {
  const { id: phase } = run.phases[last]!
  const own = run.streams.flatMap((stream) => (stream.phase === phase ? members.get(stream.id)! : []))
  if (last === 0) return own
  const { gate } = run.phases[last - 1]!
  return [...own, ...(gate === null ? tasksUpTo(run, members, last - 1) : [gate])]
}

/** The tasks that a stream, or a phase with those before it, is not done without. */
export function tasksOfWhole(
  run: RunSpec,
  whole: { readonly stream: string } | { readonly phase: string },
): readonly string[] {
  const members = tasksByStream(run)
  if ('stream' in whole) return members.get(whole.stream) ?? []
  const phase = run.phases.findIndex(({ id }) => id === whole.phase)
  return tasksUpTo(run, members, phase)
}

/** All tasks that a condition has to do with. */
export function tasksBehind(conditions: readonly ConditionFacts[], index: number): readonly string[] {
  const { tasks, of } = conditions[index]!
  return of.length === 0 ? tasks : [...tasks, ...of.flatMap((each) => tasksBehind(conditions, each))]
}
