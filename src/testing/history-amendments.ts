/**
 * Plans that change while they run: whether an amendment fits, by the plan as it is written, whether it may be taken now, by
 * what has happened, and what it makes of a run.
 */
import type { RunEventMap } from '../core/types.js'
import { type AmendmentSpec, amendmentKey } from './amendment-spec.js'
import { tasksOfWhole } from './history-conditions.js'
import { amendFacts, amendSpec, awaitedBy, type RunFacts, type WorldFacts } from './history-facts.js'
import { type Memory, openRun } from './history-memory.js'
import { type AttemptPast, accuse, newCondition, newTask, type RunPast } from './history-past.js'
import { forgetReady, markReady, offerAll } from './history-starts.js'
import { considerAll, judgeWhole } from './history-waits.js'
import { fullIdOf, type TaskSpec } from './world-spec.js'

/** What is wrong with an amendment of a plan, whatever has happened; null for nothing. */
export function whyUnfit(world: WorldFacts, facts: RunFacts, amendment: AmendmentSpec): string | null {
  const { streams, tasks, remove, change } = amendment
  const changed = change.map(fullIdOf)
  const unknown = [...remove, ...changed].find((id) => !facts.tasks.has(id))
  if (unknown !== undefined) return `"${unknown}" is not there`
  const both = remove.find((id) => changed.includes(id))
  if (both !== undefined) return `"${both}" is both removed and changed`
  const ids = [...tasks.map(fullIdOf), ...streams.map(({ id }) => id), ...amendment.phases.map(({ id }) => id)]
  const isTaken = (id: string): boolean => facts.tasks.has(id) || facts.streams.has(id) || facts.phases.has(id)
  const taken = ids.find((id, at) => isTaken(id) || ids.indexOf(id) !== at)
  if (taken !== undefined) return `"${taken}" is there already`
  const named = findUnknown(facts, amendment)
  if (named !== null) return `"${named}" is named and is not there`
  const amended = amendFacts(world.world, facts, amendment)
  const circle = findCircle(amended, [...ids, ...changed])
  return circle === null ? null : `"${circle}" would wait for itself`
}

/** A name that somebody of the amendment waits for, and that there is not. */
function findUnknown(facts: RunFacts, { streams, phases, tasks, change }: AmendmentSpec): string | null {
  const written = [...tasks, ...change]
  const ids = new Set([...facts.tasks.keys(), ...tasks.map(fullIdOf)])
  const streamIds = new Set([...facts.streams, ...streams.map(({ id }) => id)])
  const specOf = (id: string): TaskSpec | undefined =>
    written.find((task) => fullIdOf(task) === id) ?? facts.tasks.get(id)?.spec
  const phaseIds = new Set([...facts.phases, ...phases.map(({ id }) => id)])
  const phase = streams.find((stream) => stream.phase !== null && !phaseIds.has(stream.phase))?.phase
  if (phase != null) return phase
  const gate = phases.find((each) => each.gate !== null && !tasks.some(({ id }) => id === each.gate))?.gate
  if (gate != null) return gate
  const stream = tasks.find((task) => task.stream !== null && !streamIds.has(task.stream))?.stream
  if (stream != null) return stream
  const touched = new Set(written.map((task) => task.stream))
  const waiting = [...written, ...[...facts.spec.streams, ...streams].filter(({ id }) => touched.has(id))]
  for (const each of waiting) {
    const asked = 'asks' in each && each.asks !== null ? [each.asks.task] : []
    const after = [...each.after, ...asked].find((id) => !ids.has(id) && !streamIds.has(id))
    if (after !== undefined) return after
    for (const member of each.waits.flatMap(({ members }) => members)) {
      if (member.kind === 'milestone' && specOf(member.task)?.milestones.includes(member.name) !== true)
        return `${member.task}#${member.name}`
      if (member.kind === 'share' && !streamIds.has(member.stream)) return member.stream
      if (member.kind === 'outcome' && !streamIds.has(member.on) && !ids.has(member.on)) return member.on
    }
  }
  return null
}

/** A task that waits for itself, in however many steps; null if there is none. All circles go through one of `from`. */
function findCircle(facts: RunFacts, from: readonly string[]): string | null {
  const seen = new Map<string, 'open' | 'done'>()
  const visit = (id: string): string | null => {
    if (seen.has(id)) return seen.get(id) === 'open' ? id : null
    const task = facts.tasks.get(id)
    if (task === undefined) return null
    seen.set(id, 'open')
    for (const before of awaitedBy(facts, id)) {
      const circle = visit(before)
      if (circle !== null) return circle
    }
    seen.set(id, 'done')
    return null
  }
  for (const id of from) {
    const circle = visit(id)
    if (circle !== null) return circle
  }
  return null
}

/** What has happened that speaks against an amendment which fits; null for nothing. */
export function whyTooLate(unreleased: Iterable<AttemptPast>, run: RunPast, amendment: AmendmentSpec): string | null {
  const { streams, tasks, remove, change } = amendment
  if (run.isClosed || run.isCancelled) return 'its run is over'
  const held = new Set([...unreleased].map(({ task }) => task))
  const begun = [...remove, ...change.map(fullIdOf)].find((id) => {
    const task = run.tasks.get(id)!
    return task.status !== 'idle' || held.has(task)
  })
  if (begun !== undefined) return `"${begun}" has begun`
  const after = amendSpec(run.facts.spec, amendment)
  const touched = [...tasks, ...change].flatMap(({ stream }) => stream ?? [])
  const ended = touched.find((stream) => {
    if (!run.facts.streams.has(stream) || judgeWhole(run, { stream }) === 'open') return false
    return !areSame(tasksOfWhole(run.facts.spec, { stream }), tasksOfWhole(after, { stream }))
  })
  if (ended !== undefined) return `stream "${ended}" has ended`
  const phases = streams.flatMap(({ phase }) => phase ?? [])
  const passed = phases.find((id) => run.facts.phases.has(id) && judgeWhole(run, { phase: id }) !== 'open')
  return passed === undefined ? null : `phase "${passed}" has ended`
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id))
}

/** The plan of a run has changed, and all of the change holds from here on. */
export function amended(memory: Memory, event: RunEventMap['run.amended']): void {
  const run = openRun(memory, event.run)
  const amendment = memory.amendments.get(amendmentKey(event.amendment))
  if (amendment === undefined) return accuse(`Run "${event.run}" is amended as nobody asked`)
  // Whether it fits was looked at when it was compiled.
  const why = whyTooLate(memory.unreleased.values(), run, amendment)
  if (why !== null) accuse(`Run "${event.run}" is amended although ${why}`)
  const before = run.conditions.length
  run.facts = amendFacts(memory.facts.world, run.facts, amendment)
  const written = [...amendment.change, ...amendment.tasks].map(fullIdOf)
  for (const id of written) write(run, id)
  while (run.conditions.length < run.facts.conditions.length) run.conditions.push(newCondition())
  const decided = considerAll(run, event.at)
  for (const index of decided) if (index >= before) holdSince(run, index)
  for (const id of written) markReady(memory, run, run.tasks.get(id)!)
  for (const index of decided) offerAll(memory, run, run.facts.waiting[index]!)
  for (const id of amendment.remove) {
    const task = run.tasks.get(id)!
    task.isRemoved = true
    memory.removed.push({ task })
  }
}

/** A task is new, or waits anew by what the plan says now. */
function write(run: RunPast, id: string): void {
  const facts = run.facts.tasks.get(id)!
  const task = run.tasks.get(id)
  if (task === undefined) {
    run.tasks.set(id, newTask(facts))
    return
  }
  task.facts = facts
  forgetReady(task)
}

/** A lag that nobody asked for before counts from here on; that on a task counts from its end. */
function holdSince(run: RunPast, index: number): void {
  const { kind, of } = run.facts.conditions[index]!
  const only = kind === 'lag' ? run.facts.conditions[of[0]!]! : null
  const past = run.conditions[index]!
  if (only?.kind === 'task' && past.verdict === 'holds') past.heldAt = run.tasks.get(only.task)!.endedAt
}

/** After a decision whatever was removed in it has been skipped. */
export function checkRemoved({ removed }: Memory): void {
  for (const { task } of removed) {
    if (task.status !== 'skipped') accuse(`Task "${task.facts.id}" was removed, and is ${task.status}`)
  }
  if (removed.length > 0) removed.length = 0
}
