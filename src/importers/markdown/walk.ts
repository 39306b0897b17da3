/** What the reader knows while it walks through a document. */
import type { Labelled } from './labels.js'
import type { Registry } from './registry.js'
import type { HeadingUnit } from './survey.js'
import type { Block, Drawing, FieldName, FieldValue, LooseValue, Piece, Unit } from './types.js'

export interface Section {
  readonly level: number
  readonly title: string
  /** Whose section it is, that of a heading above included. */
  readonly unit: Unit | null
  /** The unit is spoken of again here. */
  readonly again: boolean
  /** The field that the heading is. */
  readonly field: FieldName | null
}

export interface OpenLabel {
  readonly field: FieldName | null
  readonly label: string
  /** Items must be deeper; -1: any will do. */
  readonly indent: number
  readonly isHeading: boolean
  hasValue: boolean
  /** Its value stands on its own line: a list after an empty line is something else. */
  readonly isInline: boolean
  /** Of its value: the line that was read last. */
  lastText: string
  /** Indentation of its first item. */
  first: number | null
}

/** A unit that is a list item, inside of another or not. */
export interface OpenItem {
  readonly unit: Unit
  readonly indent: number
  readonly again: boolean
  readonly outer: OpenItem | null
}

/** What is being read, and what was found. */
export interface Walk {
  readonly registry: Registry
  readonly headings: ReadonlyMap<Block, HeadingUnit>
  /** Of lines without a tick box: the labels they begin with. */
  readonly labels: ReadonlyMap<Block, readonly Labelled[]>
  readonly sections: Section[]
  /** Titles of `sections`; null: they have changed since they were asked for. */
  titles: readonly string[] | null
  readonly loose: LooseValue[]
  readonly drawings: Drawing[]
  readonly ignored: Piece[]
  label: OpenLabel | null
  /** A unit that is a list item, and its indentation. */
  item: OpenItem | null
  title: string | null
  fieldCount: number
  /** Units that are rows of tables and have a name only. */
  namedRows: number
}

/** The unit that is being read. */
export function currentUnit({ item, sections }: Walk): Unit | null {
  return item?.unit ?? sections.at(-1)?.unit ?? null
}

/** The same list until the sections change. */
export function sectionTitles(walk: Walk): readonly string[] {
  walk.titles ??= walk.sections.map(({ title }) => title)
  return walk.titles
}

export function isAgain({ item, sections }: Walk): boolean {
  return item?.again ?? sections.at(-1)?.again ?? false
}

/** Gives a unit a value. */
export function give(unit: Unit, value: Omit<FieldValue, 'depth' | 'check'> & Partial<FieldValue>, walk: Walk): void {
  walk.fieldCount++
  unit.fields.push({ depth: 0, check: null, ...value })
}

/** Keeps a line for what is said outside of the units' own fields. */
export function addLoose(block: Block, walk: Walk, piece: Piece): void {
  const { label } = walk
  walk.loose.push({
    sections: sectionTitles(walk),
    label: label?.label ?? '',
    field: label?.field ?? null,
    piece,
    ordered: block.kind === 'item' && block.ordered,
    ofUnit: currentUnit(walk) !== null,
  })
}
