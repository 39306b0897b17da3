/** Why the tasks that are not running are not running, counted. */
import type { WatchedReason, WatchedRun } from './run.js'

export interface Waiting {
  /** How many tasks were asked; fewer than wait when there are very many. */
  readonly asked: number
  /** Tasks by the kind of their nearest obstacle, most first. */
  readonly kinds: readonly Counted[]
  /** Single obstacles by how many tasks they are the nearest one of, most first. */
  readonly obstacles: readonly Counted[]
}

export interface Counted {
  readonly text: string
  readonly count: number
}

/** Asking is cheap, but it is done several times a second. */
const MOST_ASKED = 500

/** Asks the run about the pending tasks; where there are very many, about some of them, evenly spread. */
export function countWaiting(run: WatchedRun, pending: ReadonlySet<string>): Waiting {
  const step = Math.ceil(pending.size / MOST_ASKED)
  const kinds = new Map<string, number>()
  const obstacles = new Map<string, number>()
  let asked = 0
  let place = 0
  for (const task of pending) {
    place += 1
    if ((place - 1) % step !== 0) continue
    const [reason] = run.explain(task)
    const kind = reason === undefined ? null : kindText(reason)
    // It could start this instant, or has done so and its event is still on the way.
    if (reason === undefined || kind === null) continue
    asked += 1
    add(kinds, kind)
    add(obstacles, obstacleText(reason, run.id))
  }
  return { asked, kinds: sorted(kinds), obstacles: sorted(obstacles) }
}

function kindText({ kind, resource }: WatchedReason): string | null {
  switch (kind) {
    case 'dependency':
    case 'stream':
    case 'point':
      return 'for other tasks'
    case 'lag':
      return 'for a lag to pass'
    case 'claim':
      return 'for paths'
    case 'reserved':
      return resource === undefined ? 'for paths' : 'for resources'
    case 'resource':
    case 'rate':
    case 'breaker':
      return 'for resources'
    case 'capacity':
    case 'not-asked':
    case 'quarantined':
    case 'no-worker':
      return 'for workers'
    case 'retry':
      return 'to retry'
    case 'gate':
      return 'for approval'
    case 'paused':
      return 'for the run to resume'
    default:
      return null
  }
}

function obstacleText(reason: WatchedReason, run: string): string | null {
  const { kind, on, status, path, resource, heldBy, requires = [], busy, slots } = reason
  switch (kind) {
    case 'dependency':
      return `for ${on}${status === undefined ? '' : ` (${status})`}`
    case 'stream':
      return `for stream ${on}`
    case 'point':
      return `for ${on}`
    case 'claim':
      return `for ${path}, held by ${holderText(heldBy, run)}`
    case 'resource':
      return heldBy === undefined || heldBy.length === 0
        ? `for ${resource}`
        : `for ${resource}, held by ${holderText(heldBy, run)}`
    case 'rate':
      return `for ${resource}, which has had its starts of this minute`
    case 'breaker':
      return `for ${resource}, which has failed too often`
    case 'reserved':
      return `for ${path ?? resource}, kept for a task that was passed too often`
    case 'capacity':
      return `for a slot of ${workersText(reason.pool, requires)} (${busy} of ${slots} busy)`
    case 'quarantined':
      return `for ${workersText(reason.pool, requires)}, in quarantine after lost attempts`
    case 'not-asked':
      return `for ${workersText(reason.pool, requires)} to ask for work`
    case 'no-worker':
      return `for ${workersText(reason.pool, requires)}, of which there are none`
    default:
      return null
  }
}

function holderText(heldBy: WatchedReason['heldBy'], run: string): string {
  const [first, ...others] = typeof heldBy === 'object' ? heldBy.map(({ attempt }) => attempt) : [String(heldBy)]
  const name = first?.startsWith(`${run}/`) === true ? first.slice(run.length + 1) : String(first)
  return others.length === 0 ? name : `${name} and ${others.length} more`
}

function workersText(pool: string | null | undefined, requires: readonly string[]): string {
  const who = pool === null || pool === undefined ? 'workers' : `pool ${pool}`
  return requires.length === 0 ? who : `${who} with ${requires.join(', ')}`
}

function add(counts: Map<string, number>, text: string | null): void {
  if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1)
}

function sorted(counts: ReadonlyMap<string, number>): readonly Counted[] {
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count)
}
