/** What the history checker remembers of runs, tasks, attempts and workers. */
import type { ClosingReason, JsonValue } from '../core/types.js'
import type { RunFacts, TaskFacts } from './history-facts.js'

export interface TaskPast {
  readonly facts: TaskFacts
  /** `idle`: neither running nor over. */
  status: 'idle' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped'
  attempts: number
  lost: number
  unverified: number
  /** Not to be tried again before. */
  retryAt: number
  /** When it became ready, by counting; 0 if it never did. */
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
  /** It was skipped because there was nothing to do. */
  isNeedless: boolean
  /** The milestones that it reported. */
  readonly reached: Set<string>
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
  readonly facts: RunFacts
  readonly tasks: ReadonlyMap<string, TaskPast>
  readonly conditions: readonly ConditionPast[]
  isPaused: boolean
  isCancelled: boolean
  isDrained: boolean
  isClosed: boolean
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
  for (const [id, ofTask] of facts.tasks) {
    tasks.set(id, {
      facts: ofTask,
      status: 'idle',
      attempts: 0,
      lost: 0,
      unverified: 0,
      retryAt: Number.NEGATIVE_INFINITY,
      readyOrder: 0,
      readyAt: Number.NaN,
      scheduledAt: Number.NaN,
      passes: 0,
      live: null,
      result: null,
      isNeedless: false,
      reached: new Set(),
      isAnswered: false,
    })
  }
  const conditions = facts.conditions.map((): ConditionPast => ({ verdict: 'open', heldAt: Number.NaN }))
  const flags = { isPaused: false, isCancelled: false, isDrained: false, isClosed: false }
  return { facts, tasks, conditions, ...flags, resumedAt: at, messages: 0 }
}

export function isOver(status: TaskPast['status']): boolean {
  return status !== 'idle' && status !== 'running'
}

export function accuse(story: string): never {
  throw new Error(`History: ${story}.`)
}
