/** Claims made while attempts run, by what the events say: who integrates, who waits for it, who got more. */
import type { RunEventMap } from '../core/types.js'
import { anyMeet, type Claimed, exclude, numberOf } from './claimed.js'
import { type AttemptPast, accuse } from './history-past.js'

type Unreleased = ReadonlyMap<number, AttemptPast>

/** What an attempt keeps others from: what its plan says, from its start, and what it got since. */
export function holdsOf({ task, extra }: AttemptPast): Claimed {
  const { write, read, integrate } = task.facts.spec
  return { write: [...write, ...extra.write], read: [...read, ...extra.read], integrate }
}

/** What is asked and granted must be right. Returns what the attempt got more. */
export function claimed(
  { unreleased, order }: { readonly unreleased: Unreleased; readonly order: number },
  attempt: AttemptPast,
  event: RunEventMap['integration.asked' | 'integration.granted' | 'claim.extended'],
): Claimed | null {
  switch (event.type) {
    case 'integration.asked':
      if (attempt.integration !== 'none') accuse(`${attempt.name} asks twice to integrate`)
      if (attempt.task.facts.spec.integrate.length === 0) accuse(`${attempt.name} has nothing to integrate`)
      attempt.integration = 'asked'
      attempt.askedOrder = order
      attempt.heardAt = event.at
      attempt.progressAt = event.at
      return null
    case 'integration.granted': {
      if (attempt.integration !== 'asked') accuse(`${attempt.name} integrates and had not asked`)
      const inTheWay = whoIsBefore(unreleased, attempt)
      if (inTheWay !== null) accuse(`${attempt.name} integrates although ${inTheWay.name} does, or asked before (S2)`)
      attempt.integration = 'held'
      attempt.progressAt = event.at
      return null
    }
    case 'claim.extended': {
      const more: Claimed = { write: event.write.map(known), read: event.read.map(known), integrate: [] }
      if (!mayClaim(unreleased, attempt, more)) accuse(`${attempt.name} claims what another holds (S2)`)
      attempt.extra.write.push(...more.write)
      attempt.extra.read.push(...more.read)
      attempt.heardAt = event.at
      return more
    }
    default:
      return event satisfies never
  }
}

/** After a decision nobody waits to integrate for whom the way is free. */
export function checkClaims(unreleased: Unreleased): void {
  for (const attempt of unreleased.values()) {
    if (attempt.integration !== 'asked' || whoIsBefore(unreleased, attempt) !== null) continue
    accuse(`${attempt.name} waits to integrate, and nobody is before it (L2)`)
  }
}

/** Whether an attempt may have more, by what all others hold and by what it integrates itself. */
export function mayClaim(unreleased: Unreleased, attempt: AttemptPast, more: Claimed): boolean {
  if (exclude(more, { write: [], read: [], integrate: attempt.task.facts.spec.integrate })) return false
  for (const other of unreleased.values()) if (other !== attempt && exclude(more, holdsOf(other))) return false
  return true
}

/** Whoever touches what `attempt` integrates, or integrates it, or asked for it before. */
function whoIsBefore(unreleased: Unreleased, attempt: AttemptPast): AttemptPast | null {
  const { integrate } = attempt.task.facts.spec
  for (const other of unreleased.values()) {
    if (other === attempt) continue
    const { write, read } = holdsOf(other)
    if (anyMeet(integrate, [...write, ...read])) return other
    const isBefore =
      other.integration === 'held' || (other.integration === 'asked' && other.askedOrder < attempt.askedOrder)
    if (isBefore && anyMeet(integrate, other.task.facts.spec.integrate)) return other
  }
  return null
}

function known(text: string): number {
  const number = numberOf(text)
  return number === -1 ? accuse(`Somebody claims "${text}", which nobody asked for`) : number
}
