/**
 * Whether two claim sets exclude each other, found by comparing every pattern of the one with every pattern of the other:
 * the dumb oracle beside the claim table. Answers are remembered, as the same pairs are asked for at each step.
 */
import { overlaps } from '../claims/overlap.js'
import type { Pattern } from '../claims/pattern.js'
import type { ClaimSetSpec, CompiledPlan } from './types.js'

const UNKNOWN = 0
const NO = 1
const YES = 2

/** Rows are claim sets of the one plan, columns those of the other. */
type Answers = Uint8Array
const answersByPlans = new WeakMap<CompiledPlan, WeakMap<CompiledPlan, Answers>>()
let last: { readonly a: CompiledPlan; readonly b: CompiledPlan; readonly answers: Answers } | null = null

/** Whether claim set `setA` of plan `a` conflicts with `setB` of plan `b`; -1 stands for no claims. */
export function conflicts(a: CompiledPlan, setA: number, b: CompiledPlan, setB: number): boolean {
  if (setA === -1 || setB === -1) return false
  if (last === null || last.a !== a || last.b !== b) last = { a, b, answers: answersFor(a, b) }
  const { answers } = last
  const place = setA * b.claimSets.length + setB
  if (answers[place] === UNKNOWN) answers[place] = exclude(a.claimSets[setA]!, b.claimSets[setB]!) ? YES : NO
  return answers[place] === YES
}

/** The same for sets that are not a plan's. */
export function exclude(a: ClaimSetSpec, b: ClaimSetSpec): boolean {
  return excludes(a, b) || excludes(b, a)
}

function answersFor(a: CompiledPlan, b: CompiledPlan): Answers {
  const ofA = answersByPlans.get(a) ?? new WeakMap<CompiledPlan, Answers>()
  answersByPlans.set(a, ofA)
  const answers = ofA.get(b) ?? new Uint8Array(a.claimSets.length * b.claimSets.length)
  ofA.set(b, answers)
  return answers
}

function excludes(a: ClaimSetSpec, b: ClaimSetSpec): boolean {
  return (
    anyMeet(a.write, b.write) ||
    anyMeet(a.write, b.read) ||
    anyMeet(a.write, b.integrate) ||
    anyMeet(a.read, b.integrate)
  )
}

function anyMeet(a: readonly Pattern[], b: readonly Pattern[]): boolean {
  for (const mine of a) for (const other of b) if (meet(mine, other)) return true
  return false
}

/** Texts whose pairs are remembered; when there are more, all are forgotten. */
const MEMORY = 256
const numbers = new Map<string, number>()
const met = new Uint8Array(MEMORY * MEMORY)

function meet(a: Pattern, b: Pattern): boolean {
  if (numbers.size > MEMORY - 2) {
    numbers.clear()
    met.fill(UNKNOWN)
  }
  const place = numberOf(a.text) * MEMORY + numberOf(b.text)
  if (met[place] === UNKNOWN) met[place] = overlaps(a, b) ? YES : NO
  return met[place] === YES
}

function numberOf(text: string): number {
  const known = numbers.get(text)
  if (known !== undefined) return known
  const next = numbers.size
  numbers.set(text, next)
  return next
}
