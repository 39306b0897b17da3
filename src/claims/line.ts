/** Who waits for one thing, in the order of arrival. */

/** What a line must know of those in it. */
export interface InLine {
  /** Lower has waited longer. Unique. */
  readonly seq: number
  /** Cannot be passed before this time: it could not have started anyway. */
  readonly notBefore: number
  /** False once it waits no more: its place in the line is empty then. */
  readonly waiting: boolean
}

/** First in, first out; entries that no longer wait are dropped when they reach the front. */
export interface Line<W> {
  items: W[]
  from: number
}

export function createLine<W>(): Line<W> {
  return { items: [], from: 0 }
}

/** Adds whoever has waited longest and could start at `now`, if that is longer than since `seq`. */
export function addPassed<W extends InLine>(
  line: Line<W>,
  seq: number,
  now: number,
  isHeldBack: (waiter: W) => boolean,
  passed: Set<W>,
): void {
  if (line.items.length === 0) return
  dropSettled(line)
  for (let i = line.from; i < line.items.length; i += 1) {
    const waiter = line.items[i]!
    if (!waiter.waiting || waiter.notBefore > now || isHeldBack(waiter)) continue
    if (waiter.seq < seq) passed.add(waiter)
    return
  }
}

/** Moves the front past entries that no longer wait; gives memory back when more than half of the line is behind it. */
export function dropSettled<W extends InLine>(line: Line<W>): void {
  while (line.from < line.items.length && !line.items[line.from]!.waiting) line.from += 1
  if (line.from > 32 && line.from * 2 > line.items.length) {
    line.items = line.items.slice(line.from)
    line.from = 0
  }
}
