/** The workers of this host: they join with it, and make room for what an earlier host has left running. */
import type { ScopeState, Worker } from '../core/state.js'
import type { Fence, Input, PoolId, WorkerId } from '../core/types.js'
import { lossOf } from './attempts.js'
import type { PoolSpec, PushedPools } from './names.js'

export class HostWorkers {
  private readonly post: (input: Input) => void
  private readonly joined: Set<WorkerId> = new Set()
  /**
   * Workers of an earlier host that stay only until what they run has ended, and what joins in their place; null: nothing.
   * All and only those that were told to drain.
   */
  private readonly outgoing: Map<WorkerId, PoolSpec | null> = new Map()

  constructor(post: (input: Input) => void) {
    this.post = post
  }

  /** Workers that have joined and that nobody has told to leave. */
  ids(): Iterable<WorkerId> {
    return this.joined
  }

  /** The workers of these pools join, each once. */
  join(pools: PushedPools): void {
    for (const [pool, spec] of Object.entries(pools)) {
      const worker = pool as WorkerId
      if (this.outgoing.get(worker) === null) this.outgoing.set(worker, spec)
      if (!this.joined.has(worker)) this.add(worker, spec)
    }
  }

  private add(worker: WorkerId, { slots, capabilities = [] }: PoolSpec): void {
    this.joined.add(worker)
    const pool = worker as string as PoolId
    this.post({ type: 'join', worker, pool, slots, capabilities: [...capabilities].sort() })
  }

  /**
   * The workers that the journal knows leave, and what they had under way is lost with them; but whoever runs something
   * that is `kept` stays for it. Where a pool of this host is like it, it is that pool's from now on.
   */
  takeOver(state: ScopeState, pools: PushedPools, kept: ReadonlySet<Fence>, reason: string): void {
    this.joined.clear()
    this.outgoing.clear()
    const staying = new Set<Worker>()
    for (const fence of kept) staying.add(state.attempts.get(fence)!.worker)
    for (const worker of state.workers.values()) {
      if (staying.has(worker) && worker.leaseMs !== null) continue
      if (!staying.has(worker)) this.post({ type: 'leave', worker: worker.id, reason })
      else this.stay(worker, Object.hasOwn(pools, worker.id) ? pools[worker.id]! : null)
    }
    if (staying.size === 0) return
    for (const attempt of state.attempts.values()) {
      if (!staying.has(attempt.worker)) continue
      const { run, task, fence, closing } = attempt
      if (!kept.has(fence)) this.post(lossOf(attempt, reason))
      // It was the host that was silent.
      else if (closing === null) this.post({ type: 'beat', run: run.id, task: run.plan.taskIds[task]!, fence })
    }
  }

  private stay(worker: Worker, spec: PoolSpec | null): void {
    this.joined.add(worker.id)
    if (spec !== null && isLike(worker, spec)) return
    this.outgoing.set(worker.id, spec)
    this.post({ type: 'drain', worker: worker.id })
  }

  /** Has workers leave that only stayed for what has ended by now, and others join in their place. */
  replace({ attempts }: ScopeState): void {
    if (this.outgoing.size === 0) return
    const busy = new Set([...attempts.values()].map(({ worker }) => worker.id))
    for (const [worker, spec] of this.outgoing) {
      if (busy.has(worker)) continue
      this.outgoing.delete(worker)
      this.joined.delete(worker)
      this.post({ type: 'leave', worker, reason: 'what it ran for an earlier host has ended' })
      if (spec !== null) this.add(worker, spec)
    }
  }
}

function isLike(worker: Worker, { slots, capabilities = [] }: PoolSpec): boolean {
  const isSame =
    capabilities.length === worker.capabilities.size && capabilities.every((c) => worker.capabilities.has(c))
  return !worker.isDraining && isSame && worker.slots === slots
}
