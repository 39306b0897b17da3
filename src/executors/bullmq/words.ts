/** What workers and the scheduler's side say to each other through Redis. Whatever comes from there may be anything. */
import type { JsonValue } from '../../core/types.js'
import type { AttemptOutcome, AttemptRequest, LogStream } from '../../runtime/ports.js'
import type { Asked } from '../shared/asked.js'
import { packError, unpackError } from '../shared/thrown.js'
import { MAX_WORD_CHARACTERS, textOf } from './connect.js'

/** What an attempt asks; its answer comes as an order. */
export type Question = Asked & { readonly question: number }

/** Lines of output, each with where it comes from. */
export interface Lines {
  readonly what: 'log'
  readonly lines: readonly (readonly [text: string, stream: LogStream])[]
}

/** What an attempt is told. */
export type Order =
  | { readonly stop: string }
  | { readonly question: number; readonly value: unknown }
  | { readonly question: number; readonly error: unknown }

/** How an attempt ended, as its worker reports it. */
export interface Report {
  /** It has said something before, which comes first. */
  readonly spoken: boolean
  readonly outcome: AttemptOutcome | { readonly thrown: unknown }
}

const STREAMS: readonly unknown[] = ['log', 'stdout', 'stderr']
const ASKED: readonly unknown[] = ['milestone', 'claim', 'integrate', 'share', 'shared', 'send', 'inbox', 'receive']

/** A word of an attempt; null: it is none. */
export function readWord(text: unknown): Question | Lines | null {
  const word = readObject(text, MAX_WORD_CHARACTERS)
  if (word === null) return null
  if (word.what === 'log') {
    return Array.isArray(word.lines) && word.lines.every(isLine) ? (word as unknown as Lines) : null
  }
  return ASKED.includes(word.what) && Number.isSafeInteger(word.question) ? (word as unknown as Question) : null
}

/** An order; null: it is none. */
export function readOrder(text: unknown): Order | null {
  const order = readObject(text, MAX_WORD_CHARACTERS)
  if (order === null) return null
  const isOrder = typeof order.stop === 'string' || Number.isSafeInteger(order.question)
  return isOrder ? (order as unknown as Order) : null
}

/** The attempt of a job; null: it is none, or larger than `maxCharacters`. */
export function readAttempt(data: unknown, maxCharacters: number): AttemptRequest | null {
  const { attempt: text } = (typeof data === 'object' && data !== null ? data : {}) as { readonly attempt?: unknown }
  const attempt = readObject(text, maxCharacters)
  if (attempt === null) return null
  const { id, run, task, handler, worker, claims, attempt: number, fence, startedAt, heartbeatMs, deadlineAt } = attempt
  const isRequest =
    [id, run, task, handler, worker].every((name) => typeof name === 'string') &&
    [number, fence, startedAt].every(Number.isFinite) &&
    [heartbeatMs, deadlineAt].every((time) => time === null || Number.isFinite(time)) &&
    typeof claims === 'object' &&
    claims !== null
  return isRequest ? (attempt as unknown as AttemptRequest) : null
}

/** A report as a text. What cannot be told becomes a failure that says so. */
export function writeReport(report: Report, maxCharacters: number): string {
  let text: string
  try {
    text = JSON.stringify(report)
  } catch (error) {
    return refusalOf(`The result is not JSON: ${textOf(error)}`, report.spoken)
  }
  if (text.length <= maxCharacters) return text
  const size = `has ${text.length} characters as JSON, more than "maxCharacters" (${maxCharacters})`
  return refusalOf(
    `The outcome ${size}. Return a reference and keep the rest elsewhere, or raise the limit.`,
    report.spoken,
  )
}

/** A report that trying again would not help. */
export function refusalOf(message: string, spoken = false): string {
  return JSON.stringify({ spoken, outcome: { ok: false, failure: { kind: 'error', message, retryable: false } } })
}

/** What a worker has reported; null: it is none. */
export function readReport(text: unknown, maxCharacters: number): Report | null {
  const report = readObject(text, maxCharacters)
  const { outcome } = (report ?? {}) as { readonly outcome?: unknown }
  return typeof outcome === 'object' && outcome !== null ? (report as unknown as Report) : null
}

/** The outcome of a report. @throws what the work has thrown */
export function outcomeOf({ outcome }: Report): AttemptOutcome {
  if ('thrown' in outcome) throw unpackError(outcome.thrown)
  if (outcome.ok === true) return { ok: true, result: (outcome.result ?? null) as JsonValue }
  return { ok: false, failure: outcome.failure }
}

/** As it goes into a report or an order: what JSON cannot hold is left out. */
export function packAsJson(error: unknown): unknown {
  const packed = packError(error)
  if (!('fields' in packed)) return packed
  const fields = Object.fromEntries(Object.entries(packed.fields).filter(([, value]) => isJson(value)))
  return { ...packed, fields }
}

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

function isLine(line: unknown): boolean {
  return Array.isArray(line) && typeof line[0] === 'string' && STREAMS.includes(line[1])
}

function readObject(text: unknown, maxCharacters: number): Readonly<Record<string, unknown>> | null {
  if (typeof text !== 'string' || text.length > maxCharacters) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null
  } catch {
    return null
  }
}
