/** For whom claims are kept: see `table.ts`. */
import type { InLine } from './line.js'

interface Passable extends InLine {
  bypasses: number
}

/**
 * Waiters that were passed too often: one of them at a time, the longest-waiting first, has its claims reserved. One that
 * is held back for another reason makes way for the next, and has its turn again.
 */
export interface Reservations<W> {
  /** Counts one bypass for each of `passed`, and chooses whose turn it is. */
  count(passed: Iterable<W>): void
  current(): W | null
  save(): SavedReservations<W>
  load(saved: SavedReservations<W>): void
}

/** For whom claims are reserved, and who was passed as often and has not had his turn. */
export interface SavedReservations<W> {
  readonly reserved: W | null
  readonly overdue: readonly W[]
}

interface ReservationOptions<W> {
  readonly bypassLimit: number
  readonly isHeldBack: (waiter: W) => boolean
}

export function createReservations<W extends Passable>({
  bypassLimit,
  isHeldBack,
}: ReservationOptions<W>): Reservations<W> {
  let overdue: W[] = []
  let reserved: W | null = null

  function count(passed: Iterable<W>): void {
    for (const waiter of passed) {
      waiter.bypasses += 1
      if (waiter.bypasses === bypassLimit) overdue.push(waiter)
    }
    if (reserved?.waiting === true) {
      if (!isHeldBack(reserved)) return
      overdue.push(reserved)
    }
    reserved = null
    if (overdue.length === 0) return
    overdue = overdue.filter((waiter) => waiter.waiting).sort((a, b) => a.seq - b.seq)
    const next = overdue.findIndex((waiter) => !isHeldBack(waiter))
    reserved = overdue.splice(Math.max(next, 0), 1)[0] ?? null
  }

  return {
    count,
    current: () => reserved,
    save: () => ({ reserved, overdue: overdue.filter((waiter) => waiter.waiting) }),
    load(saved) {
      reserved = saved.reserved
      overdue = [...saved.overdue]
    },
  }
}
