/** One line for a reason why a task is not running. */
import type { Reason } from '../core/explain.js'
import { printSkip, printTime } from './print-event.js'

/** @param origin - The moment that is printed as 0. */
export function printReason(reason: Reason, origin: number): string {
  switch (reason.kind) {
    case 'running':
      return `it runs: ${reason.attempt} on ${reason.worker} for ${reason.sinceMs} ms${verifyingOf(reason)}${progressOf(reason)}`
    case 'succeeded':
      return 'it succeeded'
    case 'failed':
      return `it failed after ${reason.attempts} attempts: ${reason.failure.kind}: ${reason.failure.message}`
    case 'cancelled':
      return `it was cancelled: ${reason.reason}`
    case 'skipped':
      return `it was skipped ${printSkip(reason.reason)}`
    case 'dependency':
      return `it waits for ${reason.on}, which is ${reason.status}`
    case 'stream':
      return `it waits for stream ${reason.on}, of which ${reason.open} are open`
    case 'point':
      return `it waits for ${reason.on}${lackOf(reason)}`
    case 'lag':
      return `it may start at ${printTime(reason.at, origin)}, in ${reason.inMs} ms`
    case 'integration': {
      const how = reason.isHeld ? 'integrates' : 'waits to integrate'
      const closing = reason.closing === undefined ? '' : ` and was told to stop (${reason.closing})`
      return `it waits to integrate ${reason.path} for ${reason.sinceMs} ms, behind ${reason.behind}, which ${how}${closing}`
    }
    case 'claim': {
      const closing = reason.closing === undefined ? '' : `, which was told to stop (${reason.closing})`
      return `${reason.path} is held by ${reason.heldBy} for ${reason.sinceMs} ms${closing}`
    }
    case 'resource': {
      const held = reason.heldBy.map(({ attempt, uses, sinceMs }) => `${attempt} (${uses}) for ${sinceMs} ms`)
      const free = reason.free === null ? '' : `, ${reason.free} of ${reason.capacity} free`
      const by = held.length === 0 ? '' : `, held by ${held.join(', ')}`
      return `it uses ${reason.resource} (${reason.asked})${free}${by}`
    }
    case 'rate':
      return `${reason.resource} allows ${reason.perMinute} starts per minute, the next at ${printTime(reason.until, origin)}, in ${reason.inMs} ms`
    case 'breaker':
      return 'probe' in reason
        ? `the breaker of ${reason.resource} waits for its probe ${reason.probe}`
        : `the breaker of ${reason.resource} is open until ${printTime(reason.until, origin)}, for ${reason.inMs} ms, after ${reason.failures} failures`
    case 'reserved':
      return `${'path' in reason ? reason.path : reason.resource} is reserved for ${reason.reservedFor.run}/${reason.reservedFor.task}`
    case 'capacity':
      return `all ${reason.slots} slots that could serve it are busy`
    case 'quarantined':
      return `${reason.workers.join(', ')} lost too many attempts and rests until ${printTime(reason.until, origin)}, for ${reason.inMs} ms`
    case 'not-asked':
      return `no worker that could serve it asks for work: ${reason.workers} of them have room`
    case 'no-worker':
      return `no worker can serve it: ${needOf(reason)}`
    case 'retry':
      return `it is tried again at ${printTime(reason.at, origin)}, in ${reason.inMs} ms, after ${reason.failure.kind}: ${reason.failure.message}`
    case 'gate':
      return `it awaits approval for ${reason.sinceMs} ms`
    case 'paused':
      return `its run is paused for ${reason.sinceMs} ms: ${reason.reason}`
    case 'store':
      return `the store fails for ${reason.sinceMs} ms`
    case 'closing':
      return `${reason.attempt} has not stopped yet (${reason.reason})`
    default:
      return reason satisfies never
  }
}

/** What a point lacks, in the words of its kind. */
function lackOf({ point, lacks, of }: Extract<Reason, { readonly kind: 'point' }>): string {
  switch (point) {
    case 'milestone':
      return ', which is not reported yet'
    case 'lag':
      return ', which has not begun'
    case 'progress':
      return `, of which ${of - lacks}% are done`
    case 'choice':
      return `, of which ${of - lacks} succeeded`
    case 'sequence':
      return `, which lacks ${lacks} of ${of}`
    case 'stream':
    case 'phase':
    case 'outcome':
      return of === 1 ? '' : `, which lacks ${lacks} of ${of}`
    default:
      return point satisfies never
  }
}

function verifyingOf({ verifying }: Extract<Reason, { readonly kind: 'running' }>): string {
  if (verifying === undefined) return ''
  const { step, of, handler } = verifying
  return `, verifying step ${step} of ${of} (${handler})`
}

function progressOf({ progress }: Extract<Reason, { readonly kind: 'running' }>): string {
  return progress === undefined ? '' : `, progress ${JSON.stringify(progress)}`
}

function needOf({ pool, requires }: Extract<Reason, { readonly kind: 'no-worker' }>): string {
  const parts = [
    ...(pool === null ? [] : [`pool ${pool}`]),
    ...(requires.length === 0 ? [] : [`can ${requires.join(' ')}`]),
  ]
  return parts.length === 0 ? 'none has joined' : parts.join(', ')
}
