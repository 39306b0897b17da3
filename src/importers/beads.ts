/** The issues of beads, as JSON lines: `importBeads`. What is read of them is in `docs/importers/beads.md`. */
import type { JsonValue } from '../core/types.js'
import { DEFAULT_LIMITS, withLimits } from '../plan/limits.js'
import { quote } from '../plan/text.js'
import { readPriority } from './shared/estimates.js'
import { safeId } from './shared/ids.js'
import { type ImportedPlan, type ImportOptions, imported } from './shared/imported.js'
import { planOfItems } from './shared/item-plan.js'
import { addNeed, adopt, type Collected, collect, type Item, newItem, textsOf } from './shared/items.js'
import { createNotes, type Notes } from './shared/notes.js'
import { readableTexts, type Source, sourcesOf } from './shared/texts.js'
import type { Place, SourceFile, State } from './shared/types.js'

export type { ImportCoverage, ImportedPlan, ImportOptions } from './shared/imported.js'
export type { SourceFile } from './shared/types.js'

type Json = { readonly [key: string]: unknown }

/** A line that is an object. */
interface Row {
  readonly json: Json
  readonly place: Place
  /** As it stands in the file. */
  readonly text: string
}

/** That one issue has to do with another. */
interface Link {
  readonly from: string
  readonly to: string
  readonly type: string
  readonly place: Place
}

interface Issues {
  readonly byId: Map<string, Item>
  /** Ids of issues that were deleted. */
  readonly deleted: Set<string>
  readonly links: Link[]
}

/** Characters of all files, for each byte of the limit for plans. */
const MOST_TIMES = 4
/** Kinds of links that make the first issue wait for the second. */
const BLOCKING: ReadonlySet<string> = new Set(['blocks', 'conditional-blocks', 'waits-for'])

/**
 * Reads the issues of beads: one JSON object a line, their links inside of them or in a file of their own. An issue that is
 * the parent of others is a stream: they wait for what it waits for. Never throws. Linear in the length of the texts.
 *
 * @example
 * const { plan, locate } = importBeads(await readFile('.beads/issues.jsonl', 'utf8'), { file: 'issues.jsonl' })
 * const check = checkPlan(plan, { file: 'issues.jsonl', locate })
 */
export function importBeads(input: string | readonly SourceFile[], options: ImportOptions = {}): ImportedPlan {
  const limits = withLimits(DEFAULT_LIMITS, options.limits)
  const notes = createNotes(limits.diagnostics)
  const sources = sourcesOf(input, options)
  const collected = collect(notes)
  const issues: Issues = { byId: new Map(), deleted: new Set(), links: [] }
  const texts = readableTexts(sources, limits, MOST_TIMES, notes)
  for (const row of texts.flatMap((source) => readRows(source, notes))) takeRow(row, issues, collected)
  for (const link of issues.links) takeLink(link, issues, collected)
  if (collected.items.length === 0 && notes.list().length === 0) {
    const hint = 'Each line is an issue: { "id": "bd-1", "title": "…", "status": "open" }.'
    notes.add('NO_UNITS', 'warning', { file: sources[0]?.file, line: 1, column: 1 }, 'No issues were found.', hint)
  }
  const around = options.name === undefined ? {} : { name: options.name.slice(0, 256) }
  return imported(planOfItems(around, collected), notes.list(), sources)
}

/** The lines of a file; of a conflict that git left in it, those of the first side. */
function readRows({ text, file }: Source, notes: Notes): readonly Row[] {
  const rows: Row[] = []
  let isOther = false
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const place = { file, line: index + 1, column: 1 }
    const content = (index === 0 && line.startsWith('\ufeff') ? line.slice(1) : line).trim()
    const mark = /^(<{7}|\|{7}|={7}|>{7})(?:\s|$)/.exec(content)?.[1]
    if (mark !== undefined) {
      isOther = mark.startsWith('|') || mark.startsWith('=')
      if (!mark.startsWith('<')) continue
      const message = 'A conflict that git left begins here; of its two sides the first was read.'
      notes.add('BAD_SYNTAX', 'error', place, message, 'Resolve the conflict.')
    } else if (content !== '' && !isOther) {
      const json = parseLine(content)
      if (json !== null) rows.push({ json, place, text: line })
      else notes.add('BAD_SYNTAX', 'error', place, 'The line is no JSON object: it was passed over.', 'Mend the line.')
    }
  }
  return rows
}

function parseLine(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
  } catch {
    return null
  }
}

function takeRow({ json, place, text }: Row, issues: Issues, collected: Collected): void {
  const own = linkOf(json, null, place, text)
  if (own !== null && json.title === undefined) {
    issues.links.push(own)
    return
  }
  const key = textOf(json.id)
  if (key === null) {
    collected.notes.add('BAD_ID', 'error', place, 'The issue has no id: it was passed over.', 'Give it an id.')
    return
  }
  const status = textOf(json.status) ?? 'open'
  if (status === 'tombstone') {
    issues.deleted.add(key)
    return
  }
  const item = itemOf(json, key, status, place)
  collected.fields += Object.keys(json).length
  collected.items.push(item)
  if (!issues.byId.has(key)) issues.byId.set(key, item)
  for (const link of Array.isArray(json.dependencies) ? json.dependencies : []) {
    const read = linkOf(link, key, place, text)
    if (read !== null) issues.links.push(read)
  }
}

const STATES: { readonly [status: string]: State | undefined } = {
  closed: 'done',
  in_progress: 'active',
  hooked: 'active',
}

function itemOf(json: Json, key: string, status: string, place: Place): Item {
  const { priority, estimated_minutes: minutes, labels } = json
  const state = STATES[status] ?? 'open'
  const type = textOf(json.issue_type)
  const wanted = typeof priority === 'number' ? readPriority(String(priority)) : null
  const texts = {
    description: json.description,
    design: json.design,
    criteria: json.acceptance_criteria,
    notes: json.notes,
  }
  return newItem(
    { key, id: safeId(key), title: textOf(json.title) ?? '', place },
    {
      state,
      input: textsOf(texts as Record<string, JsonValue>),
      fields: {
        ...(wanted === null || wanted === 0 ? {} : { priority: wanted }),
        ...(typeof minutes === 'number' && minutes > 0 && Number.isFinite(minutes) ? { estimate: `${minutes}m` } : {}),
      },
      extra: textsOf({
        'x-agent': textOf(json.assignee) ?? undefined,
        'x-type': type === null || type === 'task' ? undefined : type,
        'x-labels': (Array.isArray(labels) ? labels : []) as JsonValue,
        'x-status': state === 'open' && status !== 'open' ? status : undefined,
      }),
    },
  )
}

/** `owner`: the issue that the link is written in. */
function linkOf(value: unknown, owner: string | null, place: Place, text: string): Link | null {
  if (typeof value !== 'object' || value === null) return null
  const { issue_id, depends_on_id, type } = value as Json
  const from = textOf(issue_id) ?? owner
  const to = textOf(depends_on_id)
  if (from === null || to === null) return null
  const at = text.indexOf(JSON.stringify(to), Math.max(0, text.indexOf('"depends_on_id"')))
  return { from, to, type: textOf(type) ?? 'blocks', place: { ...place, column: Math.max(0, at) + 1 } }
}

function takeLink({ from, to, type, place }: Link, { byId, deleted }: Issues, collected: Collected): void {
  const { counts, notes } = collected
  const item = byId.get(from)
  const target = byId.get(to) ?? null
  // What an issue has to do with another besides waiting is for people.
  if (!BLOCKING.has(type) && type !== 'parent-child') return
  if (item === undefined) {
    if (deleted.has(from)) return
    counts.values++
    counts.notUnderstood++
    const message = `A link says that ${quote(from)} waits for ${quote(to)}, but there is no issue ${quote(from)}.`
    notes.add('UNKNOWN_ID', 'warning', place, message, 'Remove the link, or add the issue.')
    return
  }
  if (target === null && deleted.has(to)) {
    counts.values++
    counts.satisfied++
    const message = `What ${quote(from)} waits for was deleted: ${quote(to)}.`
    notes.add('ALREADY_SATISFIED', 'info', place, message, 'Nothing waits for it.')
  } else if (target === null || type !== 'parent-child') {
    addNeed(item, target, to, place, collected, type === 'conditional-blocks' ? { when: 'failure' } : {})
  } else {
    counts.values++
    counts.understood++
    adopt(item, target, place, collected)
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
