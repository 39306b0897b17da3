// Each sentence about the state is made false, one at a time, and must be told.
import { describe, expect, it } from 'vitest'
import { checkInvariants } from '../../src/core/invariants.js'
import type { Attempt, ClosedRun, Waiter } from '../../src/core/state.js'
import { PLACE, STATUS } from '../../src/core/state.js'
import type { TaskId, WorkerId } from '../../src/core/types.js'
import { force, type Healthy, healthy, RUN, START, WORKER } from './invariants-world.js'

function messageAfter(change: (healthy: Healthy) => void, now: number = START): string {
  const made = healthy()
  change(made)
  try {
    checkInvariants(made.state, now)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing is wrong'
}

const OLD: ClosedRun = { name: 'old', openedAt: 1, openedAfter: 0, closedAt: 2, verdict: 'failed' }

type Case = readonly [sentence: string, change: (healthy: Healthy) => void]

/** Writes one place of a typed array. */
function put(array: Uint8Array | Int32Array | Float64Array, at: number, value: number): void {
  array[at] = value
}

/** Moves a task to another status, with what belongs to it. */
function restate({ run }: Healthy, task: number, status: number): void {
  run.counts[run.status[task]!]! -= 1
  run.counts[status]! += 1
  run.status[task] = status
}

const nodes: readonly Case[] = [
  ['An open run is not closed', ({ run }) => force(run, { closed: { at: 0, verdict: 'failed' } })],
  ['An open run is not closed', ({ state }) => state.closedRuns.set(RUN, OLD)],
  [
    '"remaining" counts the unmet dependencies: it says 2, there are 1',
    ({ run, task }) => put(run.remaining, task('s/b'), 2),
  ],
  [
    'A waiting task has an unmet dependency',
    ({ run, task }) => {
      run.status[task('s/a')] = STATUS.succeeded
      run.remaining[task('s/b')] = 0
    },
  ],
  [
    'is not left waiting (S11). Run "r1", task "s/b" (waiting)',
    ({ run, task }) => put(run.status, task('s/a'), STATUS.failed),
  ],
  ['The dependencies of a ready task hold (S1)', ({ run, task }) => put(run.status, task('s/b'), STATUS.ready)],
  ['A point is reached if and only if', ({ run }) => put(run.status, run.plan.taskCount + 3, STATUS.succeeded)],
  [
    'it is skipped, 1 lacking. Run "r1", stream "z"',
    ({ run }) => put(run.status, run.plan.taskCount + 3, STATUS.skipped),
  ],
  [
    'it is waiting, 0 lacking. Run "r1", stream "empty"',
    ({ run }) => put(run.status, run.plan.taskCount + 2, STATUS.waiting),
  ],
  ['A skipped task has its reason', ({ run, task }) => run.skips.delete(task('g'))],
  [
    'A task is skipped only if a dependency ended without success (S11); "h" is succeeded',
    ({ run, task }) => run.skips.set(task('g'), { kind: 'dependency', because: 'h' as TaskId, status: 'failed' }),
  ],
  [
    '"nobody" is unknown',
    ({ run, task }) => run.skips.set(task('g'), { kind: 'dependency', because: 'nobody' as TaskId, status: 'failed' }),
  ],
  [
    'A task is skipped by onFailure only if a task failed; "f" is cancelled',
    ({ run, task }) => run.skips.set(task('g'), { kind: 'on-failure', because: 'f' as TaskId, rule: 'drain' }),
  ],
]

const facts: readonly Case[] = [
  ['"readyAt" says when', ({ run, task }) => put(run.readyAt, task('s/b'), 5)],
  ['"readyAt" says when', ({ run, task }) => put(run.readyAt, task('h'), Number.NaN)],
  ['"endedAt" is set by the end', ({ run, task }) => put(run.endedAt, task('h'), Number.NaN)],
  ['"endedAt" is set by the end', ({ run, task }) => put(run.endedAt, task('s/b'), 5)],
  ['A task without attempts never started', ({ run, task }) => put(run.startedAt, task('s/b'), 5)],
  ['"counts" says 9 waiting, there are 3', ({ run }) => put(run.counts, STATUS.waiting, 9)],
  ['at most maxAttempts = 1 attempts (S6); it has 9, 0 lost', ({ run, task }) => put(run.attempts, task('h'), 9)],
  ['At most maxLost + 1 = 4 attempts are lost; 9 were', ({ run, task }) => run.lost.set(task('h'), 9)],
  ['At most maxVerify + 1 attempts fail verification (S6); 9 did', ({ run, task }) => run.unverified.set(task('h'), 9)],
  [
    '"doomed" is empty after each decision',
    ({ run, task }) => run.doomed.set(task('s/b'), { because: task('f'), through: -1, isUnneeded: false }),
  ],
  ['"results" has succeeded tasks only', ({ run, task }) => run.results.set(task('s/b'), 1)],
  ['"failures" has every failed task', ({ run, task }) => run.failures.delete(task('j'))],
  ['"skips" has all and only', ({ run, task }) => run.skips.set(task('h'), run.skips.get(task('g'))!)],
  ['"cancels" has all and only', ({ run, task }) => run.cancels.set(task('h'), 'why')],
  ['"cancels" has all and only', ({ run, task }) => run.cancels.delete(task('f'))],
  ['"scheduledAt" has tasks that were ready', ({ run, task }) => run.scheduledAt.set(task('s/b'), 5)],
  ['"scheduledAt" has tasks with', ({ run, task }) => run.scheduledAt.delete(task('s/a'))],
  ['"drainedBy" is set by the first failure', ({ run, task }) => force(run, { drainedBy: task('j') })],
  ['A cancelled run has no unfinished task', ({ run }) => force(run, { cancelled: { at: 0, reason: 'why' } })],
]

const attempts: readonly Case[] = [
  [
    'What is verified is one of the 0 steps of the plan',
    ({ live }) => force(live, { verifying: { result: null, step: 1, since: START } }),
  ],
  [
    'That a step begins is progress of its attempt',
    ({ live, run, task }) => {
      const steps = [{ handler: 'h', input: null, timeoutMs: null }]
      force(run, { plan: { ...run.plan, verify: new Map([[task('s/a'), steps]]) } })
      force(live, { verifying: { result: null, step: 1, since: START + 1 } })
    },
  ],
  ['"live" has one attempt for each running task', ({ run, task }) => run.live.delete(task('s/a'))],
  ['"live" has attempts of its run, by task', ({ live, task }) => force(live, { task: task('s/b') })],
  [
    'The task of a live attempt is running (S5)',
    (made) => {
      restate(made, made.task('s/a'), STATUS.ready)
      restate(made, made.task('l'), STATUS.running)
    },
  ],
  ['A live attempt is not closing', ({ live, closing }) => force(live, { closing: closing.closing })],
  [
    'The live attempt is the last one of its task (S3)',
    ({ run, task }) => {
      run.attempts[task('s/a')] = 2
      run.lost.set(task('s/a'), 1)
    },
  ],
  ['"startedAt" of a task is that of its last attempt', ({ run, task }) => put(run.startedAt, task('s/a'), 5)],
  [
    '"closing" has closing attempts by fence',
    ({ state, closing }) => {
      state.closing.delete(closing.fence)
      state.closing.set(999, closing)
    },
  ],
  ['A run is open while an attempt of it is closing', ({ closing, run }) => force(closing, { run: { ...run } })],
  ['A closing attempt was started', ({ closing }) => force(closing, { number: 9 })],
  ['"closing" of a run counts its closing attempts', ({ run }) => force(run, { closing: 5 })],
  ['"closing" counts closing attempts', ({ state }) => state.closing.clear()],
  [
    '"attempts" has live and closing attempts by fence',
    ({ state, live, closing }) => state.attempts.set(live.fence, closing),
  ],
  ['"attempts" has all and only live and closing attempts', ({ state, live }) => state.attempts.set(999, live)],
  ['A fence is at most the newest one, 0 (S3)', ({ state }) => force(state, { fence: 0 })],
  ['The worker of an attempt has joined and not left', ({ state }) => state.workers.delete(WORKER)],
  ['A slot is one of the 2 of its worker (S7)', ({ live }) => force(live, { slot: 99 })],
  ['a new attempt has a fresh heartbeat clock', ({ live }) => force(live, { beatAt: 0 })],
  ['No slot is used twice (S7), also by fence', ({ live, closing }) => force(closing, { slot: live.slot })],
  [
    'Attempts with conflicting claims do not run side by side (S2), but "r1/s/a#1" does. Attempt "r1/c#0"',
    ({ closing, task }) => force(closing, { task: task('c'), number: 0 }),
  ],
  [
    '"workers" has workers by id, and not "w8"',
    ({ state, worker }) => state.workers.set('w9' as WorkerId, { ...worker, id: 'w8' as WorkerId }),
  ],
  ['No slot of worker "w1" is free twice (S12): 1, 1', ({ worker }) => worker.freeSlots.push(1, 1)],
  [
    'No slot of worker "w1" is free twice',
    ({ worker }) => worker.freeSlots.push(...Array.from({ length: 9 }, () => 2)),
  ],
  [
    'Each slot is free or occupied (S7): 1 are not free, 2 attempts occupy one',
    ({ worker }) => worker.freeSlots.push(1),
  ],
  ['Worker "w1" has no slot 7 (S7)', ({ worker }) => worker.freeSlots.push(7)],
  [
    'An occupied slot is not free (S7, S12)',
    ({ worker, live }) => {
      force(worker, { slots: 3 })
      worker.freeSlots.push(live.slot)
    },
  ],
  [
    'The claims of a live or closing attempt are held, all of them (S2)',
    ({ state, live }) => (state.claims.held as Map<Attempt, unknown>).delete(live),
  ],
  [
    'Claims are held by live and closing attempts only (S12)',
    ({ state, live, parked }) => (state.claims.held as Map<Attempt, unknown>).set({ ...live }, parked.set),
  ],
]

/** A third slot, which is free. */
function giveSlot({ worker }: Healthy): void {
  force(worker, { slots: 3 })
  worker.freeSlots.push(3)
}

const dispatcher: readonly Case[] = [
  [
    '"deadlines" has every moment',
    ({ state }) => force(state, { deadlines: { ...state.deadlines, next: () => null } }),
  ],
  ['Only ready tasks have a place in the dispatcher', ({ run, task }) => put(run.place, task('s/b'), PLACE.queued)],
  ['A ready task is queued, parked or delayed', ({ run, task }) => put(run.place, task('m'), PLACE.nowhere)],
  ['A task is delayed until its retry is due (S6)', ({ run, task }) => put(run.place, task('d'), PLACE.queued)],
  ['"waiters" has all and only ready tasks with claims or uses', ({ run, task }) => run.waiters.delete(task('l'))],
  [
    '"waiters" has all and only ready tasks with claims or uses',
    ({ run, task, parked }) => run.waiters.set(task('s/b'), parked),
  ],
  ['Only a task with claims or uses is parked', ({ run, task }) => put(run.place, task('m'), PLACE.parked)],
  ['A gate that awaits approval stands aside', ({ run, task }) => put(run.place, task('m'), PLACE.gate)],
  ['A ready claimant waits', ({ parked }) => force(parked, { waiting: false })],
  [
    'A claimant waits for its own claims',
    ({ parked, run, task }) => force(parked, { set: run.waiters.get(task('l'))!.set }),
  ],
  ['"parkedAt" is set while parked', ({ parked }) => force(parked, { parkedAt: null })],
  ['"parked" has all waiters that are parked', ({ state }) => state.parked.clear()],
  ['A parked task is blocked where it is parked', parkElsewhere],
  ['"needWorkers" has all and only', ({ run }) => force(run, { needWorkers: [[]] })],
  ['"needWorkers" has all and only', ({ worker }) => force(worker, { isDraining: true })],
  ['"ready" has all and only the queued tasks. Run "r1", task "s/b"', ({ run, task }) => run.ready.push(task('s/b'))],
  [
    '"ready" has all and only the queued tasks. Run "r1".',
    ({ run, task }) => {
      run.ready.remove(task('l'))
      run.ready.remove(task('m'))
    },
  ],
  ['The first of the ready tasks is of the best class', ({ run, task }) => run.ready.remove(task('l'))],
  ['"ready" names the needs it has tasks for', ({ run }) => force(run, { ready: { ...run.ready, needs: [] } })],
  ['starts in the same step (L2). Run "r1", task "l"', giveSlot],
  [
    'starts in the same step (L2). Run "r1", task "m"',
    (made) => {
      giveSlot(made)
      force(made.state, { claims: { ...made.state.claims, reservation: () => made.parked } })
    },
  ],
  [
    'starts in the same step (L2). Run "r1", task "l"',
    (made) => {
      giveSlot(made)
      // Nobody can serve the owner of the reservation, so it holds nobody up.
      const resting = {
        ...made.parked,
        run: { ...made.run, plan: { ...made.run.plan, needs: [{ pool: 'gone', requires: [] }] } },
      }
      force(made.state, { claims: { ...made.state.claims, reservation: () => resting } })
    },
  ],
  [
    'Claims are reserved for a ready task only (L4)',
    ({ state, parked }) => force(state, { claims: { ...state.claims, reservation: () => ({ ...parked }) } }),
  ],
]

/** Puts the parked task into the line of a pattern that nobody holds. */
function parkElsewhere({ state, run, task, parked }: Healthy): void {
  const [pattern = 0] = run.waiters.get(task('l'))!.set.write
  const [line] = state.parked.get(parked.parkedAt!.at)!
  state.parked.set(pattern, [line!])
  force(parked, { parkedAt: { at: pattern, how: 'write' } })
}

describe('a sentence that is false is told', () => {
  it('but a healthy state passes', () => {
    expect(messageAfter(() => {})).toBe('nothing is wrong')
  })

  const all = [...nodes, ...facts, ...attempts, ...dispatcher]
  it.each(all)('%s', (sentence, change) => {
    const message = messageAfter(change)
    expect(message).toMatch(/^Broken: .*\.$/)
    expect(message).toContain(sentence)
  })
})

describe('what is due', () => {
  it('must have been done by the time of the decision', () => {
    expect(messageAfter(() => {}, START + 150)).toContain(
      'What is due at 1000110 has been done by the decision at 1000150',
    )
  })

  it('does not include what a pause keeps from starting', () => {
    const message = messageAfter((made) => {
      giveSlot(made)
      force(made.run, { paused: { at: START, reason: 'lunch' } })
    })
    expect(message).toBe('nothing is wrong')
  })
})

describe('a parked task', () => {
  it('may stand behind one that was woken', () => {
    const message = messageAfter((made) => {
      parkElsewhere(made)
      force(made.run.waiters.get(made.task('l'))!, { wokenFrom: made.parked.parkedAt })
    })
    expect(message).toBe('nothing is wrong')
  })
})

describe('a parked task that its claim does not block', () => {
  const wokenFrom = (change: (made: Healthy, waiter: Waiter) => void): string =>
    messageAfter((made) => {
      parkElsewhere(made)
      const other = made.run.waiters.get(made.task('l'))!
      force(other, { wokenFrom: made.parked.parkedAt })
      change(made, other)
    })
  const stands = 'A parked task is blocked where it is parked, or the first of its line was woken'

  it('may not rely on one that was woken from another mode', () => {
    expect(wokenFrom((_, other) => force(other, { wokenFrom: { ...other.wokenFrom!, how: 'read' } }))).toContain(stands)
  })

  it('may not rely on one that other workers serve', () => {
    const message = wokenFrom(({ run, task }) => {
      force(run, { plan: { ...run.plan, need: run.plan.need.map((need, at) => (at === task('l') ? 1 : need)) } })
    })
    expect(message).toContain(stands)
  })
})

describe('a reservation', () => {
  it('is for a task of an open run', () => {
    const message = messageAfter(({ state, run, parked }) => {
      force(state, { claims: { ...state.claims, reservation: () => ({ ...parked, run: { ...run } }) } })
    })
    expect(message).toContain('Claims are reserved for a ready task only (L4)')
  })

  it('is none of the business of a task that claims other paths', () => {
    const message = messageAfter((made) => {
      giveSlot(made)
      const elsewhere = { ...made.parked, task: made.task('i') }
      force(made.state, { claims: { ...made.state.claims, reservation: () => elsewhere } })
    })
    expect(message).toContain('starts in the same step (L2). Run "r1", task "l"')
  })

  it('rests while the run of its owner is paused', () => {
    const message = messageAfter((made) => {
      giveSlot(made)
      const paused = { ...made.parked, run: { ...made.run, paused: { at: START, reason: 'lunch' } } }
      force(made.state, { claims: { ...made.state.claims, reservation: () => paused } })
    })
    expect(message).toContain('starts in the same step (L2). Run "r1", task "l"')
  })
})
