/** One line for an event: its name, what it is about, and what is particular about it. */
import type { Failure, RunEvent, SkipReason } from '../core/types.js'

/** @param origin - The moment that is printed as 0. */
export function printEvent(event: RunEvent, origin: number): string {
  const about =
    'gate' in event
      ? `${event.run}/${event.gate}`
      : 'task' in event
        ? `${event.run}/${event.task}`
        : 'run' in event
          ? event.run
          : event.worker
  const attempt = 'attempt' in event ? `#${event.attempt}` : ''
  const details = detailsOf(event, origin)
  return `${printTime(event.at, origin)} ${event.type} ${about}${attempt}${details === '' ? '' : ` ${details}`}`
}

/** `+1.5s`: seconds since `origin`, to the millisecond. */
export function printTime(at: number, origin: number): string {
  const ms = Math.round(at - origin)
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1000}s`
}

function detailsOf(event: RunEvent, origin: number): string {
  switch (event.type) {
    case 'attempt.started':
      return `on ${event.worker} slot ${event.slot}, fence ${event.fence}`
    case 'attempt.completed':
      return `${JSON.stringify(event.result)}, to be verified in ${event.of}`
    case 'attempt.verified':
      return `step ${event.step} of ${event.of}`
    case 'attempt.succeeded':
      return event.result === null ? '' : JSON.stringify(event.result)
    case 'attempt.progressed':
      return JSON.stringify(event.progress)
    case 'milestone.reached':
      return event.milestone
    case 'attempt.failed': {
      const next = event.retryAt === null ? 'no retry' : `retry at ${printTime(event.retryAt, origin)}`
      return `${printFailure(event.failure)}, ${next}`
    }
    case 'attempt.closing':
      return `(${event.reason}), ${event.closeBy === null ? 'until confirmed' : `until ${printTime(event.closeBy, origin)}`}`
    case 'attempt.closed':
      return `by ${event.by}`
    case 'task.failed':
      return printFailure(event.failure)
    case 'gate.passed':
      return printAnswer(event)
    case 'gate.failed':
      return [printAnswer(event), printFailure(event.failure)].filter((text) => text !== '').join(', ')
    case 'task.skipped':
      return printSkip(event.reason)
    case 'worker.joined': {
      const able = event.capabilities.length === 0 ? '' : ` can ${event.capabilities.join(' ')}`
      return `pool ${event.pool} slots ${event.slots}${able}`
    }
    case 'run.closed':
      return event.verdict
    case 'run.paused':
    case 'run.cancelled':
    case 'task.cancelled':
    case 'worker.left':
      return JSON.stringify(event.reason)
    default:
      return ''
  }
}

function printFailure({ kind, message, retryable, retryAfterMs }: Failure): string {
  const forGood = retryable === false ? ', for good' : ''
  const after = retryAfterMs === undefined ? '' : `, not before ${retryAfterMs} ms`
  return `${kind}${forGood}${after}: ${JSON.stringify(message)}`
}

function printAnswer({ by, note }: { readonly by: string | null; readonly note: string | null }): string {
  const parts = [...(by === null ? [] : [`by ${by}`]), ...(note === null ? [] : [JSON.stringify(note)])]
  return parts.join(' ')
}

/** `because db/schema failed, of db`. */
export function printSkip(reason: SkipReason): string {
  const { because } = reason
  if (reason.kind === 'condition') return `because its condition on ${because} does not hold (unneeded)`
  if (reason.kind === 'on-failure') return `because ${because} failed (${reason.rule})`
  const through = reason.through === undefined ? '' : `, of ${reason.through}`
  return `because ${because} ${reason.status}${through}${reason.unneeded === true ? ' (unneeded)' : ''}`
}
