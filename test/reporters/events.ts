/** Events of a run written by hand, and a run that tells them. */
import type { JsonValue, RunEvent, RunEventMap, RunEventType } from '../../src/core/types.js'
import { checkPlan } from '../../src/plan/check.js'
import type { PlanDocument } from '../../src/plan/types.js'
import type { WatchedProgress, WatchedReason, WatchedRun } from '../../src/reporters/terminal/run.js'

/** Fields of an event that a story names; the run is `r1`. Those of another event of the attempt may be given with them. */
type Told<Type extends RunEventType> = Partial<Record<keyof RunEventMap[Type], unknown>>

export function event<Type extends RunEventType>(type: Type, at: number, fields: Told<Type> = {}): RunEvent {
  return { run: 'r1', ...fields, type, at } as unknown as RunEvent
}

/** The opening of a run of this plan at time 0. */
export function opening(document: PlanDocument): RunEvent {
  const check = checkPlan(document)
  if (!check.ok) throw new Error(check.diagnostics[0]?.message)
  return event('run.opened', 0, { plan: check.plan as unknown as JsonValue })
}

let fences = 0

/** An attempt from its start to its end, in the two events of the happy path. */
export function attempt(
  task: string,
  worker: string,
  from: number,
  to: number,
  slot = 1,
): readonly [RunEvent, RunEvent] {
  fences += 1
  const head = { task, attempt: 1, fence: fences }
  return [
    event('attempt.started', from, { ...head, worker, slot }),
    event('attempt.succeeded', to, { ...head, result: null }),
  ]
}

export interface ToldRun extends WatchedRun {
  /** Tells the next event; resolves when it has been taken. */
  tell(event: RunEvent): Promise<void>
  progressIs: WatchedProgress
  progress: () => WatchedProgress
  readonly reasons: Map<string, readonly WatchedReason[]>
}

export const NO_PROGRESS: WatchedProgress = {
  total: 0,
  done: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  percent: 0,
  etaMs: null,
}

export function toldRun(): ToldRun {
  const queue: RunEvent[] = []
  let wake: () => void = () => {}
  const run: ToldRun = {
    id: 'r1',
    progressIs: NO_PROGRESS,
    reasons: new Map(),
    progress: () => run.progressIs,
    explain: (task) => run.reasons.get(task) ?? [],
    async *events() {
      for (;;) {
        const next = queue.shift()
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
          continue
        }
        yield next
        if (next.type === 'run.closed') return
      }
    },
    tell: async (told) => {
      queue.push(told)
      wake()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return run
}
