/** Plans in Markdown, as people write them: `importMarkdown`. The forms it reads are in `docs/importers/markdown.md`. */
import type { Diagnostic, Locate, Position } from '../../plan/diagnostic.js'
import { place } from '../../plan/diagnostic.js'
import { DEFAULT_LIMITS, type PlanLimits, withLimits } from '../../plan/limits.js'
import { count, thousands } from '../../plan/text.js'
import type { PlanDocument } from '../../plan/types.js'
import { arrange } from './arrange.js'
import { readBlocks } from './blocks.js'
import { renameDoubles, reportContradictions } from './checks.js'
import { type Crew, readCrew } from './crew.js'
import { readEdges, type ValueCounts } from './edges.js'
import { readEstimate } from './estimates.js'
import { type FileReading, readFiles } from './files.js'
import { isBinary } from './lines.js'
import { createMentions, type Mentions } from './mentions.js'
import { createNotes, type Notes } from './notes.js'
import { readMergeOrder, readSharedFiles, type SharedFile } from './order.js'
import { type BuiltPlan, buildPlan } from './plan.js'
import { readUnits } from './reader.js'
import { mendEncoding } from './repair.js'
import type { Block, Found, MarkdownFile } from './types.js'

export type { MarkdownFile } from './types.js'

/** How documents are imported. */
export interface MarkdownOptions {
  /** Name of the document in diagnostics, where `input` is a text. */
  readonly file?: string | undefined
  /** Of the plan. Default: the title of the first document. */
  readonly name?: string | undefined
  /** `jsonBytes` is the most characters of all documents together, `diagnostics` how many are listed. */
  readonly limits?: Partial<PlanLimits> | undefined
}

/** How much of the documents was understood. */
export interface MarkdownCoverage {
  /** Units of work: streams, tasks with a name of their own, and phases. */
  readonly units: number
  /** Values of dependency fields, and what became of them; the other four add up to `values`. */
  readonly dependencies: Readonly<ValueCounts>
  /** Values of fields that were read. */
  readonly fields: number
  /** Labels inside of documents that the reader does not know, with how often and where first. */
  readonly unread: readonly {
    readonly label: string
    readonly count: number
    readonly file: string | null
    readonly line: number
  }[]
}

/** A plan and how it was understood. */
export interface MarkdownImport {
  /** For `checkPlan`. Empty where nothing could be read. */
  readonly plan: PlanDocument
  /** Finds the line of a value of the plan, and its file; of what has no place of its own, that of the record around it. */
  readonly locate: Locate
  /** Sorted by place. An error means that the plan is not what the documents say. */
  readonly diagnostics: readonly Diagnostic[]
  readonly coverage: MarkdownCoverage
}

/**
 * Reads a plan from Markdown: one text, or the files of a folder, as far as it can be understood. Never throws; prose is
 * passed over. What was guessed has a diagnostic `INFERRED`, and its record lists the field in `x-inferred`. The same
 * input gives the same result. Linear in the length of the text, but for titles that are looked up word by word.
 *
 * @example
 * const { plan, locate, diagnostics } = importMarkdown(await readFile('plan.md', 'utf8'), { file: 'plan.md' })
 * const check = checkPlan(plan, { file: 'plan.md', locate })
 */
export function importMarkdown(input: string | readonly MarkdownFile[], options: MarkdownOptions = {}): MarkdownImport {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = typeof input === 'string' ? [{ text: input, file: options.file }] : input
  const documents = readDocuments(sources, limits, notes)
  const found = readUnits(documents)
  renameDoubles(found.units, notes)
  for (const unit of found.units) {
    for (const { field, piece } of unit.fields)
      if (field === 'aliases' && /^[\w#./-]{2,40}$/.test(piece.text)) unit.aliases.push(piece.text)
  }
  const mentions = createMentions(found.units)
  takeDrawnEstimates(found, mentions)
  const edges = readEdges(found, mentions, notes)
  const crew = readCrew(found, mentions)
  const files = readFiles(found, mentions)
  reportContradictions({ found, mentions, needs: edges.needs, crew, files, notes })
  reportGuessedPools(crew, notes)
  reportNothing(found, sources, notes)
  const merges = readMergeOrder(found, mentions)
  const shared = readSharedFiles(found, mentions)
  addSharedFiles(files, shared)
  const arranged = arrange(found)
  const built = buildPlan({
    name: options.name,
    found,
    arranged,
    needs: edges.needs,
    crew,
    files,
    merges,
    shared,
    notes,
  })
  return {
    plan: built.plan,
    locate: locateIn(built),
    diagnostics: inOrder(notes.list(), sources),
    coverage: {
      units: found.units.length,
      dependencies: edges.counts,
      fields: found.fieldCount,
      unread: unreadOf(found),
    },
  }
}

type Source = { readonly text: string; readonly file: string | undefined }

function readDocuments(sources: readonly Source[], limits: PlanLimits, notes: Notes): readonly (readonly Block[])[] {
  const length = sources.reduce((sum, { text }) => sum + text.length, 0)
  if (length > limits.jsonBytes * 2) {
    const message = `The documents have ${thousands(length)} characters, more than ${thousands(limits.jsonBytes * 2)}.`
    notes.add('TOO_LARGE', 'error', null, message, 'Split the plan, or raise the limit "jsonBytes".')
    return []
  }
  return sources.flatMap(({ text, file }) => {
    if (isBinary({ text })) {
      const message = 'The document is not text: it has NUL characters.'
      notes.add('BAD_SYNTAX', 'error', { file, line: 1, column: 1 }, message, 'Save it as UTF-8.')
      return []
    }
    const mended = mendEncoding(text)
    if (mended.mended > 0) {
      const lost = mended.lost === 0 ? '' : ` ${count(mended.lost, 'other')} could not be made out.`
      const message = `${count(mended.mended, 'character')} had gone through a wrong encoding and were mended.${lost}`
      notes.add('MENDED_TEXT', 'info', { file, line: 1, column: 1 }, message, 'Save the document as UTF-8.')
    }
    return [readBlocks({ text: mended.text, file }, notes)]
  })
}

/** "Agent A: Database (2-3 hours)" in a drawing is an estimate for a unit that has none. */
function takeDrawnEstimates(found: Found, mentions: Mentions): void {
  for (const { lines } of found.drawings) {
    for (const piece of lines) {
      const said = /\(([^()]{2,40})\)/.exec(piece.text)
      const [mention] = said === null ? [] : mentions.scan(piece.text.slice(0, said.index), null)
      const [unit] = mention?.units ?? []
      if (said === null || mention === undefined || unit === undefined || mention.units.length > 1) continue
      if (!/^[\s│|├└─]*$/.test(piece.text.slice(0, mention.start)) || readEstimate(said[1] as string).kind === 'unread')
        continue
      if (unit.fields.some(({ field }) => field === 'estimate')) continue
      const part = { ...piece, text: said[1] as string, column: piece.column + said.index + 1 }
      unit.fields.push({ field: 'estimate', label: 'drawing', piece: part, depth: 0, check: null, again: true })
    }
  }
}

function reportNothing({ units }: Found, sources: readonly Source[], notes: Notes): void {
  if (units.length > 0 || notes.list().some(({ severity }) => severity === 'error')) return
  const message = 'No streams or tasks were found in the document.'
  const hint = 'Name them in headings: "## Task 1: …", "## Stream A: …", "### WS-001: …"; or as a list: "- [ ] T1 …".'
  notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, message, hint)
}

/** Who changes a shared file claims it, also where its own list of files does not have it. */
function addSharedFiles({ ofUnit }: FileReading, shared: readonly SharedFile[]): void {
  for (const { path, units, piece } of shared) {
    for (const unit of units) {
      const written = ofUnit.get(unit)?.written
      if (written !== undefined && !written.some((claim) => claim.path === path))
        written.push({ path, piece, inferred: true })
    }
  }
}

/** File by file, as they were given, each in the order of its lines. */
function inOrder(diagnostics: readonly Diagnostic[], sources: readonly Source[]): readonly Diagnostic[] {
  const byFile = new Map<string | undefined, Diagnostic[]>(sources.map(({ file }) => [file, []]))
  for (const diagnostic of diagnostics) {
    const list = byFile.get(diagnostic.file) ?? []
    list.push(diagnostic)
    byFile.set(diagnostic.file, list)
  }
  return [...byFile.values()].flatMap((list) => place(list, undefined, undefined))
}

function reportGuessedPools({ guessed, pools }: Crew, notes: Notes): void {
  if (guessed.length === 0) return
  const sizes = guessed.map((name) => `${name} ${pools.get(name)?.slots ?? 1}`).join(', ')
  const message = `The document does not say how many agents there are of each kind; these sizes are a guess: ${sizes}.`
  notes.add('INFERRED', 'info', null, message, 'Write "Backend: 2 agents", or give --pool.')
}

function locateIn({ sources }: BuiltPlan): Locate {
  return (pointers) => {
    const found = new Map<string, Position>()
    for (const pointer of pointers) {
      let at = pointer
      while (at !== '' && !sources.has(at)) at = at.slice(0, at.lastIndexOf('/'))
      const place = sources.get(at)
      if (place === undefined) continue
      const { line, column, file } = place
      found.set(pointer, { line, column, ...(file === undefined ? {} : { file }) })
    }
    return found
  }
}

/** Labels listed as unread. */
const MOST_UNREAD = 200

function unreadOf({ ignored }: Found): MarkdownCoverage['unread'] {
  const byLabel = new Map<string, { label: string; count: number; file: string | null; line: number }>()
  for (const { text, file, line } of ignored) {
    const known = byLabel.get(text)
    if (known !== undefined) known.count++
    else if (byLabel.size < MOST_UNREAD) byLabel.set(text, { label: text, count: 1, file: file ?? null, line })
  }
  return [...byLabel.values()]
}
