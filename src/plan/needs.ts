/** What each task needs of a worker, which handler it goes to, and whether the plan has a pool and a handler for it. */
import type { Need, PoolId, TaskIndex } from '../core/types.js'
import type { Reporter } from './diagnostic.js'
import { type Layout, nodeName, taskPointer } from './layout.js'
import { nearest } from './nearest.js'
import { count, quote, quoteAll } from './text.js'
import type { Pool, Stream, Task } from './types.js'

/** What each task needs of a worker. */
export interface Needs {
  /** By task: index into `needs`. */
  readonly need: Int32Array
  readonly needs: readonly Need[]
}

/** The handler of each task. */
export interface HandlerNames {
  /** By task: index into `handlers`, -1 for none. */
  readonly handler: Int32Array
  readonly handlers: readonly string[]
}

/** Pool of the task, else of its stream; capabilities of both together. Equal needs share one entry. */
export function compileNeeds({ tasks, streams, streamOf }: Layout): Needs {
  const need = new Int32Array(tasks.length)
  const needs: Need[] = []
  const byKey = new Map<string, number>()
  /** By stream, the last one for no stream. */
  const inherited = new Int32Array(streams.length + 1).fill(-1)
  const intern = (pool: string | undefined, requires: readonly string[]): number => {
    const sorted = [...new Set(requires)].sort()
    const key = JSON.stringify([pool, ...sorted])
    const known = byKey.get(key)
    if (known !== undefined) return known
    byKey.set(key, needs.length)
    return needs.push({ pool: (pool as PoolId | undefined) ?? null, requires: sorted }) - 1
  }
  for (let task = 0; task < tasks.length; task++) {
    const stream = streamOf[task] as number
    const { pool, requires } = tasks[task] as Task
    const place = stream === -1 ? streams.length : stream
    if (pool !== undefined || requires !== undefined) {
      const outer = streams[stream]
      need[task] = intern(pool ?? outer?.pool, [...(outer?.requires ?? []), ...(requires ?? [])])
      continue
    }
    if (inherited[place] === -1) inherited[place] = intern(streams[stream]?.pool, streams[stream]?.requires ?? [])
    need[task] = inherited[place] as number
  }
  return { need, needs }
}

/** Handler of the task, else of its stream, else of the plan. A gate has its own, or none. */
export function compileHandlers({ plan, tasks, streams, streamOf, firstGate }: Layout): HandlerNames {
  const handler = new Int32Array(tasks.length).fill(-1)
  const handlers: string[] = []
  const byName = new Map<string, number>()
  for (let task = 0; task < tasks.length; task++) {
    const own = (tasks[task] as Task).handler
    const stream = streamOf[task] as number
    const inherited = own === undefined && stream !== -1 ? (streams[stream] as Stream).defaults?.handler : undefined
    const name = own ?? inherited ?? (task < firstGate ? plan.defaults?.handler : undefined)
    if (name === undefined) continue
    const known = byName.get(name)
    handler[task] = known ?? handlers.push(name) - 1
    if (known === undefined) byName.set(name, handler[task] as number)
  }
  for (const { verify } of tasks) {
    if (verify === undefined) continue
    for (const step of verify) {
      const name = typeof step === 'string' ? step : step.handler
      if (byName.has(name)) continue
      byName.set(name, handlers.push(name) - 1)
    }
  }
  return { handler, handlers }
}

/** Reports what no pool of the plan can serve, once for each kind of need. A plan without pools is left to the host. */
export function reportUnservedNeeds(layout: Layout, { need, needs }: Needs, reporter: Reporter): void {
  const pools = Object.entries(layout.plan.pools ?? {})
  if (pools.length === 0) return
  const unserved = needs.map((wanted) => !pools.some(([name, pool]) => serves(name, pool, wanted)))
  for (const { first, others, kind } of firstOfEach(need, unserved)) {
    const wanted = needs[kind] as Need
    const message = `No pool can run ${nodeName(layout, first)}${andOthers(others)}: ${missing(pools, wanted)}.`
    const hint = `The pools are ${quoteAll(pools.map(([name]) => name))}: add a capability or a pool.`
    reporter.error('NO_POOL', taskPointer(layout, first), message, hint)
  }
}

/** Reports handlers that `known` does not have, once each. */
export function reportUnknownHandlers(
  layout: Layout,
  { handler, handlers }: HandlerNames,
  known: ReadonlySet<string>,
  reporter: Reporter,
): void {
  const unknown = handlers.map((name) => !known.has(name))
  for (const { first, others, kind } of firstOfEach(handler, unknown)) {
    const name = handlers[kind] as string
    const near = nearest(name, [...known])
    const message = `The handler ${quote(name)} of ${nodeName(layout, first)}${andOthers(others)} is not registered.`
    const hint = near === null ? 'Register it with defineHandlers.' : `Did you mean ${quote(near)}?`
    reporter.error('UNKNOWN_HANDLER', taskPointer(layout, first), message, hint)
  }
}

function serves(name: string, { capabilities = [] }: Pool, { pool, requires }: Need): boolean {
  return (pool === null || pool === name) && requires.every((capability) => capabilities.includes(capability))
}

function missing(pools: readonly (readonly [string, Pool])[], { pool, requires }: Need): string {
  const own = pools.find(([name]) => name === pool)?.[1]
  if (pool !== null && own === undefined) return `there is no pool ${quote(pool)}`
  const candidates = own === undefined ? pools.map(([, candidate]) => candidate) : [own]
  const has = (capability: string): boolean =>
    candidates.some(({ capabilities = [] }) => capabilities.includes(capability))
  const lacking = requires.filter((capability) => !has(capability))
  if (lacking.length === 0) return `none has all of ${quoteAll(requires)}`
  return `${pool === null ? 'none' : `pool ${quote(pool)} does not`} ${pool === null ? 'has' : 'have'} ${quoteAll(lacking)}`
}

interface FirstOfKind {
  readonly kind: number
  readonly first: TaskIndex
  /** Further tasks of the kind. */
  readonly others: number
}

/** The first task of each wanted kind, in order. */
function firstOfEach(kinds: Int32Array, wanted: readonly boolean[]): readonly FirstOfKind[] {
  const found = new Map<number, { kind: number; first: TaskIndex; others: number }>()
  if (!wanted.includes(true)) return []
  for (const [task, kind] of kinds.entries()) {
    if (wanted[kind] !== true) continue
    const entry = found.get(kind)
    if (entry === undefined) found.set(kind, { kind, first: task, others: 0 })
    else entry.others++
  }
  return [...found.values()]
}

function andOthers(others: number): string {
  return others === 0 ? '' : ` and ${count(others, 'more task')}`
}
