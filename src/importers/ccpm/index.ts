/** The epics of ccpm, one file for each task: `importCcpm`. What is read of them is in `docs/importers/ccpm.md`. */
import { DEFAULT_LIMITS, withLimits } from '../../plan/limits.js'
import { quote } from '../../plan/text.js'
import type { Resource } from '../../plan/types.js'
import { type Estimate, readEstimate } from '../shared/estimates.js'
import { type ImportedPlan, type ImportOptions, imported } from '../shared/imported.js'
import { comparable, plain } from '../shared/inline.js'
import { planOfItems } from '../shared/item-plan.js'
import { addNeed, type Collected, collect, type Item, newItem, textsOf } from '../shared/items.js'
import { createNotes } from '../shared/notes.js'
import { pathsIn } from '../shared/paths.js'
import { linesOf, readTaskFile, type TaskFile, textsIn, valueAt, valuesAt } from '../shared/task-files.js'
import { readableTexts, sourcesOf } from '../shared/texts.js'
import type { Piece, SourceFile, State } from '../shared/types.js'
import { analysedBy, partsOf, updateIn } from './analysis.js'

export type { ImportCoverage, ImportedPlan, ImportOptions } from '../shared/imported.js'
export type { SourceFile } from '../shared/types.js'

/** A task and its file. */
interface Task {
  readonly item: Item
  readonly file: TaskFile
  /** Numbers as they are written, with their places. */
  readonly waitsFor: readonly Piece[]
  readonly conflicts: readonly Piece[]
  readonly uses: Record<string, 'exclusive' | 'shared'>
}

/** Keys that are read, or only for the tool itself. */
const KNOWN = new Set(
  'name title status created updated completed github depends_on parallel conflicts_with assignee epic progress prd'.split(
    ' ',
  ),
)

/**
 * Reads the tasks of an epic of ccpm: files that are called by their number. What they depend on are numbers, as they are
 * written; where that makes a ring, the files were renamed after the numbers were written, and titles are looked for instead.
 * Never throws. Linear in the length of the texts.
 *
 * @example
 * const { plan, locate } = importCcpm([{ file: 'epics/search/001.md', text }])
 * const check = checkPlan(plan, { locate })
 */
export function importCcpm(input: string | readonly SourceFile[], options: ImportOptions = {}): ImportedPlan {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = sourcesOf(input, options)
  const collected = collect(notes)
  const ignored: Piece[] = []
  const files = readableTexts(sources, limits, 4, notes).map((source) => readTaskFile(source, notes))
  const epic = files.find(({ base }) => /(?:^|_)epic$/i.test(base))
  const tasks = files.flatMap((file) => {
    const number = /(?:^|[_-])(\d{1,9})$/.exec(file.base)?.[1]
    const isTask = number !== undefined && (file.keys.length > 0 || file.title !== null)
    if (isTask) return [taskOf(file, number, collected)]
    if (file !== epic && analysedBy(file) === null && updateIn(file, STATES) === null)
      ignored.push({ ...file.top, text: 'another file' })
    return []
  })
  for (const { file } of tasks) for (const key of file.keys) if (!KNOWN.has(key.text)) ignored.push(key)
  collected.items.push(...tasks.map(({ item }) => item))
  wire(tasks, collected)
  const resources = keepApart(tasks, collected)
  divide(tasks, files, collected, ignored)
  if (tasks.length === 0 && notes.list().length === 0) {
    const hint = 'The tasks of an epic are files that are called by their number: 001.md, 002.md.'
    notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, 'No tasks were found.', hint)
  }
  const name =
    options.name ?? (epic === undefined ? undefined : (valueAt(epic, 'name')?.text ?? epic.title ?? undefined))
  const around = {
    ...(name === undefined || name === '' ? {} : { name: name.slice(0, 256) }),
    ...(Object.keys(resources).length === 0 ? {} : { resources }),
  }
  return imported(planOfItems(around, collected, ignored), notes.list(), sources)
}

/** Tasks that have an analysis become streams. */
function divide(tasks: readonly Task[], files: readonly TaskFile[], collected: Collected, ignored: Piece[]): void {
  const byNumber = new Map(tasks.map(({ item }) => [numberOf(item.key), item]))
  const states = new Map(files.flatMap((file) => [updateIn(file, STATES)].filter((update) => update !== null)))
  for (const file of files) {
    const number = analysedBy(file)
    const task = number === null ? undefined : byNumber.get(numberOf(number))
    if (number === null) continue
    const stateOf = (stream: string): State => states.get(`${number} ${stream}`) ?? task?.state ?? 'open'
    const parts = task === undefined ? [] : partsOf(file, task, stateOf, collected)
    collected.items.push(...parts)
    if (parts.length === 0) ignored.push({ ...file.top, text: 'another file' })
  }
}

const STATES: { readonly [status: string]: State | undefined } = {
  closed: 'done',
  completed: 'done',
  done: 'done',
  'in-progress': 'active',
  in_progress: 'active',
}

function taskOf(file: TaskFile, number: string, collected: Collected): Task {
  const old = metadataOf(file)
  const text = (key: string): string => valueAt(file, key)?.text ?? old.get(key)?.[0]?.text ?? ''
  const list = (key: string): readonly Piece[] => (file.matter.has(key) ? valuesAt(file, key) : (old.get(key) ?? []))
  const status = text('status').toLowerCase()
  const estimate = estimateOf(file)
  const paths = [...linesOf(file, 'files affected'), ...linesOf(file, 'files')]
    .flatMap(pathsIn)
    .map((path) => path.text)
  const uses: Task['uses'] = {}
  collected.fields += file.keys.length + paths.length
  const item = newItem(
    { key: number, id: number, title: plain(text('name') || file.title || ''), place: file.top },
    {
      state: STATES[status] ?? 'open',
      input: textsOf({
        description: textsIn(file, 'description').join('\n'),
        criteria: [...textsIn(file, 'acceptance criteria'), ...textsIn(file, 'definition of done')],
      }),
      fields: {
        ...(paths.length === 0 ? {} : { claims: { write: [...new Set(paths)] } }),
        ...(estimate === null ? {} : { estimate }),
        uses,
      },
      extra: textsOf({ 'x-agent': text('assignee'), 'x-parallel': text('parallel') === 'false' ? false : undefined }),
    },
  )
  return { item, file, waitsFor: list('depends_on'), conflicts: list('conflicts_with'), uses }
}

/** "- **Depends on**: 001, 002" in a chapter "Metadata", as older epics have it. */
function metadataOf(file: TaskFile): ReadonlyMap<string, readonly Piece[]> {
  const found = new Map<string, readonly Piece[]>()
  for (const piece of linesOf(file, 'metadata')) {
    const [, label = '', value = ''] = /^\**([A-Za-z][\w ]{1,30}?)\**:\**\s*(.*)$/.exec(piece.text) ?? []
    const parts = value.replace(/^\[|\]$/g, '').split(/\s*,\s*/)
    const values = parts
      .filter((part) => part !== '' && !/^none$/i.test(part))
      .map((part) => ({ ...piece, text: part }))
    if (label !== '') found.set(label.toLowerCase().replaceAll(' ', '_'), values)
  }
  return found
}

function estimateOf(file: TaskFile): Estimate | null {
  const line = linesOf(file, 'effort estimate').find(({ text }) => /^\**(?:hours|days)\**:/i.test(text))
  if (line === undefined) return null
  const [, unit = '', value = ''] = /^\**(hours|days)\**:\**\s*(.*)$/i.exec(line.text) ?? []
  const reading = readEstimate(/[a-z]/i.test(value) ? value : `${value} ${unit}`)
  return reading.kind === 'duration' ? reading.estimate : null
}

const numberOf = (text: string): string => text.replace(/^\D+/, '').replace(/^0+(?=\d)/, '')

function wire(tasks: readonly Task[], collected: Collected): void {
  const byNumber = new Map<string, Item>()
  for (const { item } of tasks) if (!byNumber.has(numberOf(item.key))) byNumber.set(numberOf(item.key), item)
  const isRenumbered = hasRing(tasks, byNumber)
  if (!isRenumbered) {
    for (const { item, waitsFor } of tasks)
      for (const value of waitsFor)
        addNeed(item, byNumber.get(numberOf(value.text)) ?? null, value.text, value, collected)
    return
  }
  const { notes, counts } = collected
  let lost = 0
  for (const { item, file, waitsFor } of tasks) {
    const titles = titlesOf(file)
    for (const value of waitsFor) {
      const target = byTitle(titles.get(numberOf(value.text)) ?? '', tasks)
      if (target === null || target === item) {
        lost++
        counts.values++
        counts.notUnderstood++
        continue
      }
      addNeed(item, target, value.text, value, collected)
      counts.understood--
      counts.guessed++
    }
  }
  const [first] = tasks
  const place = tasks.find(({ waitsFor }) => waitsFor.length > 0)?.waitsFor[0] ?? first?.file.top ?? null
  const what =
    lost === 0
      ? 'They were found by their titles.'
      : `${lost} of them could not be found by a title: nothing waits for them.`
  const message = `A renumbered epic: read as names of files, its numbers make tasks wait for themselves. ${what}`
  notes.add(
    'CYCLE',
    lost === 0 ? 'warning' : 'error',
    place,
    message,
    'Write the numbers that the files have now into "depends_on".',
  )
}

/** Whether tasks wait for themselves, directly or through others, if the numbers are names of files. */
function hasRing(tasks: readonly Task[], byNumber: ReadonlyMap<string, Item>): boolean {
  const waits = new Map(
    tasks.map(({ item, waitsFor }) => [item, waitsFor.flatMap(({ text }) => byNumber.get(numberOf(text)) ?? [])]),
  )
  const waiting = new Map<Item, number>([...waits].map(([item, targets]) => [item, targets.length]))
  const dependents = new Map<Item, Item[]>()
  for (const [item, targets] of waits) {
    for (const target of targets) dependents.set(target, [...(dependents.get(target) ?? []), item])
  }
  const free = [...waiting].filter(([, count]) => count === 0).map(([item]) => item)
  for (const item of free) {
    for (const next of dependents.get(item) ?? []) {
      const left = (waiting.get(next) ?? 0) - 1
      waiting.set(next, left)
      if (left === 0) free.push(next)
    }
  }
  return free.length < waiting.size
}

/** "- [ ] Task 003: Local code generator (makes the first version)" in a chapter "Dependencies": titles by numbers. */
function titlesOf(file: TaskFile): ReadonlyMap<string, string> {
  const titles = new Map<string, string>()
  for (const { text } of linesOf(file, 'dependencies')) {
    const match = /^(?:Task |Issue |#)?#?(\d{1,9})\s*[:—–-]\s*([^(]{3,200})/i.exec(plain(text))
    if (match !== null) titles.set(numberOf(match[1] as string), (match[2] as string).trim())
  }
  return titles
}

/** The only task that has this title, or has it as a part of its own. */
function byTitle(title: string, tasks: readonly Task[]): Item | null {
  const wanted = comparable(title)
  if (wanted === '') return null
  const alike = tasks.filter(({ item }) => {
    const own = comparable(item.title)
    return (
      own === wanted ||
      (wanted.includes(' ') &&
        own.includes(' ') &&
        (` ${own} `.includes(` ${wanted} `) || ` ${wanted} `.includes(` ${own} `)))
    )
  })
  return alike.length === 1 ? (alike[0]?.item ?? null) : null
}

/** Tasks that conflict use a resource of their own, so that they never run at once. */
function keepApart(tasks: readonly Task[], { notes }: Collected): Record<string, Resource> {
  const resources: Record<string, Resource> = {}
  const byNumber = new Map(tasks.map((task) => [numberOf(task.item.key), task]))
  for (const task of tasks) {
    for (const value of task.conflicts) {
      const other = byNumber.get(numberOf(value.text))
      if (other === undefined || other === task) {
        const message = `${quote(task.item.key)} conflicts with ${quote(value.text)}, but there is no other task of that number.`
        notes.add('UNKNOWN_ID', 'warning', value, message, 'Mend the number, or remove it.')
        continue
      }
      const [first, second] = [task.item.key, other.item.key].toSorted()
      const name = `conflict-${first}-${second}`
      resources[name] = 1
      task.uses[name] = 'exclusive'
      other.uses[name] = 'exclusive'
    }
  }
  return resources
}
