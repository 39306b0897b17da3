/** What the terminal reporter needs of a run and of a terminal. */
import type { DurationMs, RunEvent } from '../../core/types.js'

/** A run to report on; the handle that `scheduler.start` gives is one. */
export interface WatchedRun {
  readonly id: string
  /** From the opening of the run on, also those already past; ends with the run. */
  events(): AsyncIterable<RunEvent>
  progress(): WatchedProgress
  /** Why a task is not running, the nearest obstacle first. */
  explain(task: string): readonly WatchedReason[]
}

export interface WatchedProgress {
  readonly total: number
  readonly done: number
  readonly running: number
  readonly succeeded: number
  readonly failed: number
  /** 0 to 100. */
  readonly percent: number
  readonly etaMs: DurationMs | null
}

/** The fields of a reason that are shown. */
export interface WatchedReason {
  readonly kind: string
  readonly on?: string
  readonly status?: string
  readonly path?: string
  readonly resource?: string
  readonly heldBy?: string | readonly { readonly attempt: string }[]
  readonly pool?: string | null
  readonly requires?: readonly string[]
  readonly busy?: number
  readonly slots?: number
}

/** Where text goes; `process.stdout` is one. */
export interface OutputStream {
  /** `false`: full; go on after `drain`. */
  write(text: string): boolean
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  on?(event: 'resize' | 'drain', listener: () => void): unknown
  off?(event: 'resize' | 'drain', listener: () => void): unknown
}
