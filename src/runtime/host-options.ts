/** What a host needs, and whom it tells. */
import type { EpochMs, HostId, Instruction, Rejection, RunEvent, RunId } from '../core/types.js'
import type { JournalOptions } from './fold.js'
import type { Clock } from './ports.js'

export interface HostOptions extends JournalOptions {
  readonly clock: Clock
  readonly host: HostId
  /** What the host was called by its code; null: nothing. */
  readonly hostName: string | null
  /** How long the host is believed without a sign of life, where it leads; null: it is alone. */
  readonly leaseMs: number | null
  /** Names of the handlers that an amendment of this run may name. */
  readonly handlersOf: (run: RunId) => ReadonlySet<string>
  /** Durable events, in order, before any instruction of theirs. Must not throw. */
  readonly onEvents: (events: readonly RunEvent[]) => void
  /** Carries out an instruction. Must not throw. */
  readonly perform: (instruction: Instruction) => void
  /** The host has stopped for ever: nothing more will be stored or started. */
  readonly onFrozen: (error: Error) => void
  /** The armed time has come; called before the tick. Returns when it wants to be woken next, at the latest. */
  readonly onWake: (now: EpochMs) => EpochMs | null
  /** The host takes the lead. What is posted now is decided upon and stored together with that. Must not throw. */
  readonly onLead: () => void
  /** It leads: that is stored. Must not throw. */
  readonly onElected: () => void
  /** It leads no longer, or cannot store any more: what it has under way must stop. Must not throw. */
  readonly onDeposed: () => void
  /** The state is another one, as it was stored: whoever holds parts of it takes those anew. Must not throw. */
  readonly onRefolded: () => void
}

/** Called once the events of an input are durable, or with an error when that will never be. */
export type Done = (rejection: Rejection | null, error?: Error) => void
