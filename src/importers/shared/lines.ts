/** From text to lines: their marks of quotation taken off, their length bounded. */
import { thousands } from '../../plan/text.js'
import type { Notes } from './notes.js'
import type { Piece, SourceFile } from './types.js'

/** Longest line that is read; what is beyond is cut off. */
export const LONGEST_LINE = 10_000

/** A line without its indentation. */
export interface Line {
  readonly piece: Piece
  readonly indent: number
}

/** The lines of a text, empty ones included. O(length). */
export function readLines(
  { text, file }: { readonly text: string; readonly file: string | undefined },
  notes: Notes,
): readonly Line[] {
  const rows = (text.startsWith('\ufeff') ? text.slice(1) : text).split(text.includes('\r') ? /\r\n|\n|\r/ : '\n')
  return rows.map((row, index) => {
    const line = index + 1
    if (row.length > LONGEST_LINE) {
      const message = `The line has ${thousands(row.length)} characters; what is beyond ${thousands(LONGEST_LINE)} was not read.`
      notes.add('TOO_LARGE', 'warning', { file, line, column: LONGEST_LINE + 1 }, message, 'Break the line.')
    }
    return lineOf(row.length > LONGEST_LINE ? row.slice(0, LONGEST_LINE) : row, file, line)
  })
}

function lineOf(row: string, file: string | undefined, line: number): Line {
  let at = 0
  let indent = 0
  for (; at < row.length; at++) {
    const code = row.charCodeAt(at)
    if (code === SPACE) indent += 1
    else if (code === TAB) indent += 4
    else if (code === QUOTATION) indent = 0
    else break
  }
  return { piece: { text: (at === 0 ? row : row.slice(at)).trimEnd(), file, line, column: at + 1 }, indent }
}

const [TAB, SPACE, QUOTATION] = [9, 32, 62]

/** What begins `offset` characters into a piece. */
export function within(piece: Piece, offset: number, text: string): Piece {
  return { text, file: piece.file, line: piece.line, column: piece.column + offset }
}

/** Whether a text can be no document: it has NUL characters, as binary files and UTF-16 do. */
export function isBinary({ text }: Pick<SourceFile, 'text'>): boolean {
  return text.includes('\0')
}
