/**
 * The one definition of a plan document, in zod. It checks and changes nothing: `normalize` makes the parsed form.
 *
 * Each schema's message is the phrase that completes "… must be": `issues.ts` makes sentences of them, and
 * `json-schema.ts` the JSON Schema. Collections are lists here; `parse` has turned mappings into lists before.
 */
import * as z from 'zod/mini'
import { MOST_PER_MINUTE } from '../core/limit.js'
import { DURATION_TEXT, LONGEST_DURATION_MS, parseDuration } from './duration.js'
import { ID, isReserved, NAME } from './ids.js'
import type {
  Claims,
  Condition,
  DefaultsFields,
  Duration,
  EdgeFields,
  GateFields,
  HeaderFields,
  PhaseFields,
  RetryFields,
  StampFields,
  StreamFields,
  TaskFields,
  TimeoutFields,
} from './types.js'

/** The phrases that `issues.ts` knows, because their problems have codes of their own. */
export const PHRASES = {
  id: 'an id',
  name: 'a name',
  duration: 'a duration such as "30s", "5m", "2h" or a number of milliseconds',
  positiveDuration: 'a duration longer than 0, such as "30s", "5m", "2h" or a number of milliseconds',
  estimate: 'a duration such as "4m", or { "min", "max" } of such with min at most max',
} as const

type Schema = z.ZodMiniType

/** Largest capacity of a resource, and largest use of it. */
const MOST_UNITS = 1_000_000_000

const text = z.string('a text')
const id = identifier(ID, PHRASES.id)
const name = identifier(NAME, PHRASES.name)
const shortText = z.string('a text of 1 to 256 characters').check(z.minLength(1), z.maxLength(256))
const capability = z.string('a text of 1 to 128 characters').check(z.minLength(1), z.maxLength(128))
const flag = z.boolean('true or false')
const anything = z.unknown()

/** A reference to a task, stream, gate or milestone: looked up, not parsed. */
const target = z.string('the id of a task or stream').check(z.minLength(1))
const pattern = z.string('a path pattern').check(z.minLength(1))

const duration = durationSchema(PHRASES.duration, 'zero')
const positiveDuration = durationSchema(PHRASES.positiveDuration, 'above zero')

function identifier(grammar: RegExp, phrase: string): z.ZodMiniType<string, string> {
  const check = z.refine<string>((value) => !isReserved(value), phrase)
  return z.string(phrase).check(z.regex(grammar, { error: phrase, abort: true }), check)
}

function durationSchema(phrase: string, from: 'zero' | 'above zero'): Schema {
  const error = { error: phrase, abort: true }
  const least = from === 'zero' ? z.minimum(0, error) : z.gt(0, error)
  const asText = z.string().check(z.regex(DURATION_TEXT, error))
  const asNumber = z.number().check(least, z.maximum(LONGEST_DURATION_MS, error))
  // Text can still be too long, or stand for 0.
  const check = z.refine((value) => {
    const ms = parseDuration(value)
    return ms !== null && (ms > 0 || from === 'zero')
  }, phrase)
  return z.union([asText, asNumber], phrase).check(check)
}

function number(phrase: string, min: number, max: number): Schema {
  return z.number(phrase).check(z.minimum(min, phrase), z.maximum(max, phrase))
}

function integer(phrase: string, min: number, max: number): Schema {
  return z.int({ error: phrase, abort: true }).check(z.minimum(min, phrase), z.maximum(max, phrase))
}

function listOf(element: Schema, phrase: string): Schema {
  return z.array(element, phrase)
}

/** All fields optional but those of `required`; unknown fields are refused. */
function record(shape: Record<string, Schema>, required: readonly string[] = []): Schema {
  const fields = Object.entries(shape).map(([key, schema]) => [
    key,
    required.includes(key) ? schema : z.optional(schema),
  ])
  return z.strictObject(Object.fromEntries(fields) as Record<string, Schema>, 'an object')
}

/** As many fields as the type has, and no others. */
type Shape<Fields> = Record<keyof Fields, Schema>

const retryableKind = z.enum(
  ['error', 'timeout', 'stalled', 'rate-limited', 'claim-violation', 'verify'],
  'one of "error", "timeout", "stalled", "rate-limited", "claim-violation", "verify" (for lost attempts there is "maxLost")',
)

const retryShape = {
  maxAttempts: integer('a whole number from 1 to 1000', 1, 1000),
  initialDelay: duration,
  factor: number('a number from 1 to 100', 1, 100),
  maxDelay: duration,
  jitter: number('a number from 0 to 1', 0, 1),
  on: listOf(retryableKind, 'a list of failure kinds'),
  maxLost: integer('a whole number from 0 to 1000', 0, 1000),
  maxVerify: integer('a whole number from 0 to 1000', 0, 1000),
} satisfies Shape<RetryFields<Duration>>

const timeoutsShape = {
  startToClose: positiveDuration,
  scheduleToStart: positiveDuration,
  scheduleToClose: positiveDuration,
  heartbeat: positiveDuration,
  stall: positiveDuration,
  close: positiveDuration,
} satisfies Shape<TimeoutFields<Duration>>

const defaultsShape = {
  handler: name,
  retry: record(retryShape),
  timeouts: record(timeoutsShape),
  heartbeat: positiveDuration,
} satisfies Shape<DefaultsFields<Duration>>

const patterns = listOf(pattern, 'a list of path patterns')

const claimsShape = {
  write: patterns,
  read: patterns,
  advisory: patterns,
  integrate: patterns,
} satisfies Shape<Claims>

const edgeShape = { lag: duration, soft: flag } satisfies Shape<EdgeFields<Duration>>
const onShape = {
  on: target,
  when: z.enum(['success', 'failure', 'finish'], '"success", "failure" or "finish"'),
  ...edgeShape,
}
const SHARE = 'a number above 0, at most 1'
const shareShape = {
  stream: target,
  progress: z.number(SHARE).check(z.gt(0, SHARE), z.maximum(1, SHARE)),
  ...edgeShape,
}
const DEPENDENCY = 'the id of a task or stream, or an object such as { "on": "id" }'
/** Members of a choice have neither `lag` nor `soft`: that is said where they are resolved, with a better hint. */
const single = [target, record(onShape, ['on']), record(shareShape, ['stream', 'progress'])] as const
const members = listOf(z.union(single, DEPENDENCY), 'a list of dependencies')
const dependency = z.union(
  [
    ...single,
    record({ anyOf: members, ...edgeShape }, ['anyOf']),
    record({ quorum: integer('a whole number from 1', 1, 1_000_000), of: members, ...edgeShape }, ['quorum', 'of']),
  ],
  DEPENDENCY,
)
const dependencies = listOf(dependency, 'a list of dependencies')

const key = z.union([text, integer('a position from 0', 0, Number.MAX_SAFE_INTEGER)], 'a key or a position')
const conditionShape = { $from: target, path: listOf(key, 'a list of keys and positions') } satisfies Shape<Condition>

const range = record({ min: duration, max: duration }, ['min', 'max']).check(
  z.refine((value) => {
    const { min, max } = value as { readonly min: unknown; readonly max: unknown }
    return (parseDuration(min) as number) <= (parseDuration(max) as number)
  }, PHRASES.estimate),
)
const estimate = z.union([duration, range], PHRASES.estimate)

const verifyStep = z.union(
  [name, record({ handler: name, input: anything, timeout: positiveDuration }, ['handler'])],
  'the name of a handler, or an object such as { "handler": "name" }',
)

const capabilities = listOf(capability, 'a list of texts')
const priority = number('a number from -1000 to 1000', -1000, 1000)
const units = integer('a whole number from 1 to 1,000,000,000', 1, MOST_UNITS)
const USE = 'a whole number from 1 to 1,000,000,000, "shared" or "exclusive"'
const use = z.union([integer(USE, 1, MOST_UNITS), z.enum(['shared', 'exclusive'], USE)], USE)
const perMinute = integer('a whole number from 1 to 100,000', 1, MOST_PER_MINUTE)

const taskShape = {
  title: text,
  handler: name,
  input: anything,
  dependsOn: dependencies,
  if: record(conditionShape, ['$from']),
  claims: record(claimsShape),
  pool: name,
  requires: capabilities,
  uses: z.record(name, use, 'an object of uses by resource'),
  priority,
  estimate,
  retry: record(retryShape),
  timeouts: record(timeoutsShape),
  heartbeat: positiveDuration,
  verify: listOf(verifyStep, 'a list of steps'),
  milestones: listOf(id, 'a list of ids'),
  idempotencyKey: shortText,
  deliverables: listOf(text, 'a list of texts'),
  optional: flag,
} satisfies Shape<TaskFields<Duration>>

const streamShape = {
  title: text,
  dependsOn: dependencies,
  owns: patterns,
  mergeAfter: listOf(target, 'a list of stream ids'),
  phase: id,
  priority,
  pool: name,
  requires: capabilities,
  template: name,
  with: anything,
  each: anything,
  branch: z
    .string('a branch name')
    .check(
      z.regex(
        /^[A-Za-z0-9](?:[A-Za-z0-9_-]|[./](?![./])){0,254}$/,
        'a branch name: letters, digits, "-", "_", "/", "."',
      ),
    ),
  defaults: record(defaultsShape),
} satisfies Shape<StreamFields<Duration> & StampFields>

const gateShape = {
  title: text,
  dependsOn: dependencies,
  kind: z.enum(['approval', 'check'], '"approval" or "check"'),
  handler: name,
  input: anything,
  timeout: positiveDuration,
} satisfies Shape<GateFields<Duration>>

const phaseShape = { title: text, gate: id } satisfies Shape<PhaseFields>

const pool = record({ slots: integer('a whole number from 1 to 100,000', 1, 100_000), capabilities }, ['slots'])
const resource = z.union(
  [units, record({ capacity: units, perMinute }, ['capacity'])],
  'a capacity (a whole number from 1), or an object such as { "capacity": 4, "perMinute": 60 }',
)

const headerShape = {
  $schema: text,
  name: shortText,
  pools: z.record(name, pool, 'an object of pools by name'),
  resources: z.record(name, resource, 'an object of resources by name'),
  templates: anything,
  sequences: listOf(
    record({ path: pattern, order: listOf(target, 'a list of ids') }, ['path', 'order']),
    'a list of sequences',
  ),
  protect: patterns,
  defaults: record(defaultsShape),
  onFailure: z.enum(['continue', 'drain', 'abort'], '"continue", "drain" or "abort"'),
} satisfies Shape<HeaderFields<Duration>>

/** A task with its id. */
export const taskSchema: Schema = record({ id, ...taskShape }, ['id'])
/** A gate with its id. */
export const gateSchema: Schema = record({ id, ...gateShape }, ['id', 'kind'])
/** A phase with its id. */
export const phaseSchema: Schema = record({ id, ...phaseShape }, ['id'])
/** A stream with its id; its tasks are checked one by one. */
export const streamSchema: Schema = record({ id, ...streamShape, tasks: anything }, ['id'])
/** A plan; its collections are checked record by record. */
export const headerSchema: Schema = record({
  ...headerShape,
  streams: anything,
  tasks: anything,
  gates: anything,
  phases: anything,
})

/** A stream with its id and its tasks. */
export const wholeStreamSchema: Schema = record({ id, ...streamShape, tasks: listOf(taskSchema, 'a list of tasks') }, [
  'id',
])
/** A whole plan, with lists for collections. */
export const planSchema: Schema = record({
  ...headerShape,
  streams: listOf(wholeStreamSchema, 'a list of streams'),
  tasks: listOf(taskSchema, 'a list of tasks'),
  gates: listOf(gateSchema, 'a list of gates'),
  phases: listOf(phaseSchema, 'a list of phases'),
})

/** The parts of a plan that are checked one by one. */
export type Section = 'plan' | 'stream' | 'task' | 'gate' | 'phase'

const fieldsOf: Readonly<Record<Section, readonly string[]>> = {
  plan: [...Object.keys(headerShape), 'streams', 'tasks', 'gates', 'phases'],
  stream: ['id', ...Object.keys(streamShape), 'tasks'],
  task: ['id', ...Object.keys(taskShape)],
  gate: ['id', ...Object.keys(gateShape)],
  phase: ['id', ...Object.keys(phaseShape)],
}

const nestedFields: Readonly<Record<string, readonly string[]>> = {
  retry: Object.keys(retryShape),
  timeouts: Object.keys(timeoutsShape),
  defaults: Object.keys(defaultsShape),
  claims: Object.keys(claimsShape),
  dependsOn: [...Object.keys(onShape), 'stream', 'progress', 'anyOf', 'quorum', 'of'],
  if: Object.keys(conditionShape),
  anyOf: ['on', 'when', 'stream', 'progress'],
  of: ['on', 'when', 'stream', 'progress'],
  estimate: ['min', 'max'],
  verify: ['handler', 'input', 'timeout'],
  pools: ['slots', 'capabilities'],
  resources: ['capacity', 'perMinute'],
  sequences: ['path', 'order'],
}

/** The fields known at `path` inside a record of `section`, for hints. */
export function knownFields(section: Section, path: readonly PropertyKey[]): readonly string[] {
  for (const key of path.toReversed()) {
    const fields = typeof key === 'string' && Object.hasOwn(nestedFields, key) ? nestedFields[key] : undefined
    if (fields !== undefined) return fields
  }
  return fieldsOf[section]
}
