/**
 * signalbox: an embeddable, durable, dependency-aware scheduler for parallel workstreams.
 *
 * The front door. What is exported here is supported.
 */

// Run plans.
export { createScheduler, runPlan, type SchedulerOptions } from './embedded.js'
export type { HostRole } from './runtime/leadership.js'
export type { CloseOptions, Scheduler, StartOptions } from './runtime/scheduler-types.js'
export type { Logger, LogMethod } from './runtime/logging.js'
export type { Pool, PoolStatus } from './runtime/crew.js'
export type { Lease } from './runtime/lease.js'
export type { LeaseRequest, WorkerOptions } from './runtime/lease-request.js'
export type { HeldAttempt, WorkerHealth, WorkerStatus } from './runtime/worker-status.js'
export type { CancelOptions, GateAnswer, Run, RunListeners } from './runtime/run.js'
export type { Outcome, TaskOutcome } from './runtime/outcome.js'
export type { RunSummary } from './runtime/run-list.js'
export type { SchedulerWarning, SchedulerWarningCode } from './runtime/warnings.js'
export type { PhaseStatus } from './core/phases.js'
export type { Progress } from './runtime/progress.js'
export type { Blocker, OpenGate, PhaseProgress } from './runtime/standing.js'
export type { Pools, PoolSpec, PullPool } from './runtime/names.js'
export type { BreakerOptions, HandlerLimit, LimitOptions, Resources } from './runtime/limits.js'
export { systemClock } from './runtime/clock.js'
export { type PacedClock, type PacedClockOptions, pacedClock } from './runtime/paced-clock.js'

// Say what tasks do.
export {
  defineHandlers,
  definePlan,
  type Handler,
  type HandlerContext,
  type Handlers,
  handler,
} from './runtime/handlers.js'
export type { Condensed, HandedOver, HandOverOptions, SharedValues } from './runtime/hand-over.js'
export { type FailureOptions, type ReportedKind, taskFailure } from './runtime/failure.js'
export type { StandardSchema } from './runtime/standard-schema.js'

// Check plans.
export { type CheckOptions, checkPlan, type PlanCheck } from './plan/check.js'
export type { AmendmentDocument } from './plan/amendment.js'
export type { PlanBuilder, PlanOptions, ResultsOf } from './plan/define.js'
export type { Diagnostic, Locate } from './plan/diagnostic.js'
export { graphWaves, planGraph } from './plan/graph.js'
export { planJsonSchema } from './plan/json-schema.js'
export { type ParsedText, parseJson } from './plan/json-text.js'
export { type PairApart, type PairsApart, type PairsApartOptions, tasksKeptApart } from './plan/pairs-apart.js'
export { CODE_LIMITS, DEFAULT_LIMITS, type PlanLimits } from './plan/limits.js'
export type { TypedPlan } from './plan/typed-plan.js'
export type { Plan, PlanDocument } from './plan/types.js'

// Understand a run.
export type { Reason } from './core/explain.js'
export { ATTEMPT_TRANSITIONS, type Transition, TRANSITIONS } from './core/transitions.js'
export type {
  AttemptId,
  ClosingReason,
  CompiledPlan,
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
  OnFailure,
  PointKind,
  PoolId,
  Revision,
  RunEvent,
  RunEventMap,
  RunEventType,
  RunId,
  ScopeId,
  SkipReason,
  StreamId,
  TaskId,
  TaskStatus,
  Verdict,
  WorkerId,
} from './core/types.js'

// Show it to people.
export { summarize, type SummarizeOptions } from './summarize.js'
export {
  type FailedTask,
  formatSummary,
  type PoolUse,
  type Summary,
  type TaskCounts,
  type Wait,
  type WaitReason,
} from './reporters/summary.js'
export { type TerminalReporter, type TerminalReporterOptions, terminalReporter } from './reporters/terminal.js'

// Extend it.
export type {
  AttemptContext,
  AttemptOutcome,
  AttemptRequest,
  Batch,
  ClaimAnswer,
  ClaimRequest,
  Clock,
  Executor,
  LogLine,
  LogStream,
  OutgoingMessage,
  ReadOptions,
  Store,
  StoredEvent,
  StoredSnapshot,
} from './runtime/ports.js'
export {
  type InvariantError,
  isSchedulerError,
  type SchedulerError,
  type SchedulerErrorCode,
} from './runtime/errors.js'

// Path patterns, as claims use them.
export { matches, parsePath } from './claims/match.js'
export { overlap } from './claims/overlap.js'
export { type Pattern, parsePattern } from './claims/pattern.js'
export type { PathProblemCode, TextOptions, TextProblem } from './claims/path-text.js'
