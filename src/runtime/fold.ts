/** What is stored of a scope, as a state: folded from its start, or on from where the state is. */
import { createState } from '../core/create.js'
import { reduce } from '../core/reduce.js'
import type { ScopeState } from '../core/state.js'
import type { JsonValue, Revision, RunEvent, RunId, ScopeId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { createPlanVersions, type PlanVersions } from '../plan/versions.js'
import { isSchedulerError, schedulerError } from './errors.js'
import type { Store, StoredEvent } from './ports.js'
import { WRITER } from './version.js'

export interface JournalOptions {
  readonly scope: ScopeId
  readonly store: Store
  /** Compiles a plan that is read back from the journal. */
  readonly compile: (plan: JsonValue, run: RunId) => AmendablePlan
}

/** What a journal says, up to a revision. */
export interface Folded {
  readonly state: ScopeState
  /** Plans of the open runs. */
  readonly plans: PlanVersions
}

function nothingFolded(): Folded {
  return { state: createState(), plans: createPlanVersions() }
}

export class Journal {
  folded: Folded = nothingFolded()
  /** Revision up to which all is stored. */
  durable: Revision = 0
  /** The state has events that are not stored: it is folded anew before anything else. */
  isSpoilt = false
  private readonly options: JournalOptions

  constructor(options: JournalOptions) {
    this.options = options
  }

  get state(): ScopeState {
    return this.folded.state
  }

  get plans(): PlanVersions {
    return this.folded.plans
  }

  /** Folds all that is stored. @throws SchedulerError STORE_FAILED, JOURNAL_INVALID */
  async load(): Promise<void> {
    await foldOn(this.options, this.folded, Number.POSITIVE_INFINITY, () => undefined)
    this.durable = this.state.revision
  }

  /**
   * Applies what was stored since, and whether there was anything. A state that is spoilt is another one first.
   *
   * @param tell - Hears of each event once it is applied. Must not throw, and neither must `onRefolded`.
   * @throws SchedulerError STORE_FAILED, JOURNAL_INVALID
   */
  async catchUp(tell: (event: RunEvent) => void, onRefolded: () => void): Promise<boolean> {
    if (this.isSpoilt) {
      this.folded = await this.foldAnew()
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

  private async foldAnew(): Promise<Folded> {
    const anew = nothingFolded()
    await foldOn(this.options, anew, this.durable, () => undefined)
    const { revision } = anew.state
    if (revision === this.durable) return anew
    throw unreadable(this.options.scope, new Error(`Only ${revision} of ${this.durable} events were read.`))
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
      folding = null
      tell(event)
      if (event.type === 'run.closed') letGo(folded)
    }
  } catch (error) {
    throw folding === null ? unreadable(scope, error) : invalidJournal(scope, folding, error)
  }
}

/** Forgets runs that have ended, once everybody knows. */
export function letGo({ state, plans }: Folded): void {
  for (const run of state.ended.keys()) plans.drop(run)
  state.ended.clear()
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
