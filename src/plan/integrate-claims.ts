/** Integrate claims may meet integrate claims only: then waiting for them cannot deadlock. */
import { overlap } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import type { CompiledPlan, TaskIndex } from '../core/types.js'
import type { ClaimSets, NumberedSet, PatternNumber } from './claim-sets.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, taskPointer } from './layout.js'
import { quote, thousands } from './text.js'
import type { Task } from './types.js'

/** Meetings reported: more would tell nobody anything, and cost time to spell. */
const MOST_MEETINGS = 10_000

/** Who integrates a pattern: the first task that does, and how many others. */
interface Integrators {
  readonly first: TaskIndex
  others: number
}

/**
 * Reports each write or read claim that meets a pattern some task integrates, the same task included: each pattern that is
 * claimed with each one that it meets, up to `MOST_MEETINGS`. Linear in the claims and in the meetings of patterns.
 */
export function reportMetIntegrates(layout: Layout, claims: ClaimSets, reporter: Reporter): void {
  if (!claims.sets.some(({ integrate }) => integrate.length > 0)) return
  const integrators = integratorsOf(claims)
  const met = new Map<PatternNumber, PatternNumber[]>()
  for (const integrated of integrators.keys()) {
    for (const other of claims.index.neighbours(integrated)) {
      const list = met.get(other) ?? []
      if (list.push(integrated) === 1) met.set(other, list)
    }
  }
  const { tasks, taskIds, streams, streamOf, origin } = layout
  let left = MOST_MEETINGS
  const report = (who: string, at: string, texts: readonly string[]): void => {
    for (const [position, text] of texts.entries()) {
      const number = claims.numberOf(text)
      if (number === null) continue
      for (const integrated of met.get(number) ?? []) {
        if (--left < 0) return
        const message = `${who} ${describe(number, integrated, integrators, layout, claims)}.`
        reporter.error('INTEGRATE_MEETS_CLAIM', `${at}/${position}`, message, HINT)
      }
    }
  }
  const inheriting = new Set<number>()
  for (let task = 0; task < tasks.length; task++) {
    const own = (tasks[task] as Task).claims
    if (own === undefined) inheriting.add(streamOf[task] as number)
    const { write = [], read = [] } = own ?? {}
    if (write.length + read.length === 0) continue
    const name = `Task ${quote(taskIds[task] as string)}`
    const at = `${taskPointer(layout, task)}/claims`
    report(`${name} writes`, `${at}/write`, write)
    report(`${name} reads`, `${at}/read`, read)
  }
  for (const [stream, { id, owns = [] }] of streams.entries()) {
    // What a stream owns is what those of its tasks write that do not say what they claim.
    if (inheriting.has(stream)) report(`The tasks of stream ${quote(id)} write`, `${origin.stream(stream)}/owns`, owns)
  }
}

const HINT =
  'Only integrate claims may meet integrate claims: let the task integrate the path too, or narrow one of the patterns.'

function integratorsOf({ claimSet, sets }: ClaimSets): ReadonlyMap<PatternNumber, Integrators> {
  const integrators = new Map<PatternNumber, Integrators>()
  for (const [task, set] of claimSet.entries()) {
    if (set === -1) continue
    for (const pattern of (sets[set] as NumberedSet).integrate) {
      const known = integrators.get(pattern)
      if (known === undefined) integrators.set(pattern, { first: task, others: 0 })
      else known.others++
    }
  }
  return integrators
}

function describe(
  claimed: PatternNumber,
  integrated: PatternNumber,
  integrators: ReadonlyMap<PatternNumber, Integrators>,
  { taskIds }: Layout,
  { index }: ClaimSets,
): string {
  const { first, others } = integrators.get(integrated) as Integrators
  const mine = index.pattern(claimed)
  const theirs = index.pattern(integrated)
  const more = others === 0 ? '' : ` and ${thousands(others)} more ${others === 1 ? 'task' : 'tasks'}`
  const who = `task ${quote(taskIds[first] as string)}${more} ${others === 0 ? 'integrates' : 'integrate'}`
  return `${quote(mine.text)}, but ${who} ${quote(theirs.text)} (both cover ${quote(overlap(mine, theirs) as string)})`
}

/** A pattern that a task claims, and the first task that does. */
interface Claimed {
  readonly pattern: Pattern
  readonly task: TaskIndex
  readonly verb: 'writes' | 'reads' | 'integrates'
}

/** What an amendment brings to a plan: both compiled, and where its tasks were written. */
export interface Amended {
  readonly large: CompiledPlan
  readonly small: CompiledPlan
  readonly layout: Layout
  /** By task of the small plan: it is new, or changed. */
  readonly isWritten: (task: TaskIndex) => boolean
  /** By task of the large plan: it stays as it is. */
  readonly stays: (task: TaskIndex) => boolean
}

/** The same between what an amendment adds or changes and what is there. Nothing where neither integrates. */
export function reportMetByAmendment({ large, small, layout, isWritten, stays }: Amended, reporter: Reporter): void {
  const integrates = ({ claimSets }: CompiledPlan): boolean => claimSets.some(({ integrate }) => integrate.length > 0)
  if (!integrates(large) && !integrates(small)) return
  const there = claimedIn(large, stays)
  let left = MOST_MEETINGS
  for (const { pattern: mine, task, verb } of claimedIn(small, isWritten)) {
    for (const { pattern: theirs, task: other, verb: otherVerb } of there) {
      if ((verb === 'integrates') === (otherVerb === 'integrates')) continue
      const path = overlap(mine, theirs)
      if (path === null) continue
      if (--left < 0) return
      const who = `Task ${quote(small.taskIds[task] as string)} ${verb} ${quote(mine.text)}`
      const whom = `task ${quote(large.taskIds[other] as string)} ${otherVerb} ${quote(theirs.text)}`
      const message = `${who}, but ${whom} (both cover ${quote(path)}).`
      reporter.error('INTEGRATE_MEETS_CLAIM', `${taskPointer(layout, task)}/claims`, message, HINT)
    }
  }
}

/** Each pattern once for each way in which tasks claim it. */
function claimedIn({ claimSet, claimSets }: CompiledPlan, counts: (task: TaskIndex) => boolean): readonly Claimed[] {
  const found = new Map<string, Claimed>()
  const seen = new Set<number>()
  for (const [task, set] of claimSet.entries()) {
    if (set === -1 || seen.has(set) || !counts(task)) continue
    seen.add(set)
    const { write, read, integrate } = claimSets[set]!
    const lists = [
      ['writes', write],
      ['reads', read],
      ['integrates', integrate],
    ] as const
    for (const [verb, patterns] of lists) {
      for (const pattern of patterns) {
        const key = `${verb} ${pattern.text}`
        if (!found.has(key)) found.set(key, { pattern, task, verb })
      }
    }
  }
  return [...found.values()]
}
