/** What the tasks of a simulated world use, and the limits that its host gives. */
import type { BreakerRule, Limit } from '../core/types.js'
import type { Random } from './random.js'

/** What a task uses of a resource. */
export type AskSpec = number | 'shared' | 'exclusive'

/** What a task uses beside workers and paths. */
export interface UsesSpec {
  /** By resource. */
  readonly uses: Readonly<Record<string, AskSpec>>
  readonly key: string | null
  readonly handler: string | null
}

/** What a plan declares, by resource. */
export type ResourcesSpec = Readonly<Record<string, { readonly capacity: number; readonly perMinute: number | null }>>

/** The last one is declared nowhere. */
const RESOURCES = ['gpu', 'api', 'db', 'lock'] as const
const HANDLERS = ['h1', 'h2'] as const
const KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6'] as const

/** Units that are asked for at most: whatever a plan declares, it is at least as much. */
const MOST_ASKED = 4

/** How many of a run's tasks (0 to 1) use resources, have keys, and name a handler that may be limited. */
export interface UseShares {
  readonly uses: number
  readonly keys: number
  readonly handlers: number
}

/** Nearly all tasks of a run use a little of one resource, so that whoever wants much of it waits. */
export const CROWD: UseShares = { uses: 0.95, keys: 0, handlers: 0 }
export const STARVED: UsesSpec = {
  uses: { gpu: MOST_ASKED },
  key: null,
  handler: null,
}

export function shareOfUses(random: Random): UseShares {
  return {
    uses: random.pick([0, 0, 0.3, 0.9]),
    keys: random.pick([0, 0, 0, 0.4]),
    handlers: random.pick([0, 0, 0.5, 1]),
  }
}

export function drawUses(random: Random, shares: UseShares): UsesSpec {
  const uses: Record<string, AskSpec> = {}
  if (shares === CROWD) {
    if (random.chance(shares.uses)) uses.gpu = 1
  } else if (random.chance(shares.uses)) {
    for (let left = random.pick([1, 1, 2]); left > 0; left -= 1) {
      const name = random.pick(RESOURCES)
      uses[name] = random.pick([
        1,
        1,
        1,
        name === 'lock' ? 1 : 2,
        name === 'lock' ? 1 : MOST_ASKED,
        'shared',
        'exclusive',
      ])
    }
  }
  return {
    uses,
    key: random.chance(shares.keys) ? random.pick(KEYS) : null,
    handler: random.chance(shares.handlers) ? random.pick(HANDLERS) : null,
  }
}

/** Where there is a crowd, whoever wants much needs all there is of what the others use. */
export function drawResources(random: Random, shares: UseShares): ResourcesSpec {
  const resources: Record<string, { capacity: number; perMinute: number | null }> = {}
  // A resource that nobody uses is looked at in each check all the same.
  if (shares.uses === 0 && random.chance(0.8)) return resources
  for (const name of RESOURCES) {
    if (name === 'lock') continue
    resources[name] = { capacity: random.between(MOST_ASKED, 6), perMinute: random.pick([null, null, null, 2, 5, 20]) }
  }
  if (shares === CROWD) resources.gpu = { capacity: MOST_ASKED, perMinute: null }
  return resources
}

/** What the host limits, and how; null: it takes its limit back. */
export interface GivenLimit {
  readonly name: string
  readonly limit: Limit | null
}

/** A breaker and nothing else. */
export function drawBreaker(random: Random): GivenLimit {
  return { name: drawName(random), limit: { capacity: null, perMinute: null, breaker: drawRule(random) } }
}

function drawName(random: Random): string {
  return random.pick([...RESOURCES, ...HANDLERS.map((handler) => `handler:${handler}`)])
}

function drawRule(random: Random): BreakerRule {
  return {
    failures: random.pick([1, 1, 2, 3]),
    windowMs: random.pick([20, 200, 5000]),
    cooldownMs: random.pick([5, 50, 500]),
  }
}

/** A limit by a whim. */
export function drawLimit(random: Random): GivenLimit {
  const name = drawName(random)
  if (random.chance(0.25)) return { name, limit: null }
  const capacity = random.pick([null, null, 0, 1, 2, 4, 8])
  const perMinute = random.pick([null, null, null, 1, 2, 4])
  const breaker = random.chance(0.5) ? drawRule(random) : null
  return { name, limit: { capacity, perMinute, breaker } }
}
