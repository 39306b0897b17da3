/** From what a plan says somebody waits for to the one node that stands for it: a task, or a point. */
import type { NodeIndex, TaskIndex } from '../core/types.js'
import { nodeName, nodePointer } from './layout.js'
import { lookUp, NOTHING, type Resolver, reportUnresolved } from './names.js'
import { nearest } from './nearest.js'
import { choicePoint, lagPoint, nameOf, outcomePoint, progressPoint, streamOfNode, tasksOfStream } from './points.js'
import { count, quote, quoteAll } from './text.js'
import type { ChoiceOf, Dependency, MemberOf, OutcomeOf, ShareOf } from './types.js'

/** The node that a dependency of `from` means; `NOTHING` where it makes no edge, which is reported. */
export function resolveDependency(
  dependency: Dependency,
  position: number,
  from: NodeIndex,
  resolver: Resolver,
): NodeIndex {
  if (typeof dependency === 'string') {
    const node = lookUp(dependency, from, resolver.layout)
    if (node >= 0) return node
  }
  const at = `${nodePointer(resolver.layout, from)}/dependsOn/${position}`
  const node = isChoice(dependency)
    ? resolveChoice(dependency, at, from, resolver)
    : resolveMember(dependency, at, from, resolver)
  const lagMs = typeof dependency === 'string' ? undefined : dependency.lag
  return node === NOTHING || lagMs === undefined || lagMs === 0 ? node : lagPoint(resolver.points, node, lagMs, at)
}

/** Whether the order is only preferred: the dependency is never waited for. */
export function isSoft(dependency: Dependency): boolean {
  return typeof dependency !== 'string' && dependency.soft === true
}

function isChoice(dependency: Dependency): dependency is Extract<Dependency, ChoiceOf> {
  return typeof dependency !== 'string' && ('anyOf' in dependency || 'quorum' in dependency)
}

function resolveMember(member: MemberOf, at: string, from: NodeIndex, resolver: Resolver): NodeIndex {
  if (typeof member === 'string') return resolveTarget(member, 'success', at, from, resolver)
  if ('stream' in member) return resolveProgress(member, at, from, resolver)
  return resolveTarget(member.on, member.when ?? 'success', at, from, resolver)
}

function resolveTarget(
  name: string,
  when: NonNullable<OutcomeOf['when']>,
  at: string,
  from: NodeIndex,
  resolver: Resolver,
): NodeIndex {
  const { layout, points, reporter } = resolver
  const node = lookUp(name, from, layout)
  if (node < 0 && name.includes('#')) {
    if (when === 'success') return resolveMilestone(name, at, from, resolver)
    const hint = 'Leave "when" out, or wait for the end of the task itself.'
    reporter.error('BAD_DEPENDENCY', `${at}/when`, `A milestone such as ${quote(name)} only has a success.`, hint)
    return NOTHING
  }
  if (node < 0) {
    reportUnresolved(name, node, from, at, resolver)
    return NOTHING
  }
  if (when === 'success') return node
  const stream = streamOfNode(points, node)
  if (when === 'failure' && stream !== -1 && tasksOfStream(points, stream).length === 0) {
    const message = `Stream ${quote(name)} cannot fail: it has no task that is not optional.`
    reporter.error('BAD_DEPENDENCY', at, message, 'Name a task, as "stream/task".')
    return NOTHING
  }
  if (when === 'failure' && stream === -1 && node >= layout.tasks.length) {
    const message = `Phase ${quote(name)} cannot fail: it is reached, or it never will be.`
    reporter.error('BAD_DEPENDENCY', at, message, 'Name a task or a stream of it.')
    return NOTHING
  }
  return outcomePoint(points, node, when === 'failure' ? 'failure' : 'end', at)
}

/** `E#schema`: of the task E, or of the one task of stream E that declares it. */
function resolveMilestone(name: string, at: string, from: NodeIndex, resolver: Resolver): NodeIndex {
  const { layout, points, reporter } = resolver
  const split = name.indexOf('#')
  const target = name.slice(0, split)
  const milestone = name.slice(split + 1)
  const node = lookUp(target, from, layout)
  if (node < 0) {
    reportUnresolved(target, node, from, at, resolver)
    return NOTHING
  }
  const tasks = milestoneTasks(node, resolver)
  const declarers = tasks.filter((task) => points.milestones.get(task)?.has(milestone))
  const [first, second] = declarers
  if (first !== undefined && second === undefined) return points.milestones.get(first)?.get(milestone) as NodeIndex
  const owner = nodeName(layout, node)
  if (first === undefined) {
    const message = `${quote(milestone)} is no milestone of ${owner}.`
    reporter.error('UNKNOWN_ID', at, message, milestoneHint(target, milestone, tasks, resolver))
  } else {
    const names = declarers.map((task) => `${layout.taskIds[task]}#${milestone}`)
    const message = `Several tasks of ${owner} declare the milestone ${quote(milestone)}.`
    reporter.error('AMBIGUOUS_ID', at, message, `Write one of ${quoteAll(names)}.`)
  }
  return NOTHING
}

function milestoneTasks(node: NodeIndex, { layout, points }: Resolver): readonly TaskIndex[] {
  const stream = streamOfNode(points, node)
  if (stream === -1 && node >= layout.tasks.length) return []
  if (stream === -1) return [node]
  const from = layout.firstTask[stream] as number
  return Array.from({ length: (layout.firstTask[stream + 1] as number) - from }, (_, offset) => from + offset)
}

function milestoneHint(target: string, name: string, tasks: readonly TaskIndex[], resolver: Resolver): string {
  const declared = [...new Set(tasks.flatMap((task) => [...(resolver.points.milestones.get(task)?.keys() ?? [])]))]
  if (declared.length === 0) return `Declare it: "milestones": [${quote(name)}].`
  const near = resolver.hintsLeft-- > 0 ? nearest(name, declared) : null
  return near === null
    ? `Declared there: ${quoteAll(declared.slice(0, 10))}.`
    : `Did you mean ${quote(`${target}#${near}`)}?`
}

function resolveProgress(
  { stream: name, progress }: ShareOf,
  at: string,
  from: NodeIndex,
  resolver: Resolver,
): NodeIndex {
  const node = lookUp(name, from, resolver.layout)
  const stream = node < 0 ? (resolver.layout.streamIndex.get(name) ?? -1) : streamOfNode(resolver.points, node)
  if (stream !== -1) return progressPoint(resolver.points, stream, progress, at)
  if (node < 0) {
    reportUnresolved(name, node, from, at, resolver)
    return NOTHING
  }
  const what = node < resolver.layout.tasks.length ? 'task' : 'phase'
  const message = `${quote(name)} is a ${what}: only streams have a share that is done.`
  resolver.reporter.error(
    'BAD_DEPENDENCY',
    `${at}/stream`,
    message,
    'Name a stream, or wait for a milestone of the task.',
  )
  return NOTHING
}

function resolveChoice(choice: ChoiceOf, at: string, from: NodeIndex, resolver: Resolver): NodeIndex {
  const { reporter, points } = resolver
  const errors = reporter.errorCount()
  const field = 'anyOf' in choice ? 'anyOf' : 'of'
  const members = 'anyOf' in choice ? choice.anyOf : choice.of
  const needed = 'anyOf' in choice ? 1 : choice.quorum
  const nodes = new Set<NodeIndex>()
  let isWhole = true
  for (const [position, member] of members.entries()) {
    const place = `${at}/${field}/${position}`
    refuseInside(member, place, resolver)
    const node = resolveMember(member, place, from, resolver)
    if (node === NOTHING) isWhole = false
    else if (nodes.has(node)) reportTwice(nameOf(points, node), place, resolver)
    else nodes.add(node)
  }
  if (isWhole && nodes.size < needed && reporter.errorCount() === errors) {
    const message = `${count(needed, 'success', 'successes')} of ${count(nodes.size, 'member')} can never be.`
    const hint = 'Lower "quorum", or name more members.'
    reporter.error('BAD_DEPENDENCY', 'anyOf' in choice ? at : `${at}/quorum`, message, hint)
  }
  return isWhole && reporter.errorCount() === errors ? choicePoint(points, needed, [...nodes], at) : NOTHING
}

/** `lag` and `soft` belong to the choice as a whole. */
function refuseInside(member: MemberOf, at: string, { reporter }: Resolver): void {
  if (typeof member === 'string') return
  for (const field of ['lag', 'soft']) {
    if (!Object.hasOwn(member, field)) continue
    const message = `A member of a choice cannot have ${quote(field)}.`
    reporter.error('BAD_DEPENDENCY', `${at}/${field}`, message, 'Write it beside "anyOf" or "quorum", for the whole.')
  }
}

function reportTwice(name: string, at: string, { reporter }: Resolver): void {
  reporter.error('BAD_DEPENDENCY', at, `${quote(name)} is a member twice.`, 'Name each member once.')
}
