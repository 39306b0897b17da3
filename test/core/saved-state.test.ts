// A state that was written down and read back is as good as one that was not. Beside random worlds, copies of their states are
// made at any moment: they must decide like the originals, and be what a fold of the whole journal is.
import { expect, it } from 'vitest'
import { canonical } from '../../src/core/canonical.js'
import { createState } from '../../src/core/create.js'
import { decideAll } from '../../src/core/decide.js'
import { decodeState } from '../../src/core/decode-state.js'
import { encodeState } from '../../src/core/encode-state.js'
import { checkInvariants } from '../../src/core/invariants.js'
import { reduce } from '../../src/core/reduce.js'
import type { SavedState } from '../../src/core/saved-state.js'
import type { ScopeState } from '../../src/core/state.js'
import type { BatchDecision, EpochMs, Input, Plans, RunEvent } from '../../src/core/types.js'
import type { SimulatedCore } from '../../src/testing/machine-state.js'
import { createRandom } from '../../src/testing/random.js'
import { begin, simulate } from '../../src/testing/simulate.js'

const WORLDS = 160
/** One decision in about so many is a moment to look at. */
const EVERY = 16

/** An event, and the plans as they were then: amendments change them. */
interface Entry {
  readonly event: RunEvent
  readonly plans: Plans
}

/** What a state was made of, and a copy that lives beside it. */
interface Beside {
  /** By decision: only what a decision has left behind is written down. */
  readonly journal: (readonly Entry[])[]
  copy: ScopeState | null
  /** What was written down of it, and when. */
  saved: { readonly text: string; readonly decisions: number; readonly plans: Plans } | null
}

/** The plans that a state goes by; `plans` may already have one that comes to nothing. */
function plansOf(state: ScopeState, plans: Plans): Plans {
  return new Map([...plans, ...[...state.runs].map(([id, { plan }]) => [id, plan] as const)])
}

function coreWithCopies(seed: number): SimulatedCore & { readonly looks: () => number } {
  const { bypassLimit } = begin(seed, 40, { decideAll, reduce }).machine.world
  const random = createRandom(seed + 1)
  const all = new WeakMap<ScopeState, Beside>()
  let looks = 0
  const read = (plans: Plans, text: string): ScopeState =>
    decodeState(plans, JSON.parse(text) as SavedState, bypassLimit)
  const besideOf = (state: ScopeState): Beside => {
    const known = all.get(state) ?? { journal: [], copy: null, saved: null }
    all.set(state, known)
    return known
  }
  const fold = (state: ScopeState, journal: Beside['journal']): ScopeState => {
    for (const { event, plans } of journal.flat()) {
      reduce(plans, state, event)
      state.ended.clear()
    }
    return state
  }

  /** A fold of all; a copy of a fold of a part, and the rest; a copy of the live state of then, and what came since. */
  function compareFolds(plans: Plans, { journal, saved }: Beside, inputs: readonly Input[], now: EpochMs): void {
    const whole = fold(createState(bypassLimit), journal)
    const cut = random.between(0, journal.length)
    const part = fold(createState(bypassLimit), journal.slice(0, cut))
    const other = fold(read(plansOf(part, plans), JSON.stringify(encodeState(part))), journal.slice(cut))
    expect(canonical(other)).toBe(canonical(whole))
    other.deadlines.reach(whole.deadlines.reached())
    const decided = told(decideAll(plans, whole, inputs, now))
    expect(told(decideAll(plans, other, inputs, now))).toEqual(decided)
    expect(canonical(other)).toBe(canonical(whole))
    checkInvariants(other, now)
    if (saved === null) return
    const since = fold(read(saved.plans, saved.text), journal.slice(saved.decisions))
    expect(canonical(since)).toBe(canonical(fold(createState(bypassLimit), journal)))
    decideAll(plans, since, inputs, now)
    checkInvariants(since, now)
  }

  return {
    looks: () => looks,
    reduce(plans, state, event) {
      // The host has crashed: what is folded in one go counts as one decision.
      reduce(plans, state, event)
      const { journal } = besideOf(state)
      journal[0] = [...(journal[0] ?? []), { event, plans: plansOf(state, plans) }]
    },
    decideAll(plans, state, inputs, now) {
      const beside = besideOf(state)
      if (random.int(EVERY) === 0) {
        looks += 1
        compareFolds(plans, beside, inputs, now)
        const text = JSON.stringify(encodeState(state))
        beside.saved = { text, decisions: beside.journal.length, plans: plansOf(state, plans) }
        beside.copy = read(beside.saved.plans, text)
        expect(JSON.parse(JSON.stringify(encodeState(beside.copy)))).toEqual(JSON.parse(text))
      }
      const { copy } = beside
      // A deadline that means nothing is not written down, so the copy may have been asleep when the other looked at the time.
      copy?.deadlines.reach(state.deadlines.reached())
      const decision = decideAll(plans, state, inputs, now)
      if (copy !== null) {
        copy.ended.clear()
        expect(told(decideAll(plans, copy, inputs, now))).toEqual(told(decision))
        expect(canonical(copy)).toBe(canonical(state))
        checkInvariants(copy, now)
      }
      const plansThen = plansOf(state, plans)
      beside.journal.push(decision.events.map((event) => ({ event, plans: plansThen })))
      return decision
    },
  }
}

/** When to wake is not told: what means nothing may have woken the original. */
function told({ events, instructions, rejections }: BatchDecision): unknown {
  return { events, instructions, rejections }
}

it(`states of ${WORLDS} random worlds are written down and read back at any moment`, { timeout: 240_000 }, () => {
  let looks = 0
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const core = coreWithCopies(seed * 7)
    simulate(seed * 7, { core, shrinkReplays: 0 })
    looks += core.looks()
  }
  expect(looks).toBeGreaterThan(WORLDS)
})
