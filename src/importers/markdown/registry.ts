/** The units found so far, by what people call them. */
import { safeId } from '../shared/ids.js'
import { comparable, slug } from '../shared/inline.js'
import type { Naming } from './naming.js'
import type { Piece, Unit, UnitKind } from './types.js'
import { kindOfWord } from './vocabulary.js'

export interface Registry {
  readonly units: Unit[]
  /** How many of them are work, and no phases. */
  workCount(): number
  /** The unit of that name; in a phase of its own first. */
  find(naming: Pick<Naming, 'word' | 'key'>, phase: Unit | null): Unit | null
  /** The first unit that is called so, by its title or its key; case and punctuation do not count. */
  findTitled(text: string): Unit | null
  add(unit: Unit): void
}

export function createRegistry(): Registry {
  const units: Unit[] = []
  const byName = new Map<string, Unit[]>()
  const bySlug = new Map<string, Unit>()
  let slugged = 0
  let work = 0
  return {
    units,
    workCount: () => work,
    findTitled: (text) => {
      for (const unit of units.slice(slugged)) {
        for (const name of [slug(unit.title), slug(unit.key)]) if (!bySlug.has(name)) bySlug.set(name, unit)
      }
      slugged = units.length
      const name = slug(text)
      return name === '' ? null : (bySlug.get(name) ?? null)
    },
    find: ({ word, key }, phase) => {
      const exact = byName.get(nameOf(word, key)) ?? []
      const found = exact.length > 0 ? exact : (byName.get(nameOf(null, key)) ?? []).filter((unit) => canBe(unit, word))
      const inPhase = phase === null ? undefined : found.find((unit) => phaseOf(unit) === phase)
      return inPhase ?? found[0] ?? null
    },
    add: (unit) => {
      units.push(unit)
      if (unit.kind !== 'phase') work++
      for (const name of new Set([nameOf(unit.word, unit.key), nameOf(null, unit.key)])) {
        const same = byName.get(name) ?? []
        if (same.push(unit) === 1) byName.set(name, same)
      }
    },
  }
}

/** "Agent C" may be who works on track C, and so speak of it; other words name other units. */
function canBe(unit: Unit, word: string | null): boolean {
  if (word === null || unit.word === null) return word === unit.word || /\D/.test(unit.key)
  return /agent$/.test(word) && /^[A-Z]/.test(unit.key) && unit.kind !== 'phase'
}

function nameOf(word: string | null, key: string): string {
  return `${word ?? ''} ${comparable(key)}`
}

/** The phase that a unit is in. */
export function phaseOf(unit: Unit): Unit | null {
  let above = unit.parent
  while (above !== null && above.kind !== 'phase') above = above.parent
  return above
}

/** A unit with nothing in it yet. */
export function newUnit(
  naming: Pick<Naming, 'word' | 'key' | 'title' | 'form'>,
  kind: UnitKind,
  piece: Piece,
  parent: Unit | null,
  sections: readonly string[],
): Unit {
  const { word, key, title, form } = naming
  return {
    kind,
    word,
    key,
    named: true,
    title: title === '' && form === 'name' ? key : title,
    id: idOf(word, key),
    piece,
    parent,
    sections,
    fields: [],
    aliases: [],
    state: 'open',
    inferred: false,
  }
}

/** Letters and codes stay as they are; a number needs its word; a name becomes a slug. */
function idOf(word: string | null, key: string): string {
  if (word !== null && kindOfWord(word) === 'phase') return safeId(`${slug(word)}-${key}`)
  if (word !== null && key.length > 2 && !/\d/.test(key)) return safeId(slug(key))
  return safeId(/^\d/.test(key) && word !== null ? `${slug(word)}-${key}` : key)
}
