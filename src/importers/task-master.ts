/** The `tasks.json` of Task Master: `importTaskMaster`. What is read of it is in `docs/importers/task-master.md`. */
import type { JsonValue } from '../core/types.js'
import { pointerSegment } from '../plan/diagnostic.js'
import { parseJson } from '../plan/json-text.js'
import { DEFAULT_LIMITS, withLimits } from '../plan/limits.js'
import { quote, quoteAll } from '../plan/text.js'
import { readPriority } from './shared/estimates.js'
import { safeId } from './shared/ids.js'
import { type ImportedPlan, type ImportOptions, imported } from './shared/imported.js'
import { planOfItems } from './shared/item-plan.js'
import { addNeed, type Collected, collect, type Item, newItem, textsOf } from './shared/items.js'
import { createNotes, type Notes } from './shared/notes.js'
import { readableTexts, type Source, sourcesOf } from './shared/texts.js'
import type { Piece, Place, SourceFile, State } from './shared/types.js'

export type { ImportCoverage, ImportedPlan, ImportOptions } from './shared/imported.js'
export type { SourceFile } from './shared/types.js'

/** How a `tasks.json` is imported. */
export interface TaskMasterOptions extends ImportOptions {
  /**
   * What becomes of subtasks that wait for each other: `error` (default) keeps the edges, so that `checkPlan` refuses the plan
   * with their trail; `drop-subtask-edges` leaves the edges of each such ring out and says so.
   */
  readonly onCycle?: 'error' | 'drop-subtask-edges' | undefined
}

type Json = { readonly [key: string]: unknown }

/** The tasks of one tag: ids mean nothing outside of it. */
interface Tag {
  /** Empty where the file has one. */
  readonly prefix: string
  readonly tasks: readonly Entry[]
}

/** A task or subtask with its place in the file. */
interface Entry {
  readonly item: Item
  readonly json: Json
  readonly pointer: string
  readonly subtasks: readonly Entry[]
}

interface Reading {
  readonly source: Source
  readonly collected: Collected
  readonly placeOf: (pointer: string) => Place
  /** Keys that mean nothing here, with their places. */
  readonly ignored: Piece[]
}

/** Characters of a `tasks.json`, for each byte of the limit for plans. */
const MOST_TIMES = 4
/** Keys that are read, or say what the file says elsewhere. */
const KNOWN = new Set(
  'id title description status dependencies priority details testStrategy subtasks acceptanceCriteria assignee complexity relevantFiles parentTaskId parentId parentTask isSubtask tag recommendedSubtasks expansionPrompt previousStatus updatedAt'.split(
    ' ',
  ),
)

/**
 * Reads a `tasks.json` of Task Master, with or without tags, or a list of tasks. A task with subtasks is a stream; all tags are
 * imported. Never throws. Linear in the length of the text.
 *
 * @example
 * const { plan, locate } = importTaskMaster(await readFile('.taskmaster/tasks/tasks.json', 'utf8'), { file: 'tasks.json' })
 * const check = checkPlan(plan, { file: 'tasks.json', locate })
 */
export function importTaskMaster(input: string | readonly SourceFile[], options: TaskMasterOptions = {}): ImportedPlan {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = sourcesOf(input, options)
  const collected = collect(notes)
  const ignored: Piece[] = []
  for (const source of readableTexts(sources, limits, MOST_TIMES, notes)) {
    const parsed = parseJson(source.text, {
      file: source.file,
      limits: { ...limits, jsonBytes: Number.POSITIVE_INFINITY },
    })
    if (!parsed.ok) {
      for (const { code, severity, message, hint, line = 1, column = 1 } of parsed.diagnostics)
        notes.add(code, severity, { file: source.file, line, column }, message, hint)
      continue
    }
    const places = parsed.locate(pointersIn(parsed.value))
    const placeOf = (pointer: string): Place => {
      const { line, column } = places.get(pointer) ?? { line: 1, column: 1 }
      return { file: source.file, line, column }
    }
    readFile(parsed.value, { source, collected, placeOf, ignored }, options)
  }
  if (collected.items.length === 0 && notes.list().length === 0) {
    const hint = 'A file of Task Master has { "tasks": [ … ] }, or that for each tag.'
    notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, 'No tasks were found.', hint)
  }
  const around = options.name === undefined ? {} : { name: options.name.slice(0, 256) }
  return imported(planOfItems(around, collected, ignored), notes.list(), sources)
}

function readFile(value: unknown, reading: Reading, { onCycle = 'error' }: TaskMasterOptions): void {
  const lists = listsOf(value)
  for (const { name, list, at } of lists) {
    const tag = readTag(list, lists.length > 1 ? `${safeId(name)}.` : '', at, reading)
    reading.collected.items.push(
      ...tag.tasks.flatMap(({ item, subtasks }) => [item, ...subtasks.map((sub) => sub.item)]),
    )
    wire(tag, reading)
    for (const task of tag.tasks) renameUnspokenDoubles(task, tag, reading.collected.notes)
    if (onCycle === 'drop-subtask-edges') for (const task of tag.tasks) dropRings(task, reading.collected.notes)
  }
}

interface TagList {
  readonly name: string
  readonly list: readonly unknown[]
  readonly at: string
}

/** The lists of tasks: of the whole file, or one for each tag. */
function listsOf(value: unknown): readonly TagList[] {
  if (Array.isArray(value)) return [{ name: 'tasks', list: value, at: '' }]
  if (!isObject(value)) return []
  if (Array.isArray(value.tasks)) return [{ name: 'tasks', list: value.tasks, at: '/tasks' }]
  return Object.entries(value).flatMap(([name, tag]) => {
    const tasks = isObject(tag) ? tag.tasks : null
    return Array.isArray(tasks) ? [{ name, list: tasks, at: `/${pointerSegment(name)}/tasks` }] : []
  })
}

/** What may be spoken of: tasks, subtasks, their dependencies and their keys. */
function pointersIn(value: unknown): ReadonlySet<string> {
  const pointers = new Set<string>()
  const add = (tasks: unknown, at: string): void => {
    for (const [index, task] of (Array.isArray(tasks) ? tasks : []).entries()) {
      if (!isObject(task)) continue
      pointers.add(`${at}/${index}`)
      for (const [dependency] of listOf(task.dependencies).entries())
        pointers.add(`${at}/${index}/dependencies/${dependency}`)
      for (const key of Object.keys(task)) if (!KNOWN.has(key)) pointers.add(`${at}/${index}/${pointerSegment(key)}`)
      if (!at.includes('/subtasks')) add(task.subtasks, `${at}/${index}/subtasks`)
    }
  }
  for (const { list, at } of listsOf(value)) add(list, at)
  return pointers
}

function readTag(list: readonly unknown[], prefix: string, at: string, reading: Reading): Tag {
  const tasks = list.flatMap((json, index) => {
    if (!isObject(json)) return []
    const pointer = `${at}/${index}`
    const key = textOf(json.id) ?? String(index + 1)
    const item = itemOf(json, key, `${prefix}${key}`, null, pointer, reading)
    const subtasks = listOf(json.subtasks).flatMap((sub, number) => {
      if (!isObject(sub)) return []
      const where = `${pointer}/subtasks/${number}`
      const own = textOf(sub.id) ?? String(number + 1)
      const whole = own.startsWith(`${key}.`) ? own : `${key}.${own}`
      return [{ item: itemOf(sub, whole, whole, item, where, reading), json: sub, pointer: where, subtasks: [] }]
    })
    return [{ item, json, pointer, subtasks }]
  })
  return { prefix, tasks }
}

function itemOf(json: Json, key: string, id: string, parent: Item | null, at: string, reading: Reading): Item {
  const { collected, placeOf, ignored } = reading
  const priority = typeof json.priority === 'string' ? readPriority(json.priority) : null
  const texts = { description: json.description, details: json.details, tests: json.testStrategy }
  const input = textsOf({ ...texts, criteria: json.acceptanceCriteria, files: json.relevantFiles } as Record<
    string,
    JsonValue
  >)
  const status = textOf(json.status) ?? 'pending'
  const state = STATES[status] ?? 'open'
  for (const name of Object.keys(json))
    if (!KNOWN.has(name)) ignored.push({ ...placeOf(`${at}/${pointerSegment(name)}`), text: name })
  collected.fields += Object.keys(json).length
  return newItem(
    { key, id: safeId(id), title: textOf(json.title) ?? '', place: placeOf(at) },
    {
      parent,
      state,
      input,
      fields: priority === null || priority === 0 ? {} : { priority },
      extra: textsOf({
        'x-agent': textOf(json.assignee) ?? undefined,
        'x-status': state === 'open' && status !== 'pending' ? status : undefined,
      }),
    },
  )
}

const STATES: { readonly [status: string]: State | undefined } = {
  done: 'done',
  completed: 'done',
  'in-progress': 'active',
  review: 'active',
}

/**
 * Whom each waits for. Of a subtask a number is its sibling, "12.3" a subtask anywhere, and "3" its sibling, or else the task;
 * of a task each is a task, or a subtask by "12.3".
 */
function wire({ tasks }: Tag, reading: Reading): void {
  const byKey = new Map<string, Item>()
  for (const { item } of tasks.flatMap((task) => [task, ...task.subtasks]))
    if (!byKey.has(item.key)) byKey.set(item.key, item)
  for (const task of tasks) {
    waitFor(task, (key) => byKey.get(key) ?? null, reading)
    const siblings = new Map(task.subtasks.toReversed().map(({ item }) => [item.key, item]))
    for (const sub of task.subtasks) {
      waitFor(
        sub,
        (key, written) =>
          siblings.get(`${task.item.key}.${key}`) ?? (written === 'number' ? null : (byKey.get(key) ?? null)),
        reading,
      )
    }
  }
}

/** Two subtasks of one id do no harm as long as nobody waits for it. */
function renameUnspokenDoubles({ item, subtasks }: Entry, { tasks }: Tag, notes: Notes): void {
  const firsts = new Map<string, Item>()
  const isDouble = (sub: Item): boolean => {
    const isKnown = firsts.has(sub.key)
    if (!isKnown) firsts.set(sub.key, sub)
    return isKnown
  }
  const doubles = subtasks.filter(({ item: sub }) => isDouble(sub))
  if (doubles.length === 0) return
  const awaited = new Set(
    tasks
      .flatMap((task) => [task, ...task.subtasks])
      .flatMap(({ item: each }) => each.needs.map(({ target }) => target)),
  )
  let number = 2
  for (const { item: sub } of doubles) {
    if (awaited.has(firsts.get(sub.key) as Item)) continue
    while (firsts.has(`${sub.key}-${number}`)) number++
    sub.id = safeId(`${sub.key}-${number++}`)
    const message = `The id ${quote(sub.key)} is used twice in ${quote(item.key)}. Nothing waits for it; this one is called ${quote(sub.id)}.`
    notes.add('DUPLICATE_ID', 'warning', sub.place, message, 'Give each subtask an id of its own.')
  }
}

type Find = (key: string, written: 'number' | 'string') => Item | null

function waitFor({ item, json, pointer }: Entry, find: Find, { collected, placeOf }: Reading): void {
  for (const [index, value] of listOf(json.dependencies).entries()) {
    const key = textOf(value)
    const place = placeOf(`${pointer}/dependencies/${index}`)
    const target = key === null ? null : find(key, typeof value === 'number' ? 'number' : 'string')
    addNeed(item, target, key ?? JSON.stringify(value).slice(0, 60), place, collected)
  }
}

/** Takes the edges out of each ring of siblings that wait for each other. O(subtasks + edges). */
function dropRings({ item, subtasks }: Entry, notes: Notes): void {
  const rings = ringsOf(subtasks.map((sub) => sub.item))
  for (const ring of rings) {
    const [first] = ring as [Item]
    const keys = quoteAll(ring.map(({ key }) => key))
    const message = `The subtasks ${keys} of ${quote(item.key)} wait for each other: what they wait for among themselves was left out.`
    notes.add('CYCLE', 'warning', first.needs[0]?.place ?? first.place, message, 'Remove one of these dependencies.')
    const members = new Set(ring)
    for (const member of ring)
      member.needs.splice(0, member.needs.length, ...member.needs.filter(({ target }) => !members.has(target)))
  }
}

/** Strongly connected sets of more than one, and items that wait for themselves (Tarjan 1972, with a stack of its own). */
function ringsOf(items: readonly Item[]): readonly (readonly Item[])[] {
  const own = new Set(items)
  const order = new Map<Item, number>()
  const low = new Map<Item, number>()
  const onStack = new Set<Item>()
  const stack: Item[] = []
  const rings: Item[][] = []
  for (const root of items) {
    if (order.has(root)) continue
    const path: { readonly item: Item; next: number }[] = []
    const enter = (item: Item): void => {
      order.set(item, order.size)
      low.set(item, order.size - 1)
      stack.push(item)
      onStack.add(item)
      path.push({ item, next: 0 })
    }
    enter(root)
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const { item } = frame
      const target = item.needs[frame.next++]?.target
      if (target !== undefined) {
        if (!own.has(target)) continue
        if (!order.has(target)) enter(target)
        else if (onStack.has(target)) low.set(item, Math.min(low.get(item) as number, order.get(target) as number))
        continue
      }
      path.pop()
      const above = path.at(-1)?.item
      if (above !== undefined) low.set(above, Math.min(low.get(above) as number, low.get(item) as number))
      if (low.get(item) !== order.get(item)) continue
      const ring = stack.splice(stack.indexOf(item))
      for (const member of ring) onStack.delete(member)
      if (ring.length > 1 || item.needs.some((need) => need.target === item)) rings.push(ring)
    }
  }
  return rings
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}
