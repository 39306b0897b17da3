/** A terminal that understands what a live view may send, and nothing else. */
import type { OutputStream } from '../../src/reporters/terminal/run.js'

export interface FakeTerminal extends OutputStream {
  columns: number
  rows: number
  /** Everything sent so far. */
  sent: string
  /** How often something was sent. */
  writes: number
  isCursorShown: boolean
  wraps: boolean
  /** `false`: `write` answers that it is full. */
  hasRoom: boolean
  /** The lines on the screen and above it, without blanks at their ends and without empty lines at the end. */
  screen(): readonly string[]
  resize(columns: number, rows: number): void
  emit(event: 'resize' | 'drain'): void
}

/** A sequence that a live view may send: colours, up, erasing, cursor and wrapping. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal reads them.
const SEQUENCE = /\u001b\[(\?25[lh]|\?7[lh]|\d+A|K|J|\d+m)|\r|\n|[^\u001b\r\n]/gu

export function fakeTerminal(columns = 80, rows = 24): FakeTerminal {
  const listeners = { resize: new Set<() => void>(), drain: new Set<() => void>() }
  const lines: string[][] = [[]]
  let row = 0
  let column = 0
  const terminal: FakeTerminal = {
    isTTY: true,
    columns,
    rows,
    sent: '',
    writes: 0,
    isCursorShown: true,
    wraps: true,
    hasRoom: true,
    write: (text) => {
      terminal.sent += text
      terminal.writes += 1
      let read = 0
      for (const { 0: part } of text.matchAll(SEQUENCE)) {
        read += part.length
        obey(part)
      }
      if (read !== text.length) throw new Error(`The terminal does not know ${JSON.stringify(text)}.`)
      return terminal.hasRoom
    },
    on: (event, listener) => listeners[event].add(listener),
    off: (event, listener) => listeners[event].delete(listener),
    screen: () => {
      const texts = lines.map((line) =>
        Array.from(line, (cell) => cell ?? ' ')
          .join('')
          .trimEnd(),
      )
      while (texts.at(-1) === '') texts.pop()
      return texts
    },
    resize: (newColumns, newRows) => {
      terminal.columns = newColumns
      terminal.rows = newRows
      reflow()
      terminal.emit('resize')
    },
    emit: (event) => {
      for (const listener of [...listeners[event]]) listener()
    },
  }
  return terminal

  function obey(part: string): void {
    if (part === '\r') column = 0
    else if (part === '\n') startLine()
    else if (part.startsWith('\u001b[')) obeySequence(part.slice(2))
    else {
      lines[row]![column] = part
      column += 1
    }
  }

  function startLine(): void {
    row += 1
    column = 0
    lines[row] ??= []
  }

  /** As most terminals do, breaks lines anew that are too long now. */
  function reflow(): void {
    const broken = lines.map((line) => {
      const count = Math.max(1, Math.ceil(line.length / terminal.columns))
      return Array.from({ length: count }, (_, at) => line.slice(at * terminal.columns, (at + 1) * terminal.columns))
    })
    row = broken.slice(0, row).flat().length
    lines.splice(0, lines.length, ...broken.flat())
  }

  function obeySequence(code: string): void {
    if (code === '?25l' || code === '?25h') terminal.isCursorShown = code === '?25h'
    else if (code === '?7l' || code === '?7h') terminal.wraps = code === '?7h'
    else if (code.endsWith('A')) row = Math.max(0, row - Number.parseInt(code, 10))
    else if (code === 'K') lines[row]!.length = Math.min(lines[row]!.length, column)
    else if (code === 'J') {
      lines[row]!.length = Math.min(lines[row]!.length, column)
      lines.length = row + 1
    }
  }
}
