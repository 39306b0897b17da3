/**
 * The plans in examples/plans say what they claim to say, and each runs to its end with simulated work. What must hold
 * during a run is looked up in the plan for each attempt that starts, without the scheduler's own tables.
 */
import { checkPlan, createScheduler, defineHandlers, handler, type RunEvent } from 'signalbox'
import { virtualClock } from 'signalbox/testing'
import { describe, expect, it } from 'vitest'
import { type PlanFacts, readFacts } from './plan-facts.js'

const DAY = 86_400_000

const sizes = {
  'four-agents': { streams: 4, tasks: 5, edges: 7 },
  // One of its tasks is a gate.
  'twelve-streams': { streams: 12, tasks: 53, edges: 54 },
  'three-tracks': { streams: 3, tasks: 18, edges: 15 },
  // Four of its tasks are gates.
  'forty-five-workstreams': { streams: 49, tasks: 91, edges: 95 },
  'worker-pool': { streams: 0, tasks: 12, edges: 14 },
}

describe.each(Object.entries(sizes))('%s', (name, size) => {
  const facts = readFacts(name)

  it('is fine, and as large as it should be', () => {
    const { plan, compiled, edges } = facts
    expect({ streams: plan.streams?.length ?? 0, tasks: compiled.taskCount, edges }).toEqual(size)
  })

  it('has no other warnings than those about tasks that are kept apart', () => {
    const kinds = new Set(facts.diagnostics.map(({ severity, code }) => `${severity} ${code}`))
    expect([...kinds]).toEqual(facts.keptApart.length > 0 ? ['warning WILL_NOT_RUN_SIDE_BY_SIDE'] : [])
  })

  it('runs to its end, with no dependency ignored, no slot used twice and no two conflicting attempts at once', async () => {
    const { verdict, problems, started } = await simulate(facts)
    const work = size.tasks - facts.compiled.gates.size
    expect({ verdict, problems, started }).toEqual({ verdict: 'succeeded', problems: [], started: work })
  })
})

describe('four agents', () => {
  const { compiled, prerequisites, keptApart, conflict } = readFacts('four-agents')

  it('starts C after A and B, D after A alone, and tests in the end', () => {
    expect([...prerequisites('C/build')].sort()).toEqual(['A/build', 'B/build'])
    expect([...prerequisites('D/build')]).toEqual(['A/build'])
    expect(prerequisites('end-to-end').size).toBe(4)
  })

  it('merges A, B, C, D', () => {
    expect(compiled.mergeOrder).toEqual(['A', 'B', 'C', 'D'])
  })

  it('shares no file between agents', () => {
    expect(keptApart).toEqual([])
    expect(conflict('C/build', 'D/build')).toBe(false)
  })
})

describe('twelve streams', () => {
  const facts = readFacts('twelve-streams')
  const { prerequisites, conflict, keptApart } = facts

  it('orders the shared migration and task model A, B, D, and nothing else of these streams', () => {
    expect([...prerequisites('D/schema')].sort()).toEqual(['A/schema', 'B/schema'])
    expect(conflict('A/schema', 'D/schema')).toBe(true)
    expect(prerequisites('C/worker').has('B/worker')).toBe(false)
  })

  it('lets F, G, H start while E still runs, once it reports its constants, and J when I has its capabilities', async () => {
    for (const task of ['F/templates', 'G/gate', 'H/storage']) expect([...prerequisites(task)]).toEqual([])
    expect([...prerequisites('J/events')]).toEqual(['I/capabilities'])
    const { order } = await simulate(facts, () => DAY)
    const at = (event: string): number => order.indexOf(event)
    for (const task of ['F/templates', 'G/gate', 'H/storage']) {
      expect(at(`started ${task}`)).toBeGreaterThan(at('reached E/phases'))
      expect(at(`started ${task}`)).toBeLessThan(at('succeeded E/phases'))
    }
  })

  it.each([1, 2, 3, 4, 5])(
    'lets A, B, D into the migration in this order, whatever their speeds (%i)',
    async (seed) => {
      const { order } = await simulate(facts, (task) => 1 + ((task.charCodeAt(0) * seed * 7919) % 13))
      const schemas = order.filter((event) => event.endsWith('/schema'))
      expect(schemas).toEqual(['A', 'B', 'D'].flatMap((id) => [`started ${id}/schema`, `succeeded ${id}/schema`]))
    },
  )

  it('waits for the review of the migration, which waits for all who add to it', () => {
    expect([...prerequisites('migration-review')].sort()).toEqual(['A/schema', 'B/schema', 'D/schema'])
    expect(prerequisites('phase-1-integration').has('migration-review')).toBe(true)
  })

  it('runs K after all of A, L after all of K', () => {
    expect([...prerequisites('K/graph')].sort()).toEqual(['A/queue', 'A/routes', 'A/schema', 'A/tests'])
    expect(prerequisites('L/sync').has('K/tests')).toBe(true)
  })

  it('keeps apart who shares a file in no order', () => {
    expect(keptApart).toEqual([
      'A/queue × B/queue',
      'A/queue × D/queue',
      'A/routes × D/routes',
      'B/queue × D/queue',
      'B/worker × C/worker',
      'B/worker × D/worker',
      'C/worker × D/worker',
      // C only reads what I writes.
      'C/worker × I/capabilities',
      'C/routes × I/routes',
      'E/tracking × H/storage',
      'E/routes × F/routes',
    ])
  })
})

describe('three tracks', () => {
  const facts = readFacts('three-tracks')
  const { plan, compiled, keptApart } = facts

  it('merges 3, 2, 1', () => {
    expect(compiled.mergeOrder).toEqual(['track-3', 'track-2', 'track-1'])
  })

  it.each([
    ['track-1', 1, 9],
    ['track-2', 9, 1],
  ])(
    'starts the third track when %s has done half of its six tasks, the other being slower',
    async (fast, one, two) => {
      const { order, problems } = await simulate(facts, (task) => (task.startsWith('track-1') ? one : two))
      const before = order
        .slice(0, order.indexOf('started track-3/catalog'))
        .filter((event) => event.startsWith('succeeded'))
      expect(before.filter((event) => event.includes(fast))).toHaveLength(3)
      expect(before).toHaveLength(3)
      expect(problems).toEqual([])
    },
  )

  it('is fine although the third track fails', async () => {
    const { verdict } = await simulate(
      facts,
      () => 1,
      (task) => task === 'track-3/catalog',
    )
    expect(verdict).toBe('succeeded')
  })

  it('is refused where somebody claims a protected file', () => {
    const tasks = { meddler: { claims: { write: ['python/agents/data/agent.py'] } } }
    expect(checkPlan({ ...plan, tasks }).diagnostics).toMatchObject([{ code: 'PROTECTED_PATH' }])
  })

  it('never lets two tracks meet on a file', () => {
    expect(keptApart).toEqual(['track-2/metrics × track-2/reconnect', 'track-2/metrics × track-2/breakers'])
  })
})

describe('forty-five workstreams', () => {
  const facts = readFacts('forty-five-workstreams')
  const { plan, compiled, prerequisites, conflict, keptApart } = facts
  const services = (plan.streams ?? []).filter(({ id }) => /^WS-[123]\d\d$/.test(id)).map(({ id }) => id)

  it('employs sixteen agents of seven kinds', () => {
    const slots = Object.fromEntries(Object.entries(plan.pools ?? {}).map(([name, pool]) => [name, pool.slots]))
    expect(slots).toEqual({ backend: 6, ai: 2, integration: 2, frontend: 1, qa: 2, devops: 1, writers: 2 })
  })

  it('has every service registered in the gateway, one at a time, once the gateway is there', () => {
    expect(services).toHaveLength(35)
    expect(services.every((id) => prerequisites(`${id}/route`).has('WS-003/build'))).toBe(true)
    // Phases order the others.
    const pairs = [10, 10, 15].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0)
    expect(keptApart.filter((pair) => pair.includes('/route'))).toHaveLength(pairs)
  })

  it('keeps apart two services that are cut out of one file, and orders two others', () => {
    expect(keptApart.filter((pair) => !pair.includes('/route'))).toEqual(['WS-204/build × WS-206/build'])
    expect(conflict('WS-202/build', 'WS-305/build')).toBe(true)
    expect(prerequisites('WS-305/build').has('WS-202/build')).toBe(true)
  })

  it('makes all of them from one template, each with the quality gates of the source', () => {
    expect(Object.keys(plan.templates ?? {})).toEqual(['service'])
    const steps = services.map((id) =>
      ['build', 'route'].map((task) => compiled.verify.get(compiled.taskIndex.get(`${id}/${task}`)!)?.length),
    )
    expect(new Set(steps.map(String))).toEqual(new Set(['5,1']))
  })

  it('has four phases, each with a gate that the next one waits for', () => {
    const sizes = compiled.phases.map(({ id, gate, streams }) => [id, compiled.taskIds[gate!], streams.length])
    expect(sizes).toEqual([
      ['foundation', 'foundation-deployed', 6],
      ['core', 'core-deployed', 10],
      ['integration', 'integration-deployed', 10],
      ['domain', 'all-deployed', 15],
    ])
    for (const id of services.slice(10, 20)) {
      expect(prerequisites(`${id}/build`).has('core-deployed')).toBe(true)
      expect(prerequisites('core-deployed').has(`${id}/build`)).toBe(false)
    }
    expect(prerequisites('WS-QA01/work').has('foundation-deployed')).toBe(false)
  })

  it('lets authentication start while the database is built, once it has its schema', async () => {
    expect([...prerequisites('WS-002/build')]).toEqual([])
    const { order } = await simulate(facts)
    const at = (event: string): number => order.indexOf(event)
    expect(at('started WS-002/build')).toBeGreaterThan(at('reached WS-001/build'))
    expect(at('started WS-002/build')).toBeLessThan(at('succeeded WS-001/build'))
  })

  it('starts what waits for all services after all of them', () => {
    for (const task of ['WS-QA03/work', 'WS-QA04/work', 'WS-DOC04/draft']) {
      expect(services.every((id) => prerequisites(task).has(`${id}/route`))).toBe(true)
    }
    expect(prerequisites('WS-DOC02/work').has('WS-315/build')).toBe(false)
  })

  it('reaches the database from every service, also where the source forgets to say so', () => {
    expect(services.every((id) => prerequisites(`${id}/build`).has('WS-001/build'))).toBe(true)
  })

  it('lets the scaffolding go to backend or devops', () => {
    const need = compiled.needs[compiled.need[compiled.taskIndex.get('WS-004/build')!]!]!
    expect(need).toEqual({ pool: null, requires: ['scaffolding'] })
    const able = Object.entries(plan.pools ?? {}).filter(([, { capabilities = [] }]) =>
      capabilities.includes('scaffolding'),
    )
    expect(able.map(([name]) => name)).toEqual(['backend', 'devops'])
  })
})

describe('worker pool', () => {
  const { plan, prerequisites, conflict, keptApart } = readFacts('worker-pool')

  it('estimates sixteen hours of work', () => {
    const hours = plan.tasks?.map(({ estimate }) => (estimate as number) / 3_600_000) ?? []
    expect(hours.reduce((sum, each) => sum + each, 0)).toBe(16)
  })

  it('has one file in two tasks, in order', () => {
    expect(conflict('T05', 'T06')).toBe(true)
    expect(prerequisites('T06').has('T05')).toBe(true)
    expect(keptApart).toEqual([])
  })
})

interface Simulation {
  readonly verdict: string
  readonly problems: readonly string[]
  readonly started: number
  /** What happened to tasks: `started A/queue`, `succeeded A/queue`, `reached E/phases`. */
  readonly order: readonly string[]
}

/** Runs the plan on a clock that only simulated work moves, and looks at each start with the plan in hand. */
async function simulate(
  facts: PlanFacts,
  durationOf?: (task: string) => number,
  fails: (task: string) => boolean = () => false,
): Promise<Simulation> {
  const { plan, compiled } = facts
  const clock = virtualClock()
  const work = handler({
    run: async (_: unknown, { attempt: { task }, milestone }) => {
      const index = compiled.taskIndex.get(task)!
      const duration = durationOf?.(task) ?? (compiled.estimateMs[index] || DAY)
      await clock.sleep(duration / 2)
      for (const name of compiled.milestones.get(index)?.keys() ?? []) await milestone(name)
      await clock.sleep(duration / 2)
      if (fails(task)) throw new Error('It failed.')
      return null
    },
  })
  const steps = [...compiled.verify.values()].flat().map(({ handler: name }) => name)
  const passing = Object.fromEntries(steps.map((name) => [name, handler({ run: () => ({ passed: true }) })]))
  const scheduler = createScheduler({ clock, handlers: defineHandlers({ ...passing, agent: work }) })
  const run = await scheduler.start(plan)
  const problems: string[] = []
  const running = new Map<string, string>()
  const done = new Set<string>()
  const order: string[] = []
  let started = 0
  const look = (event: RunEvent): void => {
    if ('task' in event) order.push(`${event.type.split('.')[1]} ${event.task}`)
    if (event.type === 'attempt.succeeded') {
      running.delete(event.task)
      done.add(event.task)
    }
    if (event.type === 'gate.passed') done.add(event.gate)
    for (const { id } of run.progress().gates) void run.approve(id).catch(() => undefined)
    if (event.type !== 'attempt.started') return
    const slot = `${event.worker}/${event.slot}`
    started += 1
    for (const [other, held] of running) {
      if (held === slot) problems.push(`${event.task} got slot ${slot} of ${other}.`)
      if (facts.conflict(event.task, other)) problems.push(`${event.task} started beside ${other}.`)
    }
    for (const other of facts.prerequisites(event.task)) {
      if (!done.has(other)) problems.push(`${event.task} started before ${other} was done.`)
    }
    running.set(event.task, slot)
  }
  run.on('*', look)
  const { verdict } = await clock.runUntil(run.outcome)
  await scheduler.close()
  return { verdict, problems, started, order }
}
