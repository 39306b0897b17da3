/** What tasks of a random plan wait for besides the success of others. */
import type { Random } from './random.js'
import type { MemberSpec, SequenceSpec, TaskSpec, WaitSpec } from './world-spec.js'
import { fullIdOf, WIDEST } from './world-spec.js'

/** What there is to wait for so far. */
export interface Sources {
  readonly tasks: readonly TaskSpec[]
  /** Streams that have no task to come. */
  readonly streams: string[]
  /** Streams and tasks of no stream. */
  readonly top: string[]
}

/** The rarer fields of a task; `forms` is how common they are (0 to 1). The first task of a stream is not optional. */
export function drawForms(
  random: Random,
  sources: Sources,
  stream: string | null,
  forms: number,
): Pick<TaskSpec, 'waits' | 'asks' | 'milestones' | 'optional'> {
  if (forms === 0) return { waits: [], asks: null, milestones: [], optional: false }
  const { tasks } = sources
  const isFirst = stream !== null && tasks.at(-1)?.stream !== stream
  const asks = tasks.length > 0 && random.chance(forms / 4)
  return {
    waits: drawWaits(random, sources, forms),
    asks: asks ? { task: fullIdOf(random.pick(tasks)), key: random.pick([null, 'sha', 'sha', 'other']) } : null,
    milestones: random.chance(forms / 2) ? random.pick([['m'], ['m', 'n']]) : [],
    optional: !isFirst && random.chance(forms / 3),
  }
}

export function drawWaits(random: Random, sources: Sources, forms: number): readonly WaitSpec[] {
  if (sources.tasks.length === 0 || forms === 0 || !random.chance(forms)) return []
  return Array.from({ length: random.pick([1, 1, 2]) }, () => drawWait(random, sources))
}

/** Few ids to choose from, so that conditions are shared and meet. */
function drawWait(random: Random, sources: Sources): WaitSpec {
  const lag = random.chance(0.2) ? random.pick([1, 20, 500]) : 0
  const soft = random.chance(0.1)
  if (random.chance(0.6)) return { needed: null, members: [drawMember(random, sources)], lag, soft }
  const drawn = Array.from({ length: random.between(1, 4) }, () => drawMember(random, sources))
  const members = [...new Map(drawn.map((member) => [JSON.stringify(member), member])).values()]
  return { needed: random.between(1, members.length), members, lag, soft }
}

function drawMember(random: Random, { tasks, streams }: Sources): MemberSpec {
  const task = random.pick(tasks)
  const name = task.milestones[0]
  if (name !== undefined && random.chance(0.6)) {
    return { kind: 'milestone', task: fullIdOf(task), name: random.pick(task.milestones) }
  }
  const stream = streams.length > 0 && random.chance(0.4) ? random.pick(streams) : null
  if (stream !== null && random.chance(0.5)) {
    return { kind: 'share', stream, share: random.pick([0.25, 0.5, 0.75, 1]) }
  }
  const when = random.pick(['success', 'success', 'failure', 'finish', 'finish'] as const)
  return { kind: 'outcome', on: stream ?? fullIdOf(task), when }
}

/** Over what is claimed often, in the order of the plan: what comes later never has to end before what comes earlier. */
export function drawSequences(random: Random, top: readonly string[], forms: number): readonly SequenceSpec[] {
  if (top.length < 2 || !random.chance(forms)) return []
  const order = top.filter(() => random.chance(0.6))
  return [{ pattern: random.pick([4, 7, WIDEST - 2, WIDEST]), order }]
}
