/** Which tasks of a running plan an amendment speaks of, and so has to know. */
import type { CompiledPlan, JsonValue, TaskIndex } from '../core/types.js'
import type { AmendablePlan, Amendment } from './amendment.js'
import { visitReferences } from './references.js'
import type { Dependency, Gate, Stream, Task } from './types.js'

/** A name in a dependency; `isWhole`: a stream of that name is meant with all its tasks. */
interface Mention {
  readonly name: string
  readonly isWhole: boolean
}

/** The tasks that what is new and changed mentions, and those of the streams it mentions as a whole; all gates are known. */
export function mentionsOf({ frame, compiled }: AmendablePlan, amendment: Amendment): ReadonlySet<TaskIndex> {
  const found = new Set<TaskIndex>()
  const present = new Map((frame.streams ?? []).map((stream) => [stream.id, stream]))
  const add = (mention: Mention, stream: string | null): void => addMention(mention, stream, compiled, found)
  const addTask = (task: Task | Gate, stream: string | null): void => {
    for (const mention of namesOf(task)) add(mention, stream)
  }
  const addStream = ({ id, dependsOn = [] }: Stream): void => {
    for (const dependency of dependsOn) for (const mention of namesIn(dependency)) add(mention, id)
  }
  for (const task of [...amendment.tasks, ...amendment.gates, ...amendment.changedGates.values()]) addTask(task, null)
  for (const stream of amendment.streams) {
    addStream(present.get(stream.id) ?? stream)
    for (const task of stream.tasks ?? []) addTask(task, stream.id)
  }
  for (const [index, task] of amendment.change) {
    const stream = compiled.streamIds[compiled.streamOf[index]!] ?? null
    if (stream !== null) addStream(present.get(stream)!)
    addTask(task, stream)
  }
  for (const task of [...amendment.change.keys(), ...compiled.gates.keys()]) found.delete(task)
  // In their order, so that names made of them are those of the large plan.
  return new Set([...found].sort((a, b) => a - b))
}

function namesOf(record: Task | Gate): readonly Mention[] {
  const { dependsOn = [], input } = record
  const { if: condition, verify = [] } = record as Task
  const names = dependsOn.flatMap(namesIn)
  const steps = verify.map((step) => (typeof step === 'string' ? undefined : step.input))
  for (const value of [input, condition, ...steps]) {
    visitReferences((value ?? null) as JsonValue, (reference) => {
      if (reference !== null) names.push({ name: reference.from, isWhole: false })
    })
  }
  return names
}

function namesIn(dependency: Dependency): readonly Mention[] {
  if (typeof dependency === 'string') return [mention(dependency, false)]
  if ('on' in dependency) return [mention(dependency.on, dependency.when !== undefined)]
  if ('stream' in dependency) return [mention(dependency.stream, true)]
  return ('anyOf' in dependency ? dependency.anyOf : dependency.of).flatMap(namesIn)
}

/** `E#milestone` of a stream is one of its tasks. */
function mention(name: string, isWhole: boolean): Mention {
  const hash = name.indexOf('#')
  return hash === -1 ? { name, isWhole } : { name: name.slice(0, hash), isWhole: true }
}

function addMention(
  { name, isWhole }: Mention,
  stream: string | null,
  { taskIndex, streamIndex, streamOf }: CompiledPlan,
  found: Set<TaskIndex>,
): void {
  const sibling = stream === null ? undefined : taskIndex.get(`${stream}/${name}`)
  const task = taskIndex.get(name)
  for (const each of [sibling, task]) if (each !== undefined) found.add(each)
  const whole = isWhole ? streamIndex.get(name) : undefined
  if (whole === undefined) return
  for (const [each, of] of streamOf.entries()) if (of === whole) found.add(each)
}
