/** The tasks of Backlog.md, one file each: `importBacklog`. What is read of them is in `docs/importers/backlog.md`. */
import { DEFAULT_LIMITS, withLimits } from '../plan/limits.js'
import { quote } from '../plan/text.js'
import { readPriority } from './shared/estimates.js'
import { safeId } from './shared/ids.js'
import { type ImportedPlan, type ImportOptions, imported } from './shared/imported.js'
import { planOfItems } from './shared/item-plan.js'
import { addNeed, adopt, type Collected, collect, type Item, newItem, textsOf } from './shared/items.js'
import { createNotes } from './shared/notes.js'
import { asPath } from './shared/paths.js'
import { readTaskFile, type TaskFile, textsIn, valueAt, valuesAt } from './shared/task-files.js'
import { readableTexts, sourcesOf } from './shared/texts.js'
import type { Piece, SourceFile, State } from './shared/types.js'

export type { ImportCoverage, ImportedPlan, ImportOptions } from './shared/imported.js'
export type { SourceFile } from './shared/types.js'

/** A task and its file. */
interface Task {
  readonly item: Item
  readonly file: TaskFile
}

/** Keys that are read, or only for the tool itself. */
const KNOWN = new Set(
  'id title status assignee reporter created_date updated_date labels milestone dependencies references documentation modified_files parent_task_id parent priority ordinal subtasks type draft onstatuschange'.split(
    ' ',
  ),
)

/**
 * Reads the tasks of a Backlog.md folder, and the names of the states in its `config.yml`. A task with subtasks is a stream.
 * Ids are compared without their prefix where it is not the same. Never throws. Linear in the length of the texts.
 *
 * @example
 * const { plan, locate } = importBacklog([{ file: 'tasks/task-1 - Schema.md', text }])
 * const check = checkPlan(plan, { locate })
 */
export function importBacklog(input: string | readonly SourceFile[], options: ImportOptions = {}): ImportedPlan {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = sourcesOf(input, options)
  const collected = collect(notes)
  const ignored: Piece[] = []
  const texts = readableTexts(sources, limits, 4, notes)
  const isConfig = (file: string | undefined): boolean => /(?:^|[/_\\])config\.ya?ml$/i.test(file ?? '')
  const config = texts.find(({ file }) => isConfig(file))
  // The settings are keys with texts and lists, as front matter is.
  const settings = config === undefined ? null : readTaskFile({ ...config, text: `---\n${config.text}\n---\n` }, notes)
  const states = settings === null ? [] : valuesAt(settings, 'statuses').map(({ text }) => text.toLowerCase())
  const tasks = texts
    .filter(({ file }) => !isConfig(file))
    .map((source) => readTaskFile(source, notes))
    .filter((file) => valueAt(file, 'id') !== null || valueAt(file, 'title') !== null)
    .map((file) => ({ file, item: itemOf(file, states, collected) }))
  for (const { file } of tasks) {
    collected.fields += file.keys.length
    for (const key of file.keys) if (!KNOWN.has(key.text)) ignored.push(key)
  }
  collected.items.push(...tasks.map(({ item }) => item))
  wire(tasks, collected)
  if (tasks.length === 0 && notes.list().length === 0) {
    const hint = 'A task of Backlog.md has front matter with "id", "title" and "dependencies".'
    notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, 'No tasks were found.', hint)
  }
  const name = options.name ?? (settings === null ? undefined : valueAt(settings, 'project_name')?.text)
  const around = name === undefined || name === '' ? {} : { name: name.slice(0, 256) }
  return imported(planOfItems(around, collected, ignored), notes.list(), sources)
}

function itemOf(file: TaskFile, states: readonly string[], { notes }: Collected): Item {
  const id = valueAt(file, 'id')
  const key = id?.text ?? /^[A-Za-z]+-[\d.]*\d/.exec(file.base)?.[0] ?? file.base
  const status = valueAt(file, 'status')?.text ?? ''
  const state = stateOf(status.toLowerCase(), states)
  const priority = readPriority(valueAt(file, 'priority')?.text ?? '')
  const paths = valuesAt(file, 'modified_files').flatMap(({ text }) => asPath(text, 'quoted') ?? [])
  const agents = valuesAt(file, 'assignee').map(({ text }) => text)
  const files = [...valuesAt(file, 'references'), ...valuesAt(file, 'documentation')].map(({ text }) => text)
  if (key === '')
    notes.add('BAD_ID', 'error', file.top, 'The task has no id.', 'Write "id: task-1" into its front matter.')
  return newItem(
    { key, id: safeId(key), title: valueAt(file, 'title')?.text ?? file.title ?? '', place: id ?? file.top },
    {
      state,
      input: textsOf({
        description: textsIn(file, 'description').join('\n'),
        plan: textsIn(file, 'implementation plan').join('\n'),
        criteria: [...textsIn(file, 'acceptance criteria'), ...textsIn(file, 'definition of done')],
        references: files,
      }),
      fields: {
        ...(priority === null || priority === 0 ? {} : { priority }),
        ...(paths.length === 0 ? {} : { claims: { write: paths } }),
      },
      inferred: paths.length === 0 ? [] : ['claims'],
      extra: textsOf({
        'x-agent': agents.join(', '),
        'x-labels': valuesAt(file, 'labels').map(({ text }) => text),
        'x-milestone': valueAt(file, 'milestone')?.text,
        'x-status': state === 'open' && status !== '' && !isFirst(status.toLowerCase(), states) ? status : undefined,
      }),
    },
  )
}

/** The last of the states that the settings name is the end; between the first and the last, work goes on. */
function stateOf(status: string, states: readonly string[]): State {
  if (status === states.at(-1) || /^(?:done|complete|completed|closed)$/.test(status)) return 'done'
  const at = states.indexOf(status)
  return at > 0 || /^in[ _-]progress$/.test(status) ? 'active' : 'open'
}

function isFirst(status: string, states: readonly string[]): boolean {
  return status === (states[0] ?? 'to do')
}

function wire(tasks: readonly Task[], collected: Collected): void {
  const byKey = new Map<string, Item>()
  const byNumber = new Map<string, Item[]>()
  for (const { item } of tasks) {
    if (!byKey.has(item.key.toLowerCase())) byKey.set(item.key.toLowerCase(), item)
    const number = numberOf(item.key)
    byNumber.set(number, [...(byNumber.get(number) ?? []), item])
  }
  const { counts, notes } = collected
  for (const { item, file } of tasks) {
    const parent = valueAt(file, 'parent_task_id') ?? valueAt(file, 'parent')
    const above = byKey.get((parent?.text ?? item.key.replace(/\.[^.]*$/, '')).toLowerCase()) ?? null
    if (above !== null && above !== item) adopt(item, above, parent ?? item.place, collected)
    for (const value of valuesAt(file, 'dependencies')) {
      const exact = byKey.get(value.text.toLowerCase()) ?? null
      const alike = exact === null ? (byNumber.get(numberOf(value.text)) ?? []) : [exact]
      const [only = null, ...others] = alike
      if (others.length > 0) {
        counts.values++
        counts.notUnderstood++
        const message = `${quote(item.key)} waits for ${quote(value.text)}, which several tasks may be: nothing waits for it.`
        notes.add('AMBIGUOUS_ID', 'warning', value, message, 'Write the id as the task itself has it.')
        continue
      }
      addNeed(item, only, value.text, value, collected)
      if (exact !== null || only === null) continue
      counts.understood--
      counts.guessed++
      const message = `${quote(value.text)}, which ${quote(item.key)} waits for, was taken to be ${quote(only.key)}.`
      notes.add('INFERRED', 'info', value, message, 'Write the id as the task itself has it.')
    }
  }
}

/** "24.1" of "task-24.1", "BACK-24.01". */
function numberOf(key: string): string {
  return key.replace(/^\D+/, '').replace(/(^|\.)0+(?=\d)/g, '$1')
}
