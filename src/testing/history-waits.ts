/**
 * What a condition of a plan says at a moment, worked out from how tasks have ended and nothing else: it holds, it never
 * will, or that is open. It knows the words of the plan, and no points.
 */
import type { SkipReason } from '../core/types.js'
import { type ConditionFacts, type MemberFacts, tasksOfWhole } from './history-facts.js'
import type { RunPast, TaskPast, Verdict } from './history-past.js'
import { accuse, isOver } from './history-past.js'
import { fullIdOf } from './world-spec.js'

export function judge(run: RunPast, { needed, members }: ConditionFacts): Verdict {
  if (needed === null) return judgeMember(run, members[0]!)
  const verdicts = members.map((member) => judgeMember(run, member))
  const held = verdicts.filter((verdict) => verdict === 'holds').length
  const lost = verdicts.filter((verdict) => verdict === 'never' || verdict === 'needless').length
  if (held >= needed) return 'holds'
  if (members.length - lost >= needed) return 'open'
  return verdicts.includes('never') ? 'never' : 'needless'
}

function judgeMember(run: RunPast, member: MemberFacts): Verdict {
  const tasks = member.tasks.map((id) => run.tasks.get(id)!)
  switch (member.kind) {
    case 'task':
      return judgeSuccess(tasks[0]!)
    case 'milestone':
      return tasks[0]!.reached.has(member.name) ? 'holds' : judgeSuccess(tasks[0]!)
    case 'stream':
    case 'phase':
      if (tasks.every(isDone)) return 'holds'
      return tasks.some((task) => isOver(task.status) && !isDone(task)) ? 'never' : 'open'
    case 'failure':
      if (tasks.some(({ status }) => status === 'failed')) return 'holds'
      if (!tasks.every(({ status }) => isOver(status))) return 'open'
      return tasks.every((task) => isDone(task)) ? 'needless' : 'never'
    case 'finish':
      return tasks.every(({ status }) => isOver(status)) ? 'holds' : 'open'
    case 'share': {
      const whole = weightOf(tasks)
      const done = weightOf(tasks.filter(isDone))
      const lost = weightOf(tasks.filter((task) => isOver(task.status) && !isDone(task)))
      if (done >= whole * member.share - TOLERANCE) return 'holds'
      return whole - lost < whole * member.share - TOLERANCE ? 'never' : 'open'
    }
    default:
      return member satisfies never
  }
}

/** What has become of a stream, or of a phase and those before it. */
export function judgeWhole(run: RunPast, whole: { readonly stream: string } | { readonly phase: string }): Verdict {
  return judgeMember(run, { kind: 'stream', tasks: tasksOfWhole(run.facts.spec, whole), stream: '' })
}

/** Whether all phases before one are over, and their gates passed. */
export function isReached(run: RunPast, phase: string): boolean {
  const { phases, streams, tasks } = run.facts.spec
  const before = phases.slice(
    0,
    phases.findIndex(({ id }) => id === phase),
  )
  const gates = before.map(({ gate }) => gate)
  return tasks.every((task) => {
    const of = streams.find(({ id }) => id === task.stream)?.phase
    const isBefore = (task.gate !== null && gates.includes(task.id)) || before.some(({ id }) => id === of)
    return !isBefore || task.optional || isDone(run.tasks.get(fullIdOf(task))!)
  })
}

/** Shares are counted in whole numbers. */
const TOLERANCE = 1e-3

function judgeSuccess(task: TaskPast): Verdict {
  if (task.status === 'succeeded') return 'holds'
  if (!isOver(task.status)) return 'open'
  return task.isNeedless ? 'needless' : 'never'
}

/** Succeeded, or there was nothing to do. */
function isDone(task: TaskPast): boolean {
  return task.status === 'succeeded' || task.isNeedless
}

function weightOf(tasks: readonly TaskPast[]): number {
  return tasks.reduce((sum, { facts }) => sum + Math.max(facts.weight, TOLERANCE / 1000), 0)
}

/** Everything the task waits for, as it stands: `never` outweighs `needless`, and that what is open. */
export function standOf(run: RunPast, { facts }: TaskPast): Verdict {
  let stand: Verdict = 'holds'
  const add = (verdict: Verdict): void => {
    if (RANK[verdict] > RANK[stand]) stand = verdict
  }
  for (const id of facts.after) add(judgeSuccess(run.tasks.get(id)!))
  for (const { condition } of facts.waits) add(run.conditions[condition]!.verdict)
  return stand
}

const RANK: Readonly<Record<Verdict, number>> = { holds: 0, open: 1, needless: 2, never: 3 }

/** When the last lag of what the task waits for is over; only where all of it holds. */
export function notBefore(run: RunPast, { facts }: TaskPast): number {
  let latest = Number.NEGATIVE_INFINITY
  for (const { condition, lag } of facts.waits) {
    if (lag > 0) latest = Math.max(latest, run.conditions[condition]!.heldAt + lag)
  }
  return latest
}

/** Whether the result that the task looks at asks for it. */
export function isAskedFor(run: RunPast, { facts }: TaskPast): boolean {
  if (facts.asks === null) return true
  const { task, key } = facts.asks
  const { result } = run.tasks.get(task)!
  const part = key === null ? result : (result as { readonly [key: string]: unknown } | null)?.[key]
  return part !== undefined && part !== null && part !== false
}

/** Looks at all conditions of a run that has just been opened. */
export function considerAll(run: RunPast, at: number): void {
  for (const [index, past] of run.conditions.entries()) {
    past.verdict = judge(run, run.facts.conditions[index]!)
    if (past.verdict === 'holds') past.heldAt = at
  }
}

/** Looks at the open conditions that are about a task, now that something became of it; returns those decided by that. */
export function reconsider(run: RunPast, task: string, at: number): readonly number[] {
  const about = run.facts.about.get(task)
  if (about === undefined) return NONE
  const decided: number[] = []
  for (const index of about) {
    const past = run.conditions[index]!
    if (past.verdict !== 'open') continue
    past.verdict = judge(run, run.facts.conditions[index]!)
    if (past.verdict === 'open') continue
    if (past.verdict === 'holds') past.heldAt = at
    decided.push(index)
  }
  return decided
}

const NONE: readonly number[] = []

/** S11: only for a reason that is one, and needless only where nothing went wrong. */
export function checkSkipped(run: RunPast, task: TaskPast, reason: SkipReason, what: string): void {
  const cause = run.tasks.get(reason.because)
  if (!isRight(run, task, reason)) accuse(`${what} because of "${reason.because}", which is ${cause?.status} (S11)`)
}

function isRight(run: RunPast, task: TaskPast, reason: SkipReason): boolean {
  const { after, waits, asks } = task.facts
  const cause = run.tasks.get(reason.because)
  const stand = standOf(run, task)
  switch (reason.kind) {
    case 'dependency': {
      const isOwn = reason.through === undefined || run.facts.phases.has(reason.through)
      const isDirect = isOwn && after.includes(reason.because)
      const isNamed = isDirect || waits.some(({ condition }) => isLostBy(run, condition, reason.because))
      const expected = reason.unneeded === true ? 'needless' : 'never'
      // What goes wrong after a condition was decided does not count, until it is counted again: that may be now.
      const isAsExpected = run.isReopened ? stand === 'needless' || stand === 'never' : stand === expected
      return isNamed && cause?.status === reason.status && isAsExpected
    }
    case 'condition':
      return stand === 'holds' && asks?.task === reason.because && !isAskedFor(run, task)
    case 'removed':
      return task.isRemoved && reason.because === task.facts.id
    case 'on-failure':
      return run.isDrained && cause?.status === 'failed' && run.facts.onFailure === reason.rule
    default:
      return reason satisfies never
  }
}

function isLostBy(run: RunPast, condition: number, task: string): boolean {
  const { verdict } = run.conditions[condition]!
  const { members } = run.facts.conditions[condition]!
  return (verdict === 'never' || verdict === 'needless') && members.some(({ tasks }) => tasks.includes(task))
}

/** The run does not depend on it, or got what it needs of it. */
export function isGood({ status, isNeedless, facts }: TaskPast): boolean {
  return status === 'succeeded' || isNeedless || facts.spec.optional
}
