/**
 * A world for tests of the core: plans in code, decisions step by step, time by hand.
 *
 * After every decision, and at the end of each test, the invariants are checked; and the events, as JSON, are folded into a
 * second state that must agree with the live one byte for byte (S9). The second state goes event by event, so it sees every
 * move of a task and an attempt.
 */
import { afterEach, expect } from 'vitest'
import { canonical } from '../../src/core/canonical.js'
import { createState } from '../../src/core/create.js'
import { decide, decideAll } from '../../src/core/decide.js'
import { decodeState } from '../../src/core/decode-state.js'
import { encodeState } from '../../src/core/encode-state.js'
import { explain, type Reason } from '../../src/core/explain.js'
import { checkInvariants } from '../../src/core/invariants.js'
import { reduce } from '../../src/core/reduce.js'
import type { SavedState } from '../../src/core/saved-state.js'
import { type Attempt, type RunState, type ScopeState, STATUS_NAMES } from '../../src/core/state.js'
import type { AttemptStatus } from '../../src/core/transitions.js'
import type {
  AttemptRef,
  BatchDecision,
  CancelTarget,
  CompiledPlan,
  Decision,
  Failure,
  Input,
  JsonValue,
  RunEvent,
  RunEventMap,
  RunEventType,
  RunId,
  TaskStatus,
} from '../../src/core/types.js'
import { type AmendablePlan, amendPlan } from '../../src/plan/amend.js'
import type { AmendmentDocument } from '../../src/plan/amendment.js'
import { checkPlan } from '../../src/plan/check.js'
import type { PlanDocument } from '../../src/plan/types.js'
import { createPlanVersions } from '../../src/plan/versions.js'

export interface Move<State extends string> {
  readonly from: State
  readonly to: State
  readonly by: RunEventType
}

export interface WorkerOptions {
  readonly pool?: string
  readonly slots?: number
  readonly capabilities?: readonly string[]
  /** It asks for work. */
  readonly leaseMs?: number
}

export interface WorldOptions {
  /** `false`: no checks between the steps, for worlds that are large. */
  readonly isChecked?: boolean
}

/** Where the time of every world starts. */
export const START = 1_000_000

export interface World {
  readonly state: ScopeState
  readonly journal: RunEvent[]
  /** Every move seen so far. */
  readonly taskMoves: Move<TaskStatus>[]
  readonly attemptMoves: Move<AttemptStatus>[]
  now: number
  /** The last decision. */
  last: Decision
  send(input: unknown): Decision
  /** Decides on several inputs that came together. */
  sendAll(inputs: readonly unknown[]): BatchDecision
  worker(id?: string, options?: WorkerOptions): Decision
  open(plan: PlanDocument, run?: string): Decision
  complete(task: string, result?: JsonValue): Decision
  fail(task: string, failure?: Partial<Failure>): Decision
  beat(task: string, progress?: JsonValue): Decision
  /** The executor says that an attempt told to stop has stopped; by default the oldest of the task. */
  confirm(task: string): Decision
  cancel(target?: CancelTarget | string, run?: string): Decision
  /** Changes the plan; with `task`, together with its result. Throws where the amendment does not fit the plan. */
  amend(amendment: AmendmentDocument, task?: string): Decision
  reopen(task: string, downstream?: boolean): Decision
  /** Lets time pass in one go, then ticks. */
  wait(ms: number): Decision
  /** Goes from one wanted wake-up to the next, up to `ms` from now: as a host with a perfect timer would. */
  pass(ms: number): void
  /** Throws the state away and folds the journal, as a host does that starts again. */
  reload(): void
  run(id?: string): RunState
  status(task: string, run?: string): TaskStatus
  attempts(task: string, run?: string): number
  failure(task: string, run?: string): Failure | undefined
  live(task: string, run?: string): Attempt
  /** What names the live attempt in a report. */
  ref(task: string, run?: string): AttemptRef
  running(run?: string): readonly string[]
  closing(): readonly string[]
  explain(task: string, run?: string): readonly Reason[]
  events<Type extends RunEventType>(type: Type): readonly RunEventMap[Type][]
}

export function compilePlan(plan: PlanDocument): CompiledPlan {
  return amendablePlan(plan).compiled
}

function amendablePlan(document: PlanDocument): AmendablePlan {
  const { ok, plan: frame, compiled, diagnostics } = checkPlan(document)
  if (!ok) throw new Error(`The plan of the test is wrong: ${diagnostics.map(({ message }) => message).join(' ')}`)
  return { frame, compiled }
}

/** The worlds of the test that runs: whatever a test does, its worlds are sound at its end. */
const worlds: CoreWorld[] = []
afterEach(() => {
  for (const each of worlds.splice(0)) {
    checkInvariants(each.state, each.decidedAt)
    if (each.isChecked) checkInvariants(each.copy(), each.decidedAt)
  }
})

export function world(options: WorldOptions = {}): World {
  const made = new CoreWorld(options)
  worlds.push(made)
  return made
}

/** Some tests have clocks that show no time at all. */
function timeOf(now: number): number {
  return Number.isFinite(now) ? now : 0
}

class CoreWorld implements World {
  state: ScopeState = createState()
  readonly journal: RunEvent[] = []
  readonly taskMoves: Move<TaskStatus>[] = []
  readonly attemptMoves: Move<AttemptStatus>[] = []
  now = START
  decidedAt = START
  last: Decision = { events: [], instructions: [], wakeAt: null, rejection: null }
  private plans = createPlanVersions()
  private readonly shadowPlans = createPlanVersions()
  private readonly bases = new Map<RunId, AmendablePlan>()
  readonly isChecked: boolean
  private readonly shadow: ScopeState = createState()

  constructor({ isChecked = true }: WorldOptions) {
    this.isChecked = isChecked
  }

  send(input: unknown): Decision {
    this.decidedAt = timeOf(this.now)
    this.last = decide(this.plans.compiled, this.state, input as Input, this.now)
    this.journal.push(...this.last.events)
    if (this.isChecked) this.check()
    return this.last
  }

  sendAll(inputs: readonly unknown[]): BatchDecision {
    this.decidedAt = timeOf(this.now)
    const { rejections, ...decision } = decideAll(this.plans.compiled, this.state, inputs as readonly Input[], this.now)
    this.last = { ...decision, rejection: null }
    this.journal.push(...decision.events)
    if (this.isChecked) this.check()
    return { ...decision, rejections }
  }

  private check(): void {
    checkInvariants(this.state, this.decidedAt)
    for (const event of this.last.events) this.follow(JSON.parse(JSON.stringify(event)) as RunEvent)
    expect(canonical(this.shadow)).toBe(canonical(this.state))
  }

  /** Folds one event into the second state and notes what moved. */
  private follow(event: RunEvent): void {
    const before = this.picture()
    this.shadowPlans.follow(event, (_, run) => this.bases.get(run)!)
    reduce(this.shadowPlans.compiled, this.shadow, event)
    const after = this.picture()
    for (const [id, to] of after.tasks) {
      const from = before.tasks.get(id) ?? 'waiting'
      if (from !== to) this.taskMoves.push({ from, to, by: event.type })
    }
    for (const [fence, from] of before.attempts) {
      const to = after.attempts.get(fence) ?? 'ended'
      if (from !== to) this.attemptMoves.push({ from, to, by: event.type })
    }
  }

  private picture(): { tasks: Map<string, TaskStatus>; attempts: Map<number, AttemptStatus> } {
    const tasks = new Map<string, TaskStatus>()
    const attempts = new Map<number, AttemptStatus>()
    for (const run of [...this.shadow.runs.values(), ...this.shadow.ended.values()]) {
      for (const [task, id] of run.plan.taskIds.entries())
        tasks.set(`${run.id}/${id}`, STATUS_NAMES[run.status[task]!]!)
      for (const { fence } of run.live.values()) attempts.set(fence, 'live')
    }
    for (const fence of this.shadow.closing.keys()) attempts.set(fence, 'closing')
    return { tasks, attempts }
  }

  worker(id = 'w', { pool = 'local', slots = 1, capabilities = [], ...more }: WorkerOptions = {}): Decision {
    return this.send({ type: 'join', worker: id, pool, slots, capabilities, ...more })
  }

  open(plan: PlanDocument, run = 'r'): Decision {
    const id = run as RunId
    if (!this.bases.has(id)) this.bases.set(id, amendablePlan(plan))
    if (!this.plans.compiled.has(id)) this.plans.put(id, this.bases.get(id)!)
    return this.send({ type: 'open', run, plan: {} })
  }

  complete(task: string, result: JsonValue = null): Decision {
    return this.send({ type: 'complete', ...this.refOf(task), result })
  }

  fail(task: string, failure: Partial<Failure> = {}): Decision {
    return this.send({ type: 'fail', ...this.refOf(task), failure: { kind: 'error', message: 'it broke', ...failure } })
  }

  beat(task: string, progress?: JsonValue): Decision {
    return this.send({ type: 'beat', ...this.refOf(task), ...(progress === undefined ? {} : { progress }) })
  }

  confirm(task: string): Decision {
    for (const attempt of this.state.closing.values()) {
      const id = attempt.run.plan.taskIds[attempt.task]!
      if (id !== task) continue
      return this.send({ type: 'confirmStop', run: attempt.run.id, task: id, fence: attempt.fence })
    }
    throw new Error(`No attempt of "${task}" is closing.`)
  }

  cancel(target: CancelTarget | string = { kind: 'run' }, run = 'r'): Decision {
    const whom = typeof target === 'string' ? { kind: 'task', task: target } : target
    return this.send({ type: 'cancel', run, target: whom, reason: 'not needed' })
  }

  amend(amendment: AmendmentDocument, task?: string): Decision {
    const run = 'r' as RunId
    const before = this.plans.get(run)!
    const result = amendPlan(before, amendment)
    if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join(' '))
    this.plans.put(run, result.plan)
    const amending = { run, amendment: result.stored, removed: result.removed, changed: result.changed }
    const decision = this.send(
      task === undefined
        ? { type: 'amend', ...amending }
        : { type: 'complete', ...this.refOf(task), result: null, amending },
    )
    if (this.state.runs.get(run)?.plan !== result.plan.compiled) this.plans.put(run, before)
    return decision
  }

  reopen(task: string, downstream = false): Decision {
    return this.send({ type: 'reopen', run: 'r', task, downstream, reason: 'again' })
  }

  wait(ms: number): Decision {
    this.now += ms
    return this.send({ type: 'tick' })
  }

  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const wakeAt = this.state.deadlines.next()
      if (wakeAt === null || wakeAt > end) break
      this.wait(Math.max(0, wakeAt - this.now))
    }
    this.now = end
  }

  /** Written down and read back. */
  copy(): ScopeState {
    const saved = JSON.parse(JSON.stringify(encodeState(this.state))) as SavedState
    const copy = decodeState(this.plans.compiled, saved)
    expect(canonical(copy)).toBe(canonical(this.state))
    return copy
  }

  reload(): void {
    this.state = createState()
    this.plans = createPlanVersions()
    for (const event of this.journal) {
      this.plans.follow(event, (_, run) => this.bases.get(run)!)
      reduce(this.plans.compiled, this.state, JSON.parse(JSON.stringify(event)) as RunEvent)
    }
  }

  run(id = 'r'): RunState {
    const run = this.state.runs.get(id as RunId) ?? this.state.ended.get(id as RunId)
    if (run === undefined) throw new Error(`There is no run "${id}".`)
    return run
  }

  status(task: string, run = 'r'): TaskStatus {
    return STATUS_NAMES[this.run(run).status[this.indexOf(task, run)]!]!
  }

  attempts(task: string, run = 'r'): number {
    return this.run(run).attempts[this.indexOf(task, run)]!
  }

  failure(task: string, run = 'r'): Failure | undefined {
    return this.run(run).failures.get(this.indexOf(task, run))
  }

  live(task: string, run = 'r'): Attempt {
    const attempt = this.run(run).live.get(this.indexOf(task, run))
    if (attempt === undefined) throw new Error(`"${task}" is not running, it is ${this.status(task, run)}.`)
    return attempt
  }

  ref(task: string, run = 'r'): AttemptRef {
    const { fence } = this.live(task, run)
    return { run: run as RunId, task: task as AttemptRef['task'], fence }
  }

  running(run = 'r'): readonly string[] {
    const { live, plan } = this.run(run)
    return [...live.keys()].sort((a, b) => a - b).map((task) => plan.taskIds[task]!)
  }

  closing(): readonly string[] {
    return [...this.state.closing.values()].map(({ run, task }) => run.plan.taskIds[task]!)
  }

  explain(task: string, run = 'r'): readonly Reason[] {
    return explain(this.state, this.run(run), this.indexOf(task, run), this.now)
  }

  events<Type extends RunEventType>(type: Type): readonly RunEventMap[Type][] {
    return this.journal.filter((event): event is RunEventMap[Type] => event.type === type)
  }

  /** The live attempt of a task, in whichever run has one. */
  private refOf(task: string): AttemptRef {
    for (const run of this.state.runs.values()) {
      const index = run.plan.taskIndex.get(task)
      if (index !== undefined && run.live.has(index)) return this.ref(task, run.id)
    }
    throw new Error(`No run has a live attempt of "${task}".`)
  }

  private indexOf(task: string, run: string): number {
    const index = this.run(run).plan.taskIndex.get(task)
    if (index === undefined) throw new Error(`Run "${run}" has no task "${task}".`)
    return index
  }
}
