/** One line for an event: its name, what it is about, and what is particular about it. */
import type { Failure, JsonValue, Limit, RunEvent, SkipReason } from '../core/types.js'

/** @param origin - The moment that is printed as 0. */
export function printEvent(event: RunEvent, origin: number): string {
  const about = aboutOf(event)
  const attempt = 'attempt' in event ? `#${event.attempt}` : ''
  const details = detailsOf(event, origin)
  return `${printTime(event.at, origin)} ${event.type} ${about}${attempt}${details === '' ? '' : ` ${details}`}`
}

function aboutOf(event: RunEvent): string {
  if ('gate' in event) return `${event.run}/${event.gate}`
  if ('task' in event) return `${event.run}/${event.task}`
  if ('run' in event) return event.run
  if ('host' in event) return event.host
  return 'worker' in event ? event.worker : event.name
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
    case 'context.shared':
      return `${event.key} ${JSON.stringify(event.value)}`
    case 'message.sent': {
      const { seq, from, to, body } = event
      const sender = from === null ? 'outside' : `${from.task}#${from.attempt}`
      const [[kind, id] = []] = Object.entries(to)
      return `${seq} from ${sender} to ${kind} ${id}: ${JSON.stringify(body)}`
    }
    case 'run.opened':
      return event.idempotencyKey === undefined ? '' : `with key ${JSON.stringify(event.idempotencyKey)}`
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
    case 'claim.extended': {
      const reads = event.read.length === 0 ? [] : [`reads ${event.read.join(' ')}`]
      return [...(event.write.length === 0 ? [] : [`writes ${event.write.join(' ')}`]), ...reads].join(', ')
    }
    case 'task.failed':
      return printFailure(event.failure)
    case 'gate.passed':
      return printAnswer(event)
    case 'gate.failed':
      return [printAnswer(event), printFailure(event.failure)].filter((text) => text !== '').join(', ')
    case 'task.skipped':
      return printSkip(event.reason)
    case 'task.reused':
      return `from ${event.from.run}/${event.from.task}`
    case 'limit.changed':
      return printLimit(event.limit)
    case 'worker.resized':
      return `slots ${event.slots}`
    case 'worker.quarantined':
      return `after ${event.losses} losses, until ${printTime(event.until, origin)}`
    case 'worker.joined': {
      const able = event.capabilities.length === 0 ? '' : ` can ${event.capabilities.join(' ')}`
      const asks = event.leaseMs === undefined ? '' : `, asks for work, lease ${event.leaseMs} ms`
      return `pool ${event.pool} slots ${event.slots}${able}${asks}`
    }
    case 'host.elected':
    case 'host.renewed':
      return `epoch ${event.epoch}, until ${printTime(event.expiresAt, origin)}`
    case 'host.resigned':
      return `epoch ${event.epoch}`
    case 'run.amended':
      return printAmendment(event.amendment)
    case 'task.reopened':
      return `for the ${event.generation}. time, "${event.reason}"`
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

function printLimit(limit: Limit | null): string {
  if (limit === null) return 'taken back'
  const { capacity, perMinute, breaker } = limit
  const parts = [
    ...(capacity === null ? [] : [`capacity ${capacity}`]),
    ...(perMinute === null ? [] : [`${perMinute} per minute`]),
    ...(breaker === null
      ? []
      : [`breaker: ${breaker.failures} in ${breaker.windowMs} ms, then ${breaker.cooldownMs} ms`]),
  ]
  return parts.length === 0 ? 'none' : parts.join(', ')
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
  if (reason.kind === 'removed') return 'because it was removed (unneeded)'
  if (reason.kind === 'on-failure') return `because ${because} failed (${reason.rule})`
  const through = reason.through === undefined ? '' : `, of ${reason.through}`
  return `because ${because} ${reason.status}${through}${reason.unneeded === true ? ' (unneeded)' : ''}`
}

/** What an amendment says, in the words of the plan. */
function printAmendment(amendment: JsonValue): string {
  const {
    add,
    remove = [],
    change = {},
  } = amendment as {
    readonly add?: { readonly [Kind in 'tasks' | 'gates' | 'phases']?: readonly Named[] } & {
      readonly streams?: readonly AddedStream[]
    }
    readonly remove?: readonly string[]
    readonly change?: object
  }
  const { streams = [], tasks = [], gates = [], phases = [] } = add ?? {}
  const added = [
    ...streams.flatMap(({ id, tasks: own = [] }) => own.map((task) => `${id}/${task.id}`)),
    ...[...tasks, ...gates, ...phases].map(({ id }) => id),
  ]
  const changed = Object.keys(change)
  const parts = [
    added.length > 0 ? `adds ${added.join(' ')}` : '',
    remove.length > 0 ? `removes ${remove.join(' ')}` : '',
    changed.length > 0 ? `changes ${changed.join(' ')}` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

interface Named {
  readonly id: string
}

interface AddedStream extends Named {
  readonly tasks?: readonly Named[]
}
