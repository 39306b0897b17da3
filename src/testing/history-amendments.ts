/**
 * Plans that change while they run: whether an amendment fits, by the plan as it is written, whether it may be taken now, by
 * what has happened, and what it makes of a run.
 */
import type { RunEventMap } from '../core/types.js'
import { type AmendmentSpec, amendmentKey } from './amendment-spec.js'
import { amendFacts, type RunFacts, type WorldFacts } from './history-facts.js'
import { type Memory, openRun } from './history-memory.js'
import { type AttemptPast, accuse, type ConditionPast, newTask, type RunPast } from './history-past.js'
import { forgetReady, markReady } from './history-starts.js'
import { judge, judgeWhole } from './history-waits.js'
import { fullIdOf, type TaskSpec } from './world-spec.js'

/** What is wrong with an amendment of a plan, whatever has happened; null for nothing. */
export function whyUnfit(world: WorldFacts, facts: RunFacts, amendment: AmendmentSpec): string | null {
  const { streams, tasks, remove, change } = amendment
  const changed = change.map(fullIdOf)
  const unknown = [...remove, ...changed].find((id) => !facts.tasks.has(id))
  if (unknown !== undefined) return `"${unknown}" is not there`
  const both = remove.find((id) => changed.includes(id))
  if (both !== undefined) return `"${both}" is both removed and changed`
  const ids = [...tasks.map(fullIdOf), ...streams.map(({ id }) => id)]
  const taken = ids.find((id, at) => facts.tasks.has(id) || facts.streams.has(id) || ids.indexOf(id) !== at)
  if (taken !== undefined) return `"${taken}" is there already`
  const named = findUnknown(facts, amendment)
  if (named !== null) return `"${named}" is named and is not there`
  const amended = amendFacts(world.world, facts, amendment)
  const circle = findCircle(amended, [...ids, ...changed])
  return circle === null ? null : `"${circle}" would wait for itself`
}

/** A name that somebody of the amendment waits for, and that there is not. */
function findUnknown(facts: RunFacts, { streams, tasks, change }: AmendmentSpec): string | null {
  const written = [...tasks, ...change]
  const ids = new Set([...facts.tasks.keys(), ...tasks.map(fullIdOf)])
  const streamIds = new Set([...facts.streams, ...streams.map(({ id }) => id)])
  const specOf = (id: string): TaskSpec | undefined =>
    written.find((task) => fullIdOf(task) === id) ?? facts.tasks.get(id)?.spec
  const phase = streams.find((stream) => stream.phase !== null && !facts.phases.has(stream.phase))?.phase
  if (phase != null) return phase
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

/** The tasks whose ends a task waits for, in whatever way. */
export function awaitedBy(facts: RunFacts, id: string): readonly string[] {
  const { after, waits } = facts.tasks.get(id)!
  return [
    ...after,
    ...waits.flatMap(({ condition }) => facts.conditions[condition]!.members.flatMap(({ tasks }) => tasks)),
  ]
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
  const growing = tasks.flatMap(({ stream, optional }) => (stream === null || optional ? [] : [stream]))
  const ended = growing.find((id) => run.facts.streams.has(id) && judgeWhole(run, { stream: id }) !== 'open')
  if (ended !== undefined) return `stream "${ended}" has ended`
  const phases = streams.flatMap(({ phase }) => phase ?? [])
  const passed = phases.find((id) => judgeWhole(run, { phase: id }) !== 'open')
  return passed === undefined ? null : `phase "${passed}" has ended`
}

/** The plan of a run has changed, and all of the change holds from here on. */
export function amended(memory: Memory, event: RunEventMap['run.amended']): void {
  const run = openRun(memory, event.run)
  const amendment = memory.amendments.get(amendmentKey(event.amendment))
  if (amendment === undefined) return accuse(`Run "${event.run}" is amended as nobody asked`)
  // Whether it fits was looked at when it was compiled.
  const why = whyTooLate(memory.unreleased.values(), run, amendment)
  if (why !== null) accuse(`Run "${event.run}" is amended although ${why}`)
  run.facts = amendFacts(memory.facts.world, run.facts, amendment)
  for (const spec of amendment.tasks) {
    const facts = run.facts.tasks.get(fullIdOf(spec))!
    run.tasks.set(facts.id, newTask(facts))
  }
  for (let index = run.conditions.length; index < run.facts.conditions.length; index += 1) {
    run.conditions.push(considerNew(run, index, event.at))
  }
  for (const spec of amendment.change) {
    const task = run.tasks.get(fullIdOf(spec))!
    task.facts = run.facts.tasks.get(task.facts.id)!
    forgetReady(task)
  }
  for (const spec of [...amendment.change, ...amendment.tasks]) markReady(memory, run, run.tasks.get(fullIdOf(spec))!)
  for (const id of amendment.remove) {
    const task = run.tasks.get(id)!
    task.isRemoved = true
    memory.removed.push({ task })
  }
}

/** A condition that somebody waits for from here on. How long ago it came to hold is known of the end of a task alone. */
function considerNew(run: RunPast, index: number, at: number): ConditionPast {
  const facts = run.facts.conditions[index]!
  const [only] = facts.members
  const verdict = judge(run, facts)
  const endedAt = facts.needed === null && only?.kind === 'task' ? run.tasks.get(only.tasks[0]!)?.endedAt : at
  return { verdict, heldAt: verdict === 'holds' ? (endedAt ?? at) : Number.NaN }
}

/** After a decision whatever was removed in it has been skipped. */
export function checkRemoved({ removed }: Memory): void {
  for (const { task } of removed) {
    if (task.status !== 'skipped') accuse(`Task "${task.facts.id}" was removed, and is ${task.status}`)
  }
  if (removed.length > 0) removed.length = 0
}
