/**
 * Which host leads a scope. The store's compare-and-set is the only lock: these events say who holds it, so that everybody
 * who reads the journal knows, and a host that was away finds that it was deposed.
 */
import { type Draft, record, reject } from './record.js'
import type { Leader } from './state.js'
import type { DurationMs, HostId } from './types.js'

/**
 * A host takes the lead, whoever had it: that it may is for the host to judge, that it can for the store. `ofHost`: its
 * process, where that is known.
 */
export function lead(draft: Draft, host: HostId, leaseMs: DurationMs, ofHost: string | undefined): void {
  const { at, state } = draft
  const epoch = (state.leader?.epoch ?? 0) + 1
  const elected = { type: 'host.elected', at, host, epoch, expiresAt: at + leaseMs } as const
  record(draft, ofHost === undefined ? elected : { ...elected, process: ofHost })
}

export function renew(draft: Draft, host: HostId, leaseMs: DurationMs): void {
  const { at } = draft
  const leader = leaderNamed(draft, host)
  if (leader === null) return
  record(draft, { type: 'host.renewed', at, host, epoch: leader.epoch, expiresAt: at + leaseMs })
}

export function resign(draft: Draft, host: HostId): void {
  const leader = leaderNamed(draft, host)
  if (leader !== null) record(draft, { type: 'host.resigned', at: draft.at, host, epoch: leader.epoch })
}

function leaderNamed(draft: Draft, host: HostId): Leader | null {
  const { leader } = draft.state
  if (leader?.host === host) return leader
  const message = `Host "${host}" does not lead: ${leader === null ? 'nobody does' : `"${leader.host}" does`}.`
  reject(draft, 'NOT_LEADER', message, 'It has been deposed: stop what it has under way, and stand by.')
  return null
}
