/** Plays a plan through on the real core and a clock that waits for nobody: who would run what, from when to when. */
import { createState } from '../core/create.js'
import { decide } from '../core/decide.js'
import { heapPop, heapPush } from '../core/heap.js'
import { PLACE } from '../core/state.js'
import type {
  CompiledPlan,
  DurationMs,
  EpochMs,
  Input,
  Instruction,
  JsonValue,
  PoolId,
  RunEvent,
  RunId,
  TaskIndex,
  WorkerId,
} from '../core/types.js'

export interface SimulateOptions {
  /** Who works: at least one pool, or nothing is ever started. */
  readonly pools: {
    readonly [pool: string]: { readonly slots: number; readonly capabilities?: readonly string[] | undefined }
  }
  /** How long an attempt of the task takes. */
  readonly durationOf: (task: TaskIndex) => DurationMs
  /** What it returns; conditions of other tasks look at it. Default: null. */
  readonly resultOf?: (task: TaskIndex) => JsonValue
  /** The plan as it was read, for the event that opens the run. Default: null. */
  readonly plan?: JsonValue
}

/** Something that will happen. */
interface Due {
  readonly at: EpochMs
  /** Of what happens at one time, the first that was foreseen comes first. */
  readonly seq: number
  readonly input: Input
}

const RUN = 'simulated' as RunId

/**
 * The events of a run in which every attempt succeeds, milestones are spread evenly over their task, what must be verified
 * is, and whatever awaits approval is approved at once. Time begins at 0. It ends when nothing more happens: the run is
 * closed then, unless a task finds no worker. The same arguments give the same events. O(tasks × log tasks), and claims.
 */
export function simulate(plan: CompiledPlan, options: SimulateOptions): readonly RunEvent[] {
  const state = createState()
  const plans = new Map([[RUN, plan]])
  const events: RunEvent[] = []
  const due: Due[] = []
  let seq = 0
  const first = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq)
  const foresee = (at: EpochMs, input: Input): void => {
    seq += 1
    heapPush(due, { at, seq, input }, first)
  }
  let wakeAt: EpochMs | null = null
  const step = (input: Input, now: EpochMs): void => {
    const decision = decide(plans, state, input, now)
    for (const event of decision.events) events.push(event)
    wakeAt = decision.wakeAt
    for (const instruction of decision.instructions) perform(instruction, now, plan, options, foresee)
    for (const gate of gatesAwaiting(plan, state.runs.get(RUN)?.place)) {
      foresee(now, { type: 'approve', run: RUN, gate, by: null, note: null })
    }
  }
  for (const [pool, { slots, capabilities = [] }] of Object.entries(options.pools)) {
    step({ type: 'join', worker: pool as WorkerId, pool: pool as PoolId, slots, capabilities }, 0)
  }
  step({ type: 'open', run: RUN, plan: options.plan ?? null }, 0)
  for (;;) {
    const next = due[0]
    if (next !== undefined && (wakeAt === null || next.at <= wakeAt)) step(heapPop(due, first).input, next.at)
    else if (wakeAt !== null && state.runs.has(RUN)) step({ type: 'tick' }, wakeAt)
    else return events
  }
}

function perform(
  instruction: Instruction,
  now: EpochMs,
  plan: CompiledPlan,
  { durationOf, resultOf = () => null }: SimulateOptions,
  foresee: (at: EpochMs, input: Input) => void,
): void {
  const { run, task: id, fence } = instruction
  const attempt = { run, task: id, fence }
  const task = plan.taskIndex.get(id) as TaskIndex
  switch (instruction.type) {
    case 'startAttempt': {
      const milestones = [...(plan.milestones.get(task)?.keys() ?? [])]
      const durationMs = durationOf(task)
      for (const [index, name] of milestones.entries()) {
        const share = (index + 1) / (milestones.length + 1)
        foresee(now + Math.round(durationMs * share), { type: 'milestone', name, ...attempt })
      }
      return foresee(now + durationMs, { type: 'complete', result: resultOf(task), ...attempt })
    }
    case 'verifyAttempt':
      return foresee(now, { type: 'verify', step: instruction.step, result: true, ...attempt })
    case 'stopAttempt':
      return foresee(now, { type: 'confirmStop', ...attempt })
    case 'grantIntegration':
      return
    default:
      instruction satisfies never
  }
}

/** `place` undefined: the run has ended. */
function gatesAwaiting({ gates, taskIds }: CompiledPlan, place: Uint8Array | undefined): readonly string[] {
  if (gates.size === 0 || place === undefined) return []
  return [...gates.keys()].filter((gate) => place[gate] === PLACE.gate).map((gate) => taskIds[gate] as string)
}
