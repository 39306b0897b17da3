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
  return [...history.waits]
    .map(([task, intervals]) => ({
      task,
      intervals,
      waitedMs: intervals.reduce((sum, { from, to }) => sum + to - from, 0),
    }))
    .sort((a, b) => b.waitedMs - a.waitedMs || a.task - b.task)
    .slice(0, most)
    .map(({ task, intervals, waitedMs }) => {
      const reasons = reasonsOf(task, intervals, { history, plan, conflictOf })
      return { task: plan.taskIds[task]!, waitedMs, reasons }
    })
}

interface Context {
  readonly history: History
  readonly plan: CompiledPlan
  readonly conflictOf: ConflictOf
}

/** Something that began or ended while the task waited. */
interface Change {
  readonly at: EpochMs
  readonly step: 1 | -1
  /** What holds a path in the way. */
  readonly holder: { readonly task: TaskId; readonly path: string } | null
  /** Whether it is a slot that could have served the task. */
  readonly isSlot: boolean
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
  const { plan, history } = context
  const need = plan.needs[plan.need[task]!]!
  const able = [...history.workers.values()].filter((worker) => canServe(worker, need))
  const slots = able.reduce((sum, worker) => sum + worker.slots, 0)
  const tally: Tally = { byPath: new Map(), capacity: 0, paused: 0, other: 0 }
  for (const interval of intervals) {
    const changes = changesIn(interval, task, need, context)
    sweep(
      interval,
      changes.sort((a, b) => a.at - b.at || a.step - b.step),
      slots,
      tally,
    )
  }
  const claims = [...tally.byPath].map(
    ([path, { heldBy, ms }]): WaitReason => ({ kind: 'claim', path, heldBy: [...heldBy], ms }),
  )
  const reasons: readonly WaitReason[] = [
    ...claims,
    { kind: 'capacity', pools: [...new Set(able.map(({ pool }) => pool))], slots, ms: tally.capacity },
    { kind: 'paused', ms: tally.paused },
    { kind: 'other', ms: tally.other },
  ]
  return reasons.filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms)
}

function changesIn(interval: Interval, task: TaskIndex, need: Need, { history, plan, conflictOf }: Context): Change[] {
  const changes: Change[] = []
  const add = (span: Interval, change: Pick<Change, 'holder' | 'isSlot' | 'isPause'>): void => {
    const from = Math.max(span.from, interval.from)
    const to = Math.min(span.to, interval.to)
    if (from >= to) return
    changes.push({ ...change, at: from, step: 1 }, { ...change, at: to, step: -1 })
  }
  const mine = plan.claimSet[task]!
  for (const hold of history.holds) {
    // Holds are in the order of their starts.
    if (hold.from >= interval.to) break
    if (hold.to <= interval.from) continue
    const path = mine === -1 || plan.claimSet[hold.task] === -1 ? null : conflictOf(mine, plan.claimSet[hold.task]!)
    const holder = path === null ? null : { task: plan.taskIds[hold.task]!, path }
    const isSlot = servesAs(hold, need, history)
    if (holder !== null || isSlot) add(hold, { holder, isSlot, isPause: false })
  }
  for (const pause of history.pauses) add(pause, { holder: null, isSlot: false, isPause: true })
  return changes
}

function sweep({ from, to }: Interval, changes: readonly Change[], slots: number, tally: Tally): void {
  /** Holders in the order in which they came. */
  const holders: NonNullable<Change['holder']>[] = []
  let busy = 0
  let pauses = 0
  let last = from
  for (const { at, step, holder, isSlot, isPause } of [
    ...changes,
    { at: to, step: 1, holder: null, isSlot: false, isPause: false },
  ]) {
    count(at - last)
    last = at
    busy += isSlot ? step : 0
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
    else if (slots > 0 && busy >= slots) tally.capacity += ms
    else tally.other += ms
  }
}

function servesAs({ worker }: Hold, need: Need, { workers }: History): boolean {
  const use = workers.get(worker)
  return use !== undefined && canServe(use, need)
}

function canServe(worker: { readonly pool: string; readonly capabilities: ReadonlySet<string> }, need: Need): boolean {
  if (need.pool !== null && need.pool !== worker.pool) return false
  return need.requires.every((capability) => worker.capabilities.has(capability))
}
