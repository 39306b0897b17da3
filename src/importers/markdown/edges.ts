/** Who waits for whom, from all that is said about it: one edge for each, and what contradicts it. */
import { count, quote, quoteAll } from '../../plan/text.js'
import { type DependencyCounts, noDependencies } from '../shared/imported.js'
import { within } from '../shared/lines.js'
import type { Notes } from '../shared/notes.js'
import { type DependencyReading, merged, type Outcome, readDependency } from './dependencies.js'
import { type Drawn, type DrawnEdge, readChain, readDrawing, readSentence } from './drawings.js'
import { isFlowchart, readFlowchart } from './flowcharts.js'
import type { Mentions } from './mentions.js'
import type { FieldValue, Found, Need, Piece, Unit } from './types.js'

export interface EdgeReading {
  readonly needs: ReadonlyMap<Unit, readonly Need[]>
  readonly counts: DependencyCounts
}

interface Collecting {
  readonly found: Found
  readonly mentions: Mentions
  readonly notes: Notes
  readonly needs: Map<Unit, Need[]>
  /** Units that say themselves what they wait for, if only "none". */
  readonly declared: Set<Unit>
  readonly counts: DependencyCounts
  /** Edges that may still be found. */
  left: number
}

/** Reads every statement about order. O(values × length + characters of drawings). */
export function readEdges(found: Found, mentions: Mentions, notes: Notes, most: number): EdgeReading {
  const counts = noDependencies()
  const state: Collecting = { found, mentions, notes, needs: new Map(), declared: new Set(), counts, left: most }
  for (const unit of found.units) for (const value of unit.fields) readOwn(unit, value, state)
  for (const unit of found.units)
    for (const value of unit.fields) if (value.field === 'blocks') readBlocks(unit, value, state)
  handDown(state)
  readDocumentWide(state)
  const drawn = readDrawn(state)
  useDrawn(drawn, state)
  for (const [unit, needs] of state.needs) state.needs.set(unit, [...merged(needs)])
  return { needs: state.needs, counts }
}

const CONDITION = /\b(?:after|when|once|until|needs|requires|depends|blocked by|wait(?:s|ing)?|as soon as)\b/i
const IN_BRACKETS =
  /[([](?:[^()[\]]{0,60}[,;]\s*)?((?:depends on|dependenc(?:y|ies):|deps?:|blocked by|needs|can start after|D:)\s[^()[\]]{2,200})[)\]]/i
/** In the line of a task only, and only where it names one: "(after T1)", "… — waits for T2, T3". */
const IN_LINE =
  /(?:[([]|\s[—–-]\s+|;\s+)((?:waits? for|depends on|blocked by|requires|needs|start after|after)\s[^()[\]]{1,200})/i

/** What a phase may say of all that is in it. */
const OF_PHASES: ReadonlySet<FieldValue['field']> = new Set(['dependsOn', 'softDependsOn', 'blockers', 'canStart'])

function readOwn(unit: Unit, value: FieldValue, state: Collecting): void {
  if (value.lines !== undefined) return readLines(unit, value, state)
  const piece = ownValue(value)
  if (piece === null || value.depth > 0) return
  if (state.left <= 0 || (unit.kind === 'phase' && !OF_PHASES.has(value.field))) return
  const soft = value.field === 'softDependsOn'
  const isList = soft || value.field === 'dependsOn'
  const reading = readDependency(piece, { mentions: state.mentions, unit, soft, isList, units: state.found.units })
  // "Can start after WS-001 schema work" in an answer about parallel work is checked, and makes no edge by itself.
  if ((value.field === 'parallel' || isGuess(value)) && reading.outcome !== 'needs') return
  countValue(unit, piece, reading, state)
  if (value.field !== 'blockers' || reading.outcome !== 'none') state.declared.add(unit)
  warnOfContradiction(unit, value, reading, state)
  const known = state.needs.get(unit) ?? []
  for (const need of reading.needs) known.push(need)
  state.needs.set(unit, known)
  spend(reading, piece, state)
}

/** What a phase waits for, all in it wait for. */
function handDown({ found, needs, declared }: Collecting): void {
  for (const unit of found.units) {
    const ofPhase = unit.parent?.kind === 'phase' ? (needs.get(unit.parent) ?? []) : []
    const known = needs.get(unit) ?? []
    for (const need of ofPhase) {
      const targets = need.targets.filter((target) => target.unit !== unit && target.unit !== unit.parent)
      if (targets.length > 0) known.push({ ...need, targets })
    }
    if (ofPhase.length === 0 || known.length === 0) continue
    needs.set(unit, known)
    declared.add(unit)
  }
  for (const unit of found.units) if (unit.kind === 'phase') needs.delete(unit)
}

/** A list in a code block; drawings are read for themselves. */
function readLines(unit: Unit, value: FieldValue, state: Collecting): void {
  const { lines = [], field } = value
  if (field !== 'dependsOn' || lines.some(({ text }) => /[│─→└├]|-->|==>|^\s*(?:graph|flowchart)\b/.test(text))) return
  const { label, depth, check, again } = value
  for (const line of lines) {
    const text = line.text.trim()
    const piece = within(line, line.text.indexOf(text), text)
    if (text !== '') readOwn(unit, { field, label, depth, check, again, piece }, state)
  }
}

/** "ALL above" of thousands of units would be millions of edges, which no plan may have. */
function spend({ needs }: DependencyReading, piece: Piece, state: Collecting): void {
  state.left -= needs.reduce((sum, { targets }) => sum + targets.length, 0)
  if (state.left > 0) return
  const message = 'The document has more dependencies than a plan may have; those after this one were not read.'
  state.notes.add('TOO_LARGE', 'error', piece, message, 'Split the plan, or raise the limit "edges".')
}

/** A list of dependencies of the whole document: what is done already is said, and what names no unit. */
function readDocumentWide(state: Collecting): void {
  const { found, mentions } = state
  const first = found.units[0]
  if (first === undefined) return
  const whole: Unit = { ...first, id: 'the document', kind: 'phase', parent: null, fields: [], aliases: [] }
  for (const { field, piece, sections, ofUnit } of found.loose) {
    if (ofUnit || field !== 'dependsOn' || sections[0] === 'front matter') continue
    const isOrder = readChain(piece, mentions).length + readSentence(piece, mentions).length > 0
    // "Check `tracker show 7` for blockers" is advice.
    if (isOrder || /^(?:check|see|look|run|track)\b/i.test(piece.text)) continue
    const reading = readDependency(piece, { mentions, unit: whole, soft: false, isList: false, units: found.units })
    countValue(whole, piece, reading, state)
  }
}

/** The part of a field that says what its unit waits for; null: it says nothing of that. */
function ownValue({ field, label, piece }: FieldValue): Piece | null {
  const { text } = piece
  switch (field) {
    case 'dependsOn':
    case 'softDependsOn':
    case 'blockers':
      return piece
    case 'canStart':
    case 'status':
      return CONDITION.test(text) ? piece : null
    case 'parallel':
      if (/^\**partial/i.test(text)) return null
      break
    case 'blocks':
    case 'criteria':
    case 'prompt':
      return null
    default:
  }
  const said =
    (text.includes('(') || text.includes('[') ? IN_BRACKETS.exec(text) : null) ??
    (isLine({ field, label }) ? IN_LINE.exec(text) : null)
  return said === null ? null : within(piece, said.index + 1, said[1] as string)
}

/** The text of a list item that is a unit. */
function isLine({ field, label }: Pick<FieldValue, 'field' | 'label'>): boolean {
  return field === 'description' && label === 'text'
}

/** Words in a line may be about something else. */
function isGuess(value: FieldValue): boolean {
  return isLine(value) && !IN_BRACKETS.test(value.piece.text)
}

const GUESSED: ReadonlySet<Outcome> = new Set<Outcome>(['needs'])

function countValue(
  unit: Unit,
  piece: Piece,
  { outcome, needs, unresolved, leftover }: DependencyReading,
  state: Collecting,
): void {
  const { counts, notes } = state
  counts.values++
  const said = quote(piece.text.trim())
  const name = quote(unit.id)
  const isGuess =
    GUESSED.has(outcome) && (needs.some(({ inferred }) => inferred) || /\b(?:all|everything)\b/i.test(piece.text))
  if (outcome === 'satisfied') {
    counts.satisfied++
    notes.add(
      'ALREADY_SATISFIED',
      'info',
      piece,
      `What ${name} waits for is done already: ${said}.`,
      'Nothing waits for it.',
    )
  } else if (outcome === 'free-text') {
    counts.notUnderstood++
    const message = `The dependency ${said} of ${name} names no unit of this document: nothing waits for it.`
    notes.add('FREE_TEXT_DEPENDENCY', 'warning', piece, message, 'Name the units by their ids.')
  } else if (unresolved.length > 0) {
    reportUnresolved(unit, piece, outcome, unresolved, state)
  } else if (isGuess) counts.guessed++
  else counts.understood++
  for (const part of leftover) {
    const message = `The part ${quote(part)} of the dependencies of ${name} names no unit of this document.`
    notes.add('FREE_TEXT_DEPENDENCY', 'warning', piece, message, 'Name the units by their ids.')
  }
  if (isGuess && unresolved.length === 0) {
    const ids = needs.flatMap(({ targets }) => targets.map((target) => target.unit.id))
    const meant = ids.length > 6 ? count(ids.length, 'unit') : quoteAll(ids)
    notes.add(
      'INFERRED',
      'info',
      piece,
      `The dependency ${said} of ${name} was taken to mean ${meant}.`,
      'Name the units by their ids.',
    )
  }
}

function reportUnresolved(
  unit: Unit,
  piece: Piece,
  outcome: Outcome,
  unresolved: readonly string[],
  { counts, notes }: Collecting,
): void {
  counts.notUnderstood++
  const names = quoteAll(unresolved)
  const name = quote(unit.id)
  if (outcome === 'ambiguous') {
    const message = `${name} waits for ${names}, which several units are called.`
    notes.add('AMBIGUOUS_ID', 'warning', piece, message, 'Name the one that is meant by its id.')
    return
  }
  const message = `${name} waits for ${names}, but the document has no such unit.`
  notes.add('UNKNOWN_ID', 'warning', piece, message, 'Add the unit, mend the name, or mark it as done.')
}

/** "None" in one place and a unit in another. */
function warnOfContradiction(
  unit: Unit,
  value: FieldValue,
  reading: DependencyReading,
  { needs, declared, notes }: Collecting,
): void {
  const before = needs.get(unit) ?? []
  if (!value.again || value.field === 'status' || !declared.has(unit)) return
  const known = new Set(before.flatMap(({ targets }) => targets.map((target) => target.unit)))
  const added = reading.needs.flatMap(({ targets }) => targets).filter((target) => !known.has(target.unit))
  if (added.length === 0 || before.length > 0) return
  const names = quoteAll(added.map((target) => target.unit.id))
  const message = `${quote(unit.id)} waits for nothing by its own section, and for ${names} here. It waits.`
  notes.add('DISAGREEMENT', 'warning', value.piece, message, 'Let both say the same.')
}

/** What a unit blocks waits for it. */
function readBlocks(unit: Unit, value: FieldValue, state: Collecting): void {
  if (value.depth > 0 || state.left <= 0) return
  const { mentions, needs, notes, found } = state
  const reading = readDependency(value.piece, { mentions, unit, soft: false, isList: false, units: found.units })
  if (reading.outcome === 'free-text') return
  countValue(unit, value.piece, reading, state)
  spend(reading, value.piece, state)
  for (const need of reading.needs) {
    for (const { unit: blocked } of need.targets) {
      const own = needs.get(unit) ?? []
      if (own.some(({ targets }) => targets.some((target) => target.unit === blocked))) {
        const message = `${quote(unit.id)} is said to block ${quote(blocked.id)}, which it waits for itself. It waits.`
        notes.add('DISAGREEMENT', 'warning', value.piece, message, 'If "blocked by" is meant, write that.')
        continue
      }
      const known = needs.get(blocked) ?? []
      known.push({ ...need, targets: [{ unit, milestone: null }], progress: null, mode: 'all' })
      needs.set(blocked, known)
    }
  }
}

/** Chapters whose arrows mean something else: what merges when, the longest path, what happens in an example. */
const OTHER_ARROWS = /critical|merge|branch|progress|example|timeline|flow of|structure|layout|architecture|rollback/i
const ORDER = /depend|graph|order|sequence|wave|parallel|strategy|execution|diagram|overview/i

function readDrawn({ found, mentions }: Collecting): Drawn {
  const edges: DrawnEdge[] = []
  const starts: Drawn['starts'][number][] = []
  for (const drawing of found.drawings) {
    const about = drawing.label === '' ? (drawing.sections.at(-1) ?? '') : drawing.label
    if (!['', 'text', 'txt', 'ascii', 'mermaid', 'plaintext'].includes(drawing.language)) continue
    if (OTHER_ARROWS.test(about)) continue
    if (isFlowchart(drawing)) {
      edges.push(...readFlowchart(drawing, mentions))
      continue
    }
    const drawn = readDrawing(drawing, mentions)
    edges.push(...drawn.edges)
    starts.push(...drawn.starts)
    if (!ORDER.test(about)) continue
    for (const line of drawing.lines)
      edges.push(...(drawn.edges.length > 0 ? [] : readChain(line, mentions)), ...readSentence(line, mentions))
  }
  for (const { piece, sections, label, field } of found.loose) {
    if (field === 'mergeOrder' || OTHER_ARROWS.test([...sections.slice(1), label].slice(-2).join(' '))) continue
    edges.push(...readSentence(piece, mentions))
    if (/depend/i.test(sections.at(-1) ?? '') || /depend/i.test(label)) edges.push(...readChain(piece, mentions))
  }
  return { edges, starts }
}

/** Arrows that are compared with lists; each may have to be followed through all of them. */
const MOST_COMPARED = 1_000

/** A drawing makes edges for units that say nothing themselves; with the others it is compared. */
function useDrawn({ edges, starts }: Drawn, state: Collecting): void {
  const { declared, needs, notes } = state
  const used = new Set<Unit>()
  for (const { from, to, piece } of edges) {
    if (declared.has(to) || to.kind === 'phase' || from.kind === 'phase' || isAbove(from, to) || isAbove(to, from))
      continue
    used.add(to)
    const known = needs.get(to) ?? []
    const targets = [{ unit: from, milestone: null }]
    known.push({ targets, mode: 'all', progress: null, lag: null, soft: false, inferred: true, piece })
    needs.set(to, known)
  }
  for (const unit of used) {
    const [first] = needs.get(unit) as [Need, ...Need[]]
    const message = `${quote(unit.id)} has no list of dependencies; they were taken from a drawing or a sentence.`
    notes.add('INFERRED', 'info', first.piece, message, 'Write them as a field: "**Dependencies:** …".')
  }
  const reported = new Set<string>()
  for (const { from, to, piece } of edges.slice(0, MOST_COMPARED)) {
    const pair = `${from.id} ${to.id}`
    if (
      used.has(to) ||
      reported.has(pair) ||
      from.kind === 'phase' ||
      reaches(to, from, needs) ||
      reaches(from, to, needs) === 'direct'
    )
      continue
    reported.add(pair)
    const message = `Here ${quote(to.id)} comes after ${quote(from.id)}, but its own dependencies do not say so. They hold.`
    notes.add('DISAGREEMENT', 'warning', piece, message, 'Let both say the same.')
  }
  const [beyond] = edges.slice(MOST_COMPARED)
  if (beyond !== undefined) {
    const message = `The drawings have more than ${count(MOST_COMPARED, 'arrow')}; those after that were compared with nothing.`
    notes.add('TOO_LARGE', 'warning', beyond.piece, message, 'Let the lists say who waits for whom.')
  }
  for (const { unit, piece } of starts) {
    const names = (needs.get(unit) ?? [])
      .filter(({ soft }) => !soft)
      .flatMap(({ targets }) => targets.map((target) => target.unit.id))
    if (names.length === 0 || edges.some(({ to }) => to === unit)) continue
    const message = `The drawing lets ${quote(unit.id)} begin at once, but it waits for ${quoteAll(names)}. The dependencies hold.`
    notes.add('DISAGREEMENT', 'warning', piece, message, 'Let both say the same.')
  }
}

function isAbove(unit: Unit, other: Unit): boolean {
  for (let above = other.parent; above !== null; above = above.parent) if (above === unit) return true
  return false
}

/** Whether `from` waits for `to`, by itself or through others. */
function reaches(from: Unit, to: Unit, needs: ReadonlyMap<Unit, readonly Need[]>): 'direct' | 'through others' | null {
  const seen = new Set<Unit>()
  const pending = [from]
  for (let unit = pending.pop(); unit !== undefined; unit = pending.pop()) {
    if (seen.has(unit)) continue
    seen.add(unit)
    for (const { targets } of needs.get(unit) ?? []) {
      for (const { unit: next } of targets) {
        if (next === to) return unit === from ? 'direct' : 'through others'
        pending.push(next)
      }
    }
  }
  return null
}
