/**
 * The one timer's agenda: a binary heap of moments. Entries are never removed early; whoever takes one out checks whether
 * it still means anything. So a heartbeat costs nothing: it moves the moment only when the old one comes up.
 */
import { heapPop, heapPush } from './heap.js'
import type { EpochMs, Fence, RunId, TaskIndex, WorkerId } from './types.js'

/** What becomes due for a task or an attempt. */
export type DeadlineKind =
  | 'retry'
  | 'scheduleToStart'
  | 'scheduleToClose'
  | 'startToClose'
  | 'heartbeat'
  | 'stall'
  | 'verify'
  | 'close'

/** A moment at which a limiter may let somebody start who is parked on it. */
export interface LimiterDeadline {
  readonly at: EpochMs
  readonly kind: 'limiter'
  readonly limiter: string
}

/** A moment at which a worker may be given work again. */
export interface WorkerDeadline {
  readonly at: EpochMs
  readonly kind: 'worker'
  readonly worker: WorkerId
}

/** A moment that concerns a task or an attempt of it. */
export interface TaskDeadline {
  readonly at: EpochMs
  readonly kind: DeadlineKind
  readonly run: RunId
  readonly task: TaskIndex
  /** The attempt it is about; 0 where it is about the task. */
  readonly fence: Fence
}

export type Deadline = TaskDeadline | LimiterDeadline | WorkerDeadline

export interface Deadlines {
  add(deadline: Deadline): void
  /** The earliest moment, null if there is none. */
  next(): EpochMs | null
  /** Takes out the earliest deadline that is due, null if none is. Equal moments come out in the order of `add`. */
  takeDue(now: EpochMs): Deadline | null
  /** Says that a moment has come, because somebody acted on it. */
  reach(now: EpochMs): void
  /** The latest moment taken out or reached: it has come, and does not come again when the clock is set back. */
  reached(): EpochMs
  /** All of them, in the order in which they come out. O(n log n). */
  all(): readonly Deadline[]
  readonly size: number
}

type Numbered = Deadline & { readonly seq: number }

export function createDeadlines(): Deadlines {
  const heap: Numbered[] = []
  let seq = 0
  let reached = 0

  function takeDue(now: EpochMs): Deadline | null {
    if (heap.length === 0 || heap[0]!.at > now) return null
    const due = heapPop(heap, comesFirst)
    reach(due.at)
    return due
  }

  function reach(now: EpochMs): void {
    if (now > reached) reached = now
  }

  return {
    add(deadline) {
      seq += 1
      heapPush(heap, { ...deadline, seq }, comesFirst)
    },
    next: () => heap[0]?.at ?? null,
    takeDue,
    reach,
    reached: () => reached,
    all: () => [...heap].sort((a, b) => (comesFirst(a, b) ? -1 : 1)).map(({ seq: _, ...deadline }) => deadline),
    get size() {
      return heap.length
    },
  }
}

function comesFirst(a: Numbered, b: Numbered): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq)
}
