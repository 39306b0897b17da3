/** The file store put together: opens the folder when it is first needed, and keeps one journal per scope. */
import { createHash, randomUUID } from 'node:crypto'
import type { Revision, ScopeId } from '../../core/types.js'
import type { Batch, PeerProcesses, Store, StoredEvent, StoredSnapshot } from '../../runtime/ports.js'
import { aboveHead } from '../shared/above-head.js'
import { peerProcesses } from '../shared/processes.js'
import { compact } from './compact.js'
import type { Disk } from './disk.js'
import { type Answer, type Journal, openJournal } from './journal.js'
import { type Lock, takeLock } from './lock.js'
import type { Processes } from './processes.js'
import { readJournal, scopeOf } from './read-journal.js'
import { readSnapshot, writeSnapshot } from './snapshot.js'
import { diskFailed, type FileStoreWarning, isCorrupt, storeClosed, storeReadOnly, tooLarge } from './trouble.js'

export interface StoreParts {
  readonly folder: string
  readonly disk: Disk
  readonly processes: Processes
  readonly durability: 'strict' | 'relaxed'
  readonly access: 'write' | 'read'
  readonly maxBatchBytes: number
  readonly segmentBytes: number
  readonly roomBytes: number
  /** Segments go that nobody needs to go on. */
  readonly isCompacted: boolean
  readonly warn: (warning: FileStoreWarning) => void
}

/** A scope id is repeated in the head of each segment. */
const MAX_SCOPE_LENGTH = 1024
/** Hexadecimal digits of the hash that names the folder of a scope. */
const HASH_DIGITS = 32
const FOLDER_NAME = /^[0-9a-f]{32}$/

interface Opened {
  readonly root: string
  /** null: open to be read only. */
  readonly lock: Lock | null
}

export class StoreInFiles implements Required<Store> {
  /** One store writes to a folder at a time. */
  readonly isShared = false
  readonly processes: PeerProcesses = peerProcesses()
  private readonly parts: StoreParts
  /** Tells the lock of this store from others of the process. */
  private readonly id: string = randomUUID()
  private opening: Promise<Opened | null> | null = null
  private readonly journals: Map<ScopeId, Promise<Journal>> = new Map()
  /** All and only appends that have no answer yet. */
  private readonly appending: Set<Promise<Answer>> = new Set()
  /** Snapshots of a scope are saved one after the other; here is the newest to wait for. */
  private readonly saving: Map<ScopeId, Promise<void>> = new Map()
  private readonly watchers: Map<ScopeId, Set<{ readonly wake: () => void }>> = new Map()
  private closing: Promise<void> | null = null

  constructor(parts: StoreParts) {
    this.parts = parts
  }

  async append(scope: ScopeId, expected: Revision, batch: Batch): Promise<Answer> {
    const appending = this.journalOf(scope).then((journal) => journal.append(expected, batch))
    this.appending.add(appending)
    const answer = await appending.finally(() => this.appending.delete(appending))
    const watchers = this.watchers.get(scope)
    if (watchers !== undefined) queueMicrotask(() => wakeAll(watchers))
    return answer
  }

  async *read(scope: ScopeId, after: Revision): AsyncGenerator<StoredEvent, void, undefined> {
    const opened = await this.open()
    if (opened === null) return
    const { journal, damage } = await this.journalToRead(scope)
    const end = () => journal?.end() ?? null
    const options = { disk: this.parts.disk, folder: folderOf(opened.root, scope), scope, end }
    try {
      for await (const group of readJournal(options, after)) for (const stored of group) yield stored
    } catch (error) {
      throw diskFailed(`Reading scope "${scope}"`, error)
    }
    if (damage !== null) throw damage
  }

  watch(scope: ScopeId, wake: () => void): () => void {
    const watchers = this.watchers.get(scope) ?? new Set()
    this.watchers.set(scope, watchers)
    const watcher = { wake }
    watchers.add(watcher)
    return () => void watchers.delete(watcher)
  }

  async saveSnapshot(scope: ScopeId, snapshot: StoredSnapshot): Promise<void> {
    const before = this.saving.get(scope) ?? Promise.resolve()
    const saved = before.then(() => this.save(scope, snapshot))
    this.saving.set(
      scope,
      saved.catch(() => undefined),
    )
    return saved
  }

  async loadSnapshot(scope: ScopeId): Promise<StoredSnapshot | null> {
    const opened = await this.open()
    if (opened === null) return null
    try {
      return await readSnapshot(this.parts.disk, folderOf(opened.root, scope), scope, this.parts.warn)
    } catch (error) {
      throw diskFailed(`Reading scope "${scope}"`, error)
    }
  }

  async scopes(): Promise<readonly ScopeId[]> {
    const opened = await this.open()
    if (opened === null) return []
    try {
      return await scopesIn(this.parts.disk, opened.root)
    } catch (error) {
      throw diskFailed(`Listing the scopes in "${opened.root}"`, error)
    }
  }

  close(): Promise<void> {
    this.closing ??= this.letGo()
    return this.closing
  }

  private async save(scope: ScopeId, snapshot: StoredSnapshot): Promise<void> {
    const journal = await this.journalOf(scope)
    const { root } = (await this.open())!
    if (snapshot.revision > journal.head) throw aboveHead(scope, snapshot.revision, journal.head)
    try {
      await journal.sync()
      const { disk, isCompacted } = this.parts
      const folder = folderOf(root, scope)
      // Where events go, a second snapshot stays: the newest may turn out to be damaged.
      const before = await writeSnapshot(disk, folder, scope, snapshot, isCompacted ? 2 : 1)
      if (isCompacted) await compact(disk, folder, Math.min(before, snapshot.historyAfter ?? 0))
    } catch (error) {
      throw diskFailed(`Saving a snapshot of scope "${scope}"`, error)
    }
  }

  private async letGo(): Promise<void> {
    const opened = await this.opening?.catch(() => null)
    await Promise.allSettled([...this.appending, ...this.saving.values()])
    const journals = await Promise.allSettled(this.journals.values())
    const closed = await Promise.allSettled(
      journals.map((journal) => (journal.status === 'fulfilled' ? journal.value.close() : undefined)),
    )
    await opened?.lock?.release()
    for (const each of closed) if (each.status === 'rejected') throw each.reason
  }

  /** The folder, created and locked where it is to be written; null where there is none to read. */
  private open(): Promise<Opened | null> {
    if (this.closing !== null) return Promise.reject(storeClosed())
    // One that failed is tried again by the next call.
    this.opening ??= this.openFolder().catch((error: unknown) => {
      this.opening = null
      throw error
    })
    return this.opening
  }

  private async openFolder(): Promise<Opened | null> {
    const { disk, folder, access, processes } = this.parts
    try {
      if (access === 'write') await disk.makeFolder(folder)
      const root = await disk.realPath(folder)
      if (root === null) return null
      return { root, lock: access === 'read' ? null : await takeLock(disk, root, processes, this.id) }
    } catch (error) {
      throw diskFailed(`Opening the folder "${folder}"`, error)
    }
  }

  private async journalOf(scope: ScopeId): Promise<Journal> {
    if (this.parts.access === 'read') throw storeReadOnly()
    const opened = await this.open()
    const known = this.journals.get(scope)
    if (known !== undefined) return known
    if (scope.length > MAX_SCOPE_LENGTH) throw tooLarge('The id of a scope', scope.length, MAX_SCOPE_LENGTH)
    const { root } = opened!
    const made = openJournal({ ...this.parts, folder: folderOf(root, scope), scope })
    this.journals.set(scope, made)
    made.catch(() => this.journals.delete(scope))
    return made
  }

  /** The journal if we write it. One that is damaged is read like a stranger's: up to the damage. */
  private async journalToRead(scope: ScopeId): Promise<{ journal: Journal | null; damage: Error | null }> {
    if (this.parts.access === 'read') return { journal: null, damage: null }
    try {
      return { journal: await this.journalOf(scope), damage: null }
    } catch (error) {
      if (isCorrupt(error)) return { journal: null, damage: error }
      throw error
    }
  }
}

async function scopesIn(disk: Disk, root: string): Promise<readonly ScopeId[]> {
  const found: ScopeId[] = []
  for (const { name, kind } of (await disk.list(root)) ?? []) {
    if (kind !== 'folder' || !FOLDER_NAME.test(name)) continue
    const scope = await scopeOf(disk, `${root}/${name}`)
    if (scope !== null) found.push(scope)
  }
  return found.sort()
}

function wakeAll(watchers: ReadonlySet<{ readonly wake: () => void }>): void {
  for (const { wake } of watchers) wake()
}

/** Named by a hash, so that no scope id can lead elsewhere; of its JSON, in which different ids always differ. */
function folderOf(root: string, scope: ScopeId): string {
  return `${root}/${createHash('sha256').update(JSON.stringify(scope)).digest('hex').slice(0, HASH_DIGITS)}`
}
