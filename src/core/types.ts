/**
 * The words of signalbox: ids, inputs, events, instructions, and the compiled plan they speak about.
 *
 * Read this file, what it names, and `decide.ts` in one sitting and you know the library. Nothing here does anything.
 * An *input* asks or reports (imperative, never stored). An *event* is what happened (past tense, the only thing
 * stored). An *instruction* is what the host must now do, and each has exactly one event as its cause.
 */
import type { RunEvent } from './events.js'
import type { Rejection } from './inputs.js'
import type { ClosingReason, EpochMs, Fence, RunId, TaskId, WorkerId } from './words.js'

export type { ClaimSetSpec } from '../claims/table.js'
export type {
  Adjacency,
  CompiledPhase,
  CompiledPlan,
  CompiledSequence,
  Condition,
  GateKind,
  GuardedPattern,
  Hit,
  Need,
  OnFailure,
  Plans,
  Point,
  PointKind,
  Policy,
  SequenceEntry,
  TaskLookup,
  TaskSource,
  VerifyStep,
} from './compiled-plan.js'
export type { RunEvent, RunEventMap, RunEventType } from './events.js'
export type { Amending, AttemptRef, CancelTarget, Input, Rejection, RejectionCode } from './inputs.js'
export type { Ask, BreakerRule, Limit, Use } from './limit.js'
export type {
  AttemptId,
  ClosingReason,
  DurationMs,
  EpochMs,
  Failure,
  FailureKind,
  Fence,
  HostId,
  JsonValue,
  Message,
  MessageSender,
  MessageTarget,
  NodeIndex,
  PoolId,
  Revision,
  RunId,
  ScopeId,
  SkipReason,
  StreamId,
  TaskId,
  TaskIndex,
  TaskStatus,
  Verdict,
  WorkerId,
} from './words.js'
export { attemptId } from './words.js'

/** What the host must now do. Made from a stored event by `instruct`, never before the event is durable. */
export type Instruction =
  | {
      readonly type: 'startAttempt'
      readonly run: RunId
      readonly task: TaskId
      readonly attempt: number
      readonly fence: Fence
      readonly worker: WorkerId
    }
  /** Run a verification step of the attempt in its slot: the work is done, the claims are still held. */
  | {
      readonly type: 'verifyAttempt'
      readonly run: RunId
      readonly task: TaskId
      readonly attempt: number
      readonly fence: Fence
      /** From 1. */
      readonly step: number
    }
  | {
      readonly type: 'stopAttempt'
      readonly run: RunId
      readonly task: TaskId
      readonly attempt: number
      readonly fence: Fence
      readonly reason: ClosingReason
    }
  /** Tell the attempt that it may integrate. */
  | {
      readonly type: 'grantIntegration'
      readonly run: RunId
      readonly task: TaskId
      readonly attempt: number
      readonly fence: Fence
    }

/**
 * What one input led to. The state already contains the events. The host must, in this order: store `events` (the only
 * await), tell listeners, set its one timer to `wakeAt`, and perform `instructions`. If storing fails, nothing of this
 * happened: the host throws the state away and folds the journal again.
 */
export interface Decision {
  readonly events: readonly RunEvent[]
  readonly instructions: readonly Instruction[]
  /** When to send the next `tick`; null: there is nothing to wait for. */
  readonly wakeAt: EpochMs | null
  readonly rejection: Rejection | null
}

/** What several inputs led to together: one decision, with the rejection of each refused input by its position. */
export interface BatchDecision extends Omit<Decision, 'rejection'> {
  readonly rejections: ReadonlyMap<number, Rejection>
}
