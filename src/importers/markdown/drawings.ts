/** Dependency graphs drawn with lines and arrows: which unit's line leads to which other's arrow head. */
import { within } from '../shared/lines.js'
import type { Mentions } from './mentions.js'
import type { Drawing, Piece, Unit } from './types.js'

/** `to` waits for `from` by a drawing, a chain of arrows or a sentence. */
export interface DrawnEdge {
  readonly from: Unit
  readonly to: Unit
  readonly piece: Piece
}

export interface Drawn {
  readonly edges: readonly DrawnEdge[]
  /** Units that a drawing lets begin at once. */
  readonly starts: readonly { readonly unit: Unit; readonly piece: Piece }[]
}

/** Directions a character of a line leads to. */
type Side = 'up' | 'down' | 'left' | 'right'
const LINES: ReadonlyMap<string, readonly Side[]> = new Map<string, readonly Side[]>([
  ...Array.from('─━═', (character) => [character, ['left', 'right']] as const),
  ...Array.from('│┃║', (character) => [character, ['up', 'down']] as const),
  ['┌', ['right', 'down']],
  ['┐', ['left', 'down']],
  ['└', ['up', 'right']],
  ['┘', ['up', 'left']],
  ['├', ['up', 'down', 'right']],
  ['┤', ['up', 'down', 'left']],
  ['┬', ['left', 'right', 'down']],
  ['┴', ['left', 'right', 'up']],
  ['┼', ['left', 'right', 'up', 'down']],
])
/** Arrow heads: where the line comes from, and where it leads to. */
const HEADS: ReadonlyMap<string, readonly [Side, Side]> = new Map<string, readonly [Side, Side]>([
  ...Array.from('→▶►>', (character) => [character, ['left', 'right']] as const),
  ...Array.from('▼↓', (character) => [character, ['up', 'down']] as const),
])
const STEP: Readonly<Record<Side, readonly [number, number]>> = {
  up: [-1, 0],
  down: [1, 0],
  left: [0, -1],
  right: [0, 1],
}
const SIDES: readonly Side[] = ['up', 'down', 'left', 'right']
const BACK: Readonly<Record<Side, Side>> = { up: 'down', down: 'up', left: 'right', right: 'left' }

interface Label {
  readonly text: string
  readonly row: number
  /** From the first column to after the last. */
  readonly start: number
  readonly end: number
}

/** Characters of a drawing that are looked at. */
const LARGEST = 200_000
/** Columns between a line and the words at its end. */
const GAP = 3
/** Pairs that one network of lines may stand for. */
const MOST_PAIRS = 400

/** The edges of one drawing. O(characters). */
export function readDrawing({ lines }: Drawing, mentions: Mentions): Drawn {
  const rows = lines.map(({ text }) => text)
  const edges: DrawnEdge[] = []
  const starts: { readonly unit: Unit; readonly piece: Piece }[] = []
  if (rows.reduce((sum, row) => sum + row.length, 0) > LARGEST) return { edges, starts }
  const labels = rows.map((row, at) => labelsOfRow(row, at))
  for (const { from, to } of networksOf(rows, labels)) {
    const sources = from.flatMap((label) => unitsOf(label, mentions))
    const begins = from.some(({ text }) => /^\[?\s*start\b/i.test(text))
    for (const label of to) {
      const piece = within(lines[label.row] as Piece, label.start, label.text)
      for (const unit of unitsOf(label, mentions)) {
        if (begins) starts.push({ unit, piece })
        if (sources.length * to.length > MOST_PAIRS) continue
        for (const source of sources) if (source !== unit) edges.push({ from: source, to: unit, piece })
      }
    }
  }
  return { edges, starts }
}

/** The units a label begins with. */
function unitsOf({ text }: Label, mentions: Mentions): readonly Unit[] {
  return mentions
    .scan(text, null)
    .filter(({ start }) => start <= 3)
    .flatMap(({ units }) => units)
}

function labelsOfRow(row: string, at: number): readonly Label[] {
  const labels: Label[] = []
  for (const match of row.matchAll(/[^\s─━═│┃║┌┐└┘├┤┬┴┼→▶►▼↓]+(?: [^\s─━═│┃║┌┐└┘├┤┬┴┼→▶►▼↓]+)*/g)) {
    const text = match[0]
    if (/^[>|+-]+$/.test(text)) continue
    const skip = /^>\s*/.exec(text)?.[0].length ?? 0
    labels.push({ text: text.slice(skip), row: at, start: match.index + skip, end: match.index + text.length })
  }
  return labels
}

interface Network {
  readonly from: Label[]
  readonly to: Label[]
}

/** Connected lines, with the labels they come from and the labels their heads point to. */
function networksOf(rows: readonly string[], labels: readonly (readonly Label[])[]): readonly Network[] {
  const seen = new Set<string>()
  const networks: Network[] = []
  for (let row = 0; row < rows.length; row++) {
    for (let column = 0; column < (rows[row] as string).length; column++) {
      if (seen.has(`${row} ${column}`) || !LINES.has((rows[row] as string)[column] as string)) continue
      networks.push(follow(row, column, rows, labels, seen))
    }
  }
  return networks
}

function follow(
  row: number,
  column: number,
  rows: readonly string[],
  labels: readonly (readonly Label[])[],
  seen: Set<string>,
): Network {
  const network: Network = { from: [], to: [] }
  const pending: (readonly [number, number])[] = [[row, column]]
  for (let cell = pending.pop(); cell !== undefined; cell = pending.pop()) {
    const [at, left] = cell
    if (seen.has(`${at} ${left}`)) continue
    seen.add(`${at} ${left}`)
    const own = LINES.get(rows[at]?.[left] as string) ?? []
    for (const side of SIDES) {
      const [down, right] = STEP[side]
      const next: readonly [number, number] = [at + down, left + right]
      const character = rows[next[0]]?.[next[1]] ?? ' '
      const head = HEADS.get(character)
      if (isJoined(own, LINES.get(character) ?? [], side)) pending.push(next)
      else if (!own.includes(side)) continue
      else if (head?.[0] === BACK[side]) add(network.to, labelFrom(next, head[1], labels))
      else if (side === 'left' || side === 'up') add(network.from, labelFrom([at, left], side, labels))
    }
  }
  return network
}

/** Whether a line goes on: both ends lead to each other, or a vertical line meets a corner that somebody drew the other way. */
function isJoined(own: readonly Side[], other: readonly Side[], side: Side): boolean {
  if (own.includes(side) && other.includes(BACK[side])) return true
  if (side === 'left' || side === 'right' || own.length === 0 || other.length === 0) return false
  const isVertical = (sides: readonly Side[]): boolean =>
    sides.length === 2 && sides.includes('up') && sides.includes('down')
  return isVertical(own) !== isVertical(other) && (isVertical(own) ? isCorner(other) : isCorner(own))
}

function isCorner(sides: readonly Side[]): boolean {
  return sides.includes('up') || sides.includes('down')
}

function add(labels: Label[], label: Label | null): void {
  if (label !== null && !labels.includes(label)) labels.push(label)
}

/** The label next to a cell on that side. */
function labelFrom(
  [row, column]: readonly [number, number],
  side: Side,
  labels: readonly (readonly Label[])[],
): Label | null {
  if (side === 'left') return labels[row]?.find(({ end }) => end <= column && column - end <= GAP) ?? null
  if (side === 'right') return labels[row]?.find(({ start }) => start > column && start - column <= GAP) ?? null
  const step = side === 'up' ? -1 : 1
  for (let distance = 1; distance <= 2; distance++) {
    const found = labels[row + step * distance]?.find(({ start, end }) => start - GAP <= column && column < end + GAP)
    if (found !== undefined) return found
  }
  return null
}

const ARROW = /\s*(?:→|[-─=]{1,6}>|──+→)\s*/

/** The edges of a chain such as `A → B → D`, every link of which names units; none where one does not. */
export function readChain(piece: Piece, mentions: Mentions): readonly DrawnEdge[] {
  const parts = piece.text.replace(/[├└│┌┐┘┤]/g, ' ').split(ARROW)
  if (parts.length < 2 || parts.length > 40) return []
  const units = parts.map((part) =>
    mentions.scan(part.replace(/[[\]({"})]/g, ' '), null).flatMap((mention) => mention.units),
  )
  if (units.some((link) => link.length === 0)) return []
  const edges: DrawnEdge[] = []
  for (let at = 1; at < units.length; at++) {
    for (const from of units[at - 1] as readonly Unit[]) {
      for (const to of units[at] as readonly Unit[])
        if (from !== to && edges.length < MOST_PAIRS) edges.push({ from, to, piece })
    }
  }
  return edges
}

const CONNECTION =
  /\b(?:(?:can(?:not)?|must|may|should)?\s*(?:start|starts|begin|begins|run|runs)\s+(?:only\s+)?(?:once|after|when)|depends? on|waits? for|blocked by|must wait for)\b/i

/** Words of which each such sentence has one. */
const CONNECTING = /after|once|when|depend|wait|blocked/i

/** "Agents C and D can start once A and B are complete", "Task 9 depends on Task 8". */
export function readSentence(piece: Piece, mentions: Mentions): readonly DrawnEdge[] {
  if (piece.text.length > 600 || !CONNECTING.test(piece.text)) return []
  const match = CONNECTION.exec(piece.text)
  if (match === null) return []
  const waiting = mentions.scan(piece.text.slice(0, match.index), null).flatMap(({ units }) => units)
  const rest = piece.text.slice(match.index + match[0].length).split(/[.;]\s|[)]/)[0] as string
  const awaited = mentions.scan(rest, waiting[0] ?? null).flatMap(({ units }) => units)
  if (/%/.test(rest)) return []
  return waiting.flatMap((to) => awaited.filter((from) => from !== to).map((from) => ({ from, to, piece })))
}
