/** How a command ended, as the outcome of its attempt. */
import { basename } from 'node:path'
import type { Failure, FailureKind } from '../../core/types.js'
import type { AttemptOutcome } from '../../runtime/ports.js'
import { plainLine } from '../shared/plain-text.js'
import { ENDED_BY_OTHERS, EXIT_MEANINGS, type ExitMeaning, type Settings } from './options.js'
import type { Voice } from './voice.js'

/** Exactly one of them is not null. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** Most of a message. */
const MESSAGE_CHARACTERS = 2000
/** Errors of starting that pass: there was no room for one more. */
const PASSING = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']

export function outcomeOf(file: string, exit: Exit, voice: Voice, settings: Settings): AttemptOutcome {
  const name = `"${plainLine(basename(file)).slice(0, 100)}"`
  if (exit.code === 0 && voice.failure === undefined) return succeeded(name, voice, settings)
  return { ok: false, failure: { ...meaningOf(exit, settings), ...told(name, exit, voice) } }
}

/** It never began. */
export function notStarted(file: string, error: unknown): AttemptOutcome {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  const why = code === 'ENOENT' ? 'there is no such program' : String(message ?? error)
  const retryable = code !== undefined && PASSING.includes(code) ? {} : { retryable: false }
  return failed(`"${plainLine(file).slice(0, 200)}" could not be started: ${why}.`, retryable)
}

export function failed(message: string, more: { readonly retryable?: boolean } = {}): AttemptOutcome {
  return { ok: false, failure: { kind: 'error', message: plainLine(message).slice(0, MESSAGE_CHARACTERS), ...more } }
}

function succeeded(name: string, voice: Voice, { result: how, limits }: Settings): AttemptOutcome {
  const { result, resultProblem } = voice
  if (resultProblem !== null) return failed(`${name} has reported a result that cannot be read: ${resultProblem}.`)
  if (result !== undefined) return { ok: true, result }
  if (how === 'reported') return { ok: true, result: null }
  if (how === 'required') return failed(`${name} ended with 0 and has reported no result.`)
  const stdout = voice.output()
  if (stdout === null) {
    const hint = 'Have it write a file, and report where that is.'
    return failed(`${name} printed more than ${limits.outputBytes} bytes (limits.outputBytes). ${hint}`, {
      retryable: false,
    })
  }
  if (how === 'text') return { ok: true, result: stdout.trim() }
  try {
    if (how !== 'json') return { ok: true, result: how({ stdout, stderr: voice.tail.join('\n') }) }
    return { ok: true, result: JSON.parse(stdout) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return failed(`What ${name} printed is no result: ${problem}`)
  }
}

function meaningOf({ code, signal }: Exit, { options }: Settings): ExitMeaning {
  if (signal !== null) return { kind: ENDED_BY_OTHERS.includes(signal) ? 'lost' : 'error' }
  return options.exitCodes?.[code!] ?? EXIT_MEANINGS[code!] ?? { kind: 'error' }
}

const REPORTED: readonly unknown[] = ['error', 'timeout', 'rate-limited', 'claim-violation', 'verify']

/** What it has said of its failure itself comes before what its exit code says; what that is worth, the host looks at. */
function told(
  name: string,
  { code, signal }: Exit,
  voice: Voice,
): Omit<Failure, 'kind'> & { readonly kind?: FailureKind } {
  const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`
  const details = { ...(code === null ? { signal: signal! } : { exitCode: code }), stderr: voice.tail.join('\n') }
  const { failure = {} } = voice
  const last = voice.tail.at(-1)
  const message =
    typeof failure.message === 'string' ? failure.message : `${name} ${how}${last === undefined ? '.' : `: ${last}`}`
  return {
    message: plainLine(message).slice(0, MESSAGE_CHARACTERS),
    details,
    ...(REPORTED.includes(failure.kind) ? { kind: failure.kind as FailureKind } : {}),
    ...(typeof failure.retryable === 'boolean' ? { retryable: failure.retryable } : {}),
    ...(typeof failure.retryAfterMs === 'number' ? { retryAfterMs: failure.retryAfterMs } : {}),
  }
}
