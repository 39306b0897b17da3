/** What tasks use of resources, and their idempotency keys: both become limiters of the scope. */
import { type Ask, EXCLUSIVE, isOwnLimiter, keyLimiter, type Limit, SHARED, type Use } from '../core/limit.js'
import type { TaskIndex } from '../core/types.js'
import { pointerSegment, type Reporter } from './diagnostic.js'
import { type Layout, nodeName, taskPointer } from './layout.js'
import { nearest } from './nearest.js'
import { count, quote, quoteAll } from './text.js'
import type { Resource, Task, TaskUses } from './types.js'

/** The part of a compiled plan that is about limiters. */
export interface PlanUses {
  /** By task: index into `useSets`, -1 for none. */
  readonly useSet: Int32Array
  readonly useSets: readonly (readonly Use[])[]
  readonly resources: ReadonlyMap<string, Limit>
  readonly keys: ReadonlyMap<TaskIndex, string>
}

interface Sets {
  readonly useSet: Int32Array
  readonly useSets: (readonly Use[])[]
  readonly byKey: Map<string, number>
}

/** Reads resources, uses and keys. Equal sets share one entry. Reports what can never be had. O(tasks + uses). */
export function compileUses(layout: Layout, reporter: Reporter): PlanUses {
  const { tasks } = layout
  const resources = compileResources(layout, reporter)
  const keys = new Map<TaskIndex, string>()
  const sets: Sets = { useSet: new Int32Array(tasks.length).fill(-1), useSets: [], byKey: new Map() }
  for (let task = 0; task < tasks.length; task++) {
    const { uses, idempotencyKey: key } = tasks[task] as Task
    if (key !== undefined) keys.set(task, key)
    if (uses === undefined && key === undefined) continue
    const used = Object.entries(uses ?? {}).map(([name, asked]) => ({ limiter: name, ask: askOf(asked) }))
    for (const use of used) checkUse(layout, task, use, resources, reporter)
    used.sort((a, b) => (a.limiter < b.limiter ? -1 : 1))
    if (key !== undefined) used.push({ limiter: keyLimiter(key), ask: EXCLUSIVE })
    if (used.length > 0) sets.useSet[task] = intern(sets, used)
  }
  return { useSet: sets.useSet, useSets: sets.useSets, resources, keys }
}

/** The limit that `resource` stands for. */
export function limitOf(resource: Resource): Limit {
  if (typeof resource === 'number') return { capacity: resource, perMinute: null, breaker: null }
  return { capacity: resource.capacity, perMinute: resource.perMinute ?? null, breaker: null }
}

/**
 * Warns of names that are used and declared nowhere, once each: locks of size one, unless the host gives them a limit. A
 * name with a near neighbour is probably a slip.
 */
export function warnOfUndeclared(layout: Layout, { resources }: PlanUses, reporter: Reporter): void {
  const { tasks } = layout
  const users = new Map<string, { readonly first: TaskIndex; others: number }>()
  for (let task = 0; task < tasks.length; task++) {
    const { uses } = tasks[task] as Task
    if (uses === undefined) continue
    for (const name of Object.keys(uses)) {
      if (resources.has(name)) continue
      const known = users.get(name)
      if (known === undefined) users.set(name, { first: task, others: 0 })
      else known.others++
    }
  }
  const declared = [...resources.keys()]
  for (const [name, { first, others }] of users) {
    const more = others === 0 ? '' : ` and ${count(others, 'more task')}`
    const near = nearest(name, declared)
    reporter.report({
      code: 'UNDECLARED_RESOURCE',
      severity: 'warning',
      at: `${taskPointer(layout, first)}/uses/${pointerSegment(name)}`,
      message: `The resource ${quote(name)} of ${nodeName(layout, first)}${more} is declared nowhere: one at a time may use it.`,
      hint:
        near === null ? 'Declare it under "resources" to say how much of it there is.' : `Did you mean ${quote(near)}?`,
    })
  }
}

function compileResources({ plan }: Layout, reporter: Reporter): ReadonlyMap<string, Limit> {
  const resources = new Map<string, Limit>()
  for (const [name, resource] of Object.entries(plan.resources ?? {})) {
    if (isOwnLimiter(name)) reportOwn(name, `/resources/${pointerSegment(name)}`, reporter)
    resources.set(name, limitOf(resource))
  }
  return resources
}

function checkUse(
  layout: Layout,
  task: TaskIndex,
  { limiter: name, ask }: Use,
  resources: ReadonlyMap<string, Limit>,
  reporter: Reporter,
): void {
  const at = (): string => `${taskPointer(layout, task)}/uses/${pointerSegment(name)}`
  if (isOwnLimiter(name)) return reportOwn(name, at(), reporter)
  // What is declared nowhere may get its limit from the host.
  const capacity = resources.get(name)?.capacity ?? Number.POSITIVE_INFINITY
  if (ask <= capacity) return
  const message = `The ${nodeName(layout, task)} uses ${count(ask, 'unit')} of ${quote(name)}, which has ${count(capacity, 'unit')}.`
  reporter.error('OVER_CAPACITY', at(), message, 'It could never start: use fewer, or declare more.')
}

function reportOwn(name: string, at: string, reporter: Reporter): void {
  const message = `The name ${quote(name)} is reserved: names that begin with ${quoteAll(['handler:', 'key:'])} are given by the library.`
  reporter.error('RESERVED_NAME', at, message, 'Choose another name.')
}

function askOf(asked: TaskUses[string]): Ask {
  if (typeof asked === 'number') return asked
  return asked === 'shared' ? SHARED : EXCLUSIVE
}

function intern({ useSets, byKey }: Sets, used: readonly Use[]): number {
  const key = JSON.stringify(used.map(({ limiter, ask }) => [limiter, ask]))
  const known = byKey.get(key)
  if (known !== undefined) return known
  byKey.set(key, useSets.length)
  return useSets.push(used) - 1
}
