/** Units in running text: "Streams 2, 3, 4", "Agents #1-5", "WS-101 through WS-110", "E", "Memory Squad". */
import { comparable } from '../shared/inline.js'
import { matchesOf } from '../shared/matches.js'
import { isCode, KEY } from './naming.js'
import type { Unit } from './types.js'
import { UNIT_WORD, unitWord } from './vocabulary.js'

/** A part of a text that speaks of units. */
export interface Mention {
  readonly units: readonly Unit[]
  readonly start: number
  readonly end: number
  /** Names that look like units and are none. */
  readonly unknown: readonly string[]
  /** Names that several units have. */
  readonly ambiguous: readonly string[]
  /** The units are named as alternatives. */
  readonly or: boolean
  readonly inferred: boolean
}

export interface Mentions {
  /** In the order of the text. `from`: whose text it is; units of its own phase are meant first. */
  scan(text: string, from: Unit | null): readonly Mention[]
  /** The unit with this title or name, or the only one that a text can mean. */
  byTitle(text: string, from: Unit | null): { readonly unit: Unit; readonly inferred: boolean } | null
}

/** "Task 4 + 2 days" has one task in it. */
const NO_TIME = '(?!\\d+(?:\\.\\d+)?\\s*-?(?:mins?|minutes?|hrs?|hours?|days?|weeks?)(?![A-Za-z])|\\d+\\s?%)'
const JOINT = `\\s*(?:,\\s*and|,\\s*or|,|/|&|\\+(?!\\s*\\d+\\s?[mhdw](?![A-Za-z]))|and|or|-|–|to|through)\\s*${NO_TIME}`
const LIST = new RegExp(
  `(?<![\\w/-])(${UNIT_WORD})\\s+#?((?:${KEY})(?:${JOINT}(?:(?:${UNIT_WORD})\\s+)?#?(?:${KEY})(?![A-Za-z]))*)(?![A-Za-z])`,
  'g',
)
const TOKEN =
  /(?<![\w/.@#-])#?((?=[A-Za-z0-9_.-]*\d)[A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*|[A-Z](?![\w'])|\d+(?:\.\d+)+|#\d+)(?:(\s*(?:-|–|to|through|\.\.)\s*)([A-Za-z]+[-_.]?)?(\d+(?:\.\d+)*)(?![\w.]))?(?![\w/-])/g
const WITH_OWN_WORD = new RegExp(`^(${UNIT_WORD})\\s+#?(.*)$`)
const WORD_AFTER = new RegExp(`^\\s+(?:${UNIT_WORD})\\b`, 'i')
const SEPARATOR = /\s*(?:,\s*and|,\s*or|,|\/|&|\+|\band\b|\bor\b)\s*/
const RANGE_SIGN = /\s*(?:-|–|\bto\b|\bthrough\b)\s*#?/g

interface Numbered {
  readonly unit: Unit
  readonly number: number
  /** Its place in the document. */
  readonly order: number
}

interface Index {
  readonly byName: ReadonlyMap<string, readonly Unit[]>
  readonly byTitle: ReadonlyMap<string, readonly Unit[]>
  readonly prefixes: ReadonlySet<string>
  readonly hasLetters: boolean
  /** Units that go by a name ("Memory Squad"), by the first word of it, with their order. */
  readonly named: ReadonlyMap<string, readonly { readonly unit: Unit; readonly order: number }[]>
  /** Units whose keys end in a number, or are a letter, by what comes before; in the order of their numbers. */
  readonly numbered: ReadonlyMap<string, readonly Numbered[]>
  /** Units by each two words that follow each other in their titles; and by the first two alone. */
  readonly byPair: ReadonlyMap<string, ReadonlySet<Unit>>
  readonly byFirstPair: ReadonlyMap<string, ReadonlySet<Unit>>
}

/** Finds mentions of these units. A text costs O(length), a title that is no exact one O(units). */
export function createMentions(units: readonly Unit[]): Mentions {
  const index = indexOf(units)
  return {
    scan: (text, from) => scan(text, from, index),
    byTitle: (text, from) => findTitle(text, from, index),
  }
}

function indexOf(units: readonly Unit[]): Index {
  const byName = new Map<string, Unit[]>()
  const byTitle = new Map<string, Unit[]>()
  const put = (map: Map<string, Unit[]>, name: string, unit: Unit): void => {
    const same = map.get(name) ?? []
    // The names of a unit follow each other here.
    if (same.at(-1) !== unit) same.push(unit)
    map.set(name, same)
  }
  for (const unit of units) {
    put(byName, unit.key.toLowerCase(), unit)
    put(byName, unit.id.toLowerCase(), unit)
    if (unit.word !== null) put(byName, `${unit.word} ${unit.key.toLowerCase()}`, unit)
    for (const alias of unit.aliases) put(byName, alias.toLowerCase(), unit)
    for (const title of [unit.title, unit.key]) if (comparable(title) !== '') put(byTitle, comparable(title), unit)
  }
  const byPair = new Map<string, Set<Unit>>()
  const byFirstPair = new Map<string, Set<Unit>>()
  for (const unit of units) {
    if (unit.kind === 'phase') continue
    for (const [at, pair] of pairsIn(comparable(unit.title)).entries()) {
      putPair(byPair, pair, unit)
      if (at === 0) putPair(byFirstPair, pair, unit)
    }
  }
  const named = new Map<string, { readonly unit: Unit; readonly order: number }[]>()
  for (const [order, unit] of units.filter(hasName).entries()) {
    const word = FIRST_WORD.exec(unit.key)?.[0] ?? unit.key
    const same = named.get(word) ?? []
    if (same.push({ unit, order }) === 1) named.set(word, same)
  }
  const codes = units.filter(({ key }) => isCode(key))
  const prefixes = new Set(codes.map(({ key }) => prefixOf(key)))
  return {
    byName,
    byTitle,
    prefixes,
    hasLetters: units.some(({ key }) => /^[A-Z]$/.test(key)),
    numbered: numberedOf(units),
    named,
    byPair,
    byFirstPair,
  }
}

function numberedOf(units: readonly Unit[]): Index['numbered'] {
  const numbered = new Map<string, Numbered[]>()
  for (const [order, unit] of units.entries()) {
    const own = numberIn(unit.key)
    const same = own === null ? [] : (numbered.get(own.prefix) ?? [])
    if (own !== null && same.push({ unit, number: own.number, order }) === 1) numbered.set(own.prefix, same)
  }
  for (const same of numbered.values()) same.sort((a, b) => a.number - b.number)
  return numbered
}

function putPair(units: Map<string, Set<Unit>>, pair: string, unit: Unit): void {
  const same = units.get(pair) ?? new Set()
  if (same.size <= MOST_ALIKE) same.add(unit)
  units.set(pair, same)
}

function prefixOf(code: string): string {
  return code.replace(/\d[\d.]*[a-z]?$/, '').toLowerCase()
}

/** "WS-1/WS-2" is a list, and no path. */
const BETWEEN_CODES = /(?<=(?<![\w/.-])(?:[A-Z]{1,6}-?\d{1,5}\/)*[A-Z]{1,6}-?\d{1,5})\/(?=[A-Z]{1,6}-?\d)/g

function scan(written: string, from: Unit | null, index: Index): readonly Mention[] {
  const text = written.includes('/') ? written.replace(BETWEEN_CODES, ',') : written
  const found: Mention[] = []
  for (const match of matchesOf(LIST, text)) {
    const word = unitWord(match[1] as string)
    found.push(mentionOf(match[2] as string, word, match.index, match[0].length, from, index))
  }
  for (const match of matchesOf(TOKEN, text)) {
    const end = match.index + match[0].length
    if (found.some((other) => match.index < other.end && other.start < end)) continue
    const mention = tokenMention(match, text, from, index)
    if (mention !== null) found.push(mention)
  }
  for (const mention of nameMentions(text, found, index)) found.push(mention)
  const bare = /^\s*#?\d+(?:\s*,\s*#?\d+)*\s*$/.test(text) && found.length === 0
  if (bare) {
    const mention = mentionOf(text.trim(), from?.word ?? null, 0, text.length, from, index)
    found.push({ ...mention, unknown: mention.unknown.map((name) => name.replace(/^\D+ /, '')) })
  }
  return withShortNames(found, text, from, index).toSorted((a, b) => a.start - b.start)
}

/** The units of a list such as "2, 3 and Track 4" or "#1-5". */
function mentionOf(
  list: string,
  word: string | null,
  start: number,
  length: number,
  from: Unit | null,
  index: Index,
): Mention {
  const units: Unit[] = []
  const unknown: string[] = []
  const ambiguous: string[] = []
  for (const part of list.split(SEPARATOR)) {
    const own = WITH_OWN_WORD.exec(part)
    const said = own === null ? word : unitWord(own[1] as string)
    const key = (own?.[2] ?? part).replace(/^#/, '').replace(/[.-]+$/, '')
    const found = lookUp(key, said, from, index)
    const range = found.length > 0 ? [] : rangeOf(key, said, index)
    if (found.length > 1) ambiguous.push(key)
    else if (found.length + range.length === 0) unknown.push(said === null ? key : `${said} ${key}`)
    units.push(...(found.length > 1 ? [] : found), ...range)
  }
  return { units, start, end: start + length, unknown, ambiguous, or: /\bor\b/.test(list), inferred: false }
}

/** The units with that name: those of the word, else those whose word is another; near ones before others. */
function lookUp(key: string, word: string | null, from: Unit | null, { byName }: Index): readonly Unit[] {
  const lower = key.toLowerCase()
  const named = word === null ? undefined : byName.get(`${word} ${lower}`)
  const found = named ?? byName.get(lower) ?? []
  const meant = word === 'phase' || word === 'week' || word === 'wave' ? (named ?? []) : found
  if (meant.length < 2) return meant
  const near = meant.filter((unit) => from !== null && unit.parent === from.parent)
  if (near.length === 1) return near
  const stream = meant.filter((unit) => unit.kind === 'stream')
  return stream.length === 1 && word !== null ? stream : meant
}

/** "1-5", "WS-101-110", "WS-101 to WS-110": the units whose numbers lie between. */
function rangeOf(text: string, word: string | null, index: Index): readonly Unit[] {
  // The sign of the range is the last that has numbers on both of its sides: codes have hyphens of their own.
  for (const sign of Array.from(text.matchAll(RANGE_SIGN)).toReversed()) {
    const from = text.slice(0, sign.index)
    const units = between(from, text.slice(sign.index + sign[0].length), word, index)
    if (units.length > 0) return units
  }
  return []
}

function between(first: string, last: string, word: string | null, { numbered }: Index): readonly Unit[] {
  const from = numberIn(first)
  const to = numberIn(last)
  if (from === null || to === null || from.number > to.number || (to.prefix !== '' && to.prefix !== from.prefix))
    return []
  const same = numbered.get(from.prefix) ?? []
  return same
    .slice(firstFrom(same, from.number), firstFrom(same, to.number + 1))
    .toSorted((a, b) => a.order - b.order)
    .map(({ unit }) => unit)
    .filter((unit) => from.prefix !== '' || word === null || unit.word === null || unit.word === word)
}

/** Where the numbers from this one on begin. */
function firstFrom(sorted: readonly Numbered[], number: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as Numbered).number < number) low = middle + 1
    else high = middle
  }
  return low
}

function numberIn(key: string): { readonly prefix: string; readonly number: number } | null {
  const match = /^(.*?)(\d{1,6})$/.exec(key.replace(/^#/, ''))
  if (match !== null) return { prefix: (match[1] as string).toLowerCase(), number: Number(match[2]) }
  return /^[A-Z]$/.test(key) ? { prefix: 'letter', number: key.charCodeAt(0) } : null
}

function tokenMention(match: RegExpExecArray, text: string, from: Unit | null, index: Index): Mention | null {
  const token = match[1] as string
  const isLetter = /^[A-Z]$/.test(token)
  // "A schema" has an article; "A (schema)", "A, B" and "after A" have units.
  if (
    isLetter &&
    (!index.hasLetters || (/^\s+[a-z]/.test(text.slice(match.index + 1)) && !FOLLOWS.test(text.slice(match.index + 1))))
  )
    return null
  const until = match[4] === undefined ? null : `${token}–${match[3] ?? ''}${match[4]}`
  const range = until === null ? [] : rangeOf(until, null, index)
  const end =
    match.index +
    (range.length > 0
      ? match[0].length
      : match[0].length - (until === null ? 0 : match[0].length - match[0].indexOf(token) - token.length))
  const units = range.length > 0 ? range : lookUp(token.replace(/^#/, ''), null, from, index)
  if (units.length > 0) {
    const isAmbiguous = range.length === 0 && units.length > 1
    const ambiguous = isAmbiguous ? [token] : []
    return {
      units: isAmbiguous ? [] : units,
      start: match.index,
      end,
      unknown: [],
      ambiguous,
      or: false,
      inferred: false,
    }
  }
  const whole = rangeOf(token, null, index)
  if (whole.length > 0)
    return { units: whole, start: match.index, end, unknown: [], ambiguous: [], or: false, inferred: false }
  const looksLikeOne = isCode(token) && (index.prefixes.has(prefixOf(token)) || /^[A-Z]{2,}-\d+$/.test(token))
  return looksLikeOne
    ? { units: [], start: match.index, end, unknown: [token], ambiguous: [], or: false, inferred: false }
    : null
}

/** What may follow a single letter that is a unit. */
const FOLLOWS =
  /^\s+(?:and|or|is|are|has|completes?|defines?|finish(?:es)?|publish(?:es)?|merges?|must|first|done|to|through|for|from|in|with)\b/

/** "001/002" after "WS-001 and": numbers alone take the prefix of the code before. Also "Memory Squad" and "Monitor". */
function withShortNames(found: readonly Mention[], text: string, from: Unit | null, index: Index): readonly Mention[] {
  if (found.length > 0 || index.prefixes.size !== 1) return found
  const [prefix] = index.prefixes
  return Array.from(text.matchAll(/(?<![\w.-])(\d{2,4})(?:\/(\d{2,4}))?(?![\w%.-])/g), (match) => {
    const keys = [match[1], match[2]].filter((key) => key !== undefined)
    const units = keys.flatMap((key) => lookUp(`${prefix}${key}`, null, from, index))
    return {
      units,
      start: match.index,
      end: match.index + match[0].length,
      unknown: [],
      ambiguous: [],
      or: false,
      inferred: true,
    }
  }).filter(({ units }) => units.length > 0)
}

function hasName({ key, word }: Unit): boolean {
  return word !== null && key.length > 2 && !/\d/.test(key)
}

/** Letters and digits, as a name begins. */
const FIRST_WORD = /[\p{L}\p{N}]+/u
const WORDS = /[\p{L}\p{N}]+/gu

/** "Memory Squad", "Monitor": units that go by a name, each where it is first named. */
function nameMentions(text: string, found: readonly Mention[], { named }: Index): readonly Mention[] {
  if (named.size === 0) return []
  const first = new Map<Unit, { readonly order: number; readonly at: number }>()
  for (const word of text.matchAll(WORDS)) {
    for (const { unit, order } of named.get(word[0]) ?? []) {
      if (first.has(unit) || !text.startsWith(unit.key, word.index)) continue
      if (!/[\w-]/.test(text[word.index - 1] ?? ' ') && !/\w/.test(text[word.index + unit.key.length] ?? ' '))
        first.set(unit, { order, at: word.index })
    }
  }
  const mentions: Mention[] = []
  for (const [unit, { at }] of [...first].toSorted(([, a], [, b]) => a.order - b.order)) {
    const end = at + unit.key.length
    if ([...found, ...mentions].some((other) => at < other.end && other.start < end)) continue
    const follows = WORD_AFTER.exec(text.slice(end))?.[0].length ?? 0
    mentions.push({
      units: [unit],
      start: at,
      end: end + follows,
      unknown: [],
      ambiguous: [],
      or: false,
      inferred: follows === 0,
    })
  }
  return mentions
}

/** Words that a title must share with a text to be the one that is meant. */
const LEAST_WORDS = 2

function findTitle(
  text: string,
  from: Unit | null,
  index: Index,
): { readonly unit: Unit; readonly inferred: boolean } | null {
  const wanted = comparable(text)
  if (wanted === '') return null
  const exact = (index.byTitle.get(wanted) ?? []).filter((unit) => unit !== from)
  const [unit] = exact
  if (unit !== undefined && exact.length === 1) return { unit, inferred: false }
  if (wanted.split(' ').length < LEAST_WORDS || wanted.length > 200) return null
  const only = onlyNear(wanted, index)
  return only === null || only === from ? null : { unit: only, inferred: true }
}

/** Units whose titles begin alike, or have the same two words: where there are more, which of them is meant is no guess. */
const MOST_ALIKE = 64

/** The one unit whose title is a run of whole words in the text, or the text one in the title; null: none, or several. */
function onlyNear(wanted: string, { byPair, byFirstPair }: Index): Unit | null {
  const pairs = pairsIn(wanted)
  const holders = pairs.map((pair) => byPair.get(pair) ?? NO_UNITS).toSorted((a, b) => a.size - b.size)
  const candidates = [holders[0] ?? NO_UNITS, ...pairs.map((pair) => byFirstPair.get(pair) ?? NO_UNITS)]
  let only: Unit | null = null
  for (const units of candidates) {
    if (units.size > MOST_ALIKE) continue
    for (const unit of units) {
      if (unit === only || !isPartOf(wanted, comparable(unit.title))) continue
      if (only !== null) return null
      only = unit
    }
  }
  return only
}

const NO_UNITS: ReadonlySet<Unit> = new Set()

/** Each two words of a comparable text that follow each other. */
function pairsIn(text: string): readonly string[] {
  const words = text.split(' ')
  return words.slice(1).map((word, at) => `${words[at]} ${word}`)
}

/** Whether one is a run of whole words in the other, of two words at least. */
function isPartOf(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  return short.split(' ').length >= LEAST_WORDS && ` ${long} `.includes(` ${short} `)
}
