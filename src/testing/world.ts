/**
 * What a seed decides: plans, workers, and how much goes wrong. Plain data, so that a failing world can be made smaller
 * piece by piece and printed.
 */
import type { Random } from './random.js'
import { drawGate, drawPhase, drawPhaseGates, drawPhases, drawSteps } from './world-gates.js'
import type { PolicySpec, Rates, RunSpec, StreamSpec, TaskSpec, WorkerSpec, WorldSpec } from './world-spec.js'
import { fullIdOf, HOT, VOCABULARY, WIDEST } from './world-spec.js'
import { CROWD, drawResources, drawUses, STARVED, shareOfUses, type UseShares } from './world-uses.js'
import { drawForms, drawSequences, drawWaits, type Sources } from './world-waits.js'

/** What goes wrong in a world where nothing does. */
export const CALM: Rates = {
  fail: 0,
  beat: 0,
  progress: 0,
  milestone: 0,
  integrate: 0,
  claim: 0,
  dawdle: 0,
  wake: 0,
  share: 0,
  send: 0,
  sendFromOutside: 0,
  read: 0,
  lie: 0,
  leave: 0,
  crash: 0,
  again: 0,
  amend: 0,
  extend: 0,
  reopen: 0,
  pause: 0,
  refuse: 0,
  cancelTask: 0,
  cancelStream: 0,
  cancelRun: 0,
  jump: 0,
  limit: 0,
  slow: 0,
  absent: 0,
  gather: 0,
  hold: 0,
  deaf: 0,
}

/** The rate of each fault in a world that has it to the full. */
const WORST: Rates = {
  fail: 60,
  beat: 100,
  progress: 100,
  milestone: 60,
  integrate: 100,
  claim: 40,
  dawdle: 100,
  wake: 60,
  share: 60,
  send: 60,
  sendFromOutside: 10,
  read: 60,
  lie: 40,
  leave: 10,
  crash: 6,
  again: 6,
  amend: 8,
  extend: 8,
  reopen: 20,
  pause: 6,
  refuse: 20,
  cancelTask: 6,
  cancelStream: 3,
  cancelRun: 0.7,
  jump: 15,
  limit: 12,
  slow: 0.9,
  absent: 1,
  gather: 0.5,
  hold: 0.5,
  deaf: 0.7,
}

/** 32 is the default; in worlds this small little is passed so often. */
const LIMITS = [1, 2, 3, 5, 8, 16, 32]

/** A world of `taskCount` tasks over all its runs, in which nothing goes wrong yet. */
export function drawWorld(random: Random, taskCount: number): WorldSpec {
  const isCrowded = random.chance(0.15)
  // How common limits are in this world, each kind for itself.
  const shares = LIMIT_NAMES.map(() => random.pick([0, 0.2, 0.8]))
  const policies = Array.from({ length: 4 }, () => drawPolicy(random, shares))
  const pools = drawPools(random)
  const runCount = isCrowded ? random.between(1, 2) : random.pick([1, 1, 2, 3])
  const runs: RunSpec[] = []
  let left = taskCount
  for (let index = 0; index < runCount; index += 1) {
    const size = index === runCount - 1 ? left : random.between(1, Math.max(1, left - 2))
    left -= size
    const shape = isCrowded ? 'crowded' : 'mixed'
    runs.push(drawRun(random, `r${index + 1}`, Math.max(1, size), pools, shape))
  }
  return {
    runs,
    workers: drawWorkers(random, pools),
    policies,
    rates: CALM,
    bypassLimit: random.pick(LIMITS),
    isCrowded,
  }
}

/**
 * Swarm: some worlds have no fault, some one, most a few, each with a rate of its own. After Groce et al., 2012. What mostly
 * goes wrong together comes together, so that a world of few faults has some that meet.
 */
export function drawRates(random: Random): Rates {
  const mood = random.int(10)
  if (mood === 0) return CALM
  const names = Object.keys(CALM) as (keyof Rates)[]
  const drawn = mood === 1 ? [random.pick(names)] : GROUPS.flatMap((group) => drawFaults(random, group))
  const rates = { ...CALM } as { -readonly [K in keyof Rates]: number }
  // Retries are about failures, lies about the end of attempts: most rates are small, so that worlds also get somewhere.
  for (const name of drawn) rates[name] = WORST[name] * random.pick([0.05, 0.2, 0.2, 0.5, 1])
  return rates
}

function drawFaults(random: Random, { share, faults }: FaultGroup): readonly (keyof Rates)[] {
  return random.chance(share) ? faults.filter(() => random.chance(0.75)) : []
}

interface FaultGroup {
  /** Of the worlds that have any of it. */
  readonly share: number
  readonly faults: readonly (keyof Rates)[]
}

const GROUPS: readonly FaultGroup[] = [
  { share: 0.45, faults: ['fail', 'lie', 'wake'] },
  { share: 0.45, faults: ['beat', 'progress', 'dawdle', 'deaf', 'slow'] },
  { share: 0.45, faults: ['milestone', 'integrate', 'claim'] },
  { share: 0.45, faults: ['share', 'send', 'sendFromOutside', 'read'] },
  { share: 0.45, faults: ['leave', 'absent', 'jump'] },
  { share: 0.45, faults: ['crash', 'again', 'gather', 'hold'] },
  { share: 0.45, faults: ['pause', 'refuse', 'limit'] },
  { share: 0.45, faults: ['cancelTask', 'cancelStream', 'cancelRun'] },
  // Compiling takes longer than all else.
  { share: 0.35, faults: ['amend', 'extend', 'reopen'] },
]

const KINDS = ['error', 'timeout', 'stalled', 'rate-limited', 'verify', 'claim-violation'] as const

/** The limits of a policy, with the shortest and the longest that are drawn. */
const LIMIT_RANGES = {
  startToClose: [20, 1500],
  scheduleToStart: [50, 2500],
  scheduleToClose: [100, 4000],
  heartbeat: [10, 400],
  stall: [10, 300],
  close: [1, 300],
} as const
const LIMIT_NAMES = Object.keys(LIMIT_RANGES) as (keyof typeof LIMIT_RANGES)[]

function drawPolicy(random: Random, shares: readonly number[]): PolicySpec {
  const limits: { -readonly [Name in keyof typeof LIMIT_RANGES]?: number } = {}
  LIMIT_NAMES.forEach((name, index) => {
    const [low, high] = LIMIT_RANGES[name]
    if (random.chance(shares[index]!)) limits[name] = random.between(low, high)
  })
  return {
    maxAttempts: random.pick([1, 1, 2, 3, 4, 6]),
    maxLost: random.pick([0, 1, 2, 3, 3]),
    maxVerify: random.pick([null, null, 0, 1, 3]),
    initialDelay: random.pick([0, 1, 10, 100, 1000]),
    factor: random.pick([1, 1.5, 2, 10]),
    maxDelay: random.pick([50, 1000, 60_000]),
    jitter: random.pick([0, 0.2, 1]),
    on: KINDS.filter(() => random.chance(0.8)),
    ...limits,
  }
}

export interface PoolSpec {
  readonly id: string
  readonly capabilities: readonly string[]
}

function drawPools(random: Random): readonly PoolSpec[] {
  const count = random.pick([1, 1, 2, 3])
  return Array.from({ length: count }, (_, index) => ({
    id: `p${index + 1}`,
    capabilities: ['x', 'y', 'z'].filter(() => random.chance(0.5)),
  }))
}

/** At least one worker of each pool, so that every task can be served. */
function drawWorkers(random: Random, pools: readonly PoolSpec[]): readonly WorkerSpec[] {
  const count = Math.max(pools.length, random.between(1, 5))
  return Array.from({ length: count }, (_, index) => {
    const { id: pool, capabilities } = pools[index < pools.length ? index : random.int(pools.length)]!
    return { id: `w${index + 1}`, pool, slots: random.pick([1, 1, 2, 3]), capabilities }
  })
}

type Shape = 'mixed' | 'crowded'

function drawRun(random: Random, id: string, size: number, pools: readonly PoolSpec[], shape: Shape): RunSpec {
  const streams: StreamSpec[] = []
  const tasks: TaskSpec[] = []
  /** Full ids of the tasks so far, and ids of the streams that have no task to come. */
  const done: string[] = []
  // A crowd meets on paths or at a resource.
  const isAtResource = shape === 'crowded' && random.chance(0.5)
  // In a crowd too, tasks become ready one after the other: of those that do at one moment nobody passes another.
  const edges = shape === 'crowded' ? 0.3 : random.pick([0.1, 0.5, 0.9])
  const claims = isAtResource ? 0.1 : shape === 'crowded' ? 1 : random.pick([0, 0.3, 0.8])
  const wide = random.pick([0.02, 0.1])
  const shares = isAtResource ? CROWD : shareOfUses(random)
  const integrates = shape === 'crowded' ? 0 : random.pick([0, 0, 0.5, 0.9])
  const advised = random.pick([0, 0, 0.4])
  const gates = shape === 'crowded' ? 0 : random.pick([0, 0, 0.1, 0.25])
  const verified = random.pick([0, 0, 0.2, 0.6])
  const draws: Draws = { done, edges, claims, wide, integrates, advised, pools, shape, shares, verified }
  // A third of the runs has no streams; the others have blocks of tasks in one, and some tasks in none.
  const blocks = random.chance(0.3) ? 0 : 0.25
  // Half of the runs wait for nothing but success.
  const forms = shape === 'crowded' ? 0 : random.pick([0, 0, 0.2, 0.6])
  const phases = drawPhases(random, blocks === 0 || shape === 'crowded' ? 0 : 1)
  const sources: Sources = { tasks, streams: [], top: [] }
  let stream: string | null = null
  for (let index = 0; index < size; index += 1) {
    if (random.chance(blocks)) {
      if (stream !== null) done.push(stream)
      if (stream !== null) sources.streams.push(stream)
      stream = random.chance(0.8) ? `s${streams.length + 1}` : null
      const waits = drawWaits(random, sources, forms / 2)
      const phase = drawPhase(random, phases)
      if (stream !== null) streams.push({ id: stream, after: drawAfter(random, done, edges / 2), waits, phase })
      if (stream !== null) sources.top.push(stream)
    }
    // A stream has a task of its own.
    const isGate = random.chance(gates) && (stream === null || tasks.at(-1)?.stream === stream)
    const task = isGate
      ? drawGate(random, `g${index + 1}`, drawAfter(random, done, 0.7), drawWaits(random, sources, forms))
      : { ...drawTask(random, `t${index + 1}`, stream, draws), ...drawForms(random, sources, stream, forms) }
    tasks.push(task)
    done.push(fullIdOf(task))
    if (stream === null && !isGate) sources.top.push(task.id)
  }
  const sequences = drawSequences(random, sources.top, forms)
  const onFailure = random.pick(['continue', 'continue', 'continue', 'drain', 'abort'] as const)
  tasks.push(...drawPhaseGates(random, phases))
  const resources = drawResources(random, shares)
  return { id, streams, tasks, sequences, phases: phases.list, onFailure, resources }
}

/** How a task is drawn. */
export interface Draws {
  readonly done: readonly string[]
  readonly edges: number
  readonly claims: number
  readonly wide: number
  /** Share of the tasks that integrate; where any do, nothing else in the run meets what they integrate. */
  readonly integrates: number
  readonly advised: number
  readonly pools: readonly PoolSpec[]
  readonly shape: Shape
  readonly shares: UseShares
  /** Share of the tasks that have verification steps. */
  readonly verified: number
}

type Forms = Pick<TaskSpec, 'waits' | 'asks' | 'milestones' | 'optional'>

/** A task that comes to a run which is under way. */
export function drawAdded(
  random: Random,
  id: string,
  stream: string | null,
  draws: Draws,
  sources: Sources,
  forms: number,
): TaskSpec {
  return { ...drawTask(random, id, stream, draws), ...drawForms(random, sources, stream, forms) }
}

/** Other paths for a task. */
export function drawClaims(random: Random, draws: Draws): Pick<TaskSpec, 'write' | 'read'> {
  const patterns = random.chance(0.7) ? drawPatterns(random, draws) : []
  return random.chance(0.7) ? { write: patterns, read: [] } : { write: [], read: patterns }
}

function drawTask(random: Random, id: string, stream: string | null, draws: Draws): Omit<TaskSpec, keyof Forms> {
  const { pool, requires } = drawNeed(random, draws.pools)
  const isStarved = draws.shape === 'crowded' && random.chance(0.06)
  const isWide = isStarved && draws.shares !== CROWD
  const patterns = isWide ? [WIDEST] : random.chance(draws.claims) ? drawPatterns(random, draws) : []
  const isRead = patterns.map(() => random.chance(draws.shape === 'crowded' ? 0.1 : 0.35))
  return {
    id,
    stream,
    after: drawAfter(random, draws.done, draws.edges),
    write: patterns.filter((_, index) => isRead[index] === false),
    read: patterns.filter((_, index) => isRead[index] === true),
    integrate: random.chance(draws.integrates) ? drawHot(random) : [],
    advisory: random.chance(draws.advised) ? drawPatterns(random, { ...draws, integrates: 0 }) : [],
    pool,
    requires,
    priority: isStarved ? -1 : random.pick([0, 0, 0, 1, 2]),
    estimate: random.pick([1, 10, 10, 100]),
    policy: random.int(4),
    ...(isStarved && !isWide ? STARVED : drawUses(random, draws.shares)),
    verify: random.chance(draws.verified) ? drawSteps(random) : [],
    gate: null,
  }
}

function drawPatterns(random: Random, draws: Draws): readonly number[] {
  if (random.chance(draws.wide)) return [random.between(WIDEST - 2, draws.integrates > 0 ? WIDEST - 1 : WIDEST)]
  if (draws.integrates === 0 && random.chance(0.1)) return drawHot(random)
  const count = random.pick([1, 1, 2, 3])
  return [...new Set(Array.from({ length: count }, () => random.int(WIDEST)))]
}

function drawHot(random: Random): readonly number[] {
  return [...new Set(Array.from({ length: random.pick([1, 1, 2]) }, () => HOT + random.int(VOCABULARY.length - HOT)))]
}

function drawAfter(random: Random, done: readonly string[], edges: number): readonly string[] {
  if (done.length === 0 || !random.chance(edges)) return []
  const count = random.pick([1, 1, 2, 3])
  return [...new Set(Array.from({ length: count }, () => random.pick(done)))]
}

function drawNeed(random: Random, pools: readonly PoolSpec[]): { pool: string | null; requires: readonly string[] } {
  const { id, capabilities } = random.pick(pools)
  const requires = random.chance(0.3) ? capabilities.filter(() => random.chance(0.5)) : []
  return { pool: random.chance(0.3) ? id : null, requires }
}
