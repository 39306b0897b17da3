/**
 * Snapshots of a scope: when one is saved, and how one is read back. They make opening quicker, never truer: one that cannot be
 * read is warned of, and the journal has it all.
 */
import type { ScopeState } from '../core/state.js'
import type { JsonValue, Revision, RunId, ScopeId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { isSchedulerError } from './errors.js'
import type { Folded } from './folded.js'
import type { Store } from './ports.js'
import { readSnapshot, snapshotOf } from './snapshot-data.js'
import { WRITER } from './version.js'
import { type Warn, warningOf } from './warnings.js'

export interface SnapshotOptions {
  readonly scope: ScopeId
  readonly store: Store
  readonly compile: (plan: JsonValue, run: RunId) => AmendablePlan
  /** One is saved about every so many events; null: never. */
  readonly snapshotEvery: number | null
  readonly warn: Warn
}

/** On closing, one is saved for this share of `snapshotEvery`: less is read as quickly as a snapshot is. */
const CLOSING_SHARE = 0.1

export class Snapshots {
  private readonly options: SnapshotOptions
  /** Revision of the last one that was read or saved, or could not be. */
  private last: Revision = 0
  /** All and only the one that is being saved. */
  private saving: Promise<void> | null = null

  constructor(options: SnapshotOptions) {
    this.options = options
  }

  /** What the newest snapshot says, if it can be read and is not beyond `until`. @throws SchedulerError of the store */
  async load(until: Revision): Promise<Folded | null> {
    const { scope, store, compile } = this.options
    try {
      const snapshot = await store.loadSnapshot?.(scope)
      if (snapshot === undefined || snapshot === null || snapshot.revision > until) return null
      const folded = readSnapshot(snapshot.data, compile)
      if (folded.state.revision !== snapshot.revision) throw new Error(`It is of revision ${folded.state.revision}.`)
      this.last = snapshot.revision
      return folded
    } catch (error) {
      if (isSchedulerError(error) && error.code !== 'STORE_CORRUPT') throw error
      this.distrust(error)
      return null
    }
  }

  /** The last one that was loaded is of no use. */
  distrust(cause: unknown): void {
    this.last = 0
    const message = `The snapshot of scope "${this.options.scope}" cannot be read; its whole journal is read instead.`
    this.options.warn(warningOf('SNAPSHOT_IGNORED', message, cause))
  }

  /** Saves one where it is time to. The state is as a decision left it, and all of it is stored. Does not wait for it. */
  saveIfDue(folded: Folded): void {
    const { snapshotEvery } = this.options
    if (snapshotEvery === null || this.saving !== null) return
    if (folded.state.revision - this.last < snapshotEvery) return
    // Writing it down takes as long as the state is large: for as many events, that costs each of them the same.
    if (folded.state.revision - this.last >= sizeOf(folded.state)) this.save(folded)
  }

  /** Waits for what is being saved, and saves the last one. */
  async saveAtEnd(folded: Folded): Promise<void> {
    const { snapshotEvery } = this.options
    await this.saving
    if (snapshotEvery === null || folded.state.revision - this.last < snapshotEvery * CLOSING_SHARE) return
    this.save(folded)
    await this.saving
  }

  private save(folded: Folded): void {
    const { scope, store, warn } = this.options
    if (store.saveSnapshot === undefined) return
    const { revision } = folded.state
    this.last = revision
    const data = snapshotOf(folded)
    this.saving = store
      .saveSnapshot(scope, { revision, writer: WRITER, data, historyAfter: historyAfter(folded.state) })
      .catch((error: unknown) => {
        const message = `A snapshot of scope "${scope}" could not be saved; the next one is tried later.`
        warn(warningOf('SNAPSHOT_FAILED', message, error))
      })
      .then(() => {
        this.saving = null
      })
  }
}

/** The revision before the oldest run that is open; where none is, that of the state. */
function historyAfter({ revision, runs }: ScopeState): Revision {
  let oldest = revision
  for (const { openedAfter } of runs.values()) oldest = Math.min(oldest, openedAfter)
  return oldest
}

/** About how many things a state consists of. */
function sizeOf({ runs, closedRuns, keyed }: ScopeState): number {
  let tasks = 0
  for (const { plan } of runs.values()) tasks += plan.taskCount
  return tasks + closedRuns.size + keyed.size
}
