/** What an executor is told of an attempt, and of a step of its verification. */
import type { Attempt, RunState } from '../core/state.js'
import type { AttemptId, JsonValue, TaskIndex } from '../core/types.js'
import { attemptId } from '../core/types.js'
import { leaseOf } from '../core/workers.js'
import { OWN_RESULT } from '../plan/references.js'
import type { ResultOf } from './input.js'
import type { AttemptClaims, AttemptRequest } from './ports.js'

const NO_CLAIMS: AttemptClaims = { write: [], read: [], integrate: [], advisory: [] }

/** What an executor is told of an attempt; its input follows. */
export function requestOf(attempt: Attempt): AttemptRequest {
  const { run, task, number, fence, startedAt, worker } = attempt
  const { plan } = run
  const policy = plan.policies[plan.policy[task]!]!
  const id = plan.taskIds[task]!
  const handler = plan.handler[task]!
  return {
    id: attemptId(run.id, id, number),
    run: run.id,
    task: id,
    attempt: number,
    fence,
    startedAt,
    worker: worker.id,
    handler: handler === -1 ? '' : plan.handlers[handler]!,
    input: null,
    claims: claimsOf(run, task),
    heartbeatMs: leaseOf(attempt),
    deadlineAt: policy.startToCloseMs === null ? null : startedAt + policy.startToCloseMs,
  }
}

function claimsOf({ plan }: RunState, task: TaskIndex): AttemptClaims {
  const claimSet = plan.claimSet[task]!
  if (claimSet === -1) return NO_CLAIMS
  const { write, read, integrate, advisory } = plan.claimSets[claimSet]!
  return {
    write: write.map(textOf),
    read: read.map(textOf),
    integrate: integrate.map(textOf),
    advisory: advisory.map(textOf),
  }
}

function textOf(pattern: { readonly text: string }): string {
  return pattern.text
}

/** The result of a sibling, else of a task by its full id. */
export function resultOf(run: RunState, task: TaskIndex, from: string): JsonValue | undefined {
  const { plan } = run
  const stream = plan.streamOf[task]!
  const sibling = stream === -1 ? undefined : plan.taskIndex.get(`${plan.streamIds[stream]!}/${from}`)
  const source = sibling ?? plan.taskIndex.get(from)
  return source === undefined ? undefined : (run.results.get(source) ?? null)
}

/** A step with its input, and where the references in it lead. */
export interface StepToDo {
  readonly request: AttemptRequest & Required<Pick<AttemptRequest, 'step'>>
  readonly input: JsonValue
  readonly resultOf: ResultOf
}

/** Step `number` (from 1) of an attempt that is being verified. */
export function stepOf(attempt: Attempt, number: number): StepToDo {
  const { run, task, fence, worker, startedAt, verifying } = attempt
  const { plan } = run
  const steps = plan.verify.get(task)!
  const { handler, input = null, timeoutMs } = steps[number - 1]!
  const { startToCloseMs } = plan.policies[plan.policy[task]!]!
  const id = plan.taskIds[task]!
  const { since, result } = verifying!
  const limits = [
    ...(startToCloseMs === null ? [] : [startedAt + startToCloseMs]),
    ...(timeoutMs === null ? [] : [since + timeoutMs]),
  ]
  const request: StepToDo['request'] = {
    id: `${attemptId(run.id, id, attempt.number)}/verify/${number}` as AttemptId,
    run: run.id,
    task: id,
    attempt: attempt.number,
    fence,
    startedAt,
    worker: worker.id,
    handler,
    input: null,
    claims: claimsOf(run, task),
    heartbeatMs: leaseOf(attempt),
    deadlineAt: limits.length === 0 ? null : Math.min(...limits),
    step: { number, of: steps.length },
  }
  return { request, input, resultOf: (from) => (from === OWN_RESULT ? result : resultOf(run, task, from)) }
}

/** What is under way of an attempt: the work itself, or a step of its verification. */
export interface Work {
  readonly request: AttemptRequest
  readonly input: JsonValue
  readonly resultOf: ResultOf
  /** Verification steps that follow it. */
  readonly stepsLeft: number
}

export function workOf(attempt: Attempt): Work {
  const { run, task, verifying } = attempt
  const { plan } = run
  const steps = plan.verify.get(task)?.length ?? 0
  if (verifying !== null) return { ...stepOf(attempt, verifying.step), stepsLeft: steps - verifying.step }
  const input = plan.sources[task]!.input ?? null
  return { request: requestOf(attempt), input, resultOf: (from) => resultOf(run, task, from), stepsLeft: steps }
}
