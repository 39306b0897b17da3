/** What the environment says: pools and the log; the store is with the stores. */
import { quoteAll } from '../plan/text.js'
import type { Logger, LogLevel } from '../runtime/logging.js'
import type { Io } from './io.js'
import { usageError } from './problem.js'

const LOG_VARIABLE = 'SIGNALBOX_LOG_LEVEL'
const POOLS_VARIABLE = 'SIGNALBOX_POOLS'
/** From what is written least to what is written most. */
const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const

/** `backend=6,docs=1`, as `--pool` says each of them; nothing where it is not set. */
export function pooledByEnvironment({ env }: Pick<Io, 'env'>): readonly string[] {
  return (env[POOLS_VARIABLE] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

/** Writes JSON, line by line, to stderr; undefined: nothing is to be written. @throws ProgramError USAGE */
export function loggerOf({ env, stderr }: Pick<Io, 'env' | 'stderr'>): Logger | undefined {
  const level = env[LOG_VARIABLE] ?? ''
  const most = level === '' ? 0 : (LEVELS as readonly string[]).indexOf(level)
  if (most === -1) throw usageError(`${LOG_VARIABLE} is no level of a log.`, `Set it to one of ${quoteAll(LEVELS)}.`)
  if (most === 0) return undefined
  const method = (name: LogLevel): Logger[LogLevel] => {
    if (LEVELS.indexOf(name) > most) return () => undefined
    return ({ err: _, ...fields }, message) =>
      stderr.write(`${JSON.stringify({ level: name, ...fields, msg: message })}\n`)
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}
