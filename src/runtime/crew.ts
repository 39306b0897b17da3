/** All workers of a host: those of its pools, which it gives work, and those that ask for it. */
import type { ScopeState } from '../core/state.js'
import type { EpochMs, Fence, Input, RunId } from '../core/types.js'
import type { Done } from './host-options.js'
import { type WorkerOptions, type WorkerSettings, workerSettings } from './lease-request.js'
import { checkPools, hostPools, type Pools, type PushedPools, poolsOf, pullPools } from './names.js'
import { PullDesk } from './pull.js'
import type { SchedulerParts } from './scheduler-types.js'
import { type WorkerStatus, workerStatuses } from './worker-status.js'
import { HostWorkers } from './workers.js'

export interface CrewOptions extends Pick<SchedulerParts, 'defaultSlots'> {
  readonly workers: WorkerOptions | undefined
  readonly state: ScopeState
  readonly pools: Pools | undefined
  readonly post: (input: Input, done?: Done) => void
  readonly now: () => EpochMs
  readonly wakeBy: (at: EpochMs) => void
}

export class Crew {
  readonly desk: PullDesk
  private readonly options: CrewOptions
  private readonly settings: WorkerSettings
  private readonly workers: HostWorkers
  /** Pools of the plans that were read from the journal, by run. */
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
    this.workers.takeOver(state, pools, kept, reason)
    this.workers.join(pools)
    this.desk.takeOver(state)
    this.planned.clear()
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
