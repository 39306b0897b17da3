/** Whether claims meet, worked out from their patterns alone. */
import { overlap } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import { parsePattern } from '../claims/pattern.js'
import type { TaskSpec } from './world-spec.js'
import { VOCABULARY } from './world-spec.js'

/** Whether a task claims what a pattern covers, to read or to write. */
export function touches({ write, read }: TaskSpec, pattern: number): boolean {
  return anyMeet(write, [pattern]) || anyMeet(read, [pattern])
}

/** What is or would be held, as indexes into the vocabulary. */
export type Claimed = Pick<TaskSpec, 'write' | 'read' | 'integrate'>

/** Whether two must not run side by side: some path is claimed by both, and not in both cases to read or to integrate. */
export function exclude(a: Claimed, b: Claimed): boolean {
  return excludes(a, b) || excludes(b, a)
}

function excludes(a: Claimed, b: Claimed): boolean {
  return anyMeet(a.write, [...b.write, ...b.read, ...b.integrate]) || anyMeet(a.read, b.integrate)
}

/** The index of a pattern in its normal form; -1 where the vocabulary has none. */
export function numberOf(text: string): number {
  return patterns.findIndex((pattern) => pattern.text === text)
}

export function anyMeet(a: readonly number[], b: readonly number[]): boolean {
  for (const mine of a) for (const other of b) if (meet(mine, other)) return true
  return false
}

const size = VOCABULARY.length
const patterns = VOCABULARY.map((text) => parsePattern(text) as Pattern)
/** 0 unknown, 1 no, 2 yes. */
const met = new Uint8Array(size * size)

function meet(a: number, b: number): boolean {
  const place = a * size + b
  if (met[place] === 0) met[place] = overlap(patterns[a]!, patterns[b]!) === null ? 1 : 2
  return met[place] === 2
}
