/**
 * When a host takes the lead of its scope, says that it lives, and gives up. Only this host's own clock counts, and only
 * for speed: whoever is wrong about the time is refused by the store.
 */
import type { Leader, ScopeState } from '../core/state.js'
import type { DurationMs, EpochMs, HostId, ScopeId } from '../core/types.js'
import { type SchedulerError, schedulerError } from './errors.js'
import { CHANCE_LENGTH } from './names.js'
import type { PeerProcesses } from './ports.js'

/** Stores for the scope, or reads along until the other is gone. */
export type HostRole = 'leader' | 'standby'

/** A leader that has stored nothing for this share of its lease says that it lives. */
const RENEW_SHARE = 1 / 3
/**
 * How many leases a standby waits from when it last saw something of the leader. A leader that cannot store stops its work
 * after one lease, so the rest is its time to do so; and together with two looks it stays below one and a half.
 */
const PATIENCE = 1.25
/** How often a standby looks, in a lease. */
const LOOKS_PER_LEASE = 8

/** What is to be done now: `renew` says that the host lives, `silence` that it can store nothing and must stop its work. */
export interface Tending {
  readonly act: 'renew' | 'silence' | null
  /** When to come back; null: not before there is work. */
  readonly at: EpochMs | null
}

export class Leadership {
  readonly host: HostId
  /** Null: this host is alone, and leads as soon as it has read the journal. */
  readonly leaseMs: DurationMs | null
  role: HostRole = 'standby'
  /** When the leader last gave a sign of life: for a leader, before it began to store it; for a standby, when it saw it. */
  signAt: EpochMs = 0
  /** A host of the same name that led when this one started: it is the one that was there before. */
  private predecessor: HostId | null = null
  /** A standby has seen something of the leader since it reads along: somebody is there. */
  private isSeen = false

  private readonly processes: PeerProcesses | null

  constructor(host: HostId, leaseMs: DurationMs | null, processes: PeerProcesses | null) {
    this.host = host
    this.leaseMs = leaseMs
    this.processes = processes
  }

  /** Begins, in the place of a leader of the same name. `name` null: it has none of its own. */
  begin({ leader }: ScopeState, name: string | null, now: EpochMs): void {
    this.standBy(now)
    if (leader !== null && leader.host.slice(0, -CHANCE_LENGTH) === name) this.predecessor = leader.host
  }

  /** Leads, and would have noticed if it did not: nobody waits as short as its lease. */
  isSure(now: EpochMs): boolean {
    if (this.role !== 'leader') return false
    return this.leaseMs === null || isWithin(now - this.signAt, this.leaseMs)
  }

  /** Stands by, from now on. */
  standBy(now: EpochMs): void {
    this.role = 'standby'
    this.signAt = now
    this.isSeen = false
  }

  /** A standby has read events: signs of life. */
  saw({ leader }: ScopeState, now: EpochMs): void {
    this.signAt = now
    this.isSeen = leader !== null && leader.host !== this.host
  }

  /** Whether a standby may take the lead. */
  isFree(leader: Leader | null, now: EpochMs): boolean {
    if (this.signAt > now) this.signAt = now
    return leader === null || this.isGone(leader) || now - this.signAt >= leader.leaseMs * PATIENCE
  }

  /** Whether the leader is known to be gone: it is this host, which leads no more, or its process has ended, or is now this one. */
  private isGone({ host, process }: Leader): boolean {
    if (host === this.host || host === this.predecessor) return true
    return process !== undefined && this.processes?.isGone(process) === true
  }

  /** Whether a standby knows that another host lives. Before, nobody can say. */
  isTaken(leader: Leader | null, now: EpochMs): boolean {
    return this.isSeen && !this.isFree(leader, now)
  }

  /** When a standby looks next. */
  looksAt(leader: Leader | null, now: EpochMs): EpochMs {
    const next = now + Math.floor(this.leaseMs! / LOOKS_PER_LEASE)
    const freeAt = this.signAt + Math.ceil((leader?.leaseMs ?? 0) * PATIENCE)
    return freeAt > now ? Math.min(next, freeAt) : next
  }

  /** What a leader has to do for its lease. */
  tend(state: ScopeState, isStoring: boolean, now: EpochMs): Tending {
    const leaseMs = this.leaseMs!
    const renewMs = Math.floor(leaseMs * RENEW_SHARE)
    if (!hasWork(state)) return { act: null, at: null }
    const silentMs = now - this.signAt
    if (isWithin(silentMs, renewMs)) return { act: null, at: this.signAt + renewMs }
    if (!isStoring) return { act: 'renew', at: now + renewMs }
    if (silentMs >= leaseMs) return { act: 'silence', at: null }
    return { act: null, at: silentMs < 0 ? now + renewMs : this.signAt + leaseMs }
  }
}

/** Whether somebody must lead: attempts are under way, or a run is open and not paused. */
export function hasWork({ attempts, runs }: ScopeState): boolean {
  if (attempts.size > 0) return true
  for (const run of runs.values()) if (run.paused === null) return true
  return false
}

export function notLeader(scope: ScopeId, host: HostId, leader: Leader | null): SchedulerError {
  const who = leader === null || leader.host === host ? 'Another host' : `Host "${leader.host}"`
  const message = `${who} leads scope "${scope}"; this one ("${host}") stands by.`
  const hint =
    'Ask the host that leads; this one leads once the other is gone. What was under way may have been stored.'
  return schedulerError('NOT_LEADER', message, hint)
}

/** A clock that was set back gives a negative time: nothing is known then. */
function isWithin(passedMs: DurationMs, limit: DurationMs): boolean {
  return passedMs >= 0 && passedMs < limit
}
