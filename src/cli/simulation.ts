/** Work that is only simulated: attempts that take their estimate, and fail as often as they are told to. */
import type { DurationMs, JsonValue } from '../core/types.js'
import { visitReferences } from '../plan/references.js'
import type { Plan, Pool, Stream, Task } from '../plan/types.js'
import { ASSUMED_MS } from '../planning/overview.js'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Clock, Executor } from '../runtime/ports.js'

/** The handler of all tasks of a simulated run: no program registers it, so none takes such a run for its own. */
export const SIMULATED_HANDLER = 'signalbox.simulated'

export interface SimulationOptions {
  /** Plans of the runs whose attempts are simulated. */
  readonly plans: ReadonlyMap<string, Plan>
  readonly clock: Clock
  /** Share of the attempts that fail: 0 to 1. */
  readonly failShare: number
  /** The same seed gives the same durations and failures. */
  readonly seed: number
}

/** As in a plan. */
const LONGEST_KEY = 256

/**
 * A copy of the plan that can be run without any host: each task has an estimate, the pools are these, and whatever is
 * carried out has the handler of simulations.
 */
export function simulatedPlan(plan: Plan, pools: { readonly [name: string]: Pool }): Plan {
  const { streams = [], tasks = [], gates = [] } = plan
  const simulated = (task: Task): Task => ({
    ...task,
    handler: SIMULATED_HANDLER,
    estimate: task.estimate ?? ASSUMED_MS,
    // What is made up stands for no real result.
    idempotencyKey: task.idempotencyKey && `~${task.idempotencyKey}`.slice(0, LONGEST_KEY),
    verify: task.verify?.map((step) =>
      typeof step === 'string' ? SIMULATED_HANDLER : { ...step, handler: SIMULATED_HANDLER },
    ),
  })
  return {
    ...plan,
    pools,
    streams: streams.map((stream): Stream => ({ ...stream, tasks: (stream.tasks ?? []).map(simulated) })),
    tasks: tasks.map(simulated),
    gates: gates.map((gate) => (gate.kind === 'check' ? { ...gate, handler: SIMULATED_HANDLER } : gate)),
  }
}

/** Carries out the attempts of these plans on the clock, without doing anything. */
export function simulatedExecutor({ plans, clock, failShare, seed }: SimulationOptions): Executor {
  const parts = new Map(
    [...plans].map(([run, plan]) => {
      const tasks = tasksById(plan)
      return [run, { tasks, results: resultsByTask(tasks) }]
    }),
  )

  function execute(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    // What is verified is not looked at.
    if (attempt.step !== undefined) return Promise.resolve({ ok: true, result: true })
    const { tasks, results } = parts.get(attempt.run) ?? NOTHING
    const chance = (of: string): number => shareOf(`${seed}/${of}/${attempt.task}#${attempt.attempt}`)
    const { min, max } = estimateOf(tasks.get(attempt.task))
    const durationMs = Math.round(min + chance('duration') * (max - min))
    const outcome: AttemptOutcome =
      chance('failure') < failShare
        ? { ok: false, failure: { kind: 'error', message: 'This failure is simulated.' } }
        : { ok: true, result: results.get(attempt.task) ?? null }
    return new Promise((resolve) => {
      const startedAt = clock.now()
      const milestones = tasks.get(attempt.task)?.milestones ?? []
      const disarms = [
        // Evenly spread over the attempt.
        ...milestones.map((name, index) => {
          const share = (index + 1) / (milestones.length + 1)
          return clock.arm(startedAt + Math.round(durationMs * share), () => void context.milestone(name))
        }),
        clock.arm(startedAt + durationMs, () => resolve(outcome)),
      ]
      context.signal.addEventListener('abort', () => {
        for (const disarm of disarms) disarm()
        resolve(outcome)
      })
    })
  }

  return { inProcess: true, execute }
}

/** Of a run whose plan is not known. */
const NOTHING: { readonly tasks: ReadonlyMap<string, Task>; readonly results: ReadonlyMap<string, JsonValue> } = {
  tasks: new Map(),
  results: new Map(),
}

function estimateOf(task: Task | undefined): { readonly min: DurationMs; readonly max: DurationMs } {
  const estimate = task?.estimate ?? ASSUMED_MS
  return typeof estimate === 'number' ? { min: estimate, max: estimate } : estimate
}

/** All tasks of a plan by their full ids. */
export function tasksById({ streams = [], tasks = [] }: Plan): ReadonlyMap<string, Task> {
  const byId = new Map<string, Task>()
  for (const stream of streams) for (const task of stream.tasks ?? []) byId.set(`${stream.id}/${task.id}`, task)
  for (const task of tasks) byId.set(task.id, task)
  return byId
}

/** Parts further inside a result are not made up: whoever refers to them fails. */
const DEEPEST_PART = 64

/** A part of a result: what others refer to inside it. */
interface Shape {
  readonly parts: Map<string, Shape>
  /** The condition of a task looks at it, and shall hold. */
  isAsked: boolean
}

/**
 * Results with all parts that inputs and conditions of other tasks refer to: an input that cannot be filled fails its task,
 * and work that is never needed shows nothing.
 */
export function resultsByTask(tasks: ReadonlyMap<string, Task>): ReadonlyMap<string, JsonValue> {
  const shapes = new Map<string, Shape>()
  const partOf = (id: string, from: string, path: readonly (string | number)[]): Shape => {
    const sibling = `${id.slice(0, id.lastIndexOf('/') + 1)}${from}`
    const source = tasks.has(sibling) ? sibling : from
    const shape = shapes.get(source) ?? newShape()
    shapes.set(source, shape)
    return addPart(shape, path)
  }
  for (const [id, { input, if: condition }] of tasks) {
    if (condition !== undefined) partOf(id, condition.$from, condition.path ?? []).isAsked = true
    if (input === undefined) continue
    visitReferences(input, (reference) => {
      if (reference !== null && reference.path.length <= DEEPEST_PART) partOf(id, reference.from, reference.path)
    })
  }
  return new Map([...shapes].map(([id, shape]) => [id, toValue(shape)]))
}

function newShape(): Shape {
  return { parts: new Map(), isAsked: false }
}

function addPart(shape: Shape, path: readonly (string | number)[]): Shape {
  let at = shape
  for (const step of path) {
    const next = at.parts.get(String(step)) ?? newShape()
    at.parts.set(String(step), next)
    at = next
  }
  return at
}

function toValue({ parts, isAsked }: Shape): JsonValue {
  if (parts.size === 0) return isAsked ? true : null
  return Object.fromEntries([...parts].map(([step, part]) => [step, toValue(part)]))
}

/** A number from 0 to 1 (not 1) that the text alone decides (FNV-1a, then the finisher of MurmurHash3). */
function shareOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
