/** The `tasks.md` of spec-kit: `importSpecKit`. What is read of it is in `docs/importers/spec-kit.md`. */
import { DEFAULT_LIMITS, withLimits } from '../plan/limits.js'
import { count, quote, quoteAll } from '../plan/text.js'
import { readBlocks } from './shared/blocks.js'
import { readPriority } from './shared/estimates.js'
import { safeId } from './shared/ids.js'
import { type ImportedPlan, type ImportOptions, imported } from './shared/imported.js'
import { plain, slug } from './shared/inline.js'
import { planOfItems } from './shared/item-plan.js'
import { addNeed, type Collected, collect, type Item, newItem } from './shared/items.js'
import { createNotes } from './shared/notes.js'
import { pathsIn } from './shared/paths.js'
import { readableTexts, sourcesOf } from './shared/texts.js'
import type { Block, Piece, SourceFile } from './shared/types.js'

export type { ImportCoverage, ImportedPlan, ImportOptions } from './shared/imported.js'
export type { SourceFile } from './shared/types.js'

/** A chapter with tasks. */
interface Phase {
  readonly stream: Item
  /** Its tasks are a user story, which waits for no other story. */
  readonly isStory: boolean
  readonly tasks: TaskLine[]
}

/** A task with the marks before its text. */
interface TaskLine {
  readonly item: Item
  readonly piece: Piece
  readonly story: string
  readonly isParallel: boolean
  /** Also those of its claims. */
  readonly paths: string[]
}

const ID = /^\**\[?(?=[A-Z]{1,4}-?\d)([A-Z]{1,4}-?\d{1,5}(?:\.\d{1,3})?[a-z]?)\]?\**:?(?![\w.])\s*/
/** What a template has in place of an id. */
const NO_ID = /^\**T?X{2,4}\**:?\s+/
const MARK = /^\[([^\]]{1,24})\]\s*/
const PHASE = /^(?:phase|stage)\s+([\w.]{1,8})\s*[:.—–-]?\s*(.*)$/i
const STORY = /\buser story\s+(\d{1,3})\b|\bUS-?(\d{1,3})\b/i
const DEPENDS = /[([]\s*(?:depends on|after|requires|blocked by|D)\b:?\s*([^()[\]]{1,200})[)\]]/i
const TASK_ID = /\b[A-Z]{1,4}-?\d{1,5}(?:\.\d{1,3})?[a-z]?\b/g

/**
 * Reads a `tasks.md` of spec-kit. A phase is a stream; it waits for the phase before it, but stories wait only for the last phase
 * that is none, and the phase after them for all of them. In a phase, tasks without `[P]` follow each other, story by story.
 * Never throws. Linear in the length of the text.
 *
 * @example
 * const { plan, locate } = importSpecKit(await readFile('specs/001-x/tasks.md', 'utf8'), { file: 'tasks.md' })
 * const check = checkPlan(plan, { file: 'tasks.md', locate })
 */
export function importSpecKit(input: string | readonly SourceFile[], options: ImportOptions = {}): ImportedPlan {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = sourcesOf(input, options)
  const collected = collect(notes)
  let title = options.name
  for (const source of readableTexts(sources, limits, 2, notes)) {
    const blocks = readBlocks(source, notes)
    title ??= titleOf(blocks)
    const phases = readPhases(blocks, collected)
    waitForPhases(phases)
    for (const phase of phases) chain(phase)
    readDependencies(phases, collected)
    takeWholePaths(phases)
    reportSharedFiles(phases, collected)
  }
  if (collected.items.length === 0 && notes.list().length === 0) {
    const hint = 'Write tasks as "- [ ] T001 [P] [US1] What to do in src/file.ts".'
    notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, 'No tasks were found.', hint)
  }
  const around = title === undefined || title === '' ? {} : { name: title.slice(0, 256) }
  return imported(planOfItems(around, collected), notes.list(), sources)
}

function titleOf(blocks: readonly Block[]): string | undefined {
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1)
  return heading === undefined ? undefined : plain(heading.piece.text).replace(/^tasks:\s*/i, '')
}

function readPhases(blocks: readonly Block[], collected: Collected): readonly Phase[] {
  const phases: Phase[] = []
  let open: { readonly level: number; readonly phase: Phase | null } = { level: 0, phase: null }
  for (const block of blocks) {
    if (block.kind === 'heading') {
      const named = PHASE.exec(plain(block.piece.text))
      // A heading inside of a phase says what kind its tasks are: "Tests for User Story 1".
      if (named !== null) open = { level: block.level, phase: phaseOf(block.piece, named, collected) }
      else if (block.level <= open.level) open = { level: block.level, phase: null }
    } else if (block.kind === 'item' && block.check !== null) {
      // Tasks outside of every phase are a phase of their own.
      open = open.phase === null ? { ...open, phase: looseIn(phases, block.piece, collected) } : open
      const phase = open.phase as Phase
      if (phase.tasks.length === 0 && !phases.includes(phase)) phases.push(phase)
      phase.tasks.push(taskOf(block, phase, collected))
    }
  }
  for (const { stream, tasks } of phases) collected.items.push(stream, ...tasks.map(({ item }) => item))
  return phases
}

function phaseOf(piece: Piece, [, key = '', rest = '']: RegExpExecArray, collected: Collected): Phase {
  const story = STORY.exec(rest)
  const priority = readPriority(/\(([^()]{1,40})\)/.exec(rest)?.[1] ?? '')
  const title = rest.replace(/\s*\((?:priority|p\d)[^()]*\)/i, '').replace(/\s*\bMVP\b\s*$/, '')
  if (priority !== null) collected.fields++
  return {
    stream: newItem(
      { key: `Phase ${key}`, id: safeId(`phase-${slug(key)}`), title, place: piece },
      { fields: priority === null ? {} : { priority } },
    ),
    isStory: story !== null,
    tasks: [],
  }
}

function looseIn(phases: readonly Phase[], piece: Piece, collected: Collected): Phase {
  const last = phases.find(({ stream }) => stream.id === 'tasks')
  return last ?? { ...phaseOf(piece, ['', '', ''] as never, collected), stream: tasksStream(piece), isStory: false }
}

function tasksStream(place: Piece): Item {
  return newItem({ key: 'Tasks', id: 'tasks', title: '', place })
}

function taskOf({ piece, check }: Extract<Block, { kind: 'item' }>, { stream }: Phase, collected: Collected): TaskLine {
  const id = ID.exec(piece.text)
  let text = piece.text.slice(id?.[0].length ?? NO_ID.exec(piece.text)?.[0].length ?? 0)
  const marks: string[] = []
  for (let mark = MARK.exec(text); mark !== null; mark = MARK.exec(text)) {
    marks.push(mark[1] as string)
    text = text.slice(mark[0].length)
  }
  const paths = [...new Set(pathsIn({ ...piece, text: text.replace(DEPENDS, '') }).map((path) => path.text))]
  const title = plain(text.replace(DEPENDS, '')).trim()
  const key = id?.[1] ?? title
  const others = marks.filter((mark) => mark !== 'P')
  const story = others.find((mark) => STORY.test(mark)) ?? ''
  collected.fields += marks.length + paths.length
  const item = newItem(
    { key, id: safeId(id?.[1] ?? (slug(title) || 'task')), title, place: piece },
    {
      parent: stream,
      state: check ?? 'open',
      fields: paths.length === 0 ? {} : { claims: { write: paths } },
      inferred: paths.length === 0 ? [] : ['claims'],
      extra: others.length === 0 ? {} : { 'x-labels': others },
    },
  )
  return { item, piece, story, isParallel: marks.includes('P'), paths }
}

/** What a phase waits for: the last that is no story; and where it is none itself, the stories after that. */
function waitForPhases(phases: readonly Phase[]): void {
  let base: Phase | null = null
  let stories: Phase[] = []
  for (const phase of phases) {
    const before = phase.isStory || stories.length === 0 ? [base] : stories
    for (const other of before) {
      if (other !== null) phase.stream.needs.push({ target: other.stream, place: phase.stream.place, inferred: true })
    }
    if (phase.isStory) stories.push(phase)
    else {
      base = phase
      stories = []
    }
  }
}

/** Tasks without `[P]` follow each other, each story by itself. */
function chain({ tasks }: Phase): void {
  const last = new Map<string, Item>()
  for (const { item, piece, story, isParallel } of tasks) {
    if (isParallel) continue
    const before = last.get(story)
    if (before !== undefined) item.needs.push({ target: before, place: piece, inferred: true })
    last.set(story, item)
  }
}

/** "(depends on T012, T013)". */
function readDependencies(phases: readonly Phase[], collected: Collected): void {
  const byKey = new Map<string, Item>()
  for (const { tasks } of phases) for (const { item } of tasks) if (!byKey.has(item.key)) byKey.set(item.key, item)
  for (const { item, piece } of phases.flatMap(({ tasks }) => tasks)) {
    const said = DEPENDS.exec(piece.text)
    if (said === null) continue
    const place = { ...piece, column: piece.column + said.index }
    const values = (said[1] as string).replace(RANGE, (_, from: string, to: string) => rangeOf(from, to).join(' '))
    for (const [key] of values.matchAll(TASK_ID)) addNeed(item, byKey.get(key) ?? null, key, place, collected)
    if (values.search(TASK_ID) === -1) reportFreeText(item, said[1] as string, place, collected)
  }
}

const RANGE = /\b([A-Z]{1,4}\d{1,5})\s*(?:-|–|to|through)\s*([A-Z]{0,4}\d{1,5})\b/g

/** "T004–T007", at most a hundred of them. */
function rangeOf(from: string, to: string): readonly string[] {
  const prefix = from.replace(/\d+$/, '')
  const digits = from.slice(prefix.length)
  const [first, last] = [Number(digits), Number(to.replace(/^\D+/, ''))]
  if (last < first || last - first > 100) return [from, to]
  return Array.from(
    { length: last - first + 1 },
    (_, at) => `${prefix}${String(first + at).padStart(digits.length, '0')}`,
  )
}

function reportFreeText(item: Item, text: string, place: Piece, { counts, notes }: Collected): void {
  counts.values++
  counts.notUnderstood++
  const message = `The dependency ${quote(text)} of ${quote(item.key)} names no task of this document: nothing waits for it.`
  notes.add('FREE_TEXT_DEPENDENCY', 'warning', place, message, 'Name the tasks by their ids.')
}

/** The part of a path stands for the one path of the document that ends like that; where it has others, a bare name is none. */
function takeWholePaths(phases: readonly Phase[]): void {
  const lines = phases.flatMap(({ tasks }) => tasks)
  const ends = new Map<string, Set<string>>()
  for (const path of lines.flatMap(({ paths }) => paths)) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      const end = path.slice(at + 1)
      if (end !== '') ends.set(end, (ends.get(end) ?? new Set()).add(path))
    }
  }
  for (const { paths } of lines) {
    const hasFolder = paths.some((path) => path.includes('/'))
    const whole = paths.flatMap((path) => {
      if (hasFolder && !path.includes('/')) return []
      const [only, ...others] = ends.get(path) ?? []
      return [only === undefined || others.length > 0 ? path : only]
    })
    paths.splice(0, paths.length, ...new Set(whole))
  }
}

/** `[P]` says that no two of them touch one file. */
function reportSharedFiles(phases: readonly Phase[], { notes }: Collected): void {
  for (const { tasks } of phases) {
    const users = new Map<string, TaskLine[]>()
    for (const line of tasks.filter(({ isParallel }) => isParallel))
      for (const path of line.paths) users.set(path, [...(users.get(path) ?? []), line])
    for (const [path, lines] of users) {
      const last = lines.at(-1)
      if (last === undefined || lines.length < 2) continue
      const keys = lines.slice(0, 6).map(({ item }) => item.key)
      const more = lines.length > keys.length ? ` and ${count(lines.length - keys.length, 'other')}` : ''
      const message = `${quoteAll(keys)}${more} are marked [P], and name one file: ${quote(path)}.`
      notes.add(
        'SHARED_PATH',
        'warning',
        last.piece,
        message,
        'They never run side by side. Take the mark away, or part the file.',
      )
    }
  }
}
