/**
 * Gates: tasks that nobody's hands do. One that awaits approval stands aside once it is ready, until somebody answers or its
 * time is over; a check is run by a worker like any task, and its result is the answer.
 */
import { type Answer, type Draft, failAttempt, failGate, headOf, record, reject } from './record.js'
import type { Attempt, RunState } from './state.js'
import { isFinal, STATUS, STATUS_NAMES } from './state.js'
import type { Input, JsonValue } from './types.js'

type GateInput = Extract<Input, { readonly type: 'approve' | 'refuse' }>

/** Passes or fails a gate by what somebody says; refused unless the gate awaits just that. `run` null: refused already. */
export function answerGate(draft: Draft, run: RunState | null, input: GateInput): void {
  if (run === null) return
  const { gate: id, by, note } = input
  const task = run.plan.taskIndex.get(id)
  const kind = task === undefined ? undefined : run.plan.gates.get(task)
  if (task === undefined || kind !== 'approval') {
    const what = kind === 'check' ? 'is a check: its handler answers it' : 'is no gate of it'
    return reject(draft, 'GATE_UNKNOWN', `Run "${run.id}": "${id}" ${what}.`, 'Name a gate of kind "approval".')
  }
  const status = STATUS_NAMES[run.status[task]!]!
  if (isFinal(run.status[task]!)) {
    return reject(draft, 'GATE_ANSWERED', `Gate "${id}" has ended already: it ${WAS[status] ?? status}.`, FINAL)
  }
  if (run.status[task] !== STATUS.ready || run.readyAt[task]! > draft.at) {
    const hint = 'Wait until it is ready; explain(gate) says what it waits for.'
    return reject(draft, 'GATE_NOT_READY', `Gate "${id}" does not await an answer yet: it is ${status}.`, hint)
  }
  const gate = run.plan.taskIds[task]!
  if (input.type === 'approve') return record(draft, { type: 'gate.passed', at: draft.at, run: run.id, gate, by, note })
  const message = `It was refused${by === null ? '' : ` by ${by}`}${note === null ? '' : `: ${note}`}.`
  failGate(draft, run, task, { kind: 'verify', message, retryable: false }, { by, note })
}

const FINAL = 'An end state is final.'
const WAS: Readonly<Record<string, string>> = { cancelled: 'was cancelled', skipped: 'was skipped' }

/** Ends the attempt of a check by its result: it passes unless that says otherwise. */
export function endCheck(draft: Draft, attempt: Attempt, result: JsonValue): void {
  const { isPassed, note } = verdictOf(result)
  if (!isPassed) {
    const message = `The check did not pass${note === null ? '' : `: ${note}`}.`
    return failAttempt(draft, attempt, { kind: 'verify', message, retryable: false })
  }
  const head = headOf(draft, attempt)
  record(draft, { type: 'attempt.succeeded', ...head, result })
  const answer: Answer = { by: null, note }
  record(draft, { type: 'gate.passed', at: draft.at, run: head.run, gate: head.task, ...answer })
}

/** What the result of a check says. */
export interface CheckVerdict {
  readonly isPassed: boolean
  readonly note: string | null
}

/** `false` and `{ passed: false, note }` fail, anything else passes; a `note` is taken over either way. */
export function verdictOf(result: JsonValue): CheckVerdict {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    return { isPassed: result !== false, note: null }
  }
  const { passed, note } = result as { readonly [key: string]: JsonValue | undefined }
  return { isPassed: passed !== false, note: typeof note === 'string' ? note : null }
}
