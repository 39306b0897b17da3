/** From blocks to units with their fields, and to what is said outside of them. */
import { plain } from '../shared/inline.js'
import { type Labelled, labelsOf } from './labels.js'
import { SENTENCES, takeListUnit } from './list-units.js'
import { createRegistry, newUnit } from './registry.js'
import { levelOf, surveyHeadings } from './survey.js'
import { readRow } from './tables.js'
import type { Block, FieldName, Found, Piece, State, Unit } from './types.js'
import { unitOfHeading } from './unit-headings.js'
import { fieldOf } from './vocabulary.js'
import { addLoose, currentUnit, give, isAgain, type OpenLabel, sectionTitles, type Walk } from './walk.js'

type Line = Extract<Block, { readonly kind: 'item' | 'text' }>

/** What all documents together say. O(blocks × depth of headings). */
export function readUnits(documents: readonly (readonly Block[])[]): Found {
  const registry = createRegistry()
  const surveys = documents.map(surveyHeadings)
  const walk: Walk = {
    registry,
    headings: new Map(surveys.flatMap(({ units }) => [...units])),
    labels: new Map(surveys.flatMap(({ labels }) => [...labels])),
    sections: [],
    titles: null,
    loose: [],
    drawings: [],
    ignored: [],
    label: null,
    item: null,
    title: null,
    fieldCount: 0,
    namedRows: 0,
  }
  for (const blocks of documents) {
    walk.sections.length = 0
    walk.titles = null
    walk.label = null
    walk.item = null
    openFile(blocks, walk)
    for (const block of blocks) take(block, walk)
  }
  const { loose, drawings, ignored, title, fieldCount } = walk
  return { title, units: registry.units, loose, drawings, ignored, fieldCount }
}

/** A file whose front matter says what it depends on is a unit, called as the file is. */
function openFile(blocks: readonly Block[], walk: Walk): void {
  const entries = blocks.filter((block) => block.kind === 'entry')
  const first = entries.find(({ key }) => fieldOf(key) === 'dependsOn')
  const name = entries.find(({ key }) => fieldOf(key) === 'name')?.values[0]
  const id = entries.find(({ key }) => key === 'id')?.values[0]?.text
  if (first === undefined || name === undefined) return
  const key = id ?? (first.piece.file ?? '').replace(/^.*[/\\]/, '').replace(/\.\w+$/, '')
  const naming = { form: 'number', word: null, key: key === '' ? name.text : key, title: name.text } as const
  const existing = walk.registry.find(naming, null)
  const unit = newUnit(naming, 'task', first.piece, null, [])
  if (existing === null || existing.piece.file !== unit.piece.file) walk.registry.add(unit)
  walk.titles = null
  walk.sections.push({ level: 0, title: name.text, unit, again: false, field: null })
}

function take(block: Block, walk: Walk): void {
  if (levelOf(block) !== null) return takeHeading(block, walk)
  switch (block.kind) {
    case 'fence':
      return takeFence(block, walk)
    case 'row':
      return readRow(block, walk)
    case 'entry':
      return takeEntry(block, walk)
    case 'item':
    case 'text':
      return takeLine(block, walk)
    case 'heading':
      return
    default:
      block satisfies never
  }
}

function takeHeading(block: Block, walk: Walk): void {
  const level = levelOf(block) as number
  const { sections } = walk
  while ((sections.at(-1)?.level ?? 0) >= level) sections.pop()
  walk.titles = null
  walk.label = null
  walk.item = null
  const { piece } = block
  const title = plain(piece.text)
  if (level === 1) walk.title ??= title
  const above = sections.at(-1)
  const unit = unitOfHeading(block, walk)
  const { field, again } = unit === null ? { field: fieldOf(piece.text), again: above?.again ?? false } : unit
  walk.titles = null
  sections.push({ level, title, unit: unit?.unit ?? above?.unit ?? null, again, field })
  const inherited = unit?.again === true ? (above?.field ?? null) : null
  openHeadingLabel(field ?? inherited, title, walk)
  if (unit === null) takeHeadingField(piece, walk)
}

/** `### Duration: 2-3 hours`. */
function takeHeadingField(piece: Piece, walk: Walk): void {
  for (const { field, label, value } of labelsOf(piece)) {
    if (field !== null && value.text !== '') takeField(currentUnit(walk), field, label, value, null, walk)
  }
}

function openHeadingLabel(field: FieldName | null, title: string, walk: Walk): void {
  if (field === null) return
  const value = { hasValue: false, isInline: false, lastText: '' }
  walk.label = { field, label: title, indent: -1, isHeading: true, ...value, first: null }
}

function takeEntry({ key, values, piece }: Extract<Block, { kind: 'entry' }>, walk: Walk): void {
  const field = fieldOf(key)
  if (field === null || values.length === 0) return
  const unit = currentUnit(walk)
  for (const value of values) {
    if (unit !== null) give(unit, { field, label: key, piece: value, again: false }, walk)
    else walk.loose.push({ sections: ['front matter'], label: key, field, piece: value, ordered: false, ofUnit: false })
  }
  if (field === 'name') walk.title ??= values[0]?.text ?? piece.text
}

function takeFence(block: Extract<Block, { kind: 'fence' }>, walk: Walk): void {
  const { language, lines, piece } = block
  const { label } = walk
  const unit = currentUnit(walk)
  if (unit !== null && label !== null && label.field !== null) {
    label.hasValue = true
    give(unit, { field: label.field, label: label.label, piece, lines, again: isAgain(walk) }, walk)
  }
  walk.drawings.push({ sections: sectionTitles(walk), label: label?.label ?? '', language, lines, unit })
}

function takeLine(block: Line, walk: Walk): void {
  closeWhatEnded(block, walk)
  if (block.kind === 'item' && takeListUnit(block, walk)) return
  const hasBox = block.kind === 'item' && block.check !== null
  const labels = hasBox ? labelsOf(block.piece) : walk.labels.get(block)
  if (labels !== undefined && labels.length > 0 && takeLabels(labels, block, walk)) return
  if (endsLabel(block, walk)) walk.label = restoredLabel(walk)
  takeValue(block, walk)
}

const WAITS: ReadonlySet<FieldName> = new Set<FieldName>([
  'dependsOn',
  'softDependsOn',
  'blockers',
  'blocks',
  'canStart',
])

/** After a list of dependencies on one line, the next line goes on with it only where the list is not at its end. */
function endsLabel({ kind, piece }: Line, { label }: Walk): boolean {
  if (kind !== 'text' || label?.isInline !== true || label.field === null || !WAITS.has(label.field)) return false
  return !/[,;&+(]$|\b(?:and|or)$/i.test(label.lastText) || /^[\p{Lu}][\p{L} /-]{1,30}:\s/u.test(piece.text)
}

function closeWhatEnded(block: Line, walk: Walk): void {
  const { item, label } = walk
  const leaves = (indent: number): boolean => block.indent <= indent && (block.kind === 'item' || block.afterBlank)
  if (item !== null && leaves(item.indent)) {
    while (walk.item !== null && leaves(walk.item.indent)) walk.item = walk.item.outer
    walk.label = label?.isHeading === true ? label : restoredLabel(walk)
  } else if (label !== null && !label.isHeading && label.indent >= 0 && leaves(label.indent)) {
    walk.label = restoredLabel(walk)
  } else if (label?.isInline === true && block.afterBlank) {
    walk.label = restoredLabel(walk)
  } else if (label !== null && !label.isHeading && block.kind === 'text' && block.afterBlank && label.hasValue) {
    walk.label = restoredLabel(walk)
  }
}

/** What the heading says holds again when a label inside it has ended. */
function restoredLabel({ sections, item }: Walk): OpenLabel | null {
  const section = sections.at(-1)
  if (section === undefined || section.field === null || item !== null) return null
  return {
    field: section.field,
    label: section.title,
    indent: -1,
    isHeading: true,
    hasValue: true,
    isInline: false,
    lastText: '',
    first: 0,
  }
}

/** Whether the labels were taken as fields; else the line is a value of the label above. */
function takeLabels(labels: readonly Labelled[], block: Line, walk: Walk): boolean {
  const { label } = walk
  const [first] = labels as readonly [Labelled, ...Labelled[]]
  const isItem = block.kind === 'item'
  if (isItem && label?.field != null && SENTENCES.has(label.field)) return false
  if (isItem && label?.field != null && (first.field === null || !first.bold) && walk.item === null) return false
  if (isItem && label === null && first.field === null) return false
  const unit = currentUnit(walk)
  for (const { field, label: text, value } of labels) {
    const inherited = field
    if (inherited === null) {
      walk.ignored.push({ ...value, text })
    } else if (value.text !== '') {
      takeField(unit, inherited, text, value, null, walk)
    }
    walk.label = {
      field,
      label: text,
      indent: isItem ? block.indent : -1,
      isHeading: false,
      hasValue: value.text !== '',
      isInline: value.text !== '',
      lastText: value.text,
      first: null,
    }
    if (field === null) addLoose(block, walk, block.piece)
  }
  return true
}

function takeField(
  unit: Unit | null,
  field: FieldName,
  label: string,
  piece: Piece,
  check: State | null,
  walk: Walk,
): void {
  if (unit !== null) return give(unit, { field, label, piece, check, again: isAgain(walk) }, walk)
  walk.loose.push({ sections: sectionTitles(walk), label, field, piece, ordered: false, ofUnit: false })
}

function takeValue(block: Line, walk: Walk): void {
  const { label } = walk
  const unit = currentUnit(walk)
  if (unit === null) return takeLoose(block, walk)
  const check = block.kind === 'item' ? block.check : null
  const field = label === null || (check !== null && !SENTENCES.has(label.field)) ? defaultField(check) : label.field
  // Also what a unit's own section says of other units is wanted: owners of shared files, orders of merging.
  addLoose(block, walk, block.piece)
  if (field === null) return
  if (label !== null) label.first ??= block.indent
  const depth = label?.first != null && block.indent > label.first ? 1 : 0
  if (label !== null) {
    label.hasValue = true
    label.lastText = block.piece.text
  }
  if (block.kind === 'text' && label === null) return
  give(
    unit,
    {
      field,
      label: label?.label ?? '',
      piece: block.piece,
      depth,
      check,
      again: isAgain(walk),
      ordered: block.kind === 'item' && block.ordered,
    },
    walk,
  )
}

function defaultField(check: State | null): FieldName {
  return check === null ? 'description' : 'tasks'
}

function takeLoose(block: Line, walk: Walk): void {
  const { label } = walk
  if (label !== null) label.hasValue = true
  if (block.kind === 'item' && block.check !== null && label?.field !== 'criteria') {
    walk.loose.push({
      sections: sectionTitles(walk),
      label: label?.label ?? '',
      field: 'tasks',
      piece: block.piece,
      ordered: false,
      ofUnit: false,
    })
    return
  }
  addLoose(block, walk, block.piece)
}
