/** Headings that name units: new ones, and those that are spoken of again. */
import { comparable } from '../shared/inline.js'
import { type Naming, namingOf } from './naming.js'
import { newUnit, phaseOf } from './registry.js'
import type { Block, FieldName, Piece, State, Unit } from './types.js'
import { fieldOf, stateOf } from './vocabulary.js'
import { give, sectionTitles, type Walk } from './walk.js'

/** What a heading is about. */
export interface HeadingReading {
  readonly unit: Unit
  readonly again: boolean
  readonly field: FieldName | null
}

/** The unit that a heading names; null: it names none. */
export function unitOfHeading(block: Block, walk: Walk): HeadingReading | null {
  const { registry, headings } = walk
  const phase = enclosingPhase(walk)
  const known = headings.get(block)
  if (known === undefined) return mentionInHeading(block, phase, walk)
  const { naming, kind, defines } = known
  const existing = registry.find(naming, phase)
  if (existing !== null && (!defines || isSame(existing, naming, walk))) {
    return { unit: existing, again: true, field: fieldOf(naming.title) }
  }
  const parent = defines ? (walk.sections.findLast(({ unit }) => unit !== null)?.unit ?? null) : null
  const unit = newUnit(naming, kind, block.piece, parent, sectionTitles(walk))
  registry.add(unit)
  readAttributes(unit, naming, block.piece, walk)
  return { unit, again: false, field: null }
}

/** The phase that is being read. */
export function enclosingPhase({ sections }: Walk): Unit | null {
  const unit = sections.at(-1)?.unit ?? null
  return unit?.kind === 'phase' ? unit : unit === null ? null : phaseOf(unit)
}

/** A unit that was a list item before, or goes by another word. */
function isSame(existing: Unit, naming: Naming, walk: Walk): boolean {
  if (existing.word !== naming.word) return true
  const [a, b] = [comparable(existing.title), comparable(naming.title)]
  const isAlike = a === '' || b === '' || a.includes(b) || b.includes(a)
  return isAlike && existing.piece.file === walk.sections.at(-1)?.unit?.piece.file
}

/** "Agent A Prompt", "Alerting Squad (10 files)", "Week 1 gate (track A)": a unit is spoken of again. */
function mentionInHeading(block: Block, phase: Unit | null, { registry }: Walk): HeadingReading | null {
  const naming = namingOf(block.piece.text)
  if (naming === null || naming.form === 'number') return null
  const unit = registry.find(naming, phase)
  if (unit === null || unit.kind === 'phase') return null
  return { unit, again: true, field: naming.joined || naming.title !== unit.title ? fieldOf(naming.title) : null }
}

/** Pictures before a name decorate it; ticks after it say something. */
function stateOfName(text: string): State {
  return stateOf(text.replace(/^[^\p{L}\p{N}]+/u, '').replace(/\([^)]*(?:when|after|once)[^)]*\)|🔄/giu, ''))
}

const WAIT = /\b(?:can start|start|starts|needs|requires|depends on|blocked by|waits for)\b:?\s*/i

/** What the brackets after a name say: an estimate, a priority, a state, what it waits for. */
export function readAttributes(unit: Unit, { attributes }: Naming, piece: Piece, walk: Walk): void {
  const raw = piece.text
  unit.state = stateOfName(raw)
  for (const text of attributes) {
    const at = Math.max(0, raw.indexOf(text))
    const part: Piece = { ...piece, text, column: piece.column + at }
    const value = { label: 'heading', piece: part, again: false }
    if (/\boptional\b/i.test(text)) give(unit, { ...value, field: 'optional' }, walk)
    if (WAIT.test(text)) give(unit, { ...value, field: 'canStart' }, walk)
    else if (/\bP[0-4]\b|\bpriority\b/i.test(text)) give(unit, { ...value, field: 'priority' }, walk)
    else if (/\d\s*-?(?:h|hours?|hrs?|min|minutes?|d|days?)\b/i.test(text))
      give(unit, { ...value, field: 'estimate' }, walk)
  }
}
