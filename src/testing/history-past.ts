/** What the history checker remembers of runs, tasks, attempts and workers. */
import type { ClosingReason, JsonValue } from '../core/types.js'
import type { RunFacts, TaskFacts } from './history-facts.js'

export interface TaskPast {
  facts: TaskFacts
  /** `idle`: neither running nor over. */
  status: 'idle' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped'
  attempts: number
  /** How often it was begun anew, and its attempts before that. */
  generation: number
  attemptsBefore: number
  lost: number
  unverified: number
  /** Not to be tried again before. */
  retryAt: number
  /** Not to start before, by that and by the lags of what it waits for. */
  startAt: number
  /** When it became ready, by counting; 0 while it is neither ready nor has been. */
  readyOrder: number
  /** When it became ready, or may be tried again. */
  readyAt: number
  /** When it became ready for the first time. */
  scheduledAt: number
  /** How often it was passed while it had waited longest. */
  passes: number
  live: AttemptPast | null
  /** Of a gate: whether its end was told as such. */
  isAnswered: boolean
  /** What it returned. */
  result: JsonValue
  /** NaN while it has not ended. */
  endedAt: number
  /** It was skipped because there was nothing to do. */
  isNeedless: boolean
  /** The task whose end is why it was skipped; null where it was not. */
  skippedFor: string | null
  /** The plan was amended without it. */
  isRemoved: boolean
  /** The milestones that it reported. */
  reached: Set<string>
}

/** What a condition says; `needless`: it never will hold, and nothing went wrong. */
export type Verdict = 'open' | 'holds' | 'never' | 'needless'

/** What has become of a condition. */
export interface ConditionPast {
  verdict: Verdict
  /** Since when it holds; NaN where it does not. */
  heldAt: number
}

export interface RunPast {
  facts: RunFacts
  readonly tasks: Map<string, TaskPast>
  readonly conditions: ConditionPast[]
  isPaused: boolean
  isCancelled: boolean
  isDrained: boolean
  isClosed: boolean
  /** A task was done again: what ran or had ended because of it stayed as it was. */
  isReopened: boolean
  resumedAt: number
  messages: number
}

export interface AttemptPast {
  readonly run: RunPast
  readonly task: TaskPast
  /** `"run/stream/task#2"`, quoted. */
  readonly name: string
  readonly number: number
  readonly fence: number
  readonly worker: string
  readonly slot: number
  readonly startedAt: number
  heardAt: number
  progressAt: number
  /** What the work returned, as JSON, and the step (from 1) of its verification since then; null before. */
  verifying: { readonly result: string; readonly step: number; readonly since: number } | null
  isClosing: boolean
  stoppedFor: ClosingReason | null
  /** Whether it has asked to integrate, and does. */
  integration: 'none' | 'asked' | 'held'
  /** When it asked, by counting. */
  askedOrder: number
  /** What it claimed while it ran: indexes into the vocabulary. */
  readonly extra: { readonly write: number[]; readonly read: number[] }
}

export interface WorkerPast {
  readonly id: string
  readonly pool: string
  slots: number
  readonly capabilities: readonly string[]
  isDraining: boolean
  /** It is to get nothing before. */
  restsUntil: number
}

export function newRun(facts: RunFacts, at: number): RunPast {
  const tasks = new Map<string, TaskPast>()
  for (const [id, ofTask] of facts.tasks) tasks.set(id, newTask(ofTask))
  const conditions = facts.conditions.map(newCondition)
  const flags = { isPaused: false, isCancelled: false, isDrained: false, isClosed: false, isReopened: false }
  return { facts, tasks, conditions, ...flags, resumedAt: at, messages: 0 }
}

export function newTask(facts: TaskFacts): TaskPast {
  return { facts, attempts: 0, attemptsBefore: 0, generation: 1, isRemoved: false, live: null, ...notBegun() }
}

/** What is known of a task that nobody has begun, or that is begun anew. */
export function notBegun(): Omit<
  TaskPast,
  'facts' | 'attempts' | 'attemptsBefore' | 'generation' | 'isRemoved' | 'live'
> {
  return {
    status: 'idle',
    lost: 0,
    unverified: 0,
    retryAt: Number.NEGATIVE_INFINITY,
    startAt: Number.NEGATIVE_INFINITY,
    readyOrder: 0,
    readyAt: Number.NaN,
    scheduledAt: Number.NaN,
    passes: 0,
    result: null,
    endedAt: Number.NaN,
    isNeedless: false,
    skippedFor: null,
    reached: new Set(),
    isAnswered: false,
  }
}

export function newCondition(): ConditionPast {
  return { verdict: 'open', heldAt: Number.NaN }
}

export function isOver(status: TaskPast['status']): boolean {
  return status !== 'idle' && status !== 'running'
}

export function accuse(story: string): never {
  throw new Error(`History: ${story}.`)
}
