// Each sentence about limiters is made false, one at a time, and must be told; each fact of them is in the canonical text.
import { describe, expect, it } from 'vitest'
import { canonical } from '../../src/core/canonical.js'
import { createState } from '../../src/core/create.js'
import { decide } from '../../src/core/decide.js'
import { checkInvariants } from '../../src/core/invariants.js'
import { LOCK } from '../../src/core/limit.js'
import type { Attempt, Limiter, RunState, ScopeState, Waiter } from '../../src/core/state.js'
import type { Input, RunId, TaskId } from '../../src/core/types.js'
import { compiled, force, START } from './invariants-world.js'

const RUN = 'r1' as RunId

/** `a` holds gpu, `b` is parked on it · `s1` shares db, `x` waits for it alone · `p` took the one start of api, `q` waits · `k` has a key. */
const plan = compiled({
  resources: { gpu: 2, db: 1, api: { capacity: 9, perMinute: 1 } },
  tasks: [
    { id: 'a', priority: 9, uses: { gpu: 2 }, handler: 'h' },
    { id: 'b', priority: 8, uses: { gpu: 1 } },
    { id: 's1', priority: 7, uses: { db: 'shared' } },
    { id: 'x', priority: 6, uses: { db: 'exclusive' } },
    { id: 'p', priority: 5, uses: { api: 1 } },
    { id: 'q', priority: 4, uses: { api: 1 } },
    { id: 'k', priority: 3, idempotencyKey: 'key' },
  ],
})

interface Made {
  readonly state: ScopeState
  readonly run: RunState
  readonly limiter: (name: string) => Limiter
  readonly live: (task: string) => Attempt
  readonly waiter: (task: string) => Waiter
}

function make(): Made {
  const state = createState()
  const plans = new Map([[RUN, plan]])
  const step = (input: object): void => {
    decide(plans, state, input as Input, START)
    checkInvariants(state, START)
  }
  const breaker = { failures: 1, windowMs: 10, cooldownMs: 10 }
  step({ type: 'setLimit', name: 'handler:h', limit: { capacity: 5, perMinute: null, breaker } })
  step({ type: 'join', worker: 'w', pool: 'p', slots: 9, capabilities: [] })
  step({ type: 'open', run: RUN, plan: {} })
  const run = state.runs.get(RUN)!
  const index = (task: string): number => plan.taskIndex.get(task)!
  step({ type: 'complete', run: RUN, task: 'k' as TaskId, fence: run.live.get(index('k'))!.fence, result: 7 })
  return {
    state,
    run,
    limiter: (name) => state.limiters.get(name)!,
    live: (task) => run.live.get(index(task))!,
    waiter: (task) => run.waiters.get(index(task))!,
  }
}

function messageAfter(change: (made: Made) => void): string {
  const made = make()
  change(made)
  try {
    checkInvariants(made.state, START)
  } catch (error) {
    return (error as Error).message
  }
  return 'nothing is wrong'
}

const cases: readonly (readonly [sentence: string, change: (made: Made) => void])[] = [
  ['nothing is wrong', () => {}],
  ['has limiters by name, and not "other"', ({ state, limiter }) => state.limiters.set('other', limiter('gpu'))],
  ['A live or closing attempt holds all that it uses', ({ limiter, live }) => limiter('gpu').holders.delete(live('a'))],
  ['A live or closing attempt holds all that it uses', ({ live }) => force(live('a'), { uses: null })],
  [
    '"gpu" is held by live and closing attempts only (S12)',
    ({ limiter, live }) => limiter('gpu').holders.set({ ...live('a') }, 1),
  ],
  ['"gpu" is held by those who use it', ({ limiter, live }) => limiter('gpu').holders.set(live('p'), 1)],
  ['"gpu" counts what is held of it', ({ limiter }) => force(limiter('gpu'), { units: 1 })],
  ['"gpu" counts what is held of it', ({ limiter }) => force(limiter('gpu'), { shared: 1 })],
  ['"gpu" counts what is held of it', ({ limiter }) => force(limiter('gpu'), { exclusive: 1 })],
  [
    'Units, shared and exclusive uses of "db" exclude each other (S7)',
    ({ limiter, live, run }) => {
      // As if the task that asks for units shared it.
      const use = [{ limiter: 'db', ask: 1 }]
      const useSets = [...run.plan.useSets, use]
      const useSet = run.plan.useSet.slice()
      useSet[run.plan.taskIndex.get('p')!] = useSets.length - 1
      force(run, { plan: { ...run.plan, useSet, useSets } })
      limiter('api').holders.clear()
      force(limiter('api'), { units: 0 })
      limiter('db').holders.set(live('p'), 1)
      force(limiter('db'), { units: 1 })
      force(live('p'), { uses: [{ limiter: limiter('db'), ask: 1 }] })
    },
  ],
  ['The probe of "handler:h" holds it', ({ limiter, live }) => force(limiter('handler:h'), { probe: live('a') })],
  ['The probe of "gpu" holds it', ({ limiter, live }) => force(limiter('gpu'), { probe: live('p'), openUntil: 1 })],
  ['"declared" of "gpu" has the open runs', ({ limiter }) => limiter('gpu').declared.pop()],
  ['"declared" of "gpu" has the open runs', ({ limiter }) => force(limiter('gpu').declared[0]!, { by: {} })],
  ['"gpu" has the limit that holds', ({ limiter }) => force(limiter('gpu'), { host: { capacity: 9 } })],
  ['"users" of "gpu" counts the open runs', ({ limiter }) => force(limiter('gpu'), { users: 2 })],
  [
    '"old" is needed by somebody, or about to be forgotten',
    ({ state, limiter }) =>
      state.limiters.set('old', {
        ...limiter('gpu'),
        name: 'old',
        holders: new Map(),
        units: 0,
        declared: [],
        users: 0,
        limit: LOCK,
      } as Limiter),
  ],
  ['"reusable" is empty after each decision', ({ run }) => run.reusable.add(0)],
  ['A ready task waits for all that it uses', ({ waiter }) => force(waiter('b'), { uses: [] })],
  ['A claimant waits for its own claims', ({ waiter }) => force(waiter('b'), { set: { write: [1], read: [] } })],
  [
    'starts in the same step (L2). Run "r1", task "b"',
    ({ state, limiter, live, run }) => {
      // What holds gpu is forgotten, wherever it is written.
      limiter('gpu').holders.clear()
      limiter('handler:h').holders.clear()
      force(limiter('gpu'), { units: 0 })
      force(limiter('handler:h'), { units: 0 })
      const a = live('a')
      const useSet = run.plan.useSet.slice()
      useSet[a.task] = -1
      force(run, { plan: { ...run.plan, useSet, handler: run.plan.handler.map(() => -1) } })
      force(a, { uses: null })
      // It stands where it stood, as one that was woken.
      force(run.waiters.get(plan.taskIndex.get('b')!)!, {
        wokenFrom: run.waiters.get(plan.taskIndex.get('b')!)!.parkedAt,
      })
      expect(state.parked.size).toBeGreaterThan(0)
    },
  ],
  [
    '"deadlines" has every moment at which something may be due: 1000007',
    ({ limiter }) => force(limiter('api'), { starts: [START - 59_993, START] }),
  ],
  [
    '"deadlines" has every moment at which something may be due: 1000003',
    ({ limiter }) => force(limiter('gpu'), { openUntil: START + 3 }),
  ],
]

describe('a sentence that is false is told', () => {
  it.each(cases)('%s', (sentence, change) => {
    expect(messageAfter(change)).toContain(sentence)
  })
})

describe('a reservation', () => {
  it('of what can never be had rests', () => {
    const message = messageAfter(({ state, waiter, limiter }) => {
      force(limiter('db'), { host: { capacity: 0, perMinute: null, breaker: null } })
      force(limiter('db'), { limit: limiter('db').host })
      force(state, { claims: { ...state.claims, reservation: () => waiter('x') } })
    })
    expect(message).toBe('nothing is wrong')
  })
})

describe('a change of a fact of limits changes the text', () => {
  const changes: readonly (readonly [what: string, change: (made: Made) => void])[] = [
    ['units held', ({ limiter, live }) => limiter('gpu').holders.set(live('a'), 1)],
    ['what the host gave', ({ limiter }) => force(limiter('handler:h'), { host: null })],
    ['what holds', ({ limiter }) => force(limiter('gpu'), { limit: { capacity: 9, perMinute: null, breaker: null } })],
    ['who declares it', ({ limiter }) => limiter('gpu').declared.pop()],
    ['starts', ({ limiter }) => limiter('api').starts.push(START)],
    ['failures', ({ limiter }) => force(limiter('handler:h'), { failures: [START] })],
    ['an open breaker', ({ limiter }) => force(limiter('handler:h'), { openUntil: START })],
    ['its probe', ({ limiter, live }) => force(limiter('handler:h'), { probe: live('a') })],
    ['a limiter', ({ state }) => state.limiters.delete('gpu')],
    ['a known result', ({ state }) => force(state.keyed.get('key')!, { result: 8 })],
    ['what may be used again', ({ run }) => run.reusable.add(1)],
    ['what a waiter uses', ({ waiter }) => force(waiter('b'), { uses: [] })],
  ]

  it.each(changes)('%s', (_, change) => {
    const made = make()
    const before = canonical(made.state)
    change(made)
    expect(canonical(made.state)).not.toBe(before)
  })
})
