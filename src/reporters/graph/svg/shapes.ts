/** The parts of a drawing, in units of SVG; y grows downwards. */
import type { Net } from './nets.js'

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A line of text that fits into `bounds`: cut, and escaped for people, not for XML. */
export interface Label {
  readonly text: string
  readonly bounds: Rectangle
}

/** Horizontal or vertical. */
export interface Segment {
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
}

export interface DrawnTask {
  readonly task: number
  readonly box: Rectangle
  readonly labels: readonly Label[]
}

export interface DrawnStream {
  readonly stream: number
  readonly frame: Rectangle
  readonly label: Label
}

export interface DrawnNet {
  readonly net: Net
  readonly segments: readonly Segment[]
  readonly critical: readonly Segment[]
  /** Where arrows end. */
  readonly heads: readonly { readonly x: number; readonly y: number; readonly isCritical: boolean }[]
}

export interface Drawing {
  readonly width: number
  readonly height: number
  readonly legend: Label
  readonly waves: readonly Label[]
  readonly streams: readonly DrawnStream[]
  readonly tasks: readonly DrawnTask[]
  readonly nets: readonly DrawnNet[]
}

/** A letter: the font is one in which all are as wide. */
export const LETTER = { width: 6.7, size: 11, height: 14 } as const
export const BOX_HEIGHT = 36
/** Around the boxes of a stream. */
export const FRAME = 8
/** From one line to the next beside it. */
export const TRACK = 5
/** Lines leave a box below its middle and enter one above it, so that no two of them lie on each other. */
export const OUT = 6
export const IN = -6
