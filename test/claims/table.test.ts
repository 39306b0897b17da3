// The claim table against a table that compares everything with everything: random waits, grants, releases, withdrawals
// extensions and pauses. Who is reserved for, and when, is bounded by count.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overlaps } from '../../src/claims/overlap.js'
import { type Pattern, parsePattern } from '../../src/claims/pattern.js'
import {
  type ClaimSet,
  type ClaimSetSpec,
  type ClaimTable,
  type ClaimWaiter,
  createClaimTable,
  type PatternId,
} from '../../src/claims/table.js'

function pattern(text: string): Pattern {
  const parsed = parsePattern(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed
}

const VOCABULARY = ['a', 'a/b', 'a/*', 'a/**', 'b', 'b/{c,d}', 'b/c', '*/c', 'x/y.ts', '**'].map(pattern)
const LIMIT = 3

const NOTHING: ClaimSetSpec = { write: [], read: [], integrate: [], advisory: [] }

function write(pattern: Pattern): ClaimSetSpec {
  return { ...NOTHING, write: [pattern] }
}

interface Waiter extends ClaimWaiter {
  readonly name: number
  readonly spec: ClaimSetSpec
  isHeldBack: boolean
  /** Counted by the dumb table: grants to younger ones that conflict, while no older conflicting one waited. */
  passes: number
  /** The same, whoever else waited. */
  mostPasses: number
}

interface World {
  readonly table: ClaimTable<number, Waiter>
  readonly waiters: Waiter[]
  readonly held: Map<number, Waiter>
  readonly freed: PatternId[]
  readonly gone: PatternId[]
  now: number
}

function world(): World {
  const freed: PatternId[] = []
  const gone: PatternId[] = []
  const table = createClaimTable<number, Waiter>({
    bypassLimit: LIMIT,
    isHeldBack: (waiter) => waiter.isHeldBack,
    onFree: (id) => freed.push(id),
    onGone: (id) => gone.push(id),
    onUnreserved: () => undefined,
  })
  return { table, waiters: [], held: new Map(), freed, gone, now: 0 }
}

/** Each pattern of the vocabulary with those it meets. */
const MET = new Map(VOCABULARY.map((one) => [one, new Set(VOCABULARY.filter((other) => overlaps(one, other)))]))

function conflict(a: ClaimSetSpec, b: ClaimSetSpec): boolean {
  const meet = (x: readonly Pattern[], y: readonly Pattern[]) =>
    x.some((one) => y.some((other) => MET.get(one)!.has(other)))
  const isMet = (x: ClaimSetSpec, y: ClaimSetSpec) =>
    meet(x.write, [...y.write, ...y.read, ...y.integrate]) || meet(x.read, y.integrate)
  return isMet(a, b) || isMet(b, a)
}

function ids({ write, read, integrate }: ClaimSet): readonly PatternId[] {
  return [...write, ...read, ...integrate]
}

// ── What can be done ────────────────────────────────────────────────────────────────────────────────────────────

function wait(w: World, spec: ClaimSetSpec, delay: number): void {
  const name = w.waiters.length
  const set = w.table.intern(spec)
  const notBefore = w.now + delay
  const made: Waiter = {
    name,
    spec,
    set,
    seq: name,
    notBefore,
    bypasses: 0,
    waiting: false,
    isHeldBack: false,
    passes: 0,
    mostPasses: 0,
  }
  w.waiters.push(made)
  w.table.wait(made)
}

/** Grants what the n-th of those waits for that may start; nothing if none may. */
function grant(w: World, n: number): void {
  const free = w.waiters.filter((each) => mayStart(w, each))
  const waiter = free[n % Math.max(1, free.length)]
  if (waiter === undefined) return
  const older = w.waiters.filter(
    (each) => each.waiting && !each.isHeldBack && each.notBefore <= w.now && each.seq < waiter.seq,
  )
  countPasses(older, waiter.spec)
  w.table.grant(waiter.name, waiter, w.now)
  w.held.set(waiter.name, waiter)
}

function countPasses(older: readonly Waiter[], granted: ClaimSetSpec): void {
  const passed = older.find((each) => conflict(each.spec, granted))
  if (passed !== undefined) passed.passes += 1
  for (const each of older) if (conflict(each.spec, granted)) each.mostPasses += 1
}

/** The n-th holder asks for more, and gets it if nobody else, nor an integrate claim of its own, is in the way. */
function extend(w: World, n: number, more: ClaimSetSpec): void {
  const holder = [...w.held.values()][n % Math.max(1, w.held.size)]
  if (holder === undefined) return
  const set = w.table.intern(more)
  const others = [...w.held.values()].filter((each) => each !== holder).map(({ spec }) => spec)
  const inTheWay = [...others, { ...NOTHING, integrate: holder.spec.integrate }]
  const reserved = w.table.reservation()
  const isReserved = reserved !== null && !reserved.isHeldBack && conflict(reserved.spec, more)
  const obstacle = w.table.obstacle(holder.name, set)
  expect(obstacle !== null).toBe(isReserved || inTheWay.some((spec) => conflict(spec, more)))
  if (obstacle !== null) {
    if (obstacle.holder === null) expect(isReserved).toBe(true)
    else expect(w.table.holders(obstacle.pattern)).toContain(obstacle.holder)
    return w.table.forget(set)
  }
  countPasses(
    w.waiters.filter((each) => each.waiting && !each.isHeldBack && each.notBefore <= w.now),
    more,
  )
  w.table.extend(holder.name, set, w.now)
  w.held.set(holder.name, { ...holder, spec: joined(holder.spec, more), set: joined(holder.set, set) })
}

function joined<T>(a: Record<keyof ClaimSetSpec, readonly T[]>, b: Record<keyof ClaimSetSpec, readonly T[]>) {
  return {
    write: [...a.write, ...b.write],
    read: [...a.read, ...b.read],
    integrate: [...a.integrate, ...b.integrate],
    advisory: [...a.advisory, ...b.advisory],
  }
}

/** The dumb table: a set may be granted if nothing held, and nothing reserved for another, excludes it. */
function mayStart(w: World, waiter: Waiter): boolean {
  if (!waiter.waiting || waiter.isHeldBack || waiter.notBefore > w.now) return false
  return isFree(w, waiter)
}

function isFree(w: World, waiter: Waiter): boolean {
  for (const holder of w.held.values()) if (conflict(holder.spec, waiter.spec)) return false
  const reserved = w.table.reservation()
  return reserved === null || reserved === waiter || reserved.isHeldBack || !conflict(reserved.spec, waiter.spec)
}

function release(w: World, n: number): void {
  const waiter = [...w.held.values()][n % Math.max(1, w.held.size)]
  if (waiter === undefined) return
  w.held.delete(waiter.name)
  w.freed.length = 0
  w.table.release(waiter.name)
  expect(w.freed).toEqual(ids(waiter.set))
  // Once per grant: giving back again does nothing.
  w.table.release(waiter.name)
  expect(w.freed).toEqual(ids(waiter.set))
}

function withdraw(w: World, n: number): void {
  const waiting = w.waiters.filter((each) => each.waiting)
  const waiter = waiting[n % Math.max(1, waiting.length)]
  if (waiter === undefined) return
  const wasReserved = w.table.reservation() === waiter
  w.freed.length = 0
  w.table.withdraw(waiter)
  expect(w.freed).toEqual(wasReserved ? ids(waiter.set) : [])
}

function holdBack(w: World, n: number): void {
  const waiter = w.waiters[n % Math.max(1, w.waiters.length)]
  if (waiter === undefined) return
  waiter.isHeldBack = !waiter.isHeldBack
  w.table.refresh()
}

// ── What must hold ──────────────────────────────────────────────────────────────────────────────────────────────

function check(w: World): void {
  const held = [...w.held.values()]
  for (const [at, one] of held.entries()) {
    if (held.slice(0, at).some((other) => conflict(one.spec, other.spec)))
      expect.unreachable('two conflicting sets are held')
  }
  expect(new Set(w.table.held.keys())).toEqual(new Set(w.held.keys()))
  for (const waiter of w.waiters) if (waiter.waiting) checkBlocker(w, waiter)
  checkReservation(w)
  for (const waiter of held) {
    for (const id of ids(waiter.set)) expect(w.table.holders(id)).toContain(waiter.name)
  }
  const patterns = held.flatMap(({ spec }) => Object.values(spec) as (readonly Pattern[])[]).flat()
  for (const { set, spec } of w.waiters) {
    const isMet = spec.advisory.some((mine) => patterns.some((other) => MET.get(mine)!.has(other)))
    expect(w.table.isAdvisedAgainst(set)).toBe(isMet)
  }
}

function checkBlocker(w: World, waiter: Waiter): void {
  const blocker = w.table.blocker(waiter)
  expect(blocker === null).toBe(isFree(w, waiter))
  if (blocker === null) return
  const { pattern: at, mode } = blocker
  expect(w.table.isBlockedAt(at, mode, waiter)).toBe(true)
  expect(waiter.spec[mode].some((mine) => overlaps(mine, w.table.index.pattern(at)))).toBe(true)
}

/** L4: somebody is reserved for as soon as anybody was passed so often, and nobody who could not start then. */
function checkReservation(w: World): void {
  const reserved = w.table.reservation()
  const overdue = w.waiters.filter((each) => each.waiting && !each.isHeldBack && each.bypasses >= LIMIT)
  if (overdue.length > 0) expect(reserved?.isHeldBack).toBe(false)
  if (reserved !== null) {
    expect(reserved.waiting).toBe(true)
    expect(reserved.bypasses).toBeGreaterThanOrEqual(LIMIT)
  }
  for (const waiter of w.waiters) {
    expect(waiter.bypasses).toBeGreaterThanOrEqual(waiter.passes)
    expect(waiter.bypasses).toBeLessThanOrEqual(waiter.mostPasses)
  }
}

// ── Properties ──────────────────────────────────────────────────────────────────────────────────────────────────

const patterns = fc.uniqueArray(fc.nat(VOCABULARY.length - 1), { minLength: 1, maxLength: 3 })
const KINDS = ['write', 'write', 'read', 'integrate', 'advisory'] as const
const kinds = fc.array(fc.constantFrom(...KINDS), { minLength: 3, maxLength: 3 })
const specs = fc.tuple(patterns, kinds).map(([chosen, kindOf]): ClaimSetSpec => {
  const of = (kind: string) => chosen.filter((_, at) => kindOf[at] === kind).map((at) => VOCABULARY[at]!)
  return { write: of('write'), read: of('read'), integrate: of('integrate'), advisory: of('advisory') }
})
const step: fc.Arbitrary<(w: World) => void> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(specs, fc.constantFrom(0, 0, 2)).map(
      ([spec, delay]) =>
        (w: World) =>
          wait(w, spec, delay),
    ),
  },
  { weight: 6, arbitrary: fc.nat(9).map((n) => (w: World) => grant(w, n)) },
  { weight: 4, arbitrary: fc.nat(9).map((n) => (w: World) => release(w, n)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(9), specs).map(
      ([n, { write, read }]) =>
        (w: World) =>
          extend(w, n, { ...NOTHING, write, read }),
    ),
  },
  { weight: 1, arbitrary: fc.nat(9).map((n) => (w: World) => withdraw(w, n)) },
  { weight: 1, arbitrary: fc.nat(20).map((n) => (w: World) => holdBack(w, n)) },
)

describe('the claim table', () => {
  it('agrees with the dumb table after every step', { timeout: 60_000 }, () => {
    const steps = fc.array(step, { minLength: 30, maxLength: 60 })
    fc.assert(
      fc.property(steps, (list) => {
        const w = world()
        for (const each of list) {
          w.now += 1
          each(w)
          check(w)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('knows no pattern when all sets are forgotten', () => {
    fc.assert(
      fc.property(fc.array(specs), (list) => {
        const { table, gone } = world()
        const sets = list.map((spec) => table.intern(spec))
        const known = [...new Set(sets.flatMap((set) => [...ids(set), ...set.advisory]))].sort((a, b) => a - b)
        for (const set of sets) table.forget(set)
        expect(table.index.size).toBe(0)
        // Told once each, when the last set that speaks of it is forgotten.
        expect(gone.sort((a, b) => a - b)).toEqual(known)
      }),
    )
  })

  it('passes a wide claim so many times and no more, as long as small ones keep coming', () => {
    const w = world()
    wait(w, write(VOCABULARY[9]!), 0)
    const wide = w.waiters[0]!
    // One small claim is always held when the wide one looks.
    wait(w, write(VOCABULARY[0]!), 0)
    grant(w, 1)
    let passes = 1
    while (w.table.reservation() === null) {
      wait(w, write(VOCABULARY[passes % 2 === 0 ? 0 : 4]!), 0)
      expect(w.waiters.at(-1)!.waiting).toBe(true)
      grant(w, 0)
      release(w, 0)
      passes += 1
      check(w)
    }
    expect(passes).toBe(LIMIT)
    expect(w.table.reservation()).toBe(wide)
    // Now a small one waits behind it, though nothing holds its path.
    wait(w, write(VOCABULARY[8]!), 0)
    expect(w.table.blocker(w.waiters.at(-1)!)).not.toBeNull()
    release(w, 0)
    grant(w, 0)
    expect([...w.held.values()]).toEqual([wide])
  })

  it('reserves for the next one while the owner of the reservation is held back', () => {
    const w = world()
    const small = (): void => {
      wait(w, write(VOCABULARY[0]!), 0)
      const last = w.waiters.at(-1)!
      w.table.grant(last.name, last, w.now)
      w.table.release(last.name)
    }
    wait(w, write(VOCABULARY[1]!), 0)
    wait(w, write(VOCABULARY[9]!), 0)
    const [first, second] = w.waiters as [Waiter, Waiter]
    for (let n = 0; n < LIMIT; n += 1) small()
    expect(w.table.reservation()).toBe(first)
    holdBack(w, first.seq)
    expect(w.table.reservation()).toBe(second)
    w.table.withdraw(second)
    // Nobody else is overdue: it has its turn again when it comes back.
    expect(w.table.reservation()).toBe(first)
    holdBack(w, first.seq)
    expect(w.table.reservation()).toBe(first)
  })

  it('gives back what was granted also when nobody speaks of its patterns any more', () => {
    const w = world()
    wait(w, write(VOCABULARY[0]!), 0)
    grant(w, 0)
    const [waiter] = w.waiters as [Waiter]
    w.table.forget(waiter.set)
    release(w, 0)
    expect(w.table.held.size).toBe(0)
    expect(w.table.holders(7)).toEqual([])
  })

  it('keeps no more of those that have gone than of those that wait', () => {
    const w = world()
    for (let n = 0; n < 5000; n += 1) {
      wait(w, write(VOCABULARY[0]!), 0)
      const last = w.waiters.at(-1)!
      w.table.grant(last.name, last, w.now)
      w.table.release(last.name)
      w.table.forget(last.set)
    }
    expect(w.table.index.size).toBe(0)
    expect(w.table.held.size).toBe(0)
  })
})
