/** Splits output into lines, in bounded memory. */

const NEWLINE = 10
const CARRIAGE_RETURN = 13
const MOST_PARTS = 256

/** A line without its end. */
export interface OutputLine {
  /** Its beginning, if it was longer than the limit. */
  readonly bytes: Buffer
  readonly isCut: boolean
  /** Whether its end has come: what a program that was killed had begun to print has none. */
  readonly isWhole: boolean
  /** Bytes of the output up to the end of it, its newline included. */
  readonly endsAt: number
}

export class Lines {
  private readonly maxBytes: number
  private readonly onLine: (line: OutputLine) => void
  private readonly kept: Buffer[] = []
  private keptBytes = 0
  private isCut = false
  /** Bytes that have come. */
  private at = 0

  constructor(maxBytes: number, onLine: (line: OutputLine) => void) {
    this.maxBytes = maxBytes
    this.onLine = onLine
  }

  push(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.keep(chunk.subarray(from, end))
      from = end + 1
      this.tell(true, this.at + from)
    }
    this.at += chunk.length
    // A copy: the rest of the chunk must not stay for it.
    if (from < chunk.length) this.keep(Buffer.from(chunk.subarray(from)))
  }

  /** There is no more. */
  end(): void {
    if (this.keptBytes > 0 || this.isCut) this.tell(false, this.at)
  }

  private keep(part: Buffer): void {
    const room = this.maxBytes - this.keptBytes
    if (part.length > room) this.isCut = true
    const taken = part.length > room ? part.subarray(0, room) : part
    if (taken.length === 0) return
    this.kept.push(taken)
    this.keptBytes += taken.length
    // A program may print byte by byte.
    if (this.kept.length >= MOST_PARTS) this.kept.splice(0, this.kept.length, Buffer.concat(this.kept))
  }

  private tell(isWhole: boolean, endsAt: number): void {
    const all = this.kept.length === 1 ? this.kept[0]! : Buffer.concat(this.kept)
    const bytes = all.at(-1) === CARRIAGE_RETURN ? all.subarray(0, -1) : all
    const { isCut } = this
    this.kept.length = 0
    this.keptBytes = 0
    this.isCut = false
    this.onLine({ bytes, isCut, isWhole, endsAt })
  }
}
