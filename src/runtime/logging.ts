/** What a scheduler writes to a log: a line for each event that it stores, and for what goes wrong with it. */
import type { Failure, RunEvent } from '../core/types.js'

/** A method of a log: what the line is about, and the line. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** A structured log, as pino and its like are. */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

export type LogLevel = keyof Logger

/** Fields that are written: what people and plans gave (inputs, results, messages) may hold secrets and is not. */
const FIELDS = new Set(
  'type at run task attempt fence worker slot pool slots leaseMs losses until reason retryAt closeBy by verdict host epoch expiresAt step of gate milestone name generation seq stream key'.split(
    ' ',
  ),
)

const LEVELS: { readonly [Type in RunEvent['type']]?: LogLevel } = {
  'run.opened': 'info',
  'run.amended': 'info',
  'run.paused': 'info',
  'run.resumed': 'info',
  'run.cancelled': 'info',
  'run.closed': 'info',
  'host.elected': 'info',
  'host.resigned': 'info',
  'worker.joined': 'info',
  'worker.resized': 'info',
  'worker.draining': 'info',
  'worker.left': 'info',
  'worker.quarantined': 'warn',
  'attempt.closing': 'warn',
  'attempt.failed': 'warn',
  'task.failed': 'error',
  'gate.failed': 'warn',
  'limit.changed': 'info',
}

/** Writes a line for an event: `attempt.failed r1/api/build#2: it broke`. A log that throws changes nothing. */
export function logEvent(logger: Logger, event: RunEvent): void {
  const fields = Object.fromEntries(Object.entries(event).filter(([name]) => FIELDS.has(name)))
  const failure = 'failure' in event ? event.failure : null
  if (failure !== null) Object.assign(fields, { kind: failure.kind, failure: failure.message })
  write(logger, levelOf(event), fields, messageOf(event, failure))
}

/** The scheduler stops for ever. */
export function logError(logger: Logger, error: Error): void {
  write(logger, 'error', { err: error, code: (error as { readonly code?: string }).code }, error.message)
}

function levelOf(event: RunEvent): LogLevel {
  // Nothing is tried again.
  if (event.type === 'attempt.failed' && event.retryAt === null) return 'error'
  return LEVELS[event.type] ?? 'debug'
}

function messageOf(event: RunEvent, failure: Failure | null): string {
  const run = 'run' in event ? event.run : null
  const task = 'task' in event ? `/${event.task}` : ''
  const attempt = 'attempt' in event ? `#${event.attempt}` : ''
  const who = run ?? whoOf(event)
  const why =
    failure === null ? ('reason' in event && typeof event.reason === 'string' ? event.reason : '') : failure.message
  return `${event.type} ${who}${task}${attempt}${why === '' ? '' : `: ${why}`}`
}

/** Of an event of no run: who or what it is about. */
function whoOf(event: RunEvent): string {
  if ('worker' in event) return event.worker
  if ('host' in event) return event.host
  return event.type === 'limit.changed' ? event.name : ''
}

function write(logger: Logger, level: LogLevel, fields: Readonly<Record<string, unknown>>, message: string): void {
  try {
    logger[level](fields, message)
  } catch {
    // Whoever cannot write a line cannot be told of it in a line.
  }
}
