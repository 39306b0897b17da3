/** Why a task waited: what held its claims or its slots, moment by moment. */
import type { CompiledPlan, DurationMs, EpochMs, Need, TaskId, TaskIndex } from '../../core/types.js'
import type { Wait, WaitReason } from '../summary.js'
import type { History, Hold, Interval } from './history.js'

/** The pattern of the second claim set that stands in the way of the first; null if they can be held together. */
export type ConflictOf = (waiting: number, held: number) => string | null

/** The `most` longest waits, longest first; equal ones in the order of the plan. */
export function longestWaits(
  history: History,
  plan: CompiledPlan,
  conflictOf: ConflictOf,
  most: number,
): readonly Wait[] {
  const context = createContext(history, plan, conflictOf)
  return [...history.waits]
    .map(([task, intervals]) => ({
      task,
      intervals,
      waitedMs: intervals.reduce((sum, { from, to }) => sum + to - from, 0),
    }))
    .sort((a, b) => b.waitedMs - a.waitedMs || a.task - b.task)
    .slice(0, most)
    .map(({ task, intervals, waitedMs }) => {
      const reasons = reasonsOf(task, intervals, context)
      return { task: plan.taskIds[task]!, waitedMs, reasons }
    })
}

/** What many waits look at is found out once. */
interface Context {
  readonly plan: CompiledPlan
  readonly pauses: readonly Interval[]
  /** By claim set: who held what stands in its way, in the order of their starts. */
  readonly holdersOf: (claimSet: number) => readonly PathHold[]
  /** By need: the slots that could serve it, and when all of them were busy. */
  readonly slotsFor: (need: number) => SlotUse
}

interface PathHold extends Interval {
  readonly task: TaskId
  readonly path: string
}

interface SlotUse {
  readonly pools: readonly string[]
  readonly slots: number
  /** Apart from each other, in their order. */
  readonly full: readonly Interval[]
}

function createContext(history: History, plan: CompiledPlan, conflictOf: ConflictOf): Context {
  return {
    plan,
    pauses: history.pauses,
    holdersOf: remembered((set) => {
      const pathOf = remembered((held) => conflictOf(set, held))
      const holds = history.holds.flatMap(({ task, claims, to }): readonly PathHold[] =>
        claims.flatMap(({ set: held, mode, from }) => {
          // Nobody waits for an integrate claim to start.
          const path = mode === 'integrate' ? null : pathOf(held)
          return path === null ? [] : [{ task: plan.taskIds[task]!, path, from, to }]
        }),
      )
      return holds.sort((a, b) => a.from - b.from)
    }),
    slotsFor: remembered((place) => {
      const need = plan.needs[place]!
      const able = [...history.workers].filter(([, worker]) => canServe(worker, need))
      const slots = able.reduce((sum, [, worker]) => sum + worker.slots, 0)
      const names = new Set(able.map(([name]) => name))
      const holds = history.holds.filter(({ worker }) => names.has(worker))
      return { pools: [...new Set(able.map(([, { pool }]) => pool))], slots, full: fullTimes(holds, slots) }
    }),
  }
}

function remembered<T>(find: (key: number) => T): (key: number) => T {
  const known = new Map<number, T>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = find(key)
    known.set(key, made)
    return made
  }
}

/** When at least `slots` of the holds were there at once. */
function fullTimes(holds: readonly Hold[], slots: number): readonly Interval[] {
  if (slots === 0) return []
  const changes = holds
    .filter(({ from, to }) => to > from)
    .flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ])
    .sort((a, b) => a.at - b.at || b.step - a.step)
  const full: { from: EpochMs; to: EpochMs }[] = []
  let busy = 0
  for (const { at, step } of changes) {
    const before = busy
    busy += step
    if (before < slots && busy >= slots) full.push({ from: at, to: at })
    if (before >= slots && busy < slots) full.at(-1)!.to = at
  }
  return full
}

/** Something that began or ended while the task waited. */
interface Change {
  readonly at: EpochMs
  readonly step: 1 | -1
  /** What holds a path in the way. */
  readonly holder: { readonly task: TaskId; readonly path: string } | null
  /** Whether all slots that could have served the task are busy. */
  readonly isFull: boolean
  readonly isPause: boolean
}

/** What adds up while the time goes by. */
interface Tally {
  readonly byPath: Map<string, { heldBy: Set<TaskId>; ms: DurationMs }>
  capacity: DurationMs
  paused: DurationMs
  other: DurationMs
}

function reasonsOf(task: TaskIndex, intervals: readonly Interval[], context: Context): readonly WaitReason[] {
  const { plan, slotsFor } = context
  const { pools, slots } = slotsFor(plan.need[task]!)
  const tally: Tally = { byPath: new Map(), capacity: 0, paused: 0, other: 0 }
  for (const interval of intervals) {
    const changes = changesIn(interval, task, context)
    sweep(
      interval,
      changes.sort((a, b) => a.at - b.at || a.step - b.step),
      tally,
    )
  }
  const claims = [...tally.byPath].map(
    ([path, { heldBy, ms }]): WaitReason => ({ kind: 'claim', path, heldBy: [...heldBy], ms }),
  )
  const reasons: readonly WaitReason[] = [
    ...claims,
    { kind: 'capacity', pools, slots, ms: tally.capacity },
    { kind: 'paused', ms: tally.paused },
    { kind: 'other', ms: tally.other },
  ]
  return reasons.filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms)
}

function changesIn(interval: Interval, task: TaskIndex, { plan, pauses, holdersOf, slotsFor }: Context): Change[] {
  const changes: Change[] = []
  const add = (span: Interval, change: Pick<Change, 'holder' | 'isFull' | 'isPause'>): void => {
    const from = Math.max(span.from, interval.from)
    const to = Math.min(span.to, interval.to)
    if (from >= to) return
    changes.push({ ...change, at: from, step: 1 }, { ...change, at: to, step: -1 })
  }
  const claimSet = plan.claimSet[task]!
  for (const holder of claimSet === -1 ? [] : holdersOf(claimSet)) {
    if (holder.from >= interval.to) break
    add(holder, { holder, isFull: false, isPause: false })
  }
  for (const full of slotsFor(plan.need[task]!).full) {
    if (full.from >= interval.to) break
    add(full, { holder: null, isFull: true, isPause: false })
  }
  for (const pause of pauses) add(pause, { holder: null, isFull: false, isPause: true })
  return changes
}

function sweep({ from, to }: Interval, changes: readonly Change[], tally: Tally): void {
  /** Holders in the order in which they came. */
  const holders: NonNullable<Change['holder']>[] = []
  let full = 0
  let pauses = 0
  let last = from
  for (const { at, step, holder, isFull, isPause } of [
    ...changes,
    { at: to, step: 1, holder: null, isFull: false, isPause: false },
  ]) {
    count(at - last)
    last = at
    full += isFull ? step : 0
    pauses += isPause ? step : 0
    if (holder === null) continue
    if (step === 1) holders.push(holder)
    else
      holders.splice(
        holders.findIndex(({ task }) => task === holder.task),
        1,
      )
  }

  function count(ms: DurationMs): void {
    const [first] = holders
    if (ms <= 0) return
    if (first !== undefined) {
      const held = tally.byPath.get(first.path) ?? { heldBy: new Set<TaskId>(), ms: 0 }
      held.ms += ms
      held.heldBy.add(first.task)
      tally.byPath.set(first.path, held)
    } else if (pauses > 0) tally.paused += ms
    else if (full > 0) tally.capacity += ms
    else tally.other += ms
  }
}

function canServe(worker: { readonly pool: string; readonly capabilities: ReadonlySet<string> }, need: Need): boolean {
  if (need.pool !== null && need.pool !== worker.pool) return false
  return need.requires.every((capability) => worker.capabilities.has(capability))
}
