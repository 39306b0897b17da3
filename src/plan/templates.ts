/**
 * Streams made from templates: a template is a stream with places to fill in, and a stream that names it is stamped out
 * once (`with`) or once for each item of a list (`each`). Done on the document, before anything else looks at it.
 */
import { pointerSegment, type Reporter } from './diagnostic.js'
import type { PlanLimits } from './limits.js'
import { nearest } from './nearest.js'
import { isPlainObject } from './plain-object.js'
import type { Fields } from './read.js'
import { count, describe, quote } from './text.js'

/** A document without templates in use. */
export interface Expanded {
  readonly fields: Fields
  /** The pointer into the document as it was written, for one into `fields`. */
  readonly written: (pointer: string) => string
}

/** The values of the places of one stream. */
type Values = ReadonlyMap<string, unknown>

/** One stream of the expanded list, and where its parts were written. */
interface Stamped {
  readonly record: unknown
  readonly at: string
  /** Pointer of the template it comes from. */
  readonly template: string | null
  /** Tasks that come from the template, before the stream's own. */
  readonly templateTasks: number
}

/** Values that may be made for each task a plan may have, and characters for each value: bounds what a template can grow to. */
const VALUES_PER_TASK = 100
const TEXT_PER_VALUE = 20

interface Stamping {
  readonly templates: Fields
  readonly limits: PlanLimits
  readonly reporter: Reporter
  readonly streams: Stamped[]
  valuesLeft: number
  textLeft: number
}

/** Stamps out the streams of a document that name a template; the same fields where none does. */
export function expandTemplates(fields: Fields, limits: PlanLimits, reporter: Reporter): Expanded {
  const written = entriesOf(fields.streams)
  if (written === null || !written.some(({ record }) => isStamp(record))) return { fields, written: (at) => at }
  const templates = isPlainObject(fields.templates) ? fields.templates : {}
  const valuesLeft = VALUES_PER_TASK * limits.tasks
  const textLeft = TEXT_PER_VALUE * valuesLeft
  const stamping: Stamping = { templates, limits, reporter, streams: [], valuesLeft, textLeft }
  for (const { record, at } of written) {
    if (isStamp(record)) stampAll(record as Fields, at, stamping)
    else stamping.streams.push({ record, at, template: null, templateTasks: 0 })
  }
  const { streams } = stamping
  return {
    fields: { ...fields, streams: streams.map(({ record }) => record) },
    written: (at) => writtenAt(at, streams),
  }
}

function isStamp(record: unknown): boolean {
  return isPlainObject(record) && record.template !== undefined
}

/** The streams with their ids inside, and their pointers; null where there is no collection. */
function entriesOf(streams: unknown): readonly { readonly record: unknown; readonly at: string }[] | null {
  if (Array.isArray(streams)) return streams.map((record, index) => ({ record, at: `/streams/${index}` }))
  if (!isPlainObject(streams)) return null
  return Object.keys(streams).map((id) => {
    const record = streams[id]
    return { record: isPlainObject(record) ? { ...record, id } : record, at: `/streams/${pointerSegment(id)}` }
  })
}

function stampAll(stream: Fields, at: string, stamping: Stamping): void {
  const { template: name, with: one, each, ...own } = stream
  const { templates, reporter } = stamping
  const template = typeof name === 'string' && Object.hasOwn(templates, name) ? templates[name] : undefined
  if (!isPlainObject(template)) {
    const near = typeof name === 'string' ? nearest(name, Object.keys(templates)) : null
    const hint = near === null ? 'Declare it under "templates".' : `Did you mean ${quote(near)}?`
    return reporter.error('UNKNOWN_ID', `${at}/template`, `${describe(name)} is no template of this plan.`, hint)
  }
  const items = itemsOf(one, each, at, stamping)
  for (const { values, at: itemAt } of items) {
    const found = bind(template, name as string, values, itemAt, reporter)
    if (found === null) continue
    const place: Place = { values: found, at: itemAt, stamping, reported: new Set() }
    const { parameters: _, tasks: templateTasks, ...fields } = template
    const filled = fill({ ...fields, ...own, tasks: undefined }, place) as Fields
    const tasks = joined(fill(templateTasks, place), fill(own.tasks, place))
    const templateCount = Array.isArray(templateTasks) ? templateTasks.length : -1
    if (isSpent(stamping)) return reportTooLarge(at, stamping)
    stamping.streams.push({
      record: { ...filled, tasks },
      at: itemAt,
      template: `/templates/${pointerSegment(name as string)}`,
      templateTasks: own.tasks === undefined ? Number.POSITIVE_INFINITY : templateCount,
    })
  }
}

function isSpent({ valuesLeft, textLeft }: Stamping): boolean {
  return valuesLeft < 0 || textLeft < 0
}

function reportTooLarge(at: string, { limits, reporter }: Stamping): void {
  const most = count(VALUES_PER_TASK * limits.tasks, 'value')
  const message = `What the templates are stamped out to is too large: at most ${most}, and ${TEXT_PER_VALUE} times as many characters.`
  reporter.error('TOO_LARGE', at, message, 'Stamp out less, or raise the limit "tasks".')
}

interface Item {
  readonly values: Fields
  readonly at: string
}

/** The items of a stamp: one for `with`, or those of `each`; none where they are wrong, which is reported. */
function itemsOf(one: unknown, each: unknown, at: string, { limits, reporter }: Stamping): readonly Item[] {
  if (one !== undefined && each !== undefined) {
    reporter.error(
      'BAD_TEMPLATE',
      at,
      'A stream is stamped out with "with" or with "each", not both.',
      'Leave one out.',
    )
    return []
  }
  if (each === undefined)
    return isValues(one ?? {}, `${at}/with`, reporter) ? [{ values: (one ?? {}) as Fields, at }] : []
  if (!Array.isArray(each)) {
    const hint = 'Write [ { "name": "a" }, { "name": "b" } ].'
    reporter.error('BAD_TEMPLATE', `${at}/each`, `"each" must be a list of values, not ${describe(each)}.`, hint)
    return []
  }
  if (each.length > limits.tasks) {
    const message = `The stream is stamped out ${count(each.length, 'time')}: at most ${count(limits.tasks, 'stream')} are allowed.`
    reporter.error('TOO_LARGE', `${at}/each`, message, 'Split the plan, or raise the limit "tasks".')
    return []
  }
  return each.flatMap((values, index) => {
    const place = `${at}/each/${index}`
    return isValues(values, place, reporter) ? [{ values, at: place }] : []
  })
}

function isValues(values: unknown, at: string, reporter: Reporter): values is Fields {
  if (isPlainObject(values)) return true
  reporter.error('BAD_TEMPLATE', at, `The values must be an object, not ${describe(values)}.`, 'Write { "name": "a" }.')
  return false
}

/** The values by name, if they are those that the template asks for; null, and reported, if not. */
function bind(template: Fields, name: string, values: Fields, at: string, reporter: Reporter): Values | null {
  const given = new Map(Object.entries(values))
  const { parameters } = template
  if (!Array.isArray(parameters)) return given
  const wanted = new Set(parameters.map(String))
  const missing = [...wanted].filter((parameter) => !given.has(parameter))
  const unknown = [...given.keys()].filter((parameter) => !wanted.has(parameter))
  for (const parameter of missing) {
    const message = `The template ${quote(name)} needs a value for ${quote(parameter)}.`
    reporter.error('BAD_TEMPLATE', at, message, `Its parameters are ${[...wanted].map(quote).join(', ')}.`)
  }
  for (const parameter of unknown) {
    const near = nearest(parameter, [...wanted])
    const hint =
      near === null ? `Its parameters are ${[...wanted].map(quote).join(', ')}.` : `Did you mean ${quote(near)}?`
    reporter.error('BAD_TEMPLATE', at, `The template ${quote(name)} has no parameter ${quote(parameter)}.`, hint)
  }
  return missing.length + unknown.length === 0 ? given : null
}

interface Place {
  readonly values: Values
  readonly at: string
  readonly stamping: Stamping
  /** Names that have been reported for this stream. */
  readonly reported: Set<string>
}

/** `${name}`; `$${` stands for `${`. */
const PLACEHOLDER = /\$?\$\{([^{}]*)\}/g
const WHOLE = /^\$\{([^{}]*)\}$/

/** The value with the values of its places; a text that is one place becomes that value, whatever it is. */
function fill(value: unknown, place: Place): unknown {
  place.stamping.valuesLeft -= 1
  if (isSpent(place.stamping)) return null
  if (typeof value === 'string') return fillText(value, place)
  if (Array.isArray(value)) return value.map((item) => fill(item, place))
  if (!isPlainObject(value)) return value
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [String(fillText(key, place)), fill(item, place)]))
}

function fillText(text: string, place: Place): unknown {
  if (!text.includes('${')) return text
  const whole = WHOLE.exec(text)
  if (whole !== null) return givenFor(whole[1]!, place) ?? text
  const filled = text.replace(PLACEHOLDER, (written, name: string) => {
    if (written.startsWith('$$')) return written.slice(1)
    const value = givenFor(name, place)
    if (typeof value !== 'object' || value === null) return String(value ?? '')
    if (place.reported.has(name)) return ''
    place.reported.add(name)
    const message = `${quote(`\${${name}}`)} stands inside a text, and its value is ${describe(value)}.`
    place.stamping.reporter.error(
      'BAD_TEMPLATE',
      place.at,
      message,
      'Inside a text only texts, numbers and booleans can stand.',
    )
    return ''
  })
  place.stamping.textLeft -= filled.length
  return filled
}

function givenFor(name: string, { values, at, stamping, reported }: Place): unknown {
  if (values.has(name)) return values.get(name)
  if (reported.has(name)) return undefined
  reported.add(name)
  const near = nearest(name, [...values.keys()])
  const hint = near === null ? 'Give it a value; "$${" stands for "${".' : `Did you mean ${quote(near)}?`
  stamping.reporter.error('BAD_TEMPLATE', at, `There is no value for ${quote(`\${${name}}`)}.`, hint)
  return undefined
}

/** The tasks of the template, then the stream's own; a mapping where both are mappings. */
function joined(first: unknown, second: unknown): unknown {
  if (second === undefined) return first
  if (first === undefined) return second
  if (isPlainObject(first) && isPlainObject(second)) return { ...first, ...second }
  return [...listOf(first), ...listOf(second)]
}

function listOf(tasks: unknown): readonly unknown[] {
  if (Array.isArray(tasks)) return tasks
  return isPlainObject(tasks) ? Object.entries(tasks).map(([id, task]) => ({ ...(task as object), id })) : [tasks]
}

function writtenAt(pointer: string, streams: readonly Stamped[]): string {
  const [, index, rest = ''] = /^\/streams\/(\d+)(\/.*)?$/.exec(pointer) ?? []
  const stamped = index === undefined ? undefined : streams[Number(index)]
  if (stamped === undefined) return pointer
  const { at, template, templateTasks } = stamped
  if (template === null) return `${at}${rest}`
  const [, task, below = ''] = /^\/tasks\/([^/]+)(\/.*)?$/.exec(rest) ?? []
  if (task === undefined) return rest === '' ? at : `${template}${rest}`
  const isOfTemplate = templateTasks === Number.POSITIVE_INFINITY || Number(task) < templateTasks
  return isOfTemplate ? `${template}/tasks/${task}${below}` : at
}
