/** The `tasks.md` of Kiro: `importKiro`. What is read of it is in `docs/importers/kiro.md`. */
import { DEFAULT_LIMITS, withLimits } from '../plan/limits.js'
import { readBlocks } from './shared/blocks.js'
import { safeId } from './shared/ids.js'
import { type ImportedPlan, type ImportOptions, imported } from './shared/imported.js'
import { plain, slug } from './shared/inline.js'
import { planOfItems } from './shared/item-plan.js'
import { type Collected, collect, type Item, newItem, textsOf } from './shared/items.js'
import { createNotes } from './shared/notes.js'
import { pathsIn } from './shared/paths.js'
import { readableTexts, type Source, sourcesOf } from './shared/texts.js'
import type { Block, Piece, SourceFile } from './shared/types.js'

export type { ImportCoverage, ImportedPlan, ImportOptions } from './shared/imported.js'
export type { SourceFile } from './shared/types.js'

type ListItem = Extract<Block, { readonly kind: 'item' }>

/** A task while the lines below it are read. */
interface Open {
  readonly key: string
  readonly title: string
  readonly block: ListItem
  readonly isOptional: boolean
  readonly steps: string[]
  readonly requirements: string[]
  readonly paths: string[]
}

const NUMBER = /^\**(\d{1,4}(?:\.\d{1,4}){0,5})\.?\**(?=\s|$)\s*/
const REQUIREMENTS = /^_?\s*requirements?\s*:\s*(.*?)_?$/i
/** "_Files: src/x.ts_", in whatever language. */
const FIELD = /^_([^_:：]{1,40})[:：]\s*(.*?)_?$/
const OPTIONAL = /^[\s>]*(?:[-*+]|\d+[.)])\s+\[.\]\s*\*/

/**
 * Reads a `tasks.md` of Kiro. Its tasks are done one after the other, in the order of the list; a task that has others
 * inside is done when they are. Nothing waits for an optional one (`- [ ]*`). Never throws. Linear in the length of the text.
 *
 * @example
 * const { plan, locate } = importKiro(await readFile('.kiro/specs/x/tasks.md', 'utf8'), { file: 'tasks.md' })
 * const check = checkPlan(plan, { file: 'tasks.md', locate })
 */
export function importKiro(input: string | readonly SourceFile[], options: ImportOptions = {}): ImportedPlan {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = sourcesOf(input, options)
  const collected = collect(notes)
  const ignored: Piece[] = []
  let title = options.name
  for (const source of readableTexts(sources, limits, 2, notes)) {
    const blocks = readBlocks(source, notes)
    title ??= blocks.find((block) => block.kind === 'heading' && block.level === 1)?.piece.text
    const items = itemsOf(readTasks(source, blocks, ignored, collected))
    collected.items.push(...items)
    chain(items)
  }
  if (collected.items.length === 0 && notes.list().length === 0) {
    const hint = 'Write tasks as "- [ ] 1. Title", those inside of them as "  - [ ] 1.1 Title".'
    notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, 'No tasks were found.', hint)
  }
  const name = plain(title ?? '')
  const around = name === '' ? {} : { name: name.slice(0, 256) }
  return imported(planOfItems(around, collected, ignored), notes.list(), sources)
}

function readTasks(source: Source, blocks: readonly Block[], ignored: Piece[], collected: Collected): readonly Open[] {
  const rows = source.text.split(/\r\n|\n|\r/)
  const tasks: Open[] = []
  for (const block of blocks) {
    if (block.kind !== 'item') continue
    const last = tasks.at(-1)
    const [text, ...fields] = partsOf(block.piece.text)
    if (block.check !== null) {
      const number = NUMBER.exec(text)
      const title = plain(text.slice(number?.[0].length ?? 0))
      // A box without a number below a task is one of its steps.
      if (number === null && last !== undefined && block.indent > last.block.indent) last.steps.push(title)
      else tasks.push(openTask(block, number?.[1] ?? title, title, rows))
    } else if (last !== undefined && block.indent > last.block.indent) fields.unshift(text)
    else continue
    const task = tasks.at(-1) as Open
    for (const line of fields) takeLine(task, { ...block.piece, text: line }, ignored, collected)
  }
  return tasks
}

/** A line, and the fields that stand below it without a bullet of their own. */
function partsOf(text: string): readonly [string, ...string[]] {
  const at = text.search(/\s_[^_:：]{1,40}[:：][^_]*_(?:\s|$)/)
  return at === -1 ? [text] : [text.slice(0, at), ...text.slice(at + 1).split(/(?<=_)\s+(?=_)/)]
}

function openTask(block: ListItem, key: string, title: string, rows: readonly string[]): Open {
  const isOptional = OPTIONAL.test((rows[block.piece.line - 1] ?? '').slice(0, 200))
  return { key, title, block, isOptional, steps: [], requirements: [], paths: [] }
}

function takeLine({ steps, requirements, paths }: Open, piece: Piece, ignored: Piece[], collected: Collected): void {
  collected.fields++
  const required = REQUIREMENTS.exec(piece.text)
  const field = FIELD.exec(piece.text)
  if (required !== null) requirements.push(...(required[1] as string).split(/\s*,\s*/).filter((each) => each !== ''))
  else if (field === null) steps.push(plain(piece.text))
  else {
    const found = pathsIn({ ...piece, text: field[2] as string }).map(({ text }) => text)
    paths.push(...found)
    if (found.length === 0) ignored.push({ ...piece, text: field[1] as string })
  }
}

/** Tasks are inside of the one whose number theirs begins with, however they are indented. */
function itemsOf(tasks: readonly Open[]): readonly Item[] {
  const byKey = new Map<string, Item>()
  return tasks.map(({ key, title, block, isOptional, steps, requirements, paths }) => {
    const above = /^\d[\d.]*\.\d+$/.test(key) ? (byKey.get(key.slice(0, key.lastIndexOf('.'))) ?? null) : null
    const item = newItem(
      { key, id: safeId(/^\d/.test(key) ? key : slug(key) || 'task'), title, place: block.piece },
      {
        parent: above,
        state: block.check ?? 'open',
        input: textsOf({ steps, requirements }),
        fields: {
          ...(paths.length === 0 ? {} : { claims: { write: [...new Set(paths)] } }),
          ...(isOptional ? { optional: true } : {}),
        },
      },
    )
    if (!byKey.has(key)) byKey.set(key, item)
    return item
  })
}

/** Each waits for the one before it that is not optional, among those inside of the same task. */
function chain(items: readonly Item[]): void {
  const last = new Map<Item | null, Item>()
  for (const item of items) {
    const before = last.get(item.parent)
    if (before !== undefined) item.needs.push({ target: before, place: item.place, inferred: true })
    if (item.fields.optional !== true) last.set(item.parent, item)
  }
}
