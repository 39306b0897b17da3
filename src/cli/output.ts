/** The one way out: lines for people, and one JSON document for programs. All text is escaped on the way. */
import { type Line, renderLine } from '../reporters/shared/line.js'
import type { OutputStream } from '../reporters/terminal/run.js'
import type { Io } from './io.js'

export type Format = 'people' | 'json'

export interface Output {
  readonly format: Format
  /** Where what people read goes: stdout, or stderr where stdout belongs to the JSON document. */
  readonly stream: OutputStream
  /** Whether `stream` is a terminal that takes cursor movements. */
  readonly isLive: boolean
  readonly colour: 'colour' | 'plain'
  /** Prints lines for people to `stream`. */
  print(lines: readonly Line[]): void
  /** Prints lines to stderr: what went wrong, and advice. */
  warn(lines: readonly Line[]): void
  /** Prints the document, where the format is `json`. To be called once. */
  document(value: object): void
}

export function createOutput(io: Io, format: Format): Output {
  const stream = format === 'json' ? io.stderr : io.stdout
  const colour = colourOf(stream, io)
  return {
    format,
    stream,
    isLive: stream.isTTY === true && io.env.TERM !== 'dumb',
    colour,
    print: (lines) => write(stream, lines, colour),
    warn: (lines) => write(io.stderr, lines, colourOf(io.stderr, io)),
    document: (value) => {
      if (format === 'json') io.stdout.write(`${jsonText(value)}\n`)
    },
  }
}

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org). */
function colourOf(stream: OutputStream, { env }: Io): 'colour' | 'plain' {
  const isWanted = stream.isTTY === true && env.TERM !== 'dumb' && (env.NO_COLOR ?? '') === ''
  return isWanted ? 'colour' : 'plain'
}

function write(stream: OutputStream, lines: readonly Line[], colour: 'colour' | 'plain'): void {
  if (lines.length > 0) stream.write(lines.map((line) => `${renderLine(line, { colour })}\n`).join(''))
}

/** JSON leaves DEL, C1, bidi and zero-width characters as they are; a terminal would not. */
const OBEYED = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

/** The value as JSON, fit for a terminal. */
export function jsonText(value: object): string {
  return JSON.stringify(value, null, 2).replace(OBEYED, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at))}`).join(''),
  )
}

function hex(unit: number): string {
  return unit.toString(16).padStart(4, '0')
}
