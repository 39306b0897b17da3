/** Pieces of text with their places, and the blocks that Markdown is made of. */

/** A file to read. */
export interface SourceFile {
  /** Its name in diagnostics and sources; relative to the folder, where a folder is read. */
  readonly file: string
  readonly text: string
}

/** Where something stands. */
export interface Place {
  readonly file: string | undefined
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

/** A part of a line, and where it begins. */
export interface Piece extends Place {
  readonly text: string
}

/** `active`: in progress. */
export type State = 'open' | 'active' | 'done'

interface BlockBase {
  readonly piece: Piece
  /** Columns before the text, a tab counted as four. */
  readonly indent: number
  /** The line before was empty, or there was none. */
  readonly afterBlank: boolean
}

/** One or more lines of one kind. */
export type Block =
  | (BlockBase & { readonly kind: 'heading'; readonly level: number })
  | (BlockBase & { readonly kind: 'item'; readonly ordered: boolean; readonly check: State | null })
  | (BlockBase & { readonly kind: 'row'; readonly header: readonly string[]; readonly cells: readonly Piece[] })
  | (BlockBase & { readonly kind: 'fence'; readonly language: string; readonly lines: readonly Piece[] })
  | (BlockBase & { readonly kind: 'entry'; readonly key: string; readonly values: readonly Piece[] })
  | (BlockBase & { readonly kind: 'text' })
