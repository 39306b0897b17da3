/** A plan in few words, for comparing: ids, edges such as "C > A", files by unit. */
import type { DependencyOf, Duration, PlanDocument, StreamDocument, TaskDocument } from '../../../src/plan/types.js'

type Stream = StreamDocument & { readonly id: string; readonly tasks: readonly Task[] }
type Task = TaskDocument & { readonly id: string }

export function factsOf(plan: PlanDocument) {
  const streams = (plan.streams ?? []) as readonly Stream[]
  const tasks = (plan.tasks ?? []) as readonly Task[]
  const units = [...streams, ...tasks]
  const inner = streams.flatMap((stream) => stream.tasks.map((task) => ({ ...task, id: `${stream.id}/${task.id}` })))
  return {
    streams: streams.map(({ id }) => id),
    tasks: tasks.map(({ id }) => id),
    taskCounts: Object.fromEntries(streams.map((stream) => [stream.id, stream.tasks.length])),
    titles: Object.fromEntries(units.map(({ id, title }) => [id, title ?? null])),
    edges: [...units, ...inner].flatMap(({ id, dependsOn = [] }) =>
      dependsOn.map((each) => `${id} > ${edgeText(each)}`),
    ),
    mergeAfter: streams.flatMap(({ id, mergeAfter = [] }) => mergeAfter.map((other) => `${id} > ${other}`)),
    sequences: (plan.sequences ?? []).map(({ path, order }) => `${path}: ${order.join(' ')}`),
    files: withoutEmpty(units.map((unit) => [unit.id, filesOf(unit)])),
    protect: plan.protect ?? [],
    estimates: withoutEmpty(units.map((unit) => [unit.id, estimateText(unit)])),
    priorities: withoutEmpty(units.map(({ id, priority }) => [id, priority])),
    pools: Object.fromEntries(Object.entries(plan.pools ?? {}).map(([name, { slots }]) => [name, slots])),
    poolOf: withoutEmpty(units.map(({ id, pool }) => [id, pool])),
    branches: withoutEmpty(streams.map(({ id, branch }) => [id, branch])),
  }
}

function edgeText(dependency: DependencyOf<Duration>): string {
  if (typeof dependency === 'string') return dependency
  const more = `${'lag' in dependency ? ` +${dependency.lag}` : ''}${'soft' in dependency ? ' soft' : ''}`
  if ('anyOf' in dependency) return `any(${dependency.anyOf.map(edgeText).join(' ')})${more}`
  if ('stream' in dependency) return `${dependency.stream}@${dependency.progress}${more}`
  return 'on' in dependency ? `${dependency.on}${more}` : '?'
}

function filesOf(unit: Stream | Task): readonly string[] | undefined {
  const tasks = 'tasks' in unit ? unit.tasks : [unit]
  const owns = 'owns' in unit ? (unit.owns ?? []) : []
  const files = new Set([...owns, ...tasks.flatMap(({ claims }) => claims?.write ?? [])])
  return files.size === 0 ? undefined : [...files]
}

function estimateText(unit: Stream | Task): string | undefined {
  const whole = (unit as { readonly 'x-estimate'?: TaskDocument['estimate'] })['x-estimate']
  const own = 'tasks' in unit ? unit.tasks[0]?.estimate : unit.estimate
  const estimate = whole ?? own
  if (estimate === undefined) return undefined
  return typeof estimate === 'object' ? `${estimate.min}-${estimate.max}` : String(estimate)
}

function withoutEmpty<Value>(entries: readonly (readonly [string, Value | undefined])[]): Record<string, Value> {
  return Object.fromEntries(entries.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined))
}
