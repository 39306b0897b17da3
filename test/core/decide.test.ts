/**
 * The table state × input: what every input leads to for a task in every status, and for an attempt in every state.
 * The plan: `t` is the task in question, on worker `w`. `keep` runs on a worker of its own so that the run stays open;
 * `before` is what `t` depends on or queues behind.
 */
import { describe, expect, it } from 'vitest'
import type { Input } from '../../src/core/types.js'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

type Situation =
  | 'waiting'
  | 'ready'
  | 'delayed'
  | 'parked'
  | 'running'
  | 'closing'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'skipped'
/** One of each type, and the ways that differ by the task: `late` is a tick when everything that may be due is. */
type Asked = Input['type'] | 'cancel stream' | 'cancel run' | 'late'

/** Event types that concern `t`, the run or a worker, in order; or the code of the rejection. */
type Led = readonly string[] | string

const retry = { maxAttempts: 2, initialDelay: 1000, jitter: 0 }
const timeouts = { heartbeat: 100, startToClose: 10_000 }
const milestones = ['half']
const claims = { integrate: ['hot'] }

function planWith(t: TaskDocument, before: TaskDocument = {}): PlanDocument {
  return {
    streams: {
      s: {
        tasks: { before: { pool: 'main', ...before }, t: { pool: 'main', retry, timeouts, milestones, claims, ...t } },
      },
    },
    tasks: { keep: { pool: 'keep' } },
  }
}

const T = 's/t'

function worldWith(plan: PlanDocument): World {
  const w = world()
  w.worker('k', { pool: 'keep' })
  w.worker('w', { pool: 'main' })
  w.open(plan)
  return w
}

/** `t` first: `before` waits for it, so it is never in the way. */
function alone(t: TaskDocument = {}): World {
  return worldWith(planWith(t, { dependsOn: ['t'] }))
}

const situations: { readonly [S in Situation]: () => World } = {
  waiting: () => worldWith(planWith({ dependsOn: ['before'] })),
  ready: () => worldWith(planWith({})),
  delayed() {
    const w = alone()
    w.fail(T)
    return w
  },
  parked() {
    const w = worldWith(planWith({ claims: { write: ['a'] } }, { claims: { write: ['a'] } }))
    w.worker('spare', { pool: 'main' })
    return w
  },
  running: () => alone(),
  closing() {
    const w = alone({ timeouts: { startToClose: 10 } })
    w.wait(10)
    return w
  },
  succeeded() {
    const w = alone()
    w.complete(T)
    return w
  },
  failed() {
    const w = alone({ retry: { maxAttempts: 1 } })
    w.fail(T)
    return w
  },
  cancelled() {
    const w = worldWith(planWith({}))
    w.cancel(T)
    return w
  },
  skipped() {
    const w = worldWith(planWith({ dependsOn: ['before'] }))
    w.fail('s/before')
    return w
  },
}

function ask(w: World, asked: Asked): void {
  const task = w.run().plan.taskIndex.get(T)!
  const attempt = w.events('attempt.started').findLast((event) => event.task === T)
  const report = { run: 'r', task: T, fence: attempt?.fence ?? 999 }
  const reason = 'asked'
  switch (asked) {
    case 'open':
      return void w.send({ type: 'open', run: 'r', plan: {} })
    case 'join':
      return void w.worker('new', { pool: 'main' })
    case 'drain':
      return void w.send({ type: 'drain', worker: 'w' })
    case 'offer':
    case 'withdraw':
      return void w.send({ type: asked, worker: 'w' })
    case 'resize':
      return void w.send({ type: 'resize', worker: 'w', slots: 0 })
    case 'quarantine':
      return void w.send({ type: 'quarantine', worker: 'w', losses: 3, forMs: 10 })
    case 'leave':
      return void w.send({ type: 'leave', worker: 'w', reason })
    case 'complete':
      return void w.send({ type: 'complete', ...report, result: 1 })
    case 'verify':
      return void w.send({ type: 'verify', ...report, step: 1, result: 1 })
    case 'fail':
      return void w.send({ type: 'fail', ...report, failure: { kind: 'error', message: 'it broke' } })
    case 'beat':
      w.now += 10
      return void w.send({ type: 'beat', ...report })
    case 'share':
      return void w.send({ type: 'share', ...report, key: 'k', value: 1 })
    case 'send':
      return void w.send({ type: 'send', run: 'r', from: report, to: { stream: 's' }, body: 1 })
    case 'milestone':
      return void w.send({ type: 'milestone', ...report, name: 'half' })
    case 'confirmStop':
      return void w.send({ type: 'confirmStop', ...report })
    case 'integrate':
      return void w.send({ type: 'integrate', ...report })
    case 'claim':
      return void w.send({ type: 'claim', ...report, write: ['more'], read: [] })
    case 'cancel':
      return void w.send({ type: 'cancel', run: 'r', target: { kind: 'task', task: T }, reason })
    case 'cancel stream':
      return void w.send({ type: 'cancel', run: 'r', target: { kind: 'stream', stream: 's' }, reason })
    case 'cancel run':
      return void w.send({ type: 'cancel', run: 'r', target: { kind: 'run' }, reason })
    case 'approve':
    case 'refuse':
      return void w.send({ type: asked, run: 'r', gate: T, by: null, note: null })
    case 'pause':
      return void w.send({ type: 'pause', run: 'r', reason })
    case 'resume':
      w.send({ type: 'pause', run: 'r', reason })
      return void w.send({ type: 'resume', run: 'r' })
    case 'amend':
      return void w.amend({ change: { [T]: { title: 'other' } } })
    case 'reopen':
      return void w.reopen(T)
    case 'setLimit':
      return void w.send({ type: 'setLimit', name: 'gpu', limit: { capacity: 1, perMinute: null, breaker: null } })
    case 'lead':
    case 'renew':
      return void w.send({ type: asked, host: 'h', leaseMs: 1000 })
    case 'resign':
      return void w.send({ type: 'resign', host: 'h' })
    case 'tick':
      return void w.send({ type: 'tick' })
    case 'late':
      expect(task).toBeDefined()
      return void w.wait(20_000)
    default:
      asked satisfies never
  }
}

function ledTo(w: World): Led {
  const { rejection, events } = w.last
  if (rejection !== null) {
    expect(events).toEqual([])
    return rejection.code
  }
  return events.filter((event) => !('task' in event) || event.task === T).map(({ type }) => type)
}

const STALE = 'ATTEMPT_STALE'
const FINAL = 'TASK_FINISHED'
/** What is the same in every situation: the task has no steps, and is no gate. */
const always: Partial<Record<Asked, Led>> = {
  open: 'RUN_EXISTS',
  drain: ['worker.draining'],
  // Its host gives it work.
  offer: [],
  resize: ['worker.resized'],
  quarantine: ['worker.quarantined'],
  withdraw: [],
  pause: ['run.paused'],
  setLimit: ['limit.changed'],
  verify: 'ATTEMPT_STALE',
  approve: 'GATE_UNKNOWN',
  refuse: 'GATE_UNKNOWN',
  lead: ['host.elected'],
  renew: 'NOT_LEADER',
  resign: 'NOT_LEADER',
}
/** What reports lead to where there is no live attempt. */
const unheard: Partial<Record<Asked, Led>> = {
  complete: STALE,
  fail: STALE,
  beat: STALE,
  share: STALE,
  send: STALE,
  milestone: STALE,
  integrate: STALE,
  claim: STALE,
  confirmStop: STALE,
}
const nothing: Partial<Record<Asked, Led>> = {
  join: ['worker.joined'],
  leave: ['worker.left'],
  resume: ['run.resumed'],
  amend: ['run.amended'],
  reopen: 'TASK_OPEN',
  tick: [],
  late: [],
}
const stopped = ['attempt.closing', 'task.cancelled']
const finished: Partial<Record<Asked, Led>> = {
  ...unheard,
  ...nothing,
  amend: 'TASK_STARTED',
  reopen: ['task.reopened'],
  cancel: FINAL,
  'cancel stream': [],
  'cancel run': ['run.cancelled'],
}

const table: { readonly [S in Situation]: Partial<Record<Asked, Led>> } = {
  waiting: {
    ...unheard,
    ...nothing,
    cancel: ['task.cancelled'],
    'cancel stream': ['task.cancelled'],
    'cancel run': ['run.cancelled', 'task.cancelled'],
  },
  ready: {
    ...unheard,
    ...nothing,
    join: ['worker.joined', 'attempt.started'],
    cancel: ['task.cancelled'],
    'cancel stream': ['task.cancelled'],
    'cancel run': ['run.cancelled', 'task.cancelled'],
  },
  delayed: {
    ...unheard,
    ...nothing,
    cancel: ['task.cancelled'],
    'cancel stream': ['task.cancelled'],
    'cancel run': ['run.cancelled', 'task.cancelled'],
    late: ['attempt.started'],
  },
  parked: {
    ...unheard,
    ...nothing,
    // The worker of `before` leaves, and with it goes what it held: `t` has waited longer than `before` has to be tried again.
    leave: ['worker.left', 'attempt.started'],
    cancel: ['task.cancelled'],
    'cancel stream': ['task.cancelled'],
    'cancel run': ['run.cancelled', 'task.cancelled'],
  },
  running: {
    ...nothing,
    amend: 'TASK_STARTED',
    complete: ['attempt.succeeded'],
    fail: ['attempt.failed'],
    beat: ['attempt.renewed'],
    share: ['context.shared'],
    send: ['message.sent'],
    milestone: ['milestone.reached'],
    integrate: ['integration.asked', 'integration.granted'],
    claim: ['claim.extended'],
    confirmStop: STALE,
    leave: ['worker.left', 'attempt.failed'],
    cancel: stopped,
    'cancel stream': stopped,
    'cancel run': ['run.cancelled', ...stopped],
    late: ['attempt.closing', 'attempt.failed'],
  },
  closing: {
    ...nothing,
    amend: 'TASK_STARTED',
    complete: STALE,
    fail: STALE,
    beat: STALE,
    share: STALE,
    send: STALE,
    milestone: STALE,
    integrate: STALE,
    claim: STALE,
    confirmStop: ['attempt.closed'],
    leave: ['worker.left', 'attempt.closed'],
    cancel: ['task.cancelled'],
    'cancel stream': ['task.cancelled'],
    'cancel run': ['run.cancelled', 'task.cancelled'],
  },
  succeeded: finished,
  failed: { ...finished, reopen: ['task.reopened', 'attempt.started'] },
  cancelled: finished,
  // What it depends on has failed, and is not done again.
  skipped: { ...finished, reopen: ['task.reopened', 'task.skipped'] },
}

const inputs: readonly Asked[] = [
  'open',
  'join',
  'drain',
  'offer',
  'withdraw',
  'resize',
  'quarantine',
  'leave',
  'complete',
  'verify',
  'fail',
  'beat',
  'milestone',
  'integrate',
  'claim',
  'confirmStop',
  'cancel',
  'cancel stream',
  'cancel run',
  'approve',
  'refuse',
  'pause',
  'resume',
  'amend',
  'reopen',
  'setLimit',
  'tick',
  'late',
]

describe('what an input leads to', () => {
  for (const [situation, make] of Object.entries(situations)) {
    describe(`for a task that is ${situation}`, () => {
      for (const asked of inputs) {
        it(`"${asked}"`, () => {
          const w = make()
          const before = w.state.revision
          ask(w, asked)
          expect(ledTo(w)).toEqual({ ...always, ...table[situation as Situation] }[asked])
          if (w.last.rejection !== null) expect(w.state.revision).toBe(before)
        })
      }
    })
  }
})
