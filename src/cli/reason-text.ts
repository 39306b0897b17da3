/** A reason why a task is not running, as a sentence for people. */
import type { Reason } from '../core/explain.js'
import type { SkipReason } from '../core/types.js'
import { formatCount, formatDuration } from '../reporters/shared/quantity.js'

export function reasonText(reason: Reason): string {
  switch (reason.kind) {
    case 'running':
      return `runs as ${reason.attempt} on ${reason.worker} since ${formatDuration(reason.sinceMs)}`
    case 'succeeded':
      return 'succeeded'
    case 'failed':
      return `failed after ${formatCount(reason.attempts, 'attempt')}: ${reason.failure.message}`
    case 'cancelled':
      return `was cancelled: ${reason.reason}`
    case 'skipped':
      return `was skipped: ${skipText(reason.reason)}`
    case 'dependency':
      return `waits for ${reason.on}, which is ${reason.status}`
    case 'stream':
      return `waits for stream ${reason.on}, with ${formatCount(reason.open, 'task')} to go`
    case 'point':
      return `waits for ${reason.on}, which lacks ${reason.lacks} of ${reason.of}`
    case 'lag':
      return `may start in ${formatDuration(reason.inMs)}`
    case 'claim':
      return `waits for ${reason.path}, held by ${reason.heldBy} since ${formatDuration(reason.sinceMs)}`
    case 'reserved':
      return `waits for ${'path' in reason ? reason.path : reason.resource}, kept for ${reason.reservedFor.run}/${reason.reservedFor.task}`
    case 'integration':
      return `waits to integrate ${reason.path} since ${formatDuration(reason.sinceMs)}, behind ${reason.behind}`
    case 'resource':
      return `waits for ${reason.resource} (${reason.asked})${freeText(reason)}${holdersText(reason.heldBy)}`
    case 'rate':
      return `waits for ${reason.resource}: ${reason.perMinute} starts per minute, the next in ${formatDuration(reason.inMs)}`
    case 'breaker':
      return 'probe' in reason
        ? `waits for ${reason.resource}, which ${reason.probe} tries out after failures`
        : `waits for ${reason.resource}, closed for ${formatDuration(reason.inMs)} after ${formatCount(reason.failures, 'failure')}`
    case 'gate':
      return `awaits approval since ${formatDuration(reason.sinceMs)}`
    case 'capacity':
      return `waits for a slot${needText(reason)}: all ${reason.slots} are busy`
    case 'quarantined':
      return `waits for ${reason.workers.join(', ')}, in quarantine for ${formatDuration(reason.inMs)} after lost attempts`
    case 'not-asked':
      return `waits until a worker${needText(reason)} asks for work`
    case 'no-worker':
      return `no worker${needText(reason)} is there`
    case 'retry':
      return `is tried again in ${formatDuration(reason.inMs)}, after: ${reason.failure.message}`
    case 'paused':
      return `its run is paused since ${formatDuration(reason.sinceMs)}: ${reason.reason}`
    case 'store':
      return `nothing can be stored since ${formatDuration(reason.sinceMs)}: the store fails`
    case 'closing':
      return `${reason.attempt} was told to stop (${reason.reason}) and has not confirmed it`
    default:
      return reason satisfies never
  }
}

type ResourceReason = Extract<Reason, { readonly kind: 'resource' }>

function freeText({ free, capacity }: ResourceReason): string {
  return free === null ? '' : `, of which ${free} of ${capacity} are free`
}

function holdersText(heldBy: ResourceReason['heldBy']): string {
  return heldBy.length === 0 ? '' : `, held by ${heldBy.map(({ attempt }) => attempt).join(', ')}`
}

function needText({ pool, requires }: { readonly pool: string | null; readonly requires: readonly string[] }): string {
  const needs = requires.length === 0 ? '' : ` with ${requires.join(', ')}`
  return `${pool === null ? '' : ` of ${pool}`}${needs}`
}

function skipText(reason: SkipReason): string {
  switch (reason.kind) {
    case 'dependency':
      return `${reason.because} ${reason.status}`
    case 'condition':
      return `the result of ${reason.because} does not ask for it`
    case 'removed':
      return 'the plan was amended without it'
    case 'on-failure':
      return `${reason.because} failed`
    default:
      return reason satisfies never
  }
}
