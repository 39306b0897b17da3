/** What threads and their host say to each other, beside the attempts themselves. */
import type { MessagePort } from 'node:worker_threads'
import type { JsonValue } from '../../core/types.js'
import type { ClaimRequest, LogStream, OutgoingMessage, ReadOptions } from '../../runtime/ports.js'

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
  | { readonly what: 'milestone'; readonly name: string }
  | { readonly what: 'claim'; readonly paths: ClaimRequest }
  | { readonly what: 'integrate' }
  | { readonly what: 'share'; readonly key: string; readonly value: unknown }
  | { readonly what: 'shared'; readonly stream: string | null | undefined }
  | { readonly what: 'send'; readonly message: OutgoingMessage }
  | { readonly what: 'inbox' | 'receive'; readonly options: ReadOptions | undefined }
)

/** The answer to a question. */
export interface Answered {
  readonly question: number
  readonly value?: unknown
  readonly error?: Thrown
}

/** An error, as it goes from one thread to another. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Errors lose their own fields on the way, and what is no error may be anything. */
export function packError(error: unknown): Thrown | { readonly value: string } {
  if (!(error instanceof Error)) return { value: String(error) }
  const fields = Object.fromEntries(Object.entries(error).filter(([, value]) => isPlain(value)))
  return { name: error.name, message: error.message, fields }
}

export function unpackError(thrown: unknown): unknown {
  const { name, message, fields, value } = thrown as Partial<Thrown> & { readonly value?: string }
  return name === undefined ? value : Object.assign(new Error(message), { ...fields, name })
}

function isPlain(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
