/**
 * What a condition of a plan says at a moment, worked out from how tasks have ended and nothing else: it holds, it never
 * will, or that is open. It knows the words of the plan, and no points.
 */
import type { SkipReason } from '../core/types.js'
import { tasksBehind, tasksOfWhole } from './history-conditions.js'
import type { RunPast, TaskPast, Verdict } from './history-past.js'
import { accuse, isOver } from './history-past.js'
import { fullIdOf } from './world-spec.js'

export function judge(run: RunPast, index: number): Verdict {
  const condition = run.facts.conditions[index]!
  const tasks = condition.tasks.map((id) => run.tasks.get(id)!)
  const parts = condition.of.map((part) => run.conditions[part]!.verdict)
  switch (condition.kind) {
    case 'task':
      return judgeSuccess(tasks[0]!)
    case 'milestone':
      return tasks[0]!.reached.has(condition.name) ? 'holds' : judgeSuccess(tasks[0]!)
    case 'stream':
    case 'phase':
      return judgeDone(tasks)
    case 'failure':
      if (tasks.some(({ status }) => status === 'failed')) return 'holds'
      if (!tasks.every(({ status }) => isOver(status))) return 'open'
      return tasks.every((task) => isDone(task)) ? 'needless' : 'never'
    case 'finish':
      return tasks.every(({ status }) => isOver(status)) ? 'holds' : 'open'
    case 'turn':
      return tasks.every(({ status }) => isOver(status)) && parts.every(isHeld) ? 'holds' : 'open'
    case 'share': {
      const whole = weightOf(tasks)
      const done = weightOf(tasks.filter(isDone))
      const lost = weightOf(tasks.filter((task) => isOver(task.status) && !isDone(task)))
      if (done >= whole * condition.share - TOLERANCE) return 'holds'
      return whole - lost < whole * condition.share - TOLERANCE ? 'never' : 'open'
    }
    case 'lag':
      return parts[0]!
    case 'choice': {
      const lost = parts.filter((verdict) => verdict === 'never' || verdict === 'needless')
      if (parts.filter(isHeld).length >= condition.needed) return 'holds'
      if (parts.length - lost.length >= condition.needed) return 'open'
      return lost.includes('never') ? 'never' : 'needless'
    }
    default:
      return condition satisfies never
  }
}

function isHeld(verdict: Verdict): boolean {
  return verdict === 'holds'
}

function judgeDone(tasks: readonly TaskPast[]): Verdict {
  if (tasks.every(isDone)) return 'holds'
  return tasks.some((task) => isOver(task.status) && !isDone(task)) ? 'never' : 'open'
}

/** What has become of a stream, or of a phase and those before it. */
export function judgeWhole(run: RunPast, whole: { readonly stream: string } | { readonly phase: string }): Verdict {
  return judgeDone(tasksOfWhole(run.facts.spec, whole).map((id) => run.tasks.get(id)!))
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

/** Looks at all open conditions of a run that has just been opened, or amended; returns those decided by that. */
export function considerAll(run: RunPast, at: number): readonly number[] {
  // Those that one is made of come before it.
  return [...run.conditions.keys()].filter((index) => isDecided(run, index, at))
}

/** Looks at the open conditions that a task decides, now that something became of it; returns those decided by that. */
export function reconsider(run: RunPast, task: string, at: number): readonly number[] {
  const about = run.facts.about.get(task)
  if (about === undefined) return NONE
  const decided: number[] = []
  for (const index of about) decide(run, index, at, decided)
  return decided
}

function decide(run: RunPast, index: number, at: number, decided: number[]): void {
  if (!isDecided(run, index, at)) return
  decided.push(index)
  for (const whole of run.facts.wholes[index]!) decide(run, whole, at, decided)
}

/** Whether a condition that was open is decided now. */
function isDecided(run: RunPast, index: number, at: number): boolean {
  const past = run.conditions[index]!
  if (past.verdict !== 'open') return false
  past.verdict = judge(run, index)
  if (past.verdict === 'holds') past.heldAt = at
  return past.verdict !== 'open'
}

/** Looks again at a condition about a task that is done again, whatever it was before, and at those that are made of it. */
export function considerAgain(run: RunPast, index: number, at: number): void {
  const past = run.conditions[index]!
  const before = past.verdict
  past.verdict = judge(run, index)
  if (past.verdict === before) return
  past.heldAt = past.verdict === 'holds' ? at : Number.NaN
  for (const whole of run.facts.wholes[index]!) considerAgain(run, whole, at)
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
      return isNamed && cause?.status === reason.status && stand === expected
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
  return (verdict === 'never' || verdict === 'needless') && tasksBehind(run.facts.conditions, condition).includes(task)
}

/** The run does not depend on it, or got what it needs of it. */
export function isGood({ status, isNeedless, facts }: TaskPast): boolean {
  return status === 'succeeded' || isNeedless || facts.spec.optional
}
