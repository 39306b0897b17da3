/** What the reader of Markdown hands from one step to the next: pieces of text, blocks, units with their fields. */

import type { Piece, State } from '../shared/types.js'

export type { Block, Piece, Place, SourceFile as MarkdownFile, State } from '../shared/types.js'

/** What a field says; the words that stand for each are in `vocabulary.ts`. */
export type FieldName =
  | 'agent'
  | 'agentType'
  | 'aliases'
  | 'blockers'
  | 'blocks'
  | 'branch'
  | 'canStart'
  | 'criteria'
  | 'deliverables'
  | 'dependsOn'
  | 'description'
  | 'estimate'
  | 'extract'
  | 'files'
  | 'forbidden'
  | 'mergeOrder'
  | 'milestones'
  | 'name'
  | 'optional'
  | 'owns'
  | 'parallel'
  | 'phase'
  | 'priority'
  | 'prompt'
  | 'shared'
  | 'softDependsOn'
  | 'status'
  | 'tasks'
  | 'tests'

/** One value of a field: what follows the label on its line, one item of the list below it, a cell of a table. */
export interface FieldValue {
  readonly field: FieldName
  /** As written. */
  readonly label: string
  readonly piece: Piece
  /** How deep its item is nested below the label. */
  readonly depth: number
  readonly check: State | null
  /** It is an item of a numbered list. */
  readonly ordered?: boolean
  /** The lines of a code block. */
  readonly lines?: readonly Piece[]
  /** It stands where the unit is spoken of again, or in an overview. */
  readonly again: boolean
}

/** Streams have tasks; phases hold streams and tasks. */
export type UnitKind = 'stream' | 'task' | 'phase'

/** A piece of work the document speaks of. */
export interface Unit {
  readonly kind: UnitKind
  /** Its word in the singular, lower case ("track"); null: only a code, a number or a title. */
  readonly word: string | null
  /** As written: "A", "1", "1.1", "WS-001", "Monitor". */
  readonly key: string
  /** Whether the key is what people call it by; else it was made from the title. */
  readonly named: boolean
  readonly title: string
  /** Of its record in the plan. */
  id: string
  readonly piece: Piece
  readonly parent: Unit | null
  /** Titles of the headings above it, outermost first. */
  readonly sections: readonly string[]
  readonly fields: FieldValue[]
  /** Other names it goes by. */
  readonly aliases: string[]
  state: State
  /** The unit itself is a guess. */
  readonly inferred: boolean
}

/** A value outside of every unit, with the headings above it. */
export interface LooseValue {
  readonly sections: readonly string[]
  /** The label it stands under, as written; empty: none. */
  readonly label: string
  readonly field: FieldName | null
  readonly piece: Piece
  readonly ordered: boolean
  /** It is also a value of a unit's own field. */
  readonly ofUnit: boolean
}

/** A code block with what stands above it. */
export interface Drawing {
  readonly sections: readonly string[]
  readonly label: string
  readonly language: string
  readonly lines: readonly Piece[]
  readonly unit: Unit | null
}

/** All that was found in the files. */
export interface Found {
  /** Title of the first document. */
  readonly title: string | null
  /** In the order of the documents. */
  readonly units: readonly Unit[]
  readonly loose: readonly LooseValue[]
  readonly drawings: readonly Drawing[]
  /** Labels that mean nothing to the reader, with their places. */
  readonly ignored: readonly Piece[]
  readonly fieldCount: number
}

/** What a unit waits for, by one statement. */
export interface Need {
  readonly targets: readonly Target[]
  readonly mode: 'all' | 'any'
  /** Share that must be done; null: all. */
  readonly progress: number | null
  readonly lag: string | null
  readonly soft: boolean
  readonly inferred: boolean
  readonly piece: Piece
}

export interface Target {
  readonly unit: Unit
  readonly milestone: string | null
}
