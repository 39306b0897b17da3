/** The gates and verification steps of a random plan. */
import type { Random } from './random.js'
import type { PhaseSpec, PolicySpec, TaskSpec, WaitSpec, WorldSpec } from './world-spec.js'

/** The limit of each step of a task, in ms; null: none. */
export function drawSteps(random: Random): readonly (number | null)[] {
  return Array.from({ length: random.pick([1, 1, 2, 3]) }, () => (random.chance(0.4) ? random.between(10, 500) : null))
}

export function drawGate(random: Random, id: string, after: readonly string[], waits: readonly WaitSpec[]): TaskSpec {
  const kind = random.pick(['approval', 'approval', 'check'] as const)
  return { ...NO_WORK, id, after, waits, gate: { kind, timeout: random.chance(0.3) ? random.between(50, 2000) : null } }
}

/** The phases of a run while its streams are drawn. */
export interface Phases {
  readonly list: PhaseSpec[]
  /** Streams belong to this one, or to one after it. */
  at: number
}

export function drawPhases(random: Random, share: 0 | 1): Phases {
  const count = share === 0 ? 0 : random.pick([0, 0, 2, 3])
  const list = Array.from({ length: count }, (_, phase) => {
    return { id: `ph${phase + 1}`, gate: random.chance(0.4) ? `pg${phase + 1}` : null }
  })
  return { list, at: 0 }
}

/** The phase of the next stream, null for none. */
export function drawPhase(random: Random, phases: Phases): string | null {
  if (phases.list.length === 0 || random.chance(0.15)) return null
  if (phases.at < phases.list.length - 1 && random.chance(0.4)) phases.at += 1
  return phases.list[phases.at]!.id
}

export function drawPhaseGates(random: Random, { list }: Phases): readonly TaskSpec[] {
  return list.flatMap(({ gate }) => (gate === null ? [] : [drawGate(random, gate, [], [])]))
}

const NO_WORK = {
  stream: null,
  write: [],
  read: [],
  integrate: [],
  advisory: [],
  uses: {},
  key: null,
  handler: null,
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
