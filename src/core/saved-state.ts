/**
 * The state of a scope after a decision, as JSON: what `encodeState` writes and `decodeState` reads. Tasks and points are named by their place
 * in the plan, so the compiled plans must be the same ones; `fingerprint` says whether they are.
 *
 * Stored is what events said, what waits in which order, and when the dispatcher looks at what again: all that the next
 * decision depends on. Derived again is what follows from that and from the plans: counts, who can serve whom, what tasks
 * claim and use, who holds what of which limiter in sum, the lines of those who wait. What means nothing any more is left out:
 * deadlines of what has ended, places of those who have left a line.
 */

import type { Deadline } from './deadlines.js'
import type { SavedLimiter } from './saved-limiters.js'
import type { Generation, KeptMessage, Leader } from './state.js'
import type {
  ClosingReason,
  CompiledPlan,
  DurationMs,
  EpochMs,
  Failure,
  Fence,
  JsonValue,
  NodeIndex,
  PoolId,
  Revision,
  RunId,
  SkipReason,
  StreamId,
  TaskId,
  TaskIndex,
  Verdict,
  WorkerId,
} from './types.js'

/** Raised by every change of what is stored here or of what it means: a state of another format is not read. */
export const STATE_FORMAT = 2

export interface SavedState {
  readonly format: typeof STATE_FORMAT
  readonly revision: Revision
  readonly fence: Fence
  readonly clock: EpochMs
  readonly now: EpochMs
  readonly reached: EpochMs
  readonly readySeq: number
  readonly leader: Leader | null
  readonly workers: readonly SavedWorker[]
  /** Patterns by their ids, null for a free one; and the free ids, the one to be used next last. */
  readonly patterns: readonly (string | null)[]
  readonly freePatterns: readonly number[]
  readonly limiters: readonly SavedLimiter[]
  readonly runs: readonly SavedRun[]
  /** In the order of `ScopeState.attempts`; the closing and the integrating ones in theirs. */
  readonly attempts: readonly SavedAttempt[]
  readonly closing: readonly Fence[]
  readonly integrations: readonly Fence[]
  /** Whose claims are in the table, in its order, and who holds each pattern: writers, readers, integrating. */
  readonly held: readonly Fence[]
  readonly holders: readonly (readonly [number, readonly Fence[], readonly Fence[], readonly Fence[]])[]
  /** Waiters, by when they became ready. */
  readonly reserved: number | null
  readonly overdue: readonly number[]
  readonly parked: readonly (readonly [SavedPlace, readonly SavedLine[]])[]
  readonly deadlines: readonly Deadline[]
  /** Id, name, openedAt, openedAfter, closedAt, verdict. */
  readonly closedRuns: readonly (readonly [RunId, string, EpochMs, Revision, EpochMs, Verdict])[]
  readonly runKeys: readonly (readonly [string, RunId])[]
  readonly keyed: readonly (readonly [string, RunId, TaskId, JsonValue])[]
}

export interface SavedWorker {
  readonly id: WorkerId
  readonly pool: PoolId
  readonly slots: number
  readonly capabilities: readonly string[]
  readonly freeSlots: readonly number[]
  readonly joinedAt: EpochMs
  readonly isDraining: boolean
  /** Absent: 0. */
  readonly excess?: number
  /** Absent: its host gives it work. */
  readonly leaseMs?: DurationMs
  /** Absent: it never had to rest. */
  readonly restsUntil?: EpochMs
}

/** A pattern by its id, or a limiter by its name. */
export type SavedPlace = number | string
/** What somebody is parked on, and how he meets it. */
export type SavedObstacle = readonly [SavedPlace, string | number]

/** A line of parked tasks: whose, of which need, how they meet it, and who. */
export type SavedLine = readonly [RunId, number, string | number, readonly TaskIndex[]]

export type SavedMap<Value> = readonly (readonly [NodeIndex, Value])[]
/** Null where there is none. */
export type SavedTimes = readonly (EpochMs | null)[]

export interface SavedRun {
  readonly id: RunId
  readonly fingerprint: number
  readonly openedAt: EpochMs
  readonly openedAfter: Revision
  readonly idempotencyKey: string | null
  readonly status: readonly number[]
  readonly remaining: readonly number[]
  readonly spare: readonly number[]
  readonly harmed: readonly number[]
  readonly notBefore: SavedMap<EpochMs>
  readonly attempts: readonly number[]
  readonly readyAt: SavedTimes
  readonly startedAt: SavedTimes
  readonly endedAt: SavedTimes
  readonly place: readonly number[]
  readonly lost: SavedMap<number>
  readonly unverified: SavedMap<number>
  readonly results: SavedMap<JsonValue>
  readonly failures: SavedMap<Failure>
  readonly skips: SavedMap<SkipReason>
  readonly cancels: SavedMap<string>
  readonly scheduledAt: SavedMap<EpochMs>
  readonly retries: SavedMap<EpochMs>
  readonly generations: SavedMap<Generation>
  readonly unneeded: readonly TaskIndex[]
  readonly shortfall: number
  readonly paused: { readonly at: EpochMs; readonly reason: string } | null
  readonly resumedAt: EpochMs
  readonly drainedBy: TaskIndex | null
  readonly cancelled: { readonly at: EpochMs; readonly reason: string } | null
  /** What is shared now, and before that what it was when attempts under way started, by the numbers they have. */
  readonly shared: readonly SavedShared[]
  readonly messages: readonly KeptMessage[]
  readonly waiters: readonly SavedWaiter[]
  /** Tasks that are queued, each class in its order. */
  readonly queue: readonly TaskIndex[]
  readonly needs: readonly number[]
}

export type SavedShared = readonly (readonly [StreamId | null, readonly (readonly [string, JsonValue])[]])[]

export interface SavedWaiter {
  readonly task: TaskIndex
  readonly seq: number
  readonly bypasses: number
  readonly parkedAt: SavedObstacle | null
  readonly wokenFrom: SavedObstacle | null
}

export interface SavedAttempt {
  readonly run: RunId
  readonly task: TaskIndex
  readonly number: number
  readonly fence: Fence
  readonly worker: WorkerId
  readonly slot: number
  readonly startedAt: EpochMs
  readonly beatAt: EpochMs
  readonly progressAt: EpochMs
  readonly progress?: JsonValue | undefined
  /** Its place in `SavedRun.shared`. */
  readonly shared: number
  readonly integration: { readonly askedAt: EpochMs; readonly grantedAt: EpochMs | null } | null
  /** Texts of the patterns that it claimed while it ran, at each time. */
  readonly extensions: readonly { readonly write: readonly string[]; readonly read: readonly string[] }[] | null
  readonly verifying: { readonly result: JsonValue; readonly step: number; readonly since: EpochMs } | null
  readonly closing: { readonly reason: ClosingReason; readonly at: EpochMs; readonly closeBy: EpochMs | null } | null
}

/** Tells plans apart in which a number could mean another task or point. O(characters of the ids). */
export function fingerprintOf({ taskIds, points }: CompiledPlan): number {
  let hash = hashOn(FNV_START, `${taskIds.length} ${points.length}`)
  for (const id of taskIds) hash = hashOn(hash, id)
  for (const { kind, id } of points) hash = hashOn(hashOn(hash, kind), id)
  return hash
}

const FNV_START = 0x811c9dc5

/** FNV-1a, with a mark at the end of each text. */
function hashOn(start: number, text: string): number {
  let hash = start
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return Math.imul(hash ^ 0xffff, 0x01000193) >>> 0
}
