/** The gates and verification steps of a random plan. */
import type { Random } from './random.js'
import type { PolicySpec, TaskSpec, WaitSpec, WorldSpec } from './world-spec.js'

/** The limit of each step of a task, in ms; null: none. */
export function drawSteps(random: Random): readonly (number | null)[] {
  return Array.from({ length: random.pick([1, 1, 2, 3]) }, () => (random.chance(0.4) ? random.between(10, 500) : null))
}

export function drawGate(random: Random, id: string, after: readonly string[], waits: readonly WaitSpec[]): TaskSpec {
  const kind = random.pick(['approval', 'approval', 'check'] as const)
  return { ...NO_WORK, id, after, waits, gate: { kind, timeout: random.chance(0.3) ? random.between(50, 2000) : null } }
}

const NO_WORK = {
  stream: null,
  write: [],
  read: [],
  pool: null,
  requires: [],
  priority: 0,
  estimate: 0,
  policy: 0,
  verify: [],
  asks: null,
  milestones: [],
  optional: false,
}

/** The policy of a task; that of a gate is the library's own, with its one limit. */
export function policyOf(world: WorldSpec, { gate, policy }: TaskSpec): PolicySpec {
  if (gate === null) return world.policies[policy]!
  const { kind, timeout } = gate
  if (timeout === null) return GATE_POLICY
  return { ...GATE_POLICY, ...(kind === 'check' ? { startToClose: timeout } : { scheduleToStart: timeout }) }
}

const GATE_POLICY: PolicySpec = {
  maxAttempts: 1,
  maxLost: 3,
  maxVerify: null,
  initialDelay: 1000,
  factor: 2,
  maxDelay: 300_000,
  jitter: 0.2,
  on: ['error', 'timeout', 'stalled', 'rate-limited', 'verify'],
}
