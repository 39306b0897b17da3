/** What threads and their host say to each other, beside the attempts themselves. */
import type { MessagePort } from 'node:worker_threads'
import type { JsonValue } from '../../core/types.js'
import type { LogStream } from '../../runtime/ports.js'
import type { Asked } from '../shared/asked.js'
import type { Thrown } from '../shared/thrown.js'

/** An attempt, as it goes to a thread. */
export interface ThreadTask {
  /** The attempt as JSON: a text is cloned in a fraction of the time. */
  readonly attempt: string
  readonly data: unknown
  /** The thread takes it for its line to the host, if it has none yet; null: it is thought to have one. */
  readonly port: MessagePort | null
}

/** How an attempt ended in its thread. `lineless`: it was not begun, because the thread has no line to the host. */
export type ThreadAnswer = ThreadEnd | 'lineless'

export interface ThreadEnd {
  /** How many times it has spoken before: what it said comes first. */
  readonly spoken: number
  readonly result: unknown
  /** What it threw; undefined: nothing. */
  readonly thrown: unknown
}

/** What an attempt says or asks; a question has a number. */
export type Spoken = { readonly attempt: string; readonly question?: number } & (
  | { readonly what: 'heartbeat'; readonly progress: JsonValue | undefined }
  | { readonly what: 'log'; readonly text: string; readonly stream: LogStream | undefined }
  | Asked
)

/** The answer to a question. */
export interface Answered {
  readonly question: number
  readonly value?: unknown
  readonly error?: Thrown
}
