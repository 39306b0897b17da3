/**
 * The only door: what one input leads to. Deterministic, mutable in place, no clock and no chance.
 *
 * Every decision has the same four steps: apply the input, let time take its due, draw the consequences (skip what can
 * never be ready, close what has ended, let the next ones integrate), and start whatever may start. What happens is
 * recorded as an event, and recording is what changes the state.
 */
import { amend, refusal } from './amend.js'
import { cancelTarget } from './cancel.js'
import { claim, grantIntegrations, integrate } from './claim-inputs.js'
import { dispatch } from './dispatch.js'
import { expire } from './expire.js'
import { answerGate, endCheck } from './gates.js'
import { instruct } from './instruct.js'
import { lead, renew, resign } from './lead.js'
import { isSameLimit } from './limit.js'
import { type Draft, failAttempt, headOf, record, reject } from './record.js'
import { reopenTask } from './reopen.js'
import { settle } from './settle.js'
import { send, share } from './share-and-send.js'
import type { Attempt, RunState, ScopeState, Worker } from './state.js'
import { BEAT_SHARE, STATUS } from './state.js'
import type {
  Amending,
  AttemptRef,
  BatchDecision,
  Decision,
  DurationMs,
  EpochMs,
  Input,
  Instruction,
  Plans,
  Rejection,
  RunId,
  WorkerId,
} from './types.js'
import { completeForVerification, endStep, failStep } from './verify.js'
import { leaseOf } from './workers.js'

/**
 * Decides on one input at time `now` and applies the events of the decision to `state`.
 *
 * @param now - Milliseconds since 1970. May jump either way: events never go back, and no promise depends on it.
 */
export function decide(plans: Plans, state: ScopeState, input: Input, now: EpochMs): Decision {
  const { rejections, ...decision } = decideAll(plans, state, [input], now)
  return { ...decision, rejection: rejections.get(0) ?? null }
}

/** Decides on several inputs that came together: each is applied in its order, then consequences and starts follow once. */
export function decideAll(plans: Plans, state: ScopeState, inputs: readonly Input[], now: EpochMs): BatchDecision {
  // No number at all would be stored as null, and never read back.
  const at = Math.max(Number.isFinite(now) ? now : 0, state.clock, state.deadlines.reached())
  const draft: Draft = { plans, state, at, events: [], rejection: null }
  state.now = at
  let rejections: Map<number, Rejection> | null = null
  for (let i = 0; i < inputs.length; i += 1) {
    apply(draft, inputs[i]!)
    if (draft.rejection === null) continue
    rejections ??= new Map()
    rejections.set(i, draft.rejection)
    draft.rejection = null
  }
  expire(draft)
  settle(draft)
  grantIntegrations(draft)
  dispatch(draft)
  const instructions: Instruction[] = []
  for (const event of draft.events) {
    const instruction = instruct(event)
    if (instruction !== null) instructions.push(instruction)
  }
  return { events: draft.events, instructions, wakeAt: state.deadlines.next(), rejections: rejections ?? NONE_REJECTED }
}

const NONE_REJECTED: ReadonlyMap<number, Rejection> = new Map()

function apply(draft: Draft, input: Input): void {
  switch (input.type) {
    case 'complete':
      return complete(draft, input)
    case 'fail':
      return fail(draft, input)
    case 'verify': {
      const attempt = liveAttempt(draft, input, input.step)
      return attempt === null ? undefined : endStep(draft, attempt, input.result)
    }
    case 'beat':
      return beat(draft, input)
    case 'share': {
      const attempt = liveAttempt(draft, input)
      return attempt === null ? undefined : share(draft, attempt, input)
    }
    case 'send':
      return sendFrom(draft, input)
    case 'milestone':
      return reachMilestone(draft, input)
    case 'confirmStop':
      return confirmStop(draft, input)
    case 'integrate':
    case 'claim':
      return askForClaims(draft, input)
    case 'open':
      return open(draft, input)
    case 'join':
      return join(draft, input)
    case 'drain':
      return drain(draft, input)
    case 'leave':
      return leave(draft, input)
    case 'offer':
    case 'withdraw':
    case 'resize':
    case 'quarantine':
      return changeWorker(draft, input)
    case 'approve':
    case 'refuse':
      return answerGate(draft, openRun(draft, input.run), input)
    case 'cancel':
      return cancel(draft, input)
    case 'pause':
      return pause(draft, input)
    case 'resume':
      return resume(draft, input)
    case 'amend':
      return amendRun(draft, input)
    case 'reopen':
      return reopen(draft, input)
    case 'setLimit':
      return setLimit(draft, input)
    case 'lead':
      return lead(draft, input.host, input.leaseMs, input.process)
    case 'renew':
      return renew(draft, input.host, input.leaseMs)
    case 'resign':
      return resign(draft, input.host)
    case 'tick':
      return
    default:
      input satisfies never
  }
}

type InputOf<Type extends Input['type']> = Extract<Input, { readonly type: Type }>

// ── Reports of attempts ─────────────────────────────────────────────────────────────────────────────────────────

function complete(draft: Draft, input: InputOf<'complete'>): void {
  const attempt = liveAttempt(draft, input, null)
  if (attempt === null) return
  const { run, task, fence, result, amending } = input
  if (amending !== undefined && !extend(draft, attempt, amending)) return
  if (attempt.run.plan.verify.size > 0 && attempt.run.plan.verify.has(attempt.task)) {
    return completeForVerification(draft, attempt, result)
  }
  if (attempt.run.plan.gates.size > 0 && attempt.run.plan.gates.has(attempt.task)) {
    return endCheck(draft, attempt, result)
  }
  // Written out, not spread: this line runs once per task.
  record(draft, { type: 'attempt.succeeded', at: draft.at, run, task, attempt: attempt.number, fence, result })
}

/** What the work adds to the plan comes with its result, or the attempt has failed. */
function extend(draft: Draft, attempt: Attempt, amending: Amending): boolean {
  const refused = refusal(draft, attempt.run, amending)
  if (refused === null) amend(draft, attempt.run, amending)
  else failAttempt(draft, attempt, { kind: 'error', message: `It could not extend the plan: ${refused.message}` })
  return refused === null
}

function fail(draft: Draft, input: InputOf<'fail'>): void {
  const attempt = liveAttempt(draft, input, input.step ?? null)
  if (attempt === null) return
  // A step that is lost has shown nothing.
  if (attempt.verifying === null || input.failure.kind === 'lost') failAttempt(draft, attempt, input.failure)
  else failStep(draft, attempt, input.failure)
}

/** Progress is recorded at most once in this time, in ms; more often where a short `stall` asks for it. */
const PROGRESS_INTERVAL_MS = 1000

function beat(draft: Draft, input: InputOf<'beat'>): void {
  const attempt = liveAttempt(draft, input)
  if (attempt === null) return
  const { run, task } = attempt
  const { stallMs } = run.plan.policies[run.plan.policy[task]!]!
  const leaseMs = leaseOf(attempt)
  if (input.progress !== undefined && isNews(draft, attempt, stallMs)) {
    return record(draft, { type: 'attempt.progressed', ...headOf(draft, attempt), progress: input.progress })
  }
  if (leaseMs !== null && draft.at - attempt.beatAt >= leaseMs * BEAT_SHARE) {
    record(draft, { type: 'attempt.renewed', ...headOf(draft, attempt) })
  }
}

function isNews(draft: Draft, attempt: Attempt, stallMs: DurationMs | null): boolean {
  const interval = Math.min(PROGRESS_INTERVAL_MS, (stallMs ?? Number.POSITIVE_INFINITY) * BEAT_SHARE)
  return attempt.progress === undefined || draft.at - attempt.progressAt >= interval
}

function sendFrom(draft: Draft, input: InputOf<'send'>): void {
  if (input.from === null) {
    const run = openRun(draft, input.run)
    return run === null ? undefined : send(draft, run, null, input)
  }
  const attempt = liveAttempt(draft, { run: input.run, ...input.from })
  if (attempt !== null) send(draft, attempt.run, attempt, input)
}

/** A milestone that was reached before, by this attempt or an earlier one, is no news. */
function reachMilestone(draft: Draft, input: InputOf<'milestone'>): void {
  const attempt = liveAttempt(draft, input)
  if (attempt === null) return
  const { run, task } = attempt
  const declared = run.plan.milestones.get(task)
  const point = declared?.get(input.name)
  if (point === undefined) {
    const message = `Task "${input.task}" declares no milestone "${input.name}".`
    const names = [...(declared?.keys() ?? [])].map((name) => `"${name}"`).join(', ')
    return reject(draft, 'MILESTONE_UNKNOWN', message, names === '' ? 'It declares none.' : `It declares ${names}.`)
  }
  if (run.status[point] !== STATUS.waiting) return
  record(draft, { type: 'milestone.reached', ...headOf(draft, attempt), milestone: input.name })
}

function askForClaims(draft: Draft, input: InputOf<'integrate' | 'claim'>): void {
  const attempt = liveAttempt(draft, input)
  if (attempt === null) return
  if (input.type === 'integrate') integrate(draft, attempt)
  else claim(draft, attempt, input)
}

function confirmStop(draft: Draft, input: InputOf<'confirmStop'>): void {
  const attempt = draft.state.closing.get(input.fence)
  if (attempt === undefined || attempt.run.id !== input.run) return stale(draft, input)
  record(draft, { type: 'attempt.closed', ...headOf(draft, attempt), by: 'executor' })
}

// ── Runs and workers ────────────────────────────────────────────────────────────────────────────────────────────

function open(draft: Draft, input: InputOf<'open'>): void {
  const { runs, closedRuns, runKeys } = draft.state
  const { idempotencyKey } = input
  const known = idempotencyKey === undefined ? undefined : runKeys.get(idempotencyKey)
  if (known !== undefined) {
    const message = `Run "${known}" was opened under the key ${JSON.stringify(idempotencyKey)} before.`
    return reject(draft, 'KEY_USED', message, 'Use that run, or another key.')
  }
  if (runs.has(input.run) || closedRuns.has(input.run)) {
    const hint = 'Choose another id; an id is used once in a scope.'
    return reject(draft, 'RUN_EXISTS', `Run "${input.run}" exists already.`, hint)
  }
  const opened = { type: 'run.opened', at: draft.at, run: input.run, plan: input.plan } as const
  record(draft, idempotencyKey === undefined ? opened : { ...opened, idempotencyKey })
}

function join(draft: Draft, input: InputOf<'join'>): void {
  const { worker, pool, slots, capabilities, leaseMs } = input
  if (draft.state.workers.has(worker)) {
    return reject(
      draft,
      'WORKER_EXISTS',
      `Worker "${worker}" has joined already.`,
      'Let it leave first, or choose another id.',
    )
  }
  const joined = { type: 'worker.joined', at: draft.at, worker, pool, slots, capabilities } as const
  record(draft, leaseMs === undefined ? joined : { ...joined, leaseMs })
}

function changeWorker(draft: Draft, input: InputOf<'offer' | 'withdraw' | 'resize' | 'quarantine'>): void {
  const worker = joinedWorker(draft, input.worker)
  if (worker === null) return
  const { id } = worker
  switch (input.type) {
    case 'offer':
      if (worker.leaseMs !== null) worker.offers.push(++draft.state.offered)
      return
    case 'withdraw':
      worker.offers.pop()
      return
    case 'resize':
      if (worker.slots === input.slots) return
      return record(draft, { type: 'worker.resized', at: draft.at, worker: id, slots: input.slots })
    case 'quarantine': {
      const { losses, forMs } = input
      return record(draft, { type: 'worker.quarantined', at: draft.at, worker: id, losses, until: draft.at + forMs })
    }
    default:
      input satisfies never
  }
}

function drain(draft: Draft, input: InputOf<'drain'>): void {
  const worker = joinedWorker(draft, input.worker)
  if (worker === null || worker.isDraining) return
  record(draft, { type: 'worker.draining', at: draft.at, worker: worker.id })
}

function leave(draft: Draft, input: InputOf<'leave'>): void {
  const { state, at } = draft
  const worker = joinedWorker(draft, input.worker)
  if (worker === null) return
  record(draft, { type: 'worker.left', at, worker: input.worker, reason: input.reason })
  for (const attempt of [...state.closing.values()]) {
    if (attempt.worker === worker) record(draft, { type: 'attempt.closed', ...headOf(draft, attempt), by: 'worker' })
  }
  for (const run of state.runs.values()) {
    for (const attempt of [...run.live.values()]) {
      if (attempt.worker !== worker) continue
      failAttempt(draft, attempt, { kind: 'lost', message: `Worker "${input.worker}" left: ${input.reason}` })
    }
  }
}

function pause(draft: Draft, input: InputOf<'pause'>): void {
  const run = openRun(draft, input.run)
  if (run === null || run.paused !== null) return
  record(draft, { type: 'run.paused', at: draft.at, run: run.id, reason: input.reason })
}

function resume(draft: Draft, input: InputOf<'resume'>): void {
  const run = openRun(draft, input.run)
  if (run === null || run.paused === null) return
  record(draft, { type: 'run.resumed', at: draft.at, run: run.id })
}

function amendRun(draft: Draft, input: InputOf<'amend'>): void {
  const run = openRun(draft, input.run)
  if (run === null) return
  const refused = refusal(draft, run, input)
  if (refused === null) amend(draft, run, input)
  else draft.rejection = refused
}

function reopen(draft: Draft, input: InputOf<'reopen'>): void {
  const run = openRun(draft, input.run)
  if (run !== null) reopenTask(draft, run, input.task, input.downstream, input.reason)
}

function cancel(draft: Draft, input: InputOf<'cancel'>): void {
  const run = openRun(draft, input.run)
  if (run !== null) cancelTarget(draft, run, input.target, input.reason)
}

function setLimit(draft: Draft, { name, limit }: InputOf<'setLimit'>): void {
  const before = draft.state.limiters.get(name)?.host ?? null
  if (isSameLimit(before, limit)) return
  record(draft, { type: 'limit.changed', at: draft.at, name, limit })
}

// ── Who is spoken of ────────────────────────────────────────────────────────────────────────────────────────────

function openRun(draft: Draft, id: RunId): RunState | null {
  const run = draft.state.runs.get(id)
  if (run !== undefined) return run
  if (draft.state.closedRuns.has(id)) reject(draft, 'RUN_CLOSED', `Run "${id}" has ended.`, 'Start a new run.')
  else reject(draft, 'RUN_UNKNOWN', `There is no run "${id}".`, 'Check the id and the scope.')
  return null
}

function joinedWorker(draft: Draft, id: WorkerId): Worker | null {
  const worker = draft.state.workers.get(id)
  if (worker !== undefined) return worker
  reject(draft, 'WORKER_UNKNOWN', `No worker "${id}" has joined.`, 'It may have left already.')
  return null
}

/**
 * The live attempt a report speaks of; anything else is stale: fenced, ended, or never started. A report of an end speaks of
 * the work (`null`) or of one verification step, and whatever else is under way, it is stale.
 */
function liveAttempt(draft: Draft, ref: AttemptRef, step?: number | null): Attempt | null {
  const attempt = draft.state.attempts.get(ref.fence)
  if (attempt !== undefined && attempt.closing === null) {
    const { run, task } = attempt
    run.cursor = task
    const isDue = step === undefined || step === (attempt.verifying?.step ?? null)
    if (run.id === ref.run && run.plan.taskIds[task] === ref.task) {
      if (isDue) return attempt
      const message = `The report on "${ref.task}" of run "${ref.run}" is about work that is not under way.`
      reject(draft, 'ATTEMPT_STALE', message, 'Its end was reported before; what counts now is its verification.')
      return null
    }
  }
  stale(draft, ref)
  return null
}

function stale(draft: Draft, ref: AttemptRef): void {
  const message = `The report on "${ref.task}" of run "${ref.run}" has fence ${ref.fence}, which is not the current one.`
  reject(draft, 'ATTEMPT_STALE', message, 'The attempt was taken back or has ended; its work is not counted. Stop it.')
}
