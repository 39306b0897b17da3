/** What is stored of a scope, as a state: folded from its start, or on from where the state is. */
import { reduce } from '../core/reduce.js'
import type { ScopeState } from '../core/state.js'
import type { Revision, RunEvent, ScopeId } from '../core/types.js'
import type { PlanVersions } from '../plan/versions.js'
import { isSchedulerError, schedulerError } from './errors.js'
import { type Folded, letGo, noteDocuments, nothingFolded } from './folded.js'
import type { StoredEvent } from './ports.js'
import { type SnapshotOptions, Snapshots } from './snapshots.js'
import { WRITER } from './version.js'

/** `compile` makes the plan of a run that is read back. */
export type JournalOptions = SnapshotOptions

export class Journal {
  folded: Folded = nothingFolded()
  /** Revision up to which all is stored. */
  durable: Revision = 0
  /** The state has events that are not stored: it is folded anew before anything else. */
  isSpoilt = false
  private readonly options: JournalOptions
  private readonly snapshots: Snapshots

  constructor(options: JournalOptions) {
    this.options = options
    this.snapshots = new Snapshots(options)
  }

  get state(): ScopeState {
    return this.folded.state
  }

  get plans(): PlanVersions {
    return this.folded.plans
  }

  /** Folds all that is stored. @throws SchedulerError STORE_FAILED, JOURNAL_INVALID */
  async load(): Promise<void> {
    this.folded = await this.foldAnew(Number.POSITIVE_INFINITY)
    this.durable = this.state.revision
  }

  /** The state has these events, and they are stored. */
  stored(events: readonly RunEvent[]): void {
    this.durable = this.state.revision
    for (const event of events) noteDocuments(this.folded, event)
  }

  /** Saves a snapshot if it is time to: see `Snapshots.saveIfDue`. */
  saveIfDue(): void {
    this.snapshots.saveIfDue(this.folded)
  }

  /** Saves a last snapshot. */
  saveAtEnd(): Promise<void> {
    return this.snapshots.saveAtEnd(this.folded)
  }

  /**
   * Applies what was stored since, and whether there was anything. A state that is spoilt is another one first.
   *
   * @param tell - Hears of each event once it is applied. Must not throw, and neither must `onRefolded`.
   * @throws SchedulerError STORE_FAILED, JOURNAL_INVALID
   */
  async catchUp(tell: (event: RunEvent) => void, onRefolded: () => void): Promise<boolean> {
    if (this.isSpoilt) {
      this.folded = await this.foldAnew(this.durable)
      if (this.state.revision !== this.durable) {
        const cause = new Error(`Only ${this.state.revision} of ${this.durable} events were read.`)
        throw unreadable(this.options.scope, cause)
      }
      this.isSpoilt = false
      onRefolded()
    }
    const before = this.durable
    await foldOn(this.options, this.folded, Number.POSITIVE_INFINITY, (event) => {
      this.durable = this.state.revision
      tell(event)
    })
    return this.durable > before
  }

  /** Whether there is more than this host knows of. @throws SchedulerError STORE_FAILED */
  async isLonger(): Promise<boolean> {
    const { scope, store } = this.options
    try {
      for await (const _ of store.read(scope, this.durable)) return true
    } catch (error) {
      throw unreadable(scope, error)
    }
    return false
  }

  /** From the newest snapshot on; from the start where there is none, or where what follows does not follow. */
  private async foldAnew(until: Revision): Promise<Folded> {
    const saved = await this.snapshots.load(until)
    if (saved !== null) {
      try {
        await foldOn(this.options, saved, until, () => undefined)
        return saved
      } catch (error) {
        if (!isSchedulerError(error) || error.code !== 'JOURNAL_INVALID') throw error
        this.snapshots.distrust(error)
      }
    }
    const anew = nothingFolded()
    await foldOn(this.options, anew, until, () => undefined)
    return anew
  }
}

/**
 * Folds what is stored after the revision of the state, up to revision `until`. `tell` hears of each event once it is
 * applied; must not throw. After an error the state is unusable, if `tell` has not heard of the last event it has.
 *
 * @throws SchedulerError STORE_FAILED, JOURNAL_INVALID
 */
async function foldOn(
  { scope, store, compile }: JournalOptions,
  folded: Folded,
  until: Revision,
  tell: (event: RunEvent) => void,
): Promise<void> {
  const { state, plans } = folded
  let folding: StoredEvent | null = null
  try {
    for await (const stored of store.read(scope, state.revision)) {
      const { revision, event } = stored
      if (revision > until) return
      folding = stored
      if (revision !== state.revision + 1) throw new Error(`The event before it has revision ${state.revision}.`)
      plans.follow(event, compile)
      reduce(plans.compiled, state, event)
      noteDocuments(folded, event)
      folding = null
      tell(event)
      if (event.type === 'run.closed') letGo(folded)
    }
  } catch (error) {
    throw folding === null ? unreadable(scope, error) : invalidJournal(scope, folding, error)
  }
}

function unreadable(scope: ScopeId, cause: unknown): Error {
  if (isSchedulerError(cause)) return cause
  const hint = 'See the cause; create a new scheduler when the store can be reached again.'
  return schedulerError('STORE_FAILED', `The journal of scope "${scope}" could not be read.`, hint, cause)
}

/** The journal says what cannot be: another version wrote it, or it is damaged. */
function invalidJournal(scope: ScopeId, { revision, writer }: StoredEvent, cause: unknown): Error {
  const message = `Event ${revision} of scope "${scope}", written by ${writer}, cannot follow: ${sentence(cause)}`
  const hint = `The journal was written by another version than this (${WRITER}), or it is damaged.`
  return schedulerError('JOURNAL_INVALID', message, hint, cause)
}

export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.endsWith('.') ? text : `${text}.`
}
