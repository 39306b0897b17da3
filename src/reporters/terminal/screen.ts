/** Draws frames in place at the end of what is on the terminal. */
import { type Line, lineWidth, renderLine } from '../shared/line.js'
import type { OutputStream } from './run.js'

export interface Screen {
  readonly columns: number
  readonly rows: number
  /** Puts these lines in place of the last ones. Left out while the terminal has not taken the last frame. */
  draw(lines: readonly Line[]): void
  /** Leaves these lines where they are and gives the terminal back. Does nothing the second time. */
  close(lines: readonly Line[]): void
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** A line that turns out wider than we think must not push the others down. */
const STOP_WRAPPING = '\u001b[?7l'
const WRAP = '\u001b[?7h'
const CLEAR_REST_OF_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** Where the terminal does not say, or says 0. */
const USUAL_COLUMNS = 80
const USUAL_ROWS = 24

/** Takes the terminal over: hides the cursor until `close`. */
export function openScreen(stream: OutputStream, colour: 'colour' | 'plain', onResize: () => void): Screen {
  // The last column stays empty: a cursor that stands in it erases it with the rest of the line.
  const columns = (): number => Math.max(1, (stream.columns || USUAL_COLUMNS) - 1)
  const rows = (): number => stream.rows || USUAL_ROWS
  /** Widths of the lines drawn last, as far as they fitted. */
  let drawn: readonly number[] = []
  let isFull = false
  let isClosed = false
  const onDrain = (): void => {
    isFull = false
  }
  stream.on?.('drain', onDrain)
  stream.on?.('resize', onResize)
  stream.write(HIDE_CURSOR)

  /** Terminals break lines anew when they become narrower, so that the last frame may now take more rows. */
  function toStart(): string {
    const width = columns() + 1
    const taken = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line / width)), 0)
    const up = Math.min(taken, rows() - 1)
    return up === 0 ? '\r' : `\r\u001b[${up}A`
  }

  function paint(lines: readonly Line[]): string {
    const width = columns()
    const text = lines.map((line) => `${renderLine(line, { colour, width })}${CLEAR_REST_OF_LINE}\r\n`).join('')
    const painted = `${STOP_WRAPPING}${toStart()}${text}${CLEAR_BELOW}${WRAP}`
    drawn = lines.map((line) => Math.min(width, lineWidth(line)))
    return painted
  }

  return {
    get columns() {
      return columns()
    },
    get rows() {
      return rows()
    },
    draw: (lines) => {
      if (isClosed || isFull) return
      isFull = !stream.write(paint(lines))
    },
    close: (lines) => {
      if (isClosed) return
      isClosed = true
      stream.off?.('drain', onDrain)
      stream.off?.('resize', onResize)
      stream.write(`${paint(lines)}${SHOW_CURSOR}`)
    },
  }
}
