/** Who leads a scope, as a fold of its journal knows it. */
import type { ScopeState } from './state.js'
import type { RunEvent } from './types.js'

type HostEvent = Extract<RunEvent, { readonly type: `host.${string}` }>

/** @throws Error where the journal has two hosts that lead at the same time, or an epoch that was used before. */
export function reduceHost(state: ScopeState, event: HostEvent): void {
  const { host, epoch } = event
  const isElected = event.type === 'host.elected'
  const follows = isElected
    ? epoch > (state.leader?.epoch ?? 0)
    : state.leader?.host === host && state.leader.epoch === epoch
  if (!follows) throw new Error(`Host "${host}" cannot lead with epoch ${epoch}: "${state.leader?.host}" does.`)
  const leaseMs = event.type === 'host.resigned' ? 0 : event.expiresAt - event.at
  const ofHost = isElected ? event.process : state.leader?.process
  state.leader = { host, epoch, leaseMs, ...(ofHost === undefined ? {} : { process: ofHost }) }
}
