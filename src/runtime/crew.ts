/** All workers of a host: those of its pools, which it gives work, and those that ask for it. */
import type { ScopeState } from '../core/state.js'
import type { EpochMs, Fence, Input, Rejection, RunId, WorkerId } from '../core/types.js'
import { schedulerError } from './errors.js'
import type { Done } from './host-options.js'
import { type WorkerOptions, type WorkerSettings, workerSettings } from './lease-request.js'
import {
  checkPools,
  checkSlots,
  hostPools,
  type PoolSpec,
  type Pools,
  type PushedPools,
  poolsOf,
  pullPools,
} from './names.js'
import { PullDesk } from './pull.js'
import { throwIfRefused } from './refused.js'
import { type WorkerStatus, workerStatuses } from './worker-status.js'
import { HostWorkers } from './workers.js'

export interface CrewOptions {
  /** Slots of the pool `local`, where nobody declares any. */
  readonly defaultSlots: number
  readonly workers: WorkerOptions | undefined
  readonly state: ScopeState
  readonly pools: Pools | undefined
  readonly post: (input: Input, done?: Done) => void
  /** Hands over an input as soon as this host leads, and waits until it is durable. */
  readonly ask: (input: Input) => Promise<Rejection | null>
  readonly now: () => EpochMs
  readonly wakeBy: (at: EpochMs) => void
}

/** How a pool of the host stands. */
export interface PoolStatus {
  readonly slots: number
  /** Attempts that it runs; more than `slots` after it shrank. */
  readonly busy: number
}

/** A pool that the host gives work. */
export interface Pool {
  readonly name: string
  /** @throws SchedulerError POOL_INVALID once the pool has left */
  status(): PoolStatus
  /**
   * Gives it so many slots (0 to 1,000,000), also when this host leads again; another host, or a new one, begins with what it is
   * made with. Resolves when it is stored: what may start then starts in the same step. When it shrinks, what runs goes on, and
   * is not replaced until fewer run than it has slots.
   *
   * @throws SchedulerError POOL_INVALID, NOT_LEADER, CLOSED
   */
  resize(slots: number): Promise<void>
}

export class Crew {
  readonly desk: PullDesk
  private readonly options: CrewOptions
  private readonly settings: WorkerSettings
  private readonly workers: HostWorkers
  /** Pools of the plans that were read from the journal, by run. */
  /** Slots that pools were given while they worked. */
  private readonly resized: Map<string, number> = new Map()
  private readonly planned: Map<RunId, PushedPools | undefined> = new Map()

  /** @throws SchedulerError POOL_INVALID, ID_INVALID, VALUE_INVALID */
  constructor(options: CrewOptions) {
    if (options.pools !== undefined) checkPools(options.pools)
    this.options = options
    this.settings = workerSettings(options.workers)
    this.workers = new HostWorkers((input) => options.post(input))
    const { post, now, wakeBy } = options
    this.desk = new PullDesk({
      get state() {
        return options.state
      },
      pools: pullPools(options.pools),
      settings: this.settings,
      post,
      now,
      wakeBy,
    })
  }

  /** The journal has a run whose plan declares these pools: they join when this host leads. */
  plan(run: RunId, pools: PushedPools | undefined): void {
    this.planned.set(run, pools)
  }

  /** The workers of a plan that is started join, as far as they are not there. */
  join(planned: PushedPools | undefined): void {
    this.workers.join(this.poolsFor(planned))
  }

  /** This host leads: the workers of the host before leave, save those that run what is kept; its own join. */
  takeOver(kept: ReadonlySet<Fence>, reason: string): void {
    const { pools: hosted, state } = this.options
    const planned = [...state.runs.keys()].map((run) => this.poolsFor(this.planned.get(run)))
    // Who comes first gives a pool its shape: the host, then the oldest run.
    const pools: PushedPools = Object.assign(hostPools(hosted), ...planned.reverse())
    const asResized = Object.entries(pools).map(([pool, spec]): [string, PoolSpec] => {
      return [pool, { ...spec, slots: this.resized.get(pool) ?? spec.slots }]
    })
    const now = Object.fromEntries(asResized)
    this.workers.takeOver(state, now, kept, reason)
    this.workers.join(now)
    this.desk.takeOver(state)
    this.planned.clear()
  }

  /** @throws SchedulerError POOL_INVALID where no pool of this name has joined, or its workers ask for work */
  pool(name: string): Pool {
    this.poolStatus(name)
    return { name, status: () => this.poolStatus(name), resize: (slots) => this.resize(name, slots) }
  }

  private poolStatus(name: string): PoolStatus {
    const { workers, attempts } = this.options.state
    const worker = workers.get(name as WorkerId)
    if (worker === undefined || worker.leaseMs !== null) {
      const hint = 'Name a pool that the host or an open plan declares, and whose workers do not ask for work.'
      throw schedulerError('POOL_INVALID', `There is no pool ${JSON.stringify(name)} that the host gives work.`, hint)
    }
    let busy = 0
    for (const attempt of attempts.values()) if (attempt.worker === worker) busy += 1
    return { slots: worker.slots, busy }
  }

  private async resize(name: string, slots: number): Promise<void> {
    checkSlots(name, slots, 0)
    throwIfRefused(await this.options.ask({ type: 'resize', worker: name as WorkerId, slots }))
    this.resized.set(name, slots)
  }

  /** To be asked after each decision: workers that only stayed for what has ended by now are replaced. */
  replace(): void {
    this.workers.replace(this.options.state)
  }

  /** Starts nothing more on any of them. */
  drain(): void {
    for (const worker of this.workers.ids()) this.options.post({ type: 'drain', worker })
    this.desk.close()
  }

  /** They leave. Those that asked for work and hold some stay: their work goes on without a host. */
  leave(reason: string): void {
    for (const worker of this.workers.ids()) this.options.post({ type: 'leave', worker, reason })
    this.desk.leave(reason)
  }

  /** @param run - Only what they hold of this run. */
  statuses(run?: RunId): readonly WorkerStatus[] {
    const { desk, settings } = this
    const options = { desk, settings, now: this.options.now() }
    return workerStatuses(this.options.state, run === undefined ? options : { ...options, run })
  }

  private poolsFor(planned: PushedPools | undefined): PushedPools {
    return poolsOf(planned, this.options.pools, this.options.defaultSlots)
  }
}
