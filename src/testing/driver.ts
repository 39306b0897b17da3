/** Who decides what happens next in a simulated world: chance, at rates the world has. */
import type { MessageTarget, StreamId, TaskId, WorkerId } from '../core/types.js'
import { gatesAwaiting } from './calm.js'
import { factsIn, type Machine, specNow, type Work } from './machine-state.js'
import type { Random } from './random.js'
import type { Crash, FailureSpec, ReportKind, Step } from './steps.js'
import { drawAmendment, drawBegunAnew, drawEnded, drawExtension } from './world-amendments.js'
import type { Rates } from './world-spec.js'
import { fullIdOf, VOCABULARY } from './world-spec.js'
import { drawBreaker, drawLimit } from './world-uses.js'

/** What can be done next, each with its weight: what makes a run get on, then everything else. */
type Choice =
  | 'complete'
  | 'confirm'
  | 'wait'
  | 'open'
  | 'join'
  | 'approve'
  | Exclude<keyof Rates, 'slow' | 'absent' | 'gather' | 'hold' | 'deaf'>

/** Steps at most for each task of the world before it calms down. */
const STEPS_PER_TASK = 4

/** What chance has happen until every run has ended, or long enough. Whoever takes a step does it before the next. */
export function* stepsByChance(machine: Machine, random: Random): Generator<Step, void, undefined> {
  const { world } = machine
  const tasks = world.runs.reduce((sum, run) => sum + run.tasks.length, 0)
  const player = createPlayer(machine, random)
  for (
    let steps = 20 + tasks * STEPS_PER_TASK;
    steps > 0 && machine.state.closedRuns.size < world.runs.length;
    steps -= 1
  ) {
    yield player()
  }
}

function createPlayer(machine: Machine, random: Random): () => Step {
  const { world } = machine
  const { rates } = world
  const { choices, limits, total } = weigh(rates)
  const unopened = world.runs.map(({ id }) => id)
  let opening = unopened.shift()

  function choose(): Choice {
    const { running, stopping, state } = machine
    if (running.length === 0 && stopping.length === 0 && random.chance(0.6)) {
      if (opening !== undefined && state.workers.size > 0) return 'open'
      if (state.workers.size < world.workers.length) return 'join'
      return random.chance(0.7) ? 'wake' : 'wait'
    }
    const drawn = random.int(1_000_000) * (total / 1_000_000)
    let at = 0
    while (limits[at]! <= drawn && at < limits.length - 1) at += 1
    return choices[at]!
  }

  function open(): Step {
    if (opening === undefined) return report(machine, random, 'complete')
    const step: Step = { kind: 'open', run: opening }
    opening = unopened.shift()
    return step
  }

  // Some hosts give their limits before anything else.
  const given = random.chance(0.3) ? [drawBreaker(random), drawBreaker(random)] : []
  return () => {
    const limit = given.pop()
    if (limit !== undefined) return { kind: 'limit', ...limit }
    const choice = choose()
    return withMishap(choice === 'open' ? open() : draw(machine, random, choice), random, rates)
  }
}

function draw(machine: Machine, random: Random, choice: Exclude<Choice, 'open'>): Step {
  const { world } = machine
  switch (choice) {
    case 'complete':
    case 'fail':
    case 'beat':
    case 'progress':
    case 'share':
    case 'milestone':
      return report(machine, random, choice)
    case 'send':
    case 'sendFromOutside':
      return sendStep(machine, random, choice)
    case 'read':
      return read(machine, random)
    case 'integrate':
      return integrate(machine, random)
    case 'claim':
      return claim(machine, random)
    case 'confirm':
      return random.chance(world.rates.deaf) ? { kind: 'wait', ms: 1 } : report(machine, random, choice)
    case 'wait':
      return { kind: 'wait', ms: random.pick([0, 1, 5, 20, 100]) }
    case 'dawdle':
      return { kind: 'wait', ms: random.pick([10, 30, 100, 300]) }
    case 'wake':
      return { kind: 'wake' }
    case 'join':
      return join(machine, random)
    case 'lie':
      return lie(machine, random)
    case 'crash':
      return { kind: 'wait', ms: 0, crash: drawCrash(random) }
    case 'approve':
    case 'refuse':
      return answer(machine, random, choice)
    case 'amend':
    case 'extend':
    case 'reopen':
      return change(machine, random, choice)
    case 'leave':
    case 'pause':
    case 'again':
    case 'cancelTask':
    case 'cancelStream':
    case 'cancelRun':
    case 'limit':
      return steer(machine, random, choice)
    case 'jump':
      return { kind: 'jump', ms: random.pick([-3_600_000, -500, -20, 20, 500, 3_600_000]) }
    default:
      return choice satisfies never
  }
}

function withMishap(step: Step, random: Random, rates: Rates): Step {
  if (step.kind === 'jump' || step.kind === 'read' || step.crash !== undefined) return step
  if (random.chance(rates.crash / 1000)) return { ...step, crash: drawCrash(random) }
  if (random.chance(rates.gather)) return { ...step, gather: true }
  return random.chance(rates.hold) ? { ...step, hold: true } : step
}

function weigh(rates: Rates): { choices: readonly Choice[]; limits: readonly number[]; total: number } {
  const { slow, absent, gather: _gather, hold: _hold, deaf: _deaf, ...others } = rates
  const weights: readonly [Choice, number][] = [
    ['complete', 100 * (1 - slow)],
    ['confirm', 25],
    ['wait', 10],
    ['approve', 25 * (1 - absent)],
    ['open', 4],
    ['join', 8],
    ...(Object.entries(others) as [Choice, number][]),
  ]
  const used = weights.filter(([, weight]) => weight > 0)
  let total = 0
  const limits = used.map(([, weight]) => {
    total += weight
    return total
  })
  return { choices: used.map(([choice]) => choice), limits, total }
}

const FAILURES: readonly FailureSpec[] = [
  { kind: 'error' },
  { kind: 'error' },
  { kind: 'rate-limited', retryAfterMs: 700 },
  { kind: 'verify' },
  { kind: 'claim-violation', retryable: false },
  { kind: 'cancelled' },
  { kind: 'lost' },
]

function report(machine: Machine, random: Random, kind: ReportKind): Step {
  const list: readonly Work[] = kind === 'confirm' ? machine.stopping : machine.running
  if (list.length === 0) return random.chance(0.5) ? { kind: 'wake' } : { kind: 'wait', ms: 1 }
  const { run, task, fence } = pickFor(machine, random, kind, list)
  // Whoever waits to integrate seldom goes on without it.
  const isWaiting = kind === 'complete' && machine.history.attempt(fence)?.integration === 'asked' && random.chance(0.9)
  if (kind !== 'fail') return { kind: 'report', report: isWaiting ? 'beat' : kind, run, task }
  return { kind: 'report', report: kind, run, task, failure: random.pick(FAILURES) }
}

function pickFor(machine: Machine, random: Random, kind: ReportKind, list: readonly Work[]): Work {
  if (kind === 'progress' || kind === 'beat') return pickWatched(machine, random, list)
  const declares = ({ run, task }: Work): boolean => factsIn(machine, run, task)?.spec.milestones.length !== 0
  const able = kind === 'milestone' ? list.filter(declares) : list
  return random.pick(able.length === 0 ? list : able)
}

function integrate(machine: Machine, random: Random): Step {
  const able = machine.running.filter(({ run, task }) => factsIn(machine, run, task)!.spec.integrate.length > 0)
  const list = able.length > 0 && random.chance(0.9) ? able : machine.running
  if (list.length === 0) return { kind: 'wait', ms: 1 }
  const { run, task } = random.pick(list)
  return { kind: 'report', report: 'integrate', run, task }
}

/** Sometimes of what the task has already, seldom of what is no pattern. */
function claim(machine: Machine, random: Random): Step {
  if (machine.running.length === 0) return { kind: 'wait', ms: 1 }
  const { run, task } = random.pick(machine.running)
  const { write, read } = factsIn(machine, run, task)!.spec
  const draw = (own: readonly number[]): string => {
    if (random.chance(0.02)) return random.pick(['../x', '', 'a/{b', '/etc'])
    return VOCABULARY[own.length > 0 && random.chance(0.3) ? random.pick(own) : random.int(VOCABULARY.length)]!
  }
  const drawAll = (own: readonly number[], most: number): string[] =>
    Array.from({ length: random.int(most + 1) }, () => draw(own))
  return { kind: 'report', report: 'claim', run, task, claim: { write: drawAll(write, 2), read: drawAll(read, 1) } }
}

/** Rather one whose progress is asked for than another: that is where signs of life and of progress differ. */
function pickWatched(machine: Machine, random: Random, list: readonly Work[]): Work {
  const work = random.pick(list)
  const isWatched = factsIn(machine, work.run, work.task)?.policy.stall !== undefined
  return isWatched ? work : random.pick(list)
}

function join(machine: Machine, random: Random): Step {
  const { workers } = machine.world
  const isFull = machine.state.workers.size === workers.length
  if (isFull && random.chance(0.8)) return report(machine, random, 'complete')
  return { kind: 'join', worker: random.pick(workers).id }
}

function read(machine: Machine, random: Random): Step {
  const step = report(machine, random, 'beat')
  return step.kind === 'report' ? { kind: 'read', run: step.run, task: step.task } : step
}

function sendStep(machine: Machine, random: Random, choice: 'send' | 'sendFromOutside'): Step {
  const { workers, runs } = machine.world
  const step: Step =
    choice === 'send' ? report(machine, random, 'send') : { kind: 'send', run: random.pick(runs).id, to: NOBODY }
  if (step.kind !== 'report' && step.kind !== 'send') return step
  const { tasks, streams } = specNow(machine, step.run)
  const stream = streams.length === 0 ? 's1' : random.pick(streams).id
  const task = fullIdOf(random.pick(tasks)) as TaskId
  const worker = random.pick(workers).id as WorkerId
  return { ...step, to: random.pick([{ task }, { task }, { stream: stream as StreamId }, { worker }, NOBODY]) }
}

const NOBODY: MessageTarget = { task: 'nobody' as TaskId }

function lie(machine: Machine, random: Random): Step {
  const { past, stopping, running } = machine
  const kind = random.pick(['old', 'old', 'old', 'other', 'none'] as const)
  const list = kind === 'old' ? [...past, ...stopping] : running
  if (list.length === 0) return { kind: 'wait', ms: 1 }
  const { run, task } = random.pick(list)
  const what = random.pick([
    'complete',
    'complete',
    'fail',
    'beat',
    'progress',
    'milestone',
    'confirm',
    'share',
    'send',
    'integrate',
    'claim',
  ] as const)
  const step = { kind: 'lie', lie: kind, report: what, run, task } as const
  const isExtended = what === 'complete' && random.chance(machine.world.rates.extend / 20)
  const history = isExtended ? machine.history.run(run) : null
  return history === null ? step : { ...step, extension: drawExtension(random, machine.world, history, task) }
}

/** In one world: the first few show what the others would. */
const MOST_AMENDMENTS = 4

/** Of a run that is open, mostly. */
function change(machine: Machine, random: Random, choice: 'amend' | 'extend' | 'reopen'): Step {
  const { world, history, running } = machine
  // Compiling takes longer than all else that a world does.
  if (choice !== 'reopen' && machine.amendments.size >= MOST_AMENDMENTS) return report(machine, random, 'complete')
  if (choice === 'extend') {
    if (running.length === 0) return { kind: 'wait', ms: 1 }
    const { run, task } = random.pick(running)
    const extension = drawExtension(random, world, history.run(run)!, task)
    return { kind: 'report', report: 'complete', run, task, extension }
  }
  const runs = [...history.runs()]
  const open = runs.filter(({ isClosed }) => !isClosed)
  const list = open.length === 0 || random.chance(0.05) ? runs : open
  if (list.length === 0) return { kind: 'wait', ms: 1 }
  const past = random.pick(list)
  const run = past.facts.id
  if (choice === 'amend') return { kind: 'amend', run, amendment: drawAmendment(random, world, past) }
  const again = drawBegunAnew(random, past)
  if (again !== null && random.chance(0.4)) return { kind: 'cancel', run, target: 'task', id: again }
  // What is being reported may have ended when its turn comes.
  const told = machine.mailbox.find((input) => 'fence' in input && input.run === run)
  const task = told !== undefined && 'task' in told && random.chance(0.5) ? told.task : drawEnded(random, past)
  return { kind: 'reopen', run, task, downstream: random.chance(0.4) }
}

type Steering = 'leave' | 'pause' | 'again' | 'cancelTask' | 'cancelStream' | 'cancelRun' | 'limit'

function steer(machine: Machine, random: Random, choice: Steering): Step {
  const { world } = machine
  switch (choice) {
    case 'leave':
      return { kind: random.pick(['leave', 'leave', 'drain'] as const), worker: random.pick(world.workers).id }
    case 'pause':
      return { kind: random.chance(0.4) ? 'pause' : 'resume', run: random.pick(world.runs).id }
    case 'again':
      return { kind: 'again', run: random.pick(world.runs).id }
    case 'limit':
      return { kind: 'limit', ...drawLimit(random) }
    default:
      return cancel(machine, random, choice)
  }
}

/** Mostly to one that awaits it. */
function answer(machine: Machine, random: Random, kind: 'approve' | 'refuse'): Step {
  const awaiting = gatesAwaiting(machine)
  if (awaiting.length > 0 && random.chance(0.9)) return { kind, ...random.pick(awaiting) }
  const { id: run, tasks } = specNow(machine, random.pick(machine.world.runs).id)
  const gates = tasks.filter(({ gate }) => gate !== null)
  if (gates.length === 0) return { kind: 'wait', ms: 1 }
  return { kind, run, gate: random.pick(gates).id }
}

function cancel(machine: Machine, random: Random, choice: 'cancelTask' | 'cancelStream' | 'cancelRun'): Step {
  const { id: run, tasks, streams } = specNow(machine, random.pick(machine.world.runs).id)
  if (choice === 'cancelRun') return { kind: 'cancel', run, target: 'run', id: run }
  if (choice === 'cancelStream' && streams.length > 0) {
    return { kind: 'cancel', run, target: 'stream', id: random.pick(streams).id }
  }
  return { kind: 'cancel', run, target: 'task', id: fullIdOf(random.pick(tasks)) }
}

function drawCrash(random: Random): Crash {
  return { when: random.pick(['before', 'after'] as const), again: random.chance(0.3) ? random.int(5) : -1 }
}
