/** The policy of each task: retry, timeouts and heartbeat, from the task, its stream and the plan, with the defaults. */
import type { FailureKind, Policy } from '../core/types.js'
import type { Layout } from './layout.js'
import type { Defaults, Retry, Task, Timeouts } from './types.js'

/** Failure kinds that are tried again where a plan says nothing. */
export const DEFAULT_RETRY_ON: readonly FailureKind[] = ['error', 'timeout', 'stalled', 'rate-limited', 'verify']

/** What holds where a plan says nothing. */
export const defaultPolicy: Policy = {
  maxAttempts: 1,
  initialDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 300_000,
  jitter: 0.2,
  on: DEFAULT_RETRY_ON,
  maxLost: 3,
  maxVerify: null,
  startToCloseMs: null,
  scheduleToStartMs: null,
  scheduleToCloseMs: null,
  heartbeatMs: null,
  stallMs: null,
  closeMs: null,
}

/** Silent beats after which an attempt is believed lost, where a plan gives the beat and no limit. */
const BEATS_PER_LEASE = 3

/** The policy of each task. */
export interface Policies {
  /** By task: index into `policies`. */
  readonly policy: Int32Array
  readonly policies: readonly Policy[]
}

/** Merges the defaults of plan and stream with what each task says. Equal policies share one entry. */
export function compilePolicies({ plan, tasks, streams, streamOf, gates, firstGate }: Layout): Policies {
  const policy = new Int32Array(tasks.length)
  const policies: Policy[] = []
  const byKey = new Map<string, number>()
  const intern = (layers: readonly (Defaults | undefined)[]): number => {
    const merged = mergePolicy(layers)
    const key = JSON.stringify(merged)
    const known = byKey.get(key)
    if (known !== undefined) return known
    byKey.set(key, policies.length)
    return policies.push(merged) - 1
  }
  /** By stream, the last one for no stream. */
  const inherited = new Int32Array(streams.length + 1).fill(-1)
  for (let task = 0; task < tasks.length; task++) {
    const stream = streamOf[task] as number
    const { retry, timeouts, heartbeat } = tasks[task] as Task
    if (retry !== undefined || timeouts !== undefined || heartbeat !== undefined) {
      // What holds for attempts says nothing about how long an approval may take.
      const isApproval = task >= firstGate && gates[task - firstGate]?.kind === 'approval'
      const outer = isApproval ? undefined : plan.defaults
      policy[task] = intern([outer, streams[stream]?.defaults, { retry, timeouts, heartbeat }])
      continue
    }
    const place = stream === -1 ? streams.length : stream
    if (inherited[place] === -1) inherited[place] = intern([plan.defaults, streams[stream]?.defaults])
    policy[task] = inherited[place] as number
  }
  return { policy, policies }
}

/** Later layers win, field by field. */
function mergePolicy(layers: readonly (Defaults | undefined)[]): Policy {
  const retry: Retry = Object.assign({}, ...layers.map((layer) => layer?.retry))
  const timeouts: Timeouts = Object.assign({}, ...layers.map((layer) => layer?.timeouts))
  const heartbeat = layers.findLast((layer) => layer?.heartbeat !== undefined)?.heartbeat
  const lease = heartbeat === undefined ? null : heartbeat * BEATS_PER_LEASE
  return {
    maxAttempts: retry.maxAttempts ?? defaultPolicy.maxAttempts,
    initialDelayMs: retry.initialDelay ?? defaultPolicy.initialDelayMs,
    factor: retry.factor ?? defaultPolicy.factor,
    maxDelayMs: retry.maxDelay ?? defaultPolicy.maxDelayMs,
    jitter: retry.jitter ?? defaultPolicy.jitter,
    on: retry.on ?? defaultPolicy.on,
    maxLost: retry.maxLost ?? defaultPolicy.maxLost,
    maxVerify: retry.maxVerify ?? defaultPolicy.maxVerify,
    startToCloseMs: timeouts.startToClose ?? null,
    scheduleToStartMs: timeouts.scheduleToStart ?? null,
    scheduleToCloseMs: timeouts.scheduleToClose ?? null,
    heartbeatMs: timeouts.heartbeat ?? lease,
    stallMs: timeouts.stall ?? null,
    closeMs: timeouts.close ?? null,
  }
}
