/**
 * What a simulated host does: it has the core decide, stores first, acts second, and crashes on request. Everything is
 * checked after every decision.
 */
import { canonical } from '../core/canonical.js'
import { createState } from '../core/create.js'
import { checkInvariants } from '../core/invariants.js'
import type { BatchDecision, Input, Instruction, RunId, WorkerId } from '../core/types.js'
import { checkAmending, prepareAmending } from './amend-by.js'
import type { AmendmentSpec } from './amendment-spec.js'
import { checkReopened, expectReopened } from './expect-reopened.js'
import { checkAnswers, expectAll } from './expectations.js'
import { checkFairness, checkSteered, mayMakeWay, reservedFor } from './fairness.js'
import { createHistory } from './history.js'
import { inputOf, joinOf } from './inputs.js'
import { checkLimitersAgree } from './limits-agree.js'
import type { Machine } from './machine-state.js'
import { endWork, firstVersions, startWork, stopWork } from './machine-state.js'
import { checkRead } from './read.js'
import type { Crash, Step } from './steps.js'

/** Does one step; one that makes no sense here (any more) does nothing. @throws Error when something is wrong. */
export function act(machine: Machine, step: Step): void {
  if (step.kind === 'jump') {
    machine.now += step.ms
    return
  }
  if (step.kind === 'read') return checkRead(machine, step)
  if (step.kind === 'wait') machine.now += step.ms
  if (step.kind === 'wake') machine.now = Math.max(machine.now, machine.wakeAt ?? machine.now)
  const amendment = step.kind === 'amend' ? step.amendment : 'extension' in step ? step.extension : undefined
  if (amendment === undefined) {
    const input = step.kind === 'amend' ? null : inputOf(machine, step)
    if (input === null) return
    machine.mailbox.push(input)
    if (step.gather === true) return
    decideOnMail(machine)
  } else {
    amendBy(machine, step as AmendingStep, amendment)
  }
  if (step.crash !== undefined) return crash(machine, step.crash)
  if (step.hold !== true) store(machine)
}

type AmendingStep = Extract<Step, { readonly kind: 'amend' | 'report' | 'lie' }>

/** An amendment comes alone: what has gathered is decided upon before. */
function amendBy(machine: Machine, step: AmendingStep, amendment: AmendmentSpec): void {
  if (machine.mailbox.length > 0) decideOnMail(machine)
  const report = step.kind === 'amend' ? null : inputOf(machine, step)
  if (step.kind !== 'amend' && report?.type !== 'complete') {
    // It is about a verification step.
    if (report !== null) machine.mailbox.push(report)
    if (report !== null) decideOnMail(machine)
    return
  }
  const run = step.run as RunId
  const amending = prepareAmending(machine, run, amendment, report?.type === 'complete' ? report : null)
  if (amending === null) return
  const before = machine.versions.get(run)!
  if (amending.plan !== null) machine.versions.put(run, amending.plan)
  machine.mailbox.push(amending.input)
  checkAmending(amending, decideOnMail(machine))
  if (machine.state.runs.get(run)?.plan !== amending.plan?.compiled) machine.versions.put(run, before)
}

/** Has the core decide on the inputs that have gathered, and checks everything that must hold then. */
export function decideOnMail(machine: Machine): BatchDecision {
  const { core, versions, state, history, world, mailbox: inputs } = machine
  machine.mailbox = []
  const before = world.isCrowded && !inputs.some(mayMakeWay) ? reservedFor(state) : null
  const reservation = state.claims.reservation()
  const expected = expectAll(machine, inputs)
  const at = Math.max(machine.now, state.clock, state.deadlines.reached())
  const [only] = inputs
  const reopening = only?.type === 'reopen' && inputs.length === 1 ? expectReopened(history, only) : null
  const decision = core.decideAll(versions.compiled, state, inputs, machine.now)
  machine.decisions += 1
  machine.rejections += decision.rejections.size
  machine.wakeAt = decision.wakeAt
  for (const event of decision.events) machine.events.push(event)
  for (const instruction of decision.instructions) machine.instructions.push(instruction)
  for (let i = 0; i < inputs.length; i += 1) {
    const input = inputs[i]!
    if (input.type === 'beat' && !decision.rejections.has(i))
      history.hear(input.fence, at, input.progress !== undefined)
  }
  for (const event of decision.events) history.feed(event)
  history.settle(at)
  checkAnswers(machine, inputs, expected, decision)
  if (reopening !== null) checkReopened(reopening, decision.events)
  checkSteered(machine, reservation, decision.events)
  if (world.isCrowded) checkFairness(machine, before, decision.events)
  if (machine.decisions % machine.checkEvery === 0) checkState(machine)
  return decision
}

/** Everything that the state is documented with, and what of it the history knows. @throws Error when something is wrong. */
export function checkState(machine: Machine): void {
  const { state, history } = machine
  const at = Math.max(machine.now, state.clock, state.deadlines.reached())
  checkLimitersAgree(machine, at)
  const idle = state.claims.reservation() === null ? history.findIdle(at) : null
  if (idle !== null) throw new Error(`Task ${idle} could start, and does not (L2).`)
  checkInvariants(state, machine.now)
}

/** Record first, act second. */
export function store(machine: Machine): void {
  append(machine)
  for (const instruction of machine.instructions) perform(machine, instruction)
  machine.instructions = []
  if (machine.state.ended.size > 0) machine.state.ended.clear()
}

function append(machine: Machine): void {
  for (const event of machine.events) machine.journal.push(event)
  machine.events = []
}

function perform(machine: Machine, instruction: Instruction): void {
  const { run, task, fence } = instruction
  switch (instruction.type) {
    case 'startAttempt':
      return startWork(machine, { run, task, fence, worker: instruction.worker, step: null })
    case 'verifyAttempt': {
      const worker = machine.state.attempts.get(fence)?.worker.id ?? ''
      return startWork(machine, { run, task, fence, worker, step: instruction.step })
    }
    case 'stopAttempt':
      return stopWork(machine, { run, task, fence })
    case 'grantIntegration':
      // What whoever works on it does next is up to chance.
      return
    default:
      instruction satisfies never
  }
}

function crash(machine: Machine, { when, again }: Crash): void {
  if (when === 'after') append(machine)
  restart(machine)
  recover(machine, again)
}

/** The host dies; the next one folds the journal, and nothing else is left. What was decided and not stored is lost. */
export function restart(machine: Machine): void {
  machine.crashes += 1
  checkState(machine)
  const facts = machine.events.length === 0 ? canonical(machine.state) : null
  machine.events = []
  machine.instructions = []
  machine.mailbox = []
  reload(machine)
  if (facts === null) relearn(machine)
  else compareFacts(facts, canonical(machine.state))
  for (const work of [...machine.running, ...machine.stopping]) endWork(machine, work)
}

/** Folds the journal. */
function reload(machine: Machine): void {
  const state = createState(machine.world.bypassLimit)
  const versions = firstVersions(machine.blueprint)
  for (const event of machine.journal) {
    versions.follow(event, (_, run) => machine.blueprint.plans.get(run)!)
    machine.core.reduce(versions.compiled, state, event)
  }
  machine.versions = versions
  machine.state = state
  machine.wakeAt = state.deadlines.next()
}

/** The history is what was stored. */
function relearn(machine: Machine): void {
  machine.history = createHistory(machine.facts, machine.world.isCrowded, machine.amendments)
  for (const event of machine.journal) machine.history.feed(event)
  machine.history.takeSteered()
}

function compareFacts(live: string, folded: string): void {
  if (live === folded) return
  const ours = live.split('\n')
  const theirs = folded.split('\n')
  const at = ours.findIndex((line, index) => line !== theirs[index])
  throw new Error(
    `A fold of the journal differs from the live state (S9).\n  live:   ${ours[at]}\n  folded: ${theirs[at]}`,
  )
}

/**
 * What a host begins with: the old workers get nothing more and leave, and new ones join. Draining all before the first
 * leaves keeps what the first was doing from being given to the next, which is gone as well.
 */
export function recoveryInputs({ state, world }: Machine): readonly Input[] {
  const workers = [...state.workers.keys()]
  return [
    ...workers.map((worker): Input => ({ type: 'drain', worker })),
    ...workers.map((worker): Input => ({ type: 'leave', worker, reason: 'the host was started again' })),
    ...world.workers.filter(({ id }) => workers.includes(id as WorkerId)).map(joinOf),
  ]
}

/** The host may crash again on the way. */
function recover(machine: Machine, again: number): void {
  const inputs = recoveryInputs(machine)
  for (let index = 0; index < inputs.length; index += 1) {
    machine.mailbox.push(inputs[index]!)
    decideOnMail(machine)
    if (index === again) return crash(machine, { when: index % 2 === 0 ? 'before' : 'after', again: -1 })
    store(machine)
  }
}
