/** Who works: kinds of agents with their numbers, and agents by name. */
import type { Pool } from '../../plan/types.js'
import { plain, slug } from '../shared/inline.js'
import type { Mentions } from './mentions.js'
import type { Found, Piece, Unit } from './types.js'

/** Where one unit's work goes. */
export interface Assignment {
  readonly pool: string | null
  readonly requires: readonly string[]
  /** As written. */
  readonly agent: string | null
}

/** A kind of agent with how many there are, and the units it is said to work on. */
export interface Staff {
  readonly kind: string
  readonly slots: number
  readonly piece: Piece
}

export interface Crew {
  readonly pools: ReadonlyMap<string, Pool>
  readonly ofUnit: ReadonlyMap<Unit, Assignment>
  readonly staff: readonly Staff[]
  /** "Focus on infrastructure: WS-004, WS-005": who is said to work on what, outside of the units. */
  readonly statements: readonly { readonly kind: string; readonly unit: Unit; readonly piece: Piece }[]
  /** Pools whose size is a guess. */
  readonly guessed: readonly string[]
}

const SOMEBODY =
  '(?:agents?|engineers?|developers?|devs?|people|persons?|slots?|workers?|sessions?|writers?|specialists?)'
const SIZED = new RegExp(
  `^([A-Z][\\w+/& -]{1,40}?)\\s*(?:\\(|:\\s*|[—–-]\\s+)(\\d{1,4})\\s+(?:parallel )?${SOMEBODY}\\)?`,
)
const COUNTED = new RegExp(
  `(?:^|,\\s*|;\\s*|\\band\\s+|\\+\\s*)(\\d{1,4})\\s*(?:x\\s*)?([A-Z][A-Za-z/&-]*(?: [A-Z][A-Za-z/&-]*)?)(?=\\s+${SOMEBODY}|\\s*(?:,|;|and\\b|\\+|\\.|$))`,
  'g',
)
const STAFFING = /agent|team|staff|resource|pool|crew|capacity|people|worker|speciali|assign/i

/** Reads sizes, kinds and names. O(values). */
export function readCrew(found: Found, mentions: Mentions): Crew {
  const staff = readStaff(found)
  const pools = new Map<string, { slots: number; capabilities: string[] }>()
  for (const { kind, slots } of staff) if (!pools.has(kind)) pools.set(kind, { slots, capabilities: [kind] })
  const guessed = new Set<string>()
  const need = (name: string, unit: Unit): void => {
    const pool = pools.get(name)
    if (pool === undefined) {
      pools.set(name, { slots: 1, capabilities: [name] })
      if (kindOf(unit) !== null) guessed.add(name)
    } else if (guessed.has(name) && firstValue(unit, 'agent') === null) pool.slots++
  }
  const ofUnit = new Map<Unit, Assignment>()
  for (const unit of found.units) if (unit.kind !== 'phase') ofUnit.set(unit, assign(unit, pools, need))
  return { pools, ofUnit, staff, statements: readStatements(found, mentions, staff), guessed: [...guessed] }
}

/** The first value of a field, in the unit's own section if it has one there. */
export function firstValue(unit: Unit, field: Unit['fields'][number]['field']): Unit['fields'][number] | null {
  const values = unit.fields.filter((value) => value.field === field && value.lines === undefined)
  return values.find(({ again }) => !again) ?? values[0] ?? null
}

/** A kind of agent; a sentence about a role is none. */
function kindOf(unit: Unit): Unit['fields'][number] | null {
  const type = firstValue(unit, 'agentType')
  return type === null || plain(type.piece.text).length > LONGEST_KIND || /\byou are\b/i.test(type.piece.text)
    ? null
    : type
}

/** Longest name of a kind of agent. */
const LONGEST_KIND = 48

function assign(
  unit: Unit,
  pools: ReadonlyMap<string, { readonly capabilities: string[] }>,
  need: (name: string, unit: Unit) => void,
): Assignment {
  const type = kindOf(unit)
  const agent = firstValue(unit, 'agent')
  const written = agent === null ? null : plain(agent.piece.text)
  if (type !== null) {
    const either = /\s*(?:\/|\bor\b)\s*/
    const kinds = plain(type.piece.text)
      .split(/\s*(?:\+|&|\band\b|,)\s*/)
      .filter((kind) => kind !== '')
    const alternatives = kinds.length === 1 ? (kinds[0] as string).split(either).map(kindName) : []
    if (kinds.length === 0 || kinds.some((kind) => kindName(kind).length > 40))
      return { pool: null, requires: [], agent: written }
    if (alternatives.length > 1) {
      const capability = alternatives.join('-or-')
      for (const name of alternatives) {
        need(name, unit)
        const { capabilities } = pools.get(name) as { readonly capabilities: string[] }
        if (!capabilities.includes(capability)) capabilities.push(capability)
      }
      return { pool: null, requires: [capability], agent: written }
    }
    const name = kindName(kinds[0] as string)
    need(name, unit)
    return { pool: name, requires: [], agent: written }
  }
  const isOne = written !== null && written.length <= 40 && !/[,+/&()]|\band\b|\btbd\b|^-$|@?unassigned/i.test(written)
  const name = written === null ? '' : slug(written)
  if (!isOne || name === '' || /^(?:any|none|current|new-)/.test(name) || unit.word === 'agent')
    return { pool: null, requires: [], agent: written }
  need(name, unit)
  return { pool: name, requires: [], agent: written }
}

/** "Backend Engineers", "Senior Backend Developer" and "backend" are one kind. */
export function kindName(text: string): string {
  const words = plain(text)
    .replace(/\([^)]*\)/g, ' ')
    .replace(/\b(?:senior|junior|lead|mid-level)\b/gi, ' ')
  const bare = words.replace(/\b(?:engineer|developer|agent|specialist|dev)s?\b/gi, ' ').trim()
  return slug(bare === '' ? words : bare).replace(/(writer|tester|designer|analyst|architect)s$/, '$1')
}

function readStaff({ loose, units }: Found): readonly Staff[] {
  const staff: Staff[] = []
  const add = (kind: string, slots: number, piece: Piece): void => {
    if (kind !== '' && slots > 0 && !staff.some((other) => other.kind === kind)) staff.push({ kind, slots, piece })
  }
  const counted: (readonly [string, number, Piece])[] = []
  for (const { piece, label, field, sections } of loose) {
    const about = `${label} ${sections.join(' ')}`
    if (!/\d/.test(piece.text) || !STAFFING.test(about)) continue
    const text = plain(piece.text)
    const sized = SIZED.exec(text)
    if (sized !== null && !/^(?:week|phase|day|sprint|wave|parallel|sequential|total|max)/i.test(sized[1] as string)) {
      add(kindName(sized[1] as string), Number(sized[2]), piece)
    } else if (field === 'agent' || /agents|team|pool|staff|crew|resources/i.test(label)) {
      for (const match of text.replace(/\([^)]*\)/g, '').matchAll(COUNTED))
        counted.push([kindName(match[2] as string), Number(match[1]), piece])
    }
  }
  if (staff.length === 0) for (const [kind, slots, piece] of counted) add(kind, slots, piece)
  return units.length === 0 ? [] : staff
}

/** Lists of units under the name of a kind, or after it: "2 AI Engineers (WS-106, WS-109)". */
function readStatements({ loose, drawings }: Found, mentions: Mentions, staff: readonly Staff[]): Crew['statements'] {
  if (staff.length === 0) return []
  const kinds = new Set(staff.map(({ kind }) => kind))
  const statements: { readonly kind: string; readonly unit: Unit; readonly piece: Piece }[] = []
  let under: string | null = null
  for (const { piece, sections } of loose) {
    if (!STAFFING.test(sections.join(' '))) continue
    const text = plain(piece.text)
    const heading = SIZED.exec(text)
    if (heading !== null) under = kindName(heading[1] as string)
    const led = /^\d{1,3}\s+([A-Z][A-Za-z/ ]{1,30}?)\s*\(/.exec(text)
    if (/^week|^phase|^day/i.test(text)) under = null
    const kind: string | null = led === null ? under : kindName(led[1] as string)
    if (kind === null || !kinds.has(kind) || /\b(?:support|rotating|through|distributed)\b/i.test(text)) continue
    for (const mention of mentions.scan(text, null)) {
      if (mention.units.length <= 10) for (const unit of mention.units) statements.push({ kind, unit, piece })
    }
  }
  for (const { lines } of drawings) {
    for (const piece of lines) {
      const match = /^\s*[A-Z][a-z]+ \d+ \(([A-Za-z ]{2,24})\):\s*(.*)$/.exec(piece.text)
      if (match === null || !kinds.has(kindName(match[1] as string))) continue
      const [mention] = mentions.scan(match[2] as string, null)
      for (const unit of mention?.units ?? []) statements.push({ kind: kindName(match[1] as string), unit, piece })
    }
  }
  return statements
}
