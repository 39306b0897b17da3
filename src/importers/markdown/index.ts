/** Plans in Markdown, as people write them: `importMarkdown`. The forms it reads are in `docs/importers/markdown.md`. */
import { DEFAULT_LIMITS, type PlanLimits, withLimits } from '../../plan/limits.js'
import { thousands } from '../../plan/text.js'
import { readBlocks } from '../shared/blocks.js'
import { readEstimate } from '../shared/estimates.js'
import { type ImportCoverage, type ImportedPlan, type ImportOptions, imported } from '../shared/imported.js'
import { createNotes, type Notes } from '../shared/notes.js'
import { readableTexts, type Source, sourcesOf } from '../shared/texts.js'
import { arrange } from './arrange.js'
import { renameDoubles, reportContradictions } from './checks.js'
import { type Crew, readCrew } from './crew.js'
import { readEdges } from './edges.js'
import { type FileReading, readFiles } from './files.js'
import { createMentions, type Mentions } from './mentions.js'
import { readMergeOrder, readSharedFiles, type SharedFile } from './order.js'
import { buildPlan } from './plan.js'
import { readUnits } from './reader.js'
import type { Found, MarkdownFile } from './types.js'

export type { MarkdownFile } from './types.js'

/** How documents are imported. */
export type MarkdownOptions = ImportOptions
/** How much of the documents was understood. */
export type MarkdownCoverage = ImportCoverage
/** A plan and how it was understood. */
export type MarkdownImport = ImportedPlan

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
  const sources = sourcesOf(input, options)
  const texts = readableTexts(sources, limits, MOST_TIMES, notes)
  const documents = texts.map((source) => readBlocks(source, notes))
  const all = readUnits(documents)
  const found = all.units.length > MOST_UNITS * limits.tasks ? tooMany(all, limits, notes) : all
  renameDoubles(found.units, notes)
  for (const unit of found.units) {
    for (const { field, piece } of unit.fields)
      if (field === 'aliases' && /^[\w#./-]{2,40}$/.test(piece.text)) unit.aliases.push(piece.text)
  }
  const mentions = createMentions(found.units)
  takeDrawnEstimates(found, mentions)
  const edges = readEdges(found, mentions, notes, limits.edges)
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
  const { fieldCount, ignored, units } = found
  const reading = { ...built, units: units.length, dependencies: edges.counts, fields: fieldCount, ignored }
  return imported(reading, notes.list(), sources)
}

/** Characters for each byte of the limit: a document says more than the plan in it. */
const MOST_TIMES = 2

/** Units for each task of the limit: streams, tasks and phases are counted for themselves. */
const MOST_UNITS = 3

/** A plan of them would be refused anyway. */
function tooMany({ units, title }: Found, { tasks }: PlanLimits, notes: Notes): Found {
  const message = `The documents have ${thousands(units.length)} units, more than ${thousands(MOST_UNITS * tasks)}.`
  notes.add('TOO_LARGE', 'error', units[0]?.piece ?? null, message, 'Split the plan, or raise the limit "tasks".')
  return { title, units: [], loose: [], drawings: [], ignored: [], fieldCount: 0 }
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

function reportGuessedPools({ guessed, pools }: Crew, notes: Notes): void {
  if (guessed.length === 0) return
  const sizes = guessed.map((name) => `${name} ${pools.get(name)?.slots ?? 1}`).join(', ')
  const message = `The document does not say how many agents there are of each kind; these sizes are a guess: ${sizes}.`
  notes.add('INFERRED', 'info', null, message, 'Write "Backend: 2 agents", or give --pool.')
}
