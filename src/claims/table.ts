/**
 * Who holds which paths, who waits for them, and who must not be passed any more.
 *
 * A claim set is granted all or none. A write excludes every other claim on an overlapping pattern; reads share with reads,
 * and integrate claims with integrate claims, whose holders take turns later (see `core/integration.ts`). Advisory patterns
 * exclude nothing. So that a wide claim is not starved by many small ones, each pattern remembers who has waited for it
 * longest; when that waiter has been passed `bypassLimit` times by younger conflicting grants, its set is reserved: nothing
 * that conflicts with it is granted before it. By count, never by time: ageing by time makes everything old and serialises all.
 */
import { addPassed, createLine, type InLine, type Line } from './line.js'
import type { Pattern } from './pattern.js'
import { createPatternIndex, type PatternIndex } from './pattern-index.js'
import { createReservations, type Reservations, type SavedReservations } from './reservations.js'

/** The paths an attempt asks for. A pattern is in one of the first three lists at most. */
export interface ClaimSetSpec {
  readonly write: readonly Pattern[]
  readonly read: readonly Pattern[]
  readonly integrate: readonly Pattern[]
  /** These never block, so they may also be in another list. */
  readonly advisory: readonly Pattern[]
}

/** Id of a pattern in the table's index. */
export type PatternId = number

/** A claim set of this table: pattern ids instead of patterns. */
export interface ClaimSet {
  readonly write: readonly PatternId[]
  readonly read: readonly PatternId[]
  readonly integrate: readonly PatternId[]
  readonly advisory: readonly PatternId[]
}

/**
 * How a set meets a pattern: a writer waits for all its holders, the others for all but their own kind.
 */
export type ClaimMode = 'write' | 'read' | 'integrate'

export const CLAIM_MODES: readonly ClaimMode[] = ['write', 'read', 'integrate']

/** The pattern that stands in the way, and how the asking set meets it. */
export interface Blocker {
  readonly pattern: PatternId
  readonly mode: ClaimMode
}

/** Somebody who is ready and waits for a claim set, which may be empty: what it waits for beside it is the caller's. */
export interface ClaimWaiter extends InLine {
  readonly set: ClaimSet
  /** Younger conflicting grants since it became the longest-waiting claimant of one of its patterns. */
  bypasses: number
  /** Between `wait` and its grant or `withdraw`. */
  waiting: boolean
}

interface Entry<H, W> {
  /** Who holds the pattern, and who waits for it. */
  readonly write: H[]
  readonly read: H[]
  readonly integrate: H[]
  readonly waiting: { readonly [Mode in ClaimMode]: Line<W> }
  /** How many holders have it among their advisory patterns. */
  advised: number
}

/** What is in the way of a claim that a holder asks for; `holder` null: the pattern is reserved. */
export interface Obstacle<H> {
  readonly pattern: PatternId
  readonly holder: H | null
}

export interface ClaimTableOptions<W> {
  /** How often a waiter is passed before its claims are reserved. */
  readonly bypassLimit: number
  /** A waiter that may not start for another reason (its run is paused): its reservation rests, nobody passes it. */
  readonly isHeldBack: (waiter: W) => boolean
  /** Called for each pattern that may have become free. */
  readonly onFree: (pattern: PatternId) => void
  /** Called for each pattern that has left the index: its id may be used again for another one. */
  readonly onGone: (pattern: PatternId) => void
  /** Called when a reservation ends without a grant, or rests: what the caller kept for this waiter beside its claims is free. */
  readonly onUnreserved: (waiter: W) => void
}

export interface ClaimTable<H, W extends ClaimWaiter> {
  readonly index: PatternIndex
  /** Sets that are held, by holder. */
  readonly held: ReadonlyMap<H, ClaimSet>
  /** Takes the patterns of a set into the index; `forget` gives them back. */
  intern(spec: ClaimSetSpec): ClaimSet
  forget(set: ClaimSet): void
  /** What keeps the waiter's set from being granted now, or null. A reservation blocks everyone but its own waiter. */
  blocker(waiter: W): Blocker | null
  /** Whether a waiter that met `pattern` in `mode` is still blocked by it. O(1). */
  isBlockedAt(pattern: PatternId, mode: ClaimMode, waiter: W): boolean
  wait(waiter: W): void
  /** Takes back a wait that will not be granted. */
  withdraw(waiter: W): void
  /**
   * The caller has seen that nothing blocks the set. `now` decides which waiters could have been passed; the caller knows of
   * more (`alsoPassed`), who wait for something else that the holder takes. Each is passed once by one grant.
   */
  grant(holder: H, waiter: W, now: number, alsoPassed?: Iterable<W>): void
  /** What keeps `holder` from adding the writes and reads of `set` to what it holds, or null. Its own do not, but for integrate claims. */
  obstacle(holder: H, set: ClaimSet): Obstacle<H> | null
  /** Adds to what `holder` has, which the caller has seen to be free. It passes everyone who waits. */
  extend(holder: H, set: ClaimSet, now: number): void
  /** Whether an advisory pattern of the set meets anything that is held, in whatever way. */
  isAdvisedAgainst(set: ClaimSet): boolean
  release(holder: H): void
  /** Lets everyone who waits behind the reservation look again, after `isHeldBack` changed. */
  refresh(): void
  reservation(): W | null
  /** Who holds `pattern`: writers, then readers, then who will integrate, each in the order of their grants. */
  holders(pattern: PatternId): readonly H[]
  save(): SavedTable<H, W>
  /** Gives a table without holders those of a saved one. The index is as it was; whoever waits has said so. */
  load(saved: SavedTable<H, W>): void
}

/** What a table is beside its index and those who only wait. */
export interface SavedTable<H, W> extends SavedReservations<W> {
  /** What is held, by holder. */
  readonly held: readonly (readonly [H, ClaimSet])[]
  /** Who holds each pattern: writers, readers, and who will integrate, in the order of their grants. */
  readonly holders: readonly (readonly [PatternId, readonly H[], readonly H[], readonly H[]])[]
}

export function createClaimTable<H, W extends ClaimWaiter>(options: ClaimTableOptions<W>): ClaimTable<H, W> {
  const index = createPatternIndex()
  const reservations = createReservations<W>(options)
  const table: Table<H, W> = { index, entries: [], held: new Map(), reservations, options }
  return {
    index,
    held: table.held,
    intern: ({ write, read, integrate, advisory }) => ({
      write: write.map(index.add),
      read: read.map(index.add),
      integrate: integrate.map(index.add),
      advisory: advisory.map(index.add),
    }),
    forget(set) {
      for (const pattern of [...set.write, ...set.read, ...set.integrate, ...set.advisory]) {
        const size = index.size
        index.remove(pattern)
        // Only when it has left the index: other runs may hold or want the same pattern.
        if (index.size === size) continue
        table.entries[pattern] = undefined
        options.onGone(pattern)
      }
    },
    blocker: (waiter) => blocker(table, waiter),
    isBlockedAt: (pattern, mode, waiter) => isBlockedAt(table, pattern, mode, waiter),
    wait(waiter) {
      waiter.waiting = true
      waiter.bypasses = 0
      const { write, read, integrate } = waiter.set
      for (const pattern of write) entryOf(table, pattern).waiting.write.items.push(waiter)
      for (const pattern of read) entryOf(table, pattern).waiting.read.items.push(waiter)
      for (const pattern of integrate) entryOf(table, pattern).waiting.integrate.items.push(waiter)
    },
    withdraw(waiter) {
      waiter.waiting = false
      if (reservations.current() !== waiter) return
      reservations.count([])
      unreserve(table, waiter)
    },
    grant(holder, waiter, now, alsoPassed) {
      waiter.waiting = false
      if (!isEmpty(waiter.set)) table.held.set(holder, waiter.set)
      take(table, holder, waiter.set, { seq: waiter.seq, now, passed: new Set(alsoPassed) })
    },
    obstacle: (holder, set) => obstacle(table, holder, set),
    extend(holder, set, now) {
      const held = table.held.get(holder)
      table.held.set(holder, held === undefined ? set : joined(held, set))
      take(table, holder, set, { seq: Number.POSITIVE_INFINITY, now, passed: new Set() })
    },
    isAdvisedAgainst: ({ advisory }) =>
      advisory.some((mine) => index.neighbours(mine).some((other) => isHeld(table.entries[other]))),
    release: (holder) => release(table, holder),
    refresh() {
      const reserved = reservations.current()
      reservations.count([])
      if (reserved !== null) unreserve(table, reserved)
    },
    reservation: reservations.current,
    holders(pattern) {
      const entry = table.entries[pattern]
      return entry === undefined ? [] : [...entry.write, ...entry.read, ...entry.integrate]
    },
    save: () => save(table),
    load: (saved) => load(table, saved),
  }
}

interface Table<H, W extends ClaimWaiter> {
  readonly index: PatternIndex
  /** Holders and waiters of each pattern that has had any. */
  readonly entries: (Entry<H, W> | undefined)[]
  readonly held: Map<H, ClaimSet>
  readonly reservations: Reservations<W>
  readonly options: ClaimTableOptions<W>
}

function entryOf<H, W extends ClaimWaiter>(table: Table<H, W>, pattern: PatternId): Entry<H, W> {
  const known = table.entries[pattern]
  if (known !== undefined) return known
  const waiting = { write: createLine<W>(), read: createLine<W>(), integrate: createLine<W>() }
  const made: Entry<H, W> = { write: [], read: [], integrate: [], waiting, advised: 0 }
  table.entries[pattern] = made
  return made
}

function blocker<H, W extends ClaimWaiter>(table: Table<H, W>, waiter: W): Blocker | null {
  for (const mode of CLAIM_MODES) {
    for (const mine of waiter.set[mode]) {
      for (const other of table.index.neighbours(mine)) {
        if (isBlockedAt(table, other, mode, waiter)) return { pattern: other, mode }
      }
    }
  }
  return null
}

function isBlockedAt<H, W extends ClaimWaiter>(
  table: Table<H, W>,
  pattern: PatternId,
  mode: ClaimMode,
  waiter: W,
): boolean {
  const known = table.entries[pattern]
  if (known === undefined) return false
  if (known.write.length > 0 || (mode !== 'read' && known.read.length > 0)) return true
  if (mode !== 'integrate' && known.integrate.length > 0) return true
  return isReserved(table, pattern, mode, waiter)
}

function obstacle<H, W extends ClaimWaiter>(table: Table<H, W>, holder: H, set: ClaimSet): Obstacle<H> | null {
  for (const mode of ['write', 'read'] as const) {
    for (const mine of set[mode]) {
      for (const pattern of table.index.neighbours(mine)) {
        const known = table.entries[pattern]
        if (known === undefined) continue
        const isOther = (each: H): boolean => each !== holder
        const other = known.write.find(isOther) ?? (mode === 'write' ? known.read.find(isOther) : undefined)
        // Its own integrate claims too: whoever waits for those must hold nothing that meets them.
        const inTheWay = other ?? known.integrate[0]
        if (inTheWay !== undefined) return { pattern, holder: inTheWay }
        if (isReserved(table, pattern, mode, null)) return { pattern, holder: null }
      }
    }
  }
  return null
}

function isEmpty({ write, read, integrate, advisory }: ClaimSet): boolean {
  return write.length + read.length + integrate.length + advisory.length === 0
}

function isHeld<H, W>(entry: Entry<H, W> | undefined): boolean {
  if (entry === undefined) return false
  return entry.write.length + entry.read.length + entry.integrate.length + entry.advised > 0
}

function joined(a: ClaimSet, b: ClaimSet): ClaimSet {
  return {
    write: [...a.write, ...b.write],
    read: [...a.read, ...b.read],
    integrate: [...a.integrate, ...b.integrate],
    advisory: [...a.advisory, ...b.advisory],
  }
}

/** Whether `pattern` is reserved for another waiter in a way that excludes `mode`. */
function isReserved<H, W extends ClaimWaiter>(
  table: Table<H, W>,
  pattern: PatternId,
  mode: ClaimMode,
  waiter: W | null,
): boolean {
  const reserved = table.reservations.current()
  if (reserved === null || reserved === waiter || table.options.isHeldBack(reserved)) return false
  const { write, read, integrate } = reserved.set
  if (write.includes(pattern) || (mode !== 'read' && read.includes(pattern))) return true
  return mode !== 'integrate' && integrate.includes(pattern)
}

/** Who passes whom: those are `passed` who have waited longer than since `seq`, and could start `now`. */
interface Passing<W> {
  readonly seq: number
  readonly now: number
  readonly passed: Set<W>
}

/** Takes the patterns of a set for `holder`, and counts who was passed by that. */
function take<H, W extends ClaimWaiter>(
  table: Table<H, W>,
  holder: H,
  set: ClaimSet,
  { seq, now, passed }: Passing<W>,
): void {
  const { isHeldBack } = table.options
  // Written out, not by mode: this runs once for each claim of an attempt.
  for (const pattern of set.write) {
    entryOf(table, pattern).write.push(holder)
    for (const neighbour of table.index.neighbours(pattern)) {
      const waiting = table.entries[neighbour]?.waiting
      if (waiting === undefined) continue
      addPassed(waiting.write, seq, now, isHeldBack, passed)
      addPassed(waiting.read, seq, now, isHeldBack, passed)
      addPassed(waiting.integrate, seq, now, isHeldBack, passed)
    }
  }
  for (const pattern of set.read) {
    entryOf(table, pattern).read.push(holder)
    for (const neighbour of table.index.neighbours(pattern)) {
      const waiting = table.entries[neighbour]?.waiting
      if (waiting === undefined) continue
      addPassed(waiting.write, seq, now, isHeldBack, passed)
      addPassed(waiting.integrate, seq, now, isHeldBack, passed)
    }
  }
  for (const pattern of set.integrate) {
    entryOf(table, pattern).integrate.push(holder)
    for (const neighbour of table.index.neighbours(pattern)) {
      const waiting = table.entries[neighbour]?.waiting
      if (waiting === undefined) continue
      addPassed(waiting.write, seq, now, isHeldBack, passed)
      addPassed(waiting.read, seq, now, isHeldBack, passed)
    }
  }
  for (const pattern of set.advisory) entryOf(table, pattern).advised += 1
  table.reservations.count(passed)
}

function release<H, W extends ClaimWaiter>(table: Table<H, W>, holder: H): void {
  const set = table.held.get(holder)
  if (set === undefined) return
  table.held.delete(holder)
  for (const pattern of set.write) removeFrom(entryOf(table, pattern).write, holder)
  for (const pattern of set.read) removeFrom(entryOf(table, pattern).read, holder)
  for (const pattern of set.integrate) removeFrom(entryOf(table, pattern).integrate, holder)
  for (const pattern of set.advisory) entryOf(table, pattern).advised -= 1
  freeAll(table, set)
}

function freeAll<H, W extends ClaimWaiter>(table: Table<H, W>, set: ClaimSet): void {
  for (const mode of CLAIM_MODES) for (const pattern of set[mode]) table.options.onFree(pattern)
}

function unreserve<H, W extends ClaimWaiter>(table: Table<H, W>, waiter: W): void {
  freeAll(table, waiter.set)
  table.options.onUnreserved(waiter)
}

function save<H, W extends ClaimWaiter>({ entries, held, reservations }: Table<H, W>): SavedTable<H, W> {
  const holders: [PatternId, readonly H[], readonly H[], readonly H[]][] = []
  entries.forEach((entry, pattern) => {
    if (entry === undefined || entry.write.length + entry.read.length + entry.integrate.length === 0) return
    holders.push([pattern, [...entry.write], [...entry.read], [...entry.integrate]])
  })
  return { held: [...held], holders, ...reservations.save() }
}

function load<H, W extends ClaimWaiter>(table: Table<H, W>, { held, holders, ...saved }: SavedTable<H, W>): void {
  for (const [holder, set] of held) {
    table.held.set(holder, set)
    for (const pattern of set.advisory) entryOf(table, pattern).advised += 1
  }
  for (const [pattern, write, read, integrate] of holders) {
    const entry = entryOf(table, pattern)
    entry.write.push(...write)
    entry.read.push(...read)
    entry.integrate.push(...integrate)
  }
  table.reservations.load(saved)
}

function removeFrom<T>(list: T[], item: T): void {
  const at = list.indexOf(item)
  if (at !== -1) list.splice(at, 1)
}
