/** What the answer to an input must be, by the history alone: accepted with one effect, or refused with none (S4, S8). */
import { parsePattern } from '../claims/pattern.js'
import type { AttemptRef, BatchDecision, FailureKind, Input, RunEvent } from '../core/types.js'
import { amendmentKey } from './amendment-spec.js'
import { numberOf } from './claimed.js'
import { mayReopen } from './expect-reopened.js'
import type { History } from './history.js'
import { whyTooLate } from './history-amendments.js'
import { saysNo } from './history-gates.js'
import { isAddressee } from './history-handed-over.js'
import { type AttemptPast, isOver } from './history-past.js'
import { factsIn, type Machine } from './machine-state.js'

export type Expectation = 'accepted' | 'refused' | 'either'

/** What each of several inputs that come together must be answered, in order. To be asked before the core decides. */
export function expectAll(machine: Machine, inputs: readonly Input[]): readonly Expectation[] {
  if (inputs.length === 1) return [expectOf(machine, inputs[0]!)]
  /** Attempts that an input before has ended, and whether one before may have ended others. */
  const ended = new Set<number>()
  let isBlurred = false
  let isJoined = false
  /** Whether one before may have changed who holds what. */
  let isChanged = false
  return inputs.map((input) => {
    const isReport = 'fence' in input
    // Whoever joins in the same batch may be sent to at once.
    isJoined ||= input.type === 'join'
    const fence = isReport ? input.fence : input.type === 'send' ? (input.from?.fence ?? 0) : 0
    const isOpen =
      isBlurred ||
      ended.has(fence) ||
      (MAY_MEET_ENDS.has(input.type) && ended.size > 0) ||
      (input.type === 'send' && isJoined) ||
      (isChanged && input.type === 'claim')
    const expected = isOpen ? 'either' : expectOf(machine, input)
    if (isReport) {
      if (!STAYS.has(input.type)) ended.add(input.fence)
      if (input.type !== 'beat') isChanged = true
    } else if (!APART.has(input.type)) isBlurred = true
    return expected
  })
}

/** Reports after which an attempt is what it was. */
const STAYS: ReadonlySet<Input['type']> = new Set(['beat', 'milestone', 'share', 'integrate', 'claim'])
/** What reports before them may have made possible, or impossible. */
const MAY_MEET_ENDS: ReadonlySet<Input['type']> = new Set(['cancel', 'approve', 'refuse', 'reopen'])
/** Inputs that change nothing of what is expected of those after them. */
const APART: ReadonlySet<Input['type']> = new Set(['tick', 'join', 'send', 'setLimit'])

function expectOf(machine: Machine, input: Input): Expectation {
  const { history, state, now } = machine
  switch (input.type) {
    case 'complete':
    case 'verify':
    case 'fail':
    case 'beat':
    case 'share': {
      const attempt = history.attempt(input.fence)
      if (attempt === null || attempt.isClosing) return 'refused'
      const about = input.type === 'complete' ? null : 'step' in input ? (input.step ?? null) : null
      if (input.type !== 'beat' && input.type !== 'share' && about !== (attempt.verifying?.step ?? null))
        return 'refused'
      return attempt.run.facts.id === input.run && attempt.task.facts.id === input.task ? 'accepted' : 'refused'
    }
    case 'milestone': {
      const attempt = history.attempt(input.fence)
      if (attempt === null || attempt.isClosing) return 'refused'
      const { id, spec } = attempt.task.facts
      const isRight = attempt.run.facts.id === input.run && id === input.task && spec.milestones.includes(input.name)
      return isRight ? 'accepted' : 'refused'
    }
    case 'integrate': {
      const attempt = liveAttempt(history, input)
      return attempt === null || attempt.task.facts.spec.integrate.length === 0 ? 'refused' : 'accepted'
    }
    case 'claim':
      return expectOfClaim(machine, input)
    case 'confirmStop': {
      const attempt = history.attempt(input.fence)
      return attempt?.isClosing === true && attempt.run.facts.id === input.run ? 'accepted' : 'refused'
    }
    case 'send':
      return expectOfSend(history, input)
    case 'open':
      return history.run(input.run) === null && !history.hasKey(input.idempotencyKey) ? 'accepted' : 'refused'
    case 'pause':
    case 'resume':
      return history.run(input.run)?.isClosed === false ? 'accepted' : 'refused'
    case 'cancel': {
      const run = history.run(input.run)
      if (run?.isClosed !== false) return 'refused'
      const status = input.target.kind === 'task' ? run.tasks.get(input.target.task)?.status : 'idle'
      return status === undefined || isOver(status) ? 'refused' : 'accepted'
    }
    case 'amend': {
      const run = history.run(input.run)
      const amendment = machine.amendments.get(amendmentKey(input.amendment))!
      const isLate = run === null || whyTooLate(history.attempts(), run, amendment) !== null
      return isLate ? 'refused' : 'accepted'
    }
    case 'reopen':
      return mayReopen(history, input) ? 'accepted' : 'refused'
    case 'approve':
    case 'refuse': {
      const run = history.run(input.run)
      const task = run?.tasks.get(input.gate)
      if (run?.isClosed !== false || task?.facts.spec.gate?.kind !== 'approval') return 'refused'
      const at = Math.max(now, state.clock, state.deadlines.reached())
      return task.status === 'idle' && task.readyOrder !== 0 && task.startAt <= at ? 'accepted' : 'refused'
    }
    case 'join':
    case 'drain':
    case 'leave':
    case 'offer':
    case 'withdraw':
    case 'resize':
    case 'quarantine':
    case 'setLimit':
    case 'lead':
    case 'renew':
    case 'resign':
    case 'tick':
      return 'either'
    default:
      return input satisfies never
  }
}

/** From a live attempt or from outside, to whom there is. */
function expectOfSend(history: History, { run: id, from, to }: Extract<Input, { readonly type: 'send' }>): Expectation {
  const run = history.run(id)
  if (run?.isClosed !== false) return 'refused'
  if (from !== null) {
    const sender = history.attempt(from.fence)
    if (sender === null || sender.isClosing || sender.run !== run || sender.task.facts.id !== from.task)
      return 'refused'
  }
  const isThere = 'worker' in to ? history.hasWorker(to.worker) : isAddressee(run, to)
  return isThere ? 'accepted' : 'refused'
}

function liveAttempt(history: Machine['history'], { run, task, fence }: AttemptRef): AttemptPast | null {
  const attempt = history.attempt(fence)
  if (attempt === null || attempt.isClosing) return null
  return attempt.run.facts.id === run && attempt.task.facts.id === task ? attempt : null
}

/** A claim is answered by what others hold; where something is reserved, it may be in the way too. */
function expectOfClaim({ history, state }: Machine, input: Extract<Input, { readonly type: 'claim' }>): Expectation {
  const attempt = liveAttempt(history, input)
  if (attempt === null) return 'refused'
  const normal = (text: string): number => {
    const pattern = parsePattern(text)
    return pattern.ok ? numberOf(pattern.text) : -1
  }
  const more = { write: input.write.map(normal), read: input.read.map(normal), integrate: [] }
  if ([...more.write, ...more.read].includes(-1)) return 'refused'
  if (!history.mayClaim(attempt, more)) return 'refused'
  return state.claims.reservation() === null ? 'accepted' : 'either'
}

/** Compares a decision with what was expected. */
export function checkAnswers(
  machine: Machine,
  inputs: readonly Input[],
  expected: readonly Expectation[],
  { events, rejections }: BatchDecision,
): void {
  let effects = 0
  for (let i = 0; i < inputs.length; i += 1) {
    const input = inputs[i]!
    const rejection = rejections.get(i)
    if (expected[i] === 'refused' && rejection === undefined) fail(input, 'is not refused (S4)')
    if (expected[i] === 'accepted' && rejection !== undefined) fail(input, `is refused: ${rejection.message}`)
    if (rejection !== undefined) continue
    const own = countOf(events, input)
    effects += own
    if (own !== 1 && mustHaveEffect(input)) fail(input, `has ${own} effects, not one`)
    const isDone = events.some((event) => event.type === 'attempt.succeeded' && isEffect(input, event))
    if (input.type === 'complete' && isDone && !isReopened(events, input)) checkResult(machine, input)
    if (input.type === 'milestone') checkReached(machine, input)
  }
  let all = 0
  for (const event of events) if (isReport(machine, event)) all += 1
  if (all > effects) fail(inputs[0]!, 'is refused and has an effect all the same (S4)')
}

function countOf(events: readonly RunEvent[], input: Input): number {
  let count = 0
  for (const event of events) if (isEffect(input, event)) count += 1
  return count
}

const MUST_HAVE_EFFECT: ReadonlySet<Input['type']> = new Set([
  'complete',
  'verify',
  'fail',
  'confirmStop',
  'open',
  'approve',
  'refuse',
  'share',
  'send',
])

function mustHaveEffect({ type }: Input): boolean {
  return MUST_HAVE_EFFECT.has(type)
}

/** Events that only a report can lead to. */
function isReport(machine: Machine, event: RunEvent): boolean {
  switch (event.type) {
    case 'gate.passed':
    case 'gate.failed': {
      const isAsked = factsIn(machine, event.run, event.gate)?.spec.gate?.kind === 'approval'
      return isAsked && (event.type === 'gate.passed' || event.failure.kind === 'verify')
    }
    case 'attempt.succeeded':
      // After the last step it follows from that.
      return factsIn(machine, event.run, event.task)?.spec.verify.length === 0
    case 'attempt.completed':
    case 'attempt.verified':
    case 'attempt.renewed':
    case 'attempt.progressed':
    case 'context.shared':
    case 'message.sent':
    case 'milestone.reached':
    case 'integration.asked':
    case 'claim.extended':
    case 'run.opened':
      return true
    case 'attempt.closed':
      return event.by === 'executor'
    default:
      return false
  }
}

function isEffect(input: Input, event: RunEvent): boolean {
  switch (input.type) {
    case 'complete':
      if (event.type === 'attempt.failed') return event.fence === input.fence && mayFailBy(input, event.failure.kind)
      return (event.type === 'attempt.succeeded' || event.type === 'attempt.completed') && event.fence === input.fence
    case 'verify':
      if (saysNo(input.result)) return event.type === 'attempt.failed' && event.fence === input.fence
      return event.type === 'attempt.verified' && event.fence === input.fence && event.step === input.step
    case 'approve':
      return event.type === 'gate.passed' && event.gate === input.gate && event.run === input.run
    case 'refuse':
      return event.type === 'gate.failed' && event.gate === input.gate && event.failure.kind === 'verify'
    case 'fail':
      if (event.type !== 'attempt.failed') return false
      return input.step === undefined ? event.failure === input.failure : event.fence === input.fence
    case 'beat':
      return (event.type === 'attempt.renewed' || event.type === 'attempt.progressed') && event.fence === input.fence
    case 'milestone':
      return event.type === 'milestone.reached' && event.fence === input.fence && event.milestone === input.name
    case 'integrate':
      return event.type === 'integration.asked' && event.fence === input.fence
    case 'claim':
      return event.type === 'claim.extended' && event.fence === input.fence
    case 'confirmStop':
      return event.type === 'attempt.closed' && event.by === 'executor' && event.fence === input.fence
    case 'share':
      return event.type === 'context.shared' && event.fence === input.fence && event.value === input.value
    case 'send':
      return event.type === 'message.sent' && event.run === input.run && event.body === input.body
    case 'open':
      return event.type === 'run.opened' && event.run === input.run
    default:
      return false
  }
}

function isReopened(events: readonly RunEvent[], { run, task }: AttemptRef): boolean {
  return events.some((event) => event.type === 'task.reopened' && event.run === run && event.task === task)
}

/** A check may say no, and a plan may not grow as it was asked to. */
function mayFailBy({ amending }: Extract<Input, { readonly type: 'complete' }>, kind: FailureKind): boolean {
  return kind === 'verify' || (amending !== undefined && kind === 'error')
}

/** S8: what was accepted is kept, as long as the run is open. */
function checkResult({ state }: Machine, input: Extract<Input, { readonly type: 'complete' }>): void {
  const run = state.runs.get(input.run)
  const task = run?.plan.taskIndex.get(input.task)
  if (run === undefined || task === undefined || (run.results.get(task) ?? null) === input.result) return
  fail(input, 'is accepted, and its result is lost (S8)')
}

/** S8: a milestone that was accepted is reached, now or before. */
function checkReached({ history }: Machine, input: Extract<Input, { readonly type: 'milestone' }>): void {
  const task = history.run(input.run)?.tasks.get(input.task)
  if (task?.reached.has(input.name) !== true) fail(input, 'is accepted, and its milestone is not reached (S8)')
}

function fail(input: Input, what: string): never {
  const about = 'fence' in input ? ` on "${input.run}/${input.task}", fence ${input.fence},` : ''
  throw new Error(`The input "${input.type}"${about} ${what}.`)
}
