/**
 * From checked records to parsed ones: durations become milliseconds, fields that hold `undefined` go away. A record
 * that needs no change is returned as it is: a million tasks are not copied.
 */
import { parseDuration } from './duration.js'
import type { Gate, Phase, Stream, Task } from './types.js'

type Change = (value: unknown) => unknown
type Changes = ReadonlyMap<string, Change>
type Fields = Readonly<Record<string, unknown>>

const toMs: Change = (value) => parseDuration(value)
const inFields =
  (changes: Changes): Change =>
  (value) =>
    typeof value === 'object' ? changeFields(value as Fields, changes) : value
const inList =
  (change: Change): Change =>
  (value) =>
    changeList(value as readonly unknown[], change)

const none: Changes = new Map()
const retry = inFields(changes({ initialDelay: toMs, maxDelay: toMs }))
const timeouts = inFields(
  changes({
    startToClose: toMs,
    scheduleToStart: toMs,
    scheduleToClose: toMs,
    heartbeat: toMs,
    stall: toMs,
    close: toMs,
  }),
)
const defaults = inFields(changes({ retry, timeouts, heartbeat: toMs }))
const members = inList(inFields(changes({ lag: toMs })))
const dependsOn = inList(inFields(changes({ lag: toMs, anyOf: members, of: members })))
const range = inFields(changes({ min: toMs, max: toMs }))
const estimate: Change = (value) => (typeof value === 'object' ? range(value) : toMs(value))
const verify = inList(inFields(changes({ timeout: toMs })))

const taskChanges = changes({
  dependsOn,
  if: inFields(none),
  claims: inFields(none),
  estimate,
  retry,
  timeouts,
  heartbeat: toMs,
  verify,
})
const streamChanges = changes({ dependsOn, defaults })
const gateChanges = changes({ dependsOn, timeout: toMs })
const headerChanges = changes({ defaults, pools: named, resources: named })

/** A checked task in parsed form; its id stays. */
export function normalizeTask(record: Fields): Task {
  return changeFields(record, taskChanges) as unknown as Task
}

/** A checked stream in parsed form; its tasks are left as they are. */
export function normalizeStream(record: Fields): Stream {
  return changeFields(record, streamChanges) as unknown as Stream
}

/** A checked gate in parsed form. */
export function normalizeGate(record: Fields): Gate {
  return changeFields(record, gateChanges) as unknown as Gate
}

/** A checked phase in parsed form. */
export function normalizePhase(record: Fields): Phase {
  return changeFields(record, none) as unknown as Phase
}

/** The plan without its collections. */
export function normalizeHeader(record: Fields): Fields {
  return changeFields(record, headerChanges)
}

/** The record without the fields that hold `undefined`. */
export function withoutUndefined<R extends object>(record: R): R {
  return changeFields(record as Fields, none) as R
}

/** The mapping without a prototype, so that a look-up of any name finds only what the plan says. */
function named(mapping: unknown): Fields {
  const copy: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(mapping as Fields)) copy[name] = inFields(none)(value)
  return copy
}

function changes(byField: Readonly<Record<string, Change>>): Changes {
  return new Map(Object.entries(byField))
}

function changeFields(record: Fields, changesByField: Changes): Fields {
  let changed: Record<string, unknown> | null = null
  for (const key of Object.keys(record)) {
    const before = record[key]
    const change = changesByField.get(key)
    const after = before === undefined || change === undefined ? before : change(before)
    if (after === before && before !== undefined) continue
    changed ??= { ...record }
    if (before === undefined) delete changed[key]
    else changed[key] = after
  }
  return changed ?? record
}

function changeList(list: readonly unknown[], change: Change): readonly unknown[] {
  const changed = list.map(change)
  return changed.every((value, index) => value === list[index]) ? list : changed
}
