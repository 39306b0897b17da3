// `canonical` decides whether a restart is a fold: it must tell every fact, and nothing else.
import { describe, expect, it } from 'vitest'
import type { ClaimSetSpec } from '../../src/claims/table.js'
import { canonical } from '../../src/core/canonical.js'
import { createState } from '../../src/core/create.js'
import { createDeadlines } from '../../src/core/deadlines.js'
import { decide } from '../../src/core/decide.js'
import { reduce } from '../../src/core/reduce.js'
import type { ClosedRun, ScopeState } from '../../src/core/state.js'
import { PLACE, STATUS } from '../../src/core/state.js'
import type { Input, RunEvent, RunId, TaskId, WorkerId } from '../../src/core/types.js'
import { everything, type Healthy, healthy, RUN, START } from './invariants-world.js'

const plans = new Map([[RUN, everything]])

/** The journal of a healthy state, and a fold of it into `state`. */
function folded(state: ScopeState): ScopeState {
  for (const event of healthy().journal) reduce(plans, state, JSON.parse(JSON.stringify(event)) as RunEvent)
  return state
}

interface AnyMap<K, V> extends Iterable<readonly [K, V]> {
  delete(key: K): unknown
  set(key: K, value: V): unknown
}

function reversed<K, V>(map: AnyMap<K, V>): void {
  const entries = [...map].reverse()
  for (const [key] of entries) map.delete(key)
  for (const [key, value] of entries) map.set(key, value)
}

describe('the same facts give the same text', () => {
  it('after a fold of the journal, read back from JSON', () => {
    expect(canonical(folded(createState()))).toBe(canonical(healthy().state))
  })

  it('whatever ids the claim table gave to patterns', () => {
    const state = createState()
    const others: ClaimSetSpec = {
      write: everything.claimSets.flatMap(({ write }) => write).reverse(),
      read: [],
      integrate: [],
      advisory: [],
    }
    state.claims.intern(others)
    expect(canonical(folded(state))).toBe(canonical(healthy().state))
  })

  it('whatever the order of maps, and of keys in what users gave', () => {
    const { state, run, task } = healthy()
    const before = canonical(state)
    for (const map of [
      state.workers,
      state.attempts,
      state.closing,
      run.live,
      run.waiters,
      run.results,
      run.failures,
    ]) {
      reversed(map as AnyMap<unknown, unknown>)
    }
    reversed(state.claims.held as Map<unknown, unknown>)
    expect(canonical(state)).toBe(before)
    run.results.set(task('h'), { a: 1, b: { c: [1, { d: 2, e: 3 }], f: null }, none: undefined })
    const one = canonical(state)
    run.results.set(task('h'), { b: { f: null, c: [1, { e: 3, d: 2 }] }, a: 1 })
    expect(canonical(state)).toBe(one)
  })

  it('wherever the dispatcher keeps a task', () => {
    const made = healthy()
    const { state, run, parked, task } = made
    const before = canonical(state)
    run.place[task('d')] = PLACE.queued
    run.ready.remove(task('l'))
    Object.assign(parked, { parkedAt: null, wokenFrom: { pattern: 0, mode: 'write' } })
    state.parked.clear()
    Object.assign(state, { deadlines: createDeadlines() })
    Object.assign(run, { needWorkers: [], cursor: 7 })
    state.ended.set('old' as RunId, run)
    state.offered = 3
    state.workers.get('w1' as WorkerId)!.offers.push(3)
    expect(canonical(state)).toBe(before)
  })
})

const OLD: ClosedRun = { name: 'old', openedAt: 1, openedAfter: 0, closedAt: 2, verdict: 'failed' }

describe('another fact gives another text', () => {
  const changes: readonly (readonly [fact: string, change: (made: Healthy) => void])[] = [
    ['the revision', ({ state }) => Object.assign(state, { revision: 99 })],
    ['the newest fence', ({ state }) => Object.assign(state, { fence: 99 })],
    ['the clock', ({ state }) => Object.assign(state, { clock: 99 })],
    ['how many tasks became ready', ({ state }) => Object.assign(state, { readySeq: 99 })],
    ['which host leads', ({ state }) => Object.assign(state, { leader: { host: 'h', epoch: 1, leaseMs: 1 } })],
    ['a run that is closed', ({ state }) => state.closedRuns.set('old' as RunId, OLD)],
    ['a key of a run', ({ state }) => state.runKeys.set('k', 'old' as RunId)],
    ['under which key a run was opened', ({ run }) => Object.assign(run, { idempotencyKey: 'k' })],
    ['what was shared', ({ run }) => Object.assign(run, { shared: new Map([[null, new Map([['k', 1]])]]) })],
    ['what an attempt sees', ({ live }) => Object.assign(live, { shared: new Map([[null, new Map([['k', 1]])]]) })],
    [
      'a message',
      ({ run }) => run.messages.push({ seq: 1, revision: 1, at: 1, from: null, to: { task: 'h' as TaskId }, body: 1 }),
    ],
    ['a worker', ({ state }) => state.workers.delete('w1' as WorkerId)],
    ['the order of free slots', ({ worker }) => worker.freeSlots.push(1, 2)],
    ['what a worker can do', ({ worker }) => Object.assign(worker, { capabilities: new Set(['gpu']) })],
    ['how long a worker is believed', ({ worker }) => Object.assign(worker, { leaseMs: 9 })],
    ['until when a worker rests', ({ worker }) => Object.assign(worker, { restsUntil: 9 })],
    ['that a worker drains', ({ worker }) => Object.assign(worker, { isDraining: true })],
    ['the status of a task', ({ run, task }) => run.status.fill(STATUS.failed, task('h'), task('h') + 1)],
    ['the status of a point', ({ run }) => run.status.fill(STATUS.failed, run.plan.taskCount, run.plan.taskCount + 1)],
    ['unmet dependencies', ({ run }) => run.remaining.fill(3, 0, 1)],
    ['misses that a point can bear', ({ run }) => run.spare.fill(3, 0, 1)],
    ['that something went wrong for a point', ({ run }) => run.harmed.fill(1, 0, 1)],
    ['what a lag holds up', ({ run }) => run.notBefore.set(0, 3)],
    ['that a task was not needed', ({ run, task }) => run.unneeded.add(task('g'))],
    ['how many tasks the run misses', ({ run }) => Object.assign(run, { shortfall: 9 })],
    ['attempts', ({ run }) => run.attempts.fill(3, 0, 1)],
    ['when a task became ready', ({ run }) => run.readyAt.fill(3, 0, 1)],
    ['when it started', ({ run }) => run.startedAt.fill(3, 0, 1)],
    ['when it ended', ({ run }) => run.endedAt.fill(3, 0, 1)],
    ['since when it is scheduled', ({ run, task }) => run.scheduledAt.set(task('s/a'), 3)],
    ['lost attempts', ({ run, task }) => run.lost.set(task('h'), 1)],
    ['a result', ({ run, task }) => run.results.set(task('h'), 'other')],
    ['a failure', ({ run, task }) => run.failures.set(task('j'), { kind: 'error', message: 'other' })],
    ['why a task was skipped', ({ run, task }) => run.skips.delete(task('g'))],
    ['why it was cancelled', ({ run, task }) => run.cancels.set(task('f'), 'other')],
    [
      'what is doomed',
      ({ run, task }) => run.doomed.set(task('s/b'), { because: task('f'), through: -1, isUnneeded: false }),
    ],
    ['counts', ({ run }) => run.counts.fill(9, 0, 1)],
    ['a pause', ({ run }) => Object.assign(run, { paused: { at: 1, reason: 'lunch' } })],
    ['when it was resumed', ({ run }) => Object.assign(run, { resumedAt: 1 })],
    ['what drains the run', ({ run, task }) => Object.assign(run, { drainedBy: task('j') })],
    ['that it was cancelled', ({ run }) => Object.assign(run, { cancelled: { at: 1, reason: 'why' } })],
    ['a sign of life', ({ live }) => Object.assign(live, { beatAt: 1 })],
    ['progress', ({ live }) => Object.assign(live, { progress: { percent: 10 } })],
    ['that an attempt is live', ({ run, task }) => run.live.delete(task('s/a'))],
    [
      'until when an attempt may close',
      ({ closing }) => Object.assign(closing, { closing: { ...closing.closing, closeBy: 1 } }),
    ],
    ['who holds claims', ({ state, live }) => (state.claims.held as Map<unknown, unknown>).delete(live)],
    ['how often a waiter was passed', ({ parked }) => Object.assign(parked, { bypasses: 5 })],
    ['how long it has waited', ({ parked }) => Object.assign(parked, { seq: 99 })],
    [
      'for whom claims are reserved',
      ({ state, parked }) => Object.assign(state, { claims: { ...state.claims, reservation: () => parked } }),
    ],
  ]

  it.each(changes)('%s', (_, change) => {
    const made = healthy()
    const before = canonical(made.state)
    change(made)
    expect(canonical(made.state)).not.toBe(before)
  })
})

it('a state that nothing has happened in has a text too', () => {
  expect(canonical(createState())).toBe('scope {"revision":0,"fence":0,"clock":0,"readySeq":0}')
})

it('is the same for a decision made twice (S10)', () => {
  const input: Input = { type: 'complete', run: RUN, task: 's/a' as TaskId, fence: healthy().live.fence, result: 1 }
  const texts = [healthy(), healthy()].map(({ state }) => {
    const decision = decide(plans, state, input, START)
    return `${canonical(state)}${JSON.stringify(decision)}`
  })
  expect(texts[0]).toBe(texts[1])
})
