/**
 * Scenarios: a text file with a plan, steps, and what the core decided after each of them. Running it gives the same text
 * with the decisions as they are now, so a test compares two texts and a reader reviews a diff. In the manner of the
 * testdata of etcd's raft.
 *
 * ```text
 * # Why this scenario is worth having.
 *
 * plan
 *   { "tasks": [{ "id": "a" }, { "id": "b", "dependsOn": ["a"] }] }
 *
 * > open r1
 *   +0s run.opened r1
 *
 * > join w1 slots=2
 *   +0s worker.joined w1 pool local slots 2
 *   +0s attempt.started r1/a#1 on w1 slot 1, fence 1
 *   start r1/a#1
 * ```
 *
 * Lines that start with `> ` are steps; the indented lines after them are output and are replaced. Everything else stays.
 */
import { canonical } from '../core/canonical.js'
import { createState } from '../core/create.js'
import { decide } from '../core/decide.js'
import { explain } from '../core/explain.js'
import { inboxOf } from '../core/handed-over.js'
import { checkInvariants } from '../core/invariants.js'
import { reduce } from '../core/reduce.js'
import type { RunState, ScopeState } from '../core/state.js'
import { STATUS_NAMES } from '../core/state.js'
import type { EpochMs, Input, Instruction, JsonValue, Rejection, RunEvent, RunId, TaskId } from '../core/types.js'
import type { AmendablePlan } from '../plan/amend.js'
import { checkPlan } from '../plan/check.js'
import { createPlanVersions, type PlanVersions } from '../plan/versions.js'
import { storedPlanOf } from '../runtime/plans.js'
import { printEvent, printTime } from './print-event.js'
import { printReason } from './print-reason.js'
import type { ScenarioStep } from './scenario-steps.js'
import { parseStep } from './scenario-steps.js'

export interface ScenarioOptions {
  /** Reads the text of a plan. Default: `JSON.parse`; pass a YAML parser to write plans in YAML. */
  readonly readPlan?: (text: string) => unknown
  /** Told of each event that is decided, in order. */
  readonly onEvent?: (event: RunEvent) => void
}

/** What a scenario is at the moment. */
interface Stage {
  readonly plans: Map<string, AmendablePlan>
  byRun: PlanVersions
  readonly journal: RunEvent[]
  state: ScopeState
  now: EpochMs
  wakeAt: EpochMs | null
  readonly onEvent: (event: RunEvent) => void
}

/** Time 0 of every scenario. */
const ORIGIN = 1_000_000

/**
 * Plays a scenario and returns its text with the present output. Invariants are checked after every decision.
 *
 * @throws Error with the line number where a step cannot be read or an invariant is broken.
 */
export function runScenario(text: string, options: ScenarioOptions = {}): string {
  const { readPlan = JSON.parse, onEvent = () => undefined } = options
  const stage: Stage = {
    plans: new Map(),
    byRun: createPlanVersions(),
    journal: [],
    state: createState(),
    now: ORIGIN,
    wakeAt: null,
    onEvent,
  }
  const lines = text.split('\n')
  const output: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!
    output.push(line)
    const isStep = line.startsWith('> ')
    const plan = /^plan(?: (\S+))?$/.exec(line)
    if (!isStep && plan === null) continue
    const block = takeBlock(lines, at + 1)
    try {
      if (plan !== null) addPlan(stage, plan[1] ?? 'plan', readPlan(block.map((each) => each.slice(2)).join('\n')))
      else output.push(...play(stage, parseStep(line.slice(2))).map((each) => `  ${each}`))
    } catch (error) {
      throw new Error(`Line ${at + 1}, "${line}": ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
    if (plan !== null) output.push(...block)
    at += block.length
  }
  return output.join('\n')
}

/** The indented lines from `from` on; a plan may have blank lines between them. */
function takeBlock(lines: readonly string[], from: number): readonly string[] {
  let end = from
  for (let at = from; at < lines.length; at += 1) {
    if (lines[at]!.startsWith('  ')) end = at + 1
    else if (lines[at] !== '') break
  }
  return lines.slice(from, end)
}

function addPlan(stage: Stage, name: string, value: unknown): void {
  const result = checkPlan(value)
  if (!result.ok) throw new Error(result.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  stage.plans.set(name, { frame: result.plan, compiled: result.compiled })
}

function play(stage: Stage, step: ScenarioStep): readonly string[] {
  switch (step.kind) {
    case 'input':
      return decideOn(stage, step.input)
    case 'open': {
      const plan = stage.plans.get(step.plan)
      if (plan === undefined) throw new Error(`There is no plan "${step.plan}".`)
      if (stage.byRun.get(step.run) === undefined) stage.byRun.put(step.run, plan)
      const { run, key } = step
      return decideOn(stage, {
        type: 'open',
        run,
        plan: plan.frame as unknown as JsonValue,
        ...(key === undefined ? {} : { idempotencyKey: key }),
      })
    }
    case 'report':
      return decideOn(stage, reportInput(stage, step))
    case 'send':
      return decideOn(stage, sendInput(stage, step))
    case 'amend':
      return amendRun(stage, step)
    case 'time': {
      const wake = Math.max(stage.now, stage.wakeAt ?? stage.now)
      stage.now = step.to === 'at' ? ORIGIN + step.ms : step.to === 'after' ? stage.now + step.ms : wake
      return decideOn(stage, { type: 'tick' })
    }
    case 'clock':
      stage.now += step.ms
      return [`it is ${printTime(stage.now, ORIGIN)}`]
    case 'explain':
      return explainTask(stage, step.run, step.task)
    case 'read':
      return readBy(stage, step.run, step.task)
    case 'status':
      return statusOf(stage, step.run)
    case 'crash':
      return [...reload(stage), ...leaveAll(stage)]
    case 'reload':
      return reload(stage)
    default:
      return step satisfies never
  }
}

function decideOn(stage: Stage, input: Input): readonly string[] {
  const before = stage.wakeAt
  const decision = decide(stage.byRun.compiled, stage.state, input, stage.now)
  checkInvariants(stage.state, stage.now)
  stage.wakeAt = decision.wakeAt
  for (const event of decision.events) {
    stage.journal.push(event)
    stage.onEvent(event)
  }
  const { rejection } = decision
  return [
    ...(rejection === null ? [] : [`refused ${rejection.code}: ${rejection.message}${printRefused(rejection)}`]),
    ...decision.events.map((event) => printEvent(event, ORIGIN)),
    ...decision.instructions.map(printInstruction),
    ...(decision.wakeAt === before ? [] : [printWake(decision.wakeAt)]),
  ]
}

/** Changes the plan; with a task, together with its completion. What does not fit the plan is printed, not decided upon. */
function amendRun(
  stage: Stage,
  { run, task, amendment }: Extract<ScenarioStep, { readonly kind: 'amend' }>,
): readonly string[] {
  const before = stage.byRun.get(run)
  const result = stage.byRun.amend(run, amendment)
  if (before === undefined || result === undefined) throw new Error(`There is no run "${run}".`)
  if (!result.ok) return result.diagnostics.map(({ code, at, message }) => `wrong ${code} ${at}: ${message}`)
  const removed = result.removed as readonly TaskId[]
  const changed = result.changed as readonly TaskId[]
  const amending = { run, amendment: result.stored, removed, changed }
  stage.byRun.put(run, result.plan)
  const lines = decideOn(
    stage,
    task === null
      ? { type: 'amend', ...amending }
      : { type: 'complete', run, task, fence: currentFence(stage, run, task), result: null, amending },
  )
  if (stage.state.runs.get(run)?.plan !== result.plan.compiled) stage.byRun.put(run, before)
  return lines
}

function printInstruction(instruction: Instruction): string {
  const { run, task, attempt } = instruction
  if (instruction.type === 'startAttempt') return `start ${run}/${task}#${attempt}`
  if (instruction.type === 'grantIntegration') return `grant integration ${run}/${task}#${attempt}`
  if (instruction.type === 'verifyAttempt') return `verify ${run}/${task}#${attempt} step ${instruction.step}`
  return `stop ${run}/${task}#${attempt} (${instruction.reason})`
}

function printRefused({ refused }: Rejection): string {
  return refused === undefined ? '' : ` (${refused.path}, held by ${refused.heldBy ?? 'nobody'})`
}

function printWake(wakeAt: EpochMs | null): string {
  return wakeAt === null ? 'wake never' : `wake at ${printTime(wakeAt, ORIGIN)}`
}

/** The fence a worker would have: of the live attempt, else of the newest one that is closing. */
function reportInput(stage: Stage, step: Extract<ScenarioStep, { readonly kind: 'report' }>): Input {
  const { run, task, report, result, failure, name } = step
  const ref = { run, task, fence: step.fence ?? currentFence(stage, run, task) }
  const verifying = stage.state.attempts.get(ref.fence)?.verifying ?? null
  switch (report) {
    case 'complete':
      return { type: 'complete', ...ref, result: result ?? null }
    case 'fail':
      return { type: 'fail', ...ref, failure, ...(verifying === null ? {} : { step: verifying.step }) }
    case 'verify':
      return { type: 'verify', ...ref, step: step.step ?? verifying?.step ?? 1, result: result ?? null }
    case 'beat':
      return { type: 'beat', ...ref, ...(result === undefined ? {} : { progress: result }) }
    case 'share':
      return { type: 'share', ...ref, key: step.key, value: result ?? null }
    case 'milestone':
      return { type: 'milestone', ...ref, name }
    case 'confirm':
      return { type: 'confirmStop', ...ref }
    case 'integrate':
      return { type: 'integrate', ...ref }
    case 'claim':
      return { type: 'claim', ...ref, write: step.write, read: step.read }
    default:
      return report satisfies never
  }
}

function sendInput(stage: Stage, step: Extract<ScenarioStep, { readonly kind: 'send' }>): Input {
  const { run, task, fence, to, body } = step
  const from = task === null ? null : { task, fence: fence ?? currentFence(stage, run, task) }
  return { type: 'send', run, from, to, body }
}

/** What the live attempt of a task sees of what was handed over. */
function readBy(stage: Stage, run: RunId, task: TaskId): readonly string[] {
  const attempt = stage.state.attempts.get(currentFence(stage, run, task))!
  const shared = [...attempt.shared].flatMap(([stream, values]) =>
    [...values].map(([key, value]) => `shared by ${stream ?? 'tasks of no stream'}: ${key} ${JSON.stringify(value)}`),
  )
  const inbox = inboxOf(attempt, 0, stage.state.revision)
  return [...shared, ...inbox.map(({ seq, body }) => `message ${seq}: ${JSON.stringify(body)}`)]
}

function currentFence({ state }: Stage, run: RunId, task: TaskId): number {
  const attempts = [...state.attempts.values()].filter(
    (attempt) => attempt.run.id === run && attempt.run.plan.taskIds[attempt.task] === task,
  )
  const newest = attempts.find(({ closing }) => closing === null) ?? attempts.at(-1)
  if (newest === undefined) throw new Error(`No attempt of "${run}/${task}" is live or closing: give a fence.`)
  return newest.fence
}

function explainTask({ state, now }: Stage, id: RunId, task: TaskId): readonly string[] {
  const run = findRun(state, id)
  const index = run.plan.taskIndex.get(task)
  if (index === undefined) throw new Error(`Run "${id}" has no task "${task}".`)
  const reasons = explain(state, run, index, now)
  return reasons.length === 0 ? ['nothing is in its way'] : reasons.map((reason) => printReason(reason, ORIGIN))
}

function statusOf({ state }: Stage, id: RunId): readonly string[] {
  const run = findRun(state, id)
  return run.plan.taskIds.map((task, index) => `${task} ${STATUS_NAMES[run.status[index]!]}`)
}

function findRun(state: ScopeState, id: RunId): RunState {
  const run = state.runs.get(id) ?? state.ended.get(id)
  if (run === undefined) throw new Error(`There is no run "${id}".`)
  return run
}

/** Throws the state away and folds the journal, which must give the same facts. */
function reload(stage: Stage): readonly string[] {
  const before = canonical(stage.state)
  const state = createState()
  const byRun = createPlanVersions()
  for (const event of stage.journal) {
    byRun.follow(event, storedPlanOf)
    reduce(byRun.compiled, state, event)
  }
  if (canonical(state) !== before) throw new Error('A fold of the journal differs from the live state (S9).')
  stage.state = state
  stage.byRun = byRun
  stage.wakeAt = state.deadlines.next()
  return [`folded ${stage.journal.length} events`]
}

/** Recovery has no path of its own: the old workers get nothing more, and leave. */
function leaveAll(stage: Stage): readonly string[] {
  const workers = [...stage.state.workers.keys()]
  const inputs: Input[] = [
    ...workers.map((worker): Input => ({ type: 'drain', worker })),
    ...workers.map((worker): Input => ({ type: 'leave', worker, reason: 'the host was started again' })),
  ]
  return inputs.flatMap((input) => decideOn(stage, input))
}
