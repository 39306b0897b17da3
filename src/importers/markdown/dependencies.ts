/** What a value of a dependency field says. The grammar is in `docs/importers/markdown.md`. */
import { brackets, slug, unmarked } from '../shared/inline.js'
import { matchesOf } from '../shared/matches.js'
import type { Mention, Mentions } from './mentions.js'
import type { Need, Piece, Target, Unit } from './types.js'

/** What a value is. `relation`: it speaks of units, but nothing waits ("in parallel with Stream F"). */
export type Outcome = 'none' | 'needs' | 'satisfied' | 'relation' | 'free-text' | 'dangling' | 'ambiguous'

export interface DependencyReading {
  readonly outcome: Outcome
  readonly needs: readonly Need[]
  /** Names that look like units and are none, or are several. */
  readonly unresolved: readonly string[]
  /** Parts of a list that name no unit where others do. */
  readonly leftover: readonly string[]
}

/** How the value is to be taken. `soft`: the field says that nothing must wait. */
export interface DependencyContext {
  readonly mentions: Mentions
  readonly unit: Unit
  readonly soft: boolean
  /** The field is a list: what is no unit in it is worth saying. */
  readonly isList: boolean
  /** Units that "all above" and "all others" choose from, in the order of the document. */
  readonly units: readonly Unit[]
}

const NONE =
  /^(?:none|nothing|no|no (?:hard |external |blocking )?(?:dependencies|deps|blockers|prerequisites)|n\/a|na|-|–|—|nil|immediately|now|\[\]|can start immediately|independent|fully independent|ready)(?![\w-])/i
const RELATION =
  /\b(?:in parallel with|parallel (?:with|to)|alongside|independent(?:ly)? (?:of|from)|does not depend on|not blocked by|can run with)\b/i
const SOFT =
  /\b(?:prefer(?:s|red|ably)?|optional(?:ly)?|partial(?:ly)?|coordinate|mock(?:s|ed|able)?|non-blocking|nice to have|ideally|soft|recommended)\b/i
const PERCENT = /(\d{1,3})\s*%/
const LAG =
  /\b(\d{1,3}(?:\.\d)?)[\s-]*(minutes?|mins?|hours?|hrs?|h|days?|d|weeks?)\s*(?:delay|lag|later|after|buffer)\b|\+\s?(\d{1,3})\s?(h|d|days?|hours?)\b/i
const MILESTONE =
  /^\s*(?:squad |team )?(?:has )?(?:completes?|completed|defines?|defined|finish(?:es|ed)?|publish(?:es|ed)?|delivers?|delivered|ships?|lands?|provides?)\s+(?:the |its |all )?([^.;,()]{3,60})/i
/** "(after API freeze)": a point inside of the unit; "(after merge)" is its end. */
const AFTER_POINT =
  /^\s*\(after (?!(?:merge|merging|completion|complete|it|deploy|deployment|that|this)\b)([^()]{3,40})\)/i
const FROM_PHASE = /\bfrom (?:the )?(?:phase|week|wave|sprint|stage) \d+\b/gi
/** Marks of what is done; "handbook complete" is a condition. */
const SATISFIED =
  /[✅✔☑]|\s[-–—:]\s*(?:complete|completed|done|merged|finished|shipped)\b|\((?:complete|completed|done|finished|merged|exists|shipped)\b|\balready\b/i
const SEPARATOR = /[,;]\s/g
const CLAUSE_END = /;\s+|\s+[—–-]\s+|\.\s+(?=[A-Z])/g
const LIST_SIGN = /,\s*and\b|,|;|&|\+|\band\b/g
const LONGEST_VALUE = 2_000

/** Reads one value. Never fails: what it cannot read is free text. */
export function readDependency(piece: Piece, context: DependencyContext): DependencyReading {
  const raw = piece.text.slice(0, LONGEST_VALUE)
  const text = withoutSatisfied(unmarked(raw).replace(FROM_PHASE, ''), context)
  const nothing = { needs: [], unresolved: [], leftover: [] }
  if (text.trim() === '' && raw.trim() !== '') return { ...nothing, outcome: 'satisfied' }
  const isNone = NONE.test(text.replace(/^[^\p{L}\p{N}[–—-]+/u, ''))
  const soft = context.soft || isNone
  const readings = (isNone ? softClauses(text) : clausesOf(text)).map((clause) =>
    readClause(clause, piece, { ...context, soft }),
  )
  const needs = readings.flatMap((reading) => reading.needs)
  const unresolved = readings.flatMap((reading) => reading.unresolved)
  if (isNone) return { ...nothing, outcome: 'none', needs: merged(needs) }
  if (needs.length > 0) {
    const rest = context.isList ? restOf(text, piece, context) : nothing
    return { outcome: 'needs', needs: merged([...needs, ...rest.needs]), unresolved, leftover: rest.leftover }
  }
  const isRelation = readings.some((reading) => reading.isRelation)
  const isAmbiguous = readings.some((reading) => reading.isAmbiguous)
  if (unresolved.length > 0) return { ...nothing, outcome: isAmbiguous ? 'ambiguous' : 'dangling', unresolved }
  if (isRelation) return { ...nothing, outcome: 'relation' }
  const titled = byTitles(text, piece, context)
  return { ...nothing, outcome: titled.length > 0 ? 'needs' : 'free-text', needs: titled }
}

/** The parts of a list that are neither ids nor words about them: titles, or what is left over. */
function restOf(
  text: string,
  piece: Piece,
  context: DependencyContext,
): { readonly needs: readonly Need[]; readonly leftover: readonly string[] } {
  const needs: Need[] = []
  const leftover: string[] = []
  const parts = partsOf(text)
  for (const part of parts.length > 1 ? parts : []) {
    const { outside } = brackets(part)
    if (
      !/\p{L}{4}/u.test(outside) ||
      /^\s*(?:and |or )?#?(?:\d|[A-Z]\b)/.test(outside) ||
      RELATION.test(part) ||
      groupOf(outside, context) !== null
    )
      continue
    if (
      context.mentions.scan(part, context.unit).length > 0 ||
      /^\s*(?:which|so|that|but|then|as|must|can)\b/i.test(part)
    )
      continue
    const titled = byTitles(part, piece, context)
    needs.push(...titled)
    if (titled.length === 0) leftover.push(part.trim())
  }
  return { needs, leftover }
}

/** What stands between commas and semicolons, outside of brackets. */
function partsOf(text: string): readonly string[] {
  const { outside } = brackets(text)
  const parts: string[] = []
  let begin = 0
  for (const match of matchesOf(SEPARATOR, outside)) {
    parts.push(text.slice(begin, match.index))
    begin = match.index + match[0].length
  }
  parts.push(text.slice(begin))
  return parts
}

/** The parts of a value that are not marked as done; what is marked and names a unit stays, as the unit has its own state. */
function withoutSatisfied(text: string, { mentions, unit }: DependencyContext): string {
  if (!SATISFIED.test(text)) return text
  const isDone = (part: string): boolean =>
    SATISFIED.test(part) && /\p{L}{2}/u.test(part) && mentions.scan(part, unit).every(({ units }) => units.length === 0)
  return partsOf(text)
    .filter((part) => !isDone(part))
    .join(', ')
}

/** Sentences and what stands between semicolons and dashes, outside of brackets. */
function clausesOf(text: string): readonly string[] {
  const { outside } = brackets(text)
  const clauses: string[] = []
  let begin = 0
  for (const match of matchesOf(CLAUSE_END, outside)) {
    clauses.push(text.slice(begin, match.index))
    begin = match.index + match[0].length
  }
  clauses.push(text.slice(begin))
  return clauses.filter((clause) => clause.trim() !== '')
}

/** After "None", only what is preferred counts: "None (coordinate with 01; prefer to land after 02)". */
function softClauses(text: string): readonly string[] {
  return text.split(/[();]|\s[—–-]\s/).filter((clause) => SOFT.test(clause))
}

interface ClauseReading {
  readonly needs: readonly Need[]
  readonly unresolved: readonly string[]
  readonly isRelation: boolean
  readonly isAmbiguous: boolean
}

function readClause(clause: string, piece: Piece, context: DependencyContext): ClauseReading {
  const { outside } = brackets(clause)
  const nothing = { needs: [], unresolved: [], isRelation: false, isAmbiguous: false }
  const relation = RELATION.exec(outside)
  const said = relation === null ? outside : outside.slice(0, relation.index)
  const group = groupOf(said, context)
  if (group !== null) {
    const targets = group.map((unit) => ({ unit, milestone: null }))
    return { ...nothing, needs: [need(targets, clause, piece, context)] }
  }
  const found = context.mentions.scan(said, context.unit)
  const inside = found.length > 0 ? [] : insideBrackets(clause, context)
  const all = [...found, ...inside].filter(({ units }) => !units.includes(context.unit))
  if (all.length === 0) return { ...nothing, isRelation: relation !== null }
  return {
    needs: needsOf(all, said, clause, piece, context),
    unresolved: all.flatMap(({ unknown, ambiguous }) => [...unknown, ...ambiguous]),
    isRelation: false,
    isAmbiguous: all.some(({ ambiguous }) => ambiguous.length > 0),
  }
}

/** "(2-day delay from Memory Squad)", "Week 2 (depends on Track A)". */
function insideBrackets(clause: string, { mentions, unit }: DependencyContext): readonly Mention[] {
  return brackets(clause).inside.flatMap((text) =>
    /\b(?:from|depends on|after|needs|requires|waits for|until|when)\b/i.test(text)
      ? mentions.scan(text, unit).map((mention) => ({ ...mention, start: clause.length, end: clause.length }))
      : [],
  )
}

function needsOf(
  found: readonly Mention[],
  said: string,
  clause: string,
  piece: Piece,
  context: DependencyContext,
): readonly Need[] {
  const all = found.flatMap(({ units }) => units)
  const percent = PERCENT.exec(clause)
  const isEither =
    found.some(({ or }) => or) ||
    / or /.test(said) ||
    /\beither\b/i.test(said) ||
    (percent !== null && /\w\/\w/.test(said))
  if (isEither && all.length > 1) {
    return [
      {
        ...need(targetsOf(all), clause, piece, context),
        mode: 'any',
        inferred: found.some(({ inferred }) => inferred),
      },
    ]
  }
  return found.flatMap((mention, at) => {
    if (mention.units.length === 0) return []
    const end = found[at + 1]?.start ?? clause.length
    const each = eachOf(mention, clause.slice(mention.start, end))
    if (each !== null) {
      return mention.units.map((unit, place) => ({
        ...need([{ unit, milestone: null }], each[place] as string, piece, context),
        inferred: mention.inferred,
      }))
    }
    const tail = clause.slice(mention.end, end)
    const waits = /\b(?:after|once|when|until|as soon as)\b/i.test(clause.slice(0, mention.start))
    const one = mention.units.length === 1
    const said = one ? ((waits ? MILESTONE.exec(tail)?.[1] : undefined) ?? AFTER_POINT.exec(tail)?.[1]) : undefined
    const milestone = said === undefined ? null : slug(said, 40)
    const head = at === 0 ? clause.slice(0, mention.start) : ''
    const targets = mention.units.map((unit) => ({ unit, milestone: milestone === '' ? null : milestone }))
    const made = need(targets, found.length === 1 ? clause : head + tail, piece, context)
    return [{ ...made, inferred: mention.inferred }]
  })
}

/** "Task 1 (hard), Task 3 (soft)": what is said of each of several units; null: it is said of all of them. */
function eachOf({ units }: Mention, text: string): readonly string[] | null {
  if (units.length < 2 || !text.includes('(')) return null
  const { outside } = brackets(text)
  const ends = matchesOf(LIST_SIGN, outside).map(({ index }) => index)
  if (ends.length !== units.length - 1) return null
  return units.map((_, place) => text.slice(ends[place - 1] ?? 0, ends[place]))
}

function targetsOf(units: readonly Unit[]): readonly Target[] {
  return [...new Set(units)].map((unit) => ({ unit, milestone: null }))
}

function need(targets: readonly Target[], text: string, piece: Piece, { soft }: DependencyContext): Need {
  const percent = Number(PERCENT.exec(text)?.[1] ?? 100)
  return {
    targets,
    mode: 'all',
    progress: percent > 0 && percent < 100 ? percent / 100 : null,
    lag: lagOf(text),
    soft: soft || SOFT.test(text),
    inferred: false,
    piece,
  }
}

function lagOf(text: string): string | null {
  const match = LAG.exec(text)
  if (match === null) return null
  const amount = Number(match[1] ?? match[3])
  const letter = ((match[2] ?? match[4]) as string)[0]?.toLowerCase()
  return letter === 'w' ? `${amount * 5}d` : `${amount}${letter}`
}

const ABOVE = /\b(?:all|everything|each)\b(?: (?:of )?(?:the )?)?\s*(?:above|previous|preceding|prior|earlier)\b/i
const OTHERS =
  /\ball (?:the )?(?:others?|remaining|rest)\b|\ball (?:agents|streams|tracks|squads|tasks|workstreams|teams|epics)\b|^\s*(?:depends on )?(?:all|everything)\s*$/i
const PREFIXES =
  /\b(?:[Aa]ll|ALL) ((?:[A-Z]{2,8})(?:(?:,| and| &|\/) ?[A-Z]{2,8})*) (?:tasks|streams|tickets|items|issues|work)\b/

/** The units that "ALL above", "all others" or "All BE and FE tasks" stand for; null: no such words. */
function groupOf(text: string, { unit, units }: DependencyContext): readonly Unit[] | null {
  const prefixes = PREFIXES.exec(text)?.[1]?.split(/\W+|and/)
  if (prefixes === undefined && !ABOVE.test(text) && !OTHERS.test(text)) return null
  const upTo = prefixes === undefined && ABOVE.test(text) ? units.slice(0, units.indexOf(unit)) : units
  const peers = upTo.filter(
    (other) => other !== unit && other.kind !== 'phase' && other.parent !== unit && !isInside(unit, other),
  )
  if (prefixes === undefined) return peers.filter((other) => other.parent === unit.parent || other.kind === unit.kind)
  const chosen = peers.filter(({ key }) =>
    prefixes.some((prefix) => prefix !== '' && key.toUpperCase().startsWith(prefix)),
  )
  return chosen.length > 0 ? chosen : null
}

function isInside(unit: Unit, other: Unit): boolean {
  for (let above = unit.parent; above !== null; above = above.parent) if (above === other) return true
  return false
}

/** Titles in place of ids, one in each part of a list. */
function byTitles(text: string, piece: Piece, context: DependencyContext): readonly Need[] {
  const { outside } = brackets(text)
  const head = /^(?:requires|needs|after|wait(?:s|ing)? for|depends on|start after|can start after|completion of)\s+/i
  const parts = [outside, ...outside.split(/,|;|\band\b|\s\+\s/)].map((part) => part.trim().replace(head, ''))
  const [whole] = parts
  const exact = context.mentions.byTitle(whole as string, context.unit)
  const found =
    exact !== null ? [exact] : parts.slice(1).flatMap((part) => context.mentions.byTitle(part, context.unit) ?? [])
  return found.map(({ unit, inferred }) => ({ ...need([{ unit, milestone: null }], text, piece, context), inferred }))
}

/** One need for each unit, with all that is said of it: a milestone or a share is more exact than the unit as a whole. */
export function merged(needs: readonly Need[]): readonly Need[] {
  const kept = new Map<string, Need>()
  for (const next of needs) {
    const name = nameOf(next)
    const other = kept.get(name)
    kept.set(name, other === undefined ? next : combined(other, next))
  }
  return [...kept.values()]
}

function nameOf({ targets, mode }: Need): string {
  return `${mode} ${targets
    .map(({ unit }) => unit.id)
    .toSorted()
    .join(' ')}`
}

function combined(a: Need, b: Need): Need {
  const isExact = ({ targets, progress }: Need): boolean =>
    targets.some((target) => target.milestone !== null) || progress !== null
  const [first, second] = isExact(b) && !isExact(a) ? [b, a] : [a, b]
  return {
    ...first,
    progress: first.progress ?? second.progress,
    lag: first.lag ?? second.lag,
    soft: a.soft && b.soft,
    inferred: a.inferred && b.inferred,
  }
}
