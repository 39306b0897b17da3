/** How units are called in headings, list items and cells: "Agent A: Database", "WS-001: …", "Alerting Squad", "1.1 …". */
import { plain, slug } from '../shared/inline.js'
import type { UnitKind } from './types.js'
import { kindOfWord, NO_UNIT_CODE, UNIT_WORD, unitWord } from './vocabulary.js'

/** What a heading or item calls a unit. */
export interface Naming {
  readonly form: 'word' | 'code' | 'number' | 'name' | 'titled'
  readonly word: string | null
  readonly key: string
  readonly title: string
  /** What stands in brackets after it, and after a dash at its end. */
  readonly attributes: readonly string[]
  /** Words follow the key without a sign between: the text is about the unit and is not its title. */
  readonly joined: boolean
}

/** Names that people give to what they would else number. */
const CALLED =
  'Alpha|Beta|Gamma|Delta|Epsilon|Zeta|Theta|Omega|Bravo|Charlie|Echo|Foxtrot|Red|Blue|Green|Yellow|Orange|Purple|Gold|Silver|North|South|East|West'

/** The key after a unit word: letters, numbers, a code, or such a name. */
export const KEY: string =
  `(?:${CALLED})(?![A-Za-z])|` +
  '[A-Z]{1,2}(?![A-Za-z]|-(?![A-Z](?![A-Za-z])))\\d{0,3}(?:\\.\\d{1,3})*|\\d{1,4}(?:\\.\\d{1,3}){0,3}[a-z]?|[A-Z][A-Za-z]{0,11}[-_]?(?:[A-Za-z0-9]{1,8}[-_.])?\\d[\\w.-]{0,12}'

const WITH_WORD = new RegExp(`^(${UNIT_WORD})\\s+#?(${KEY})(?![\\w])`)
const AT_END = new RegExp(`^(.{3,120}?)\\s*\\((${UNIT_WORD})\\s+#?(${KEY})\\)$`)
const INSIDE = new RegExp(`\\b(${UNIT_WORD})\\s+#?(${KEY})(?![\\w])`)
const WITH_NAME = new RegExp(`^(${UNIT_WORD}):\\s+(\\S.{1,80}?)(?:\\s+\\(([A-Za-z][\\w-]{2,40})\\))?$`)
const NAME_FIRST =
  /^([A-Z][A-Za-z0-9&/+]*(?: (?:[A-Z&][A-Za-z0-9&/+]*|and|of)){0,4}) (Squad|Team|Track|Stream|Agent|Workstream|Epic)(?![\w])/
const CODE = /^\[?([A-Z][A-Za-z0-9]{0,15}(?:[-_.][A-Za-z0-9]{1,12}){0,3})\]?(?![\w])/
/** In small letters only with a colon after it: "ws-01: Tables". */
const SMALL_CODE = /^([a-z]{2,8}-\d{1,5})(?=:\s)/
const NUMBER = /^(?:#(\d{1,6})|(\d{1,3}(?:\.\d{1,3})+)|(\d{1,3})(?=[.)]\s))(?![\w])/

/** What the text calls a unit; null: it calls none. */
export function namingOf(text: string): Naming | null {
  const clean = plain(text)
    .replace(/^[^\p{L}\p{N}#[]+/u, '')
    .replace(/:\s*$/, '')
  const withWord = WITH_WORD.exec(clean)
  if (withWord !== null) {
    const [whole, word = '', key = ''] = withWord
    return naming('word', unitWord(word), key, clean.slice(whole.length))
  }
  const atEnd = AT_END.exec(clean)
  if (atEnd !== null) {
    const [, title = '', word = '', key = ''] = atEnd
    return { ...naming('word', unitWord(word), key, ''), title }
  }
  const withName = WITH_NAME.exec(clean)
  if (withName !== null) {
    const [, word = '', title = '', id] = withName
    return { ...naming('titled', unitWord(word), id ?? slug(title), ''), title }
  }
  return codeNaming(clean) ?? nameNaming(clean) ?? numberNaming(clean)
}

/** For the title of a document, where the unit may stand in the middle: "Cutover plan: parallel track 2 (…)". */
export function namingInTitle(text: string): Naming | null {
  const clean = plain(text)
  const inside = INSIDE.exec(clean)
  if (inside === null) return null
  const [whole, word = '', key = ''] = inside
  const found = naming('word', unitWord(word), key, clean.slice(inside.index + whole.length))
  return kindOf(found) === 'phase' || found.joined ? null : found
}

/** What a unit with this name is, going by its word. */
export function kindOf({ word, key, form }: Naming): UnitKind {
  if (word !== null) return kindOfWord(word)
  if (/^WS/.test(key)) return 'stream'
  return form === 'number' && key.includes('.') ? 'stream' : 'task'
}

/** Whether a text is a code such as `WS-001`, `T1.1`, `S4.01`, `WS-QA01`. */
export function isCode(text: string): boolean {
  if (text.length > 32 || !/\d[a-z]?$/.test(text) || NO_UNIT_CODE.test(text)) return false
  return (
    /^[A-Z]{1,6}\d{1,5}(?:\.\d{1,3})*[a-z]?$/.test(text) ||
    /^[A-Za-z][A-Za-z0-9]*[-_][A-Za-z0-9_.-]*\d[a-z]?$/.test(text)
  )
}

function codeNaming(clean: string): Naming | null {
  const code = CODE.exec(clean) ?? SMALL_CODE.exec(clean)
  const key = code?.[1]?.replace(/[.-]+$/, '') ?? ''
  if (code === null || !isCode(key)) return null
  return naming('code', null, key, clean.slice(code[0].length))
}

function nameNaming(clean: string): Naming | null {
  const name = NAME_FIRST.exec(clean)
  if (name === null) return null
  const [whole, title = '', word = ''] = name
  const made = naming('name', unitWord(word), title, clean.slice(whole.length))
  return { ...made, title: made.title === '' || made.joined ? title : made.title }
}

function numberNaming(clean: string): Naming | null {
  const number = NUMBER.exec(clean)
  if (number === null) return null
  const rest = clean.slice(number[0].length).replace(/^[.):\s—–-]*/, ': ')
  return naming('number', null, (number[1] ?? number[2] ?? number[3]) as string, rest)
}

function naming(form: Naming['form'], word: string | null, key: string, rest: string): Naming {
  const separator = /^\s*(?:[:.)\]|]|[—–-]+(?=\s|$)|→)+\s*/.exec(rest)
  const after = rest.slice(separator?.[0].length ?? 0).trim()
  const joined = separator === null && after !== '' && !after.startsWith('(') && form !== 'code'
  const { title, attributes } = titleAndAttributes(after)
  return { form, word, key: key.replace(/[.-]+$/, ''), title, attributes, joined }
}

const ATTRIBUTE =
  /^(?:optional\b|no dependenc|independent\b|start\b|new\b|active\b|done\b|complete|can start\b|ready\b|blocked\b|pending\b|in progress|priority\b|p[0-4]\b|depends\b|needs\b|requires\b|after\b|week\b|day\b|parallel\b|~?\d[\d.\s–-]*\s*(?:m|h|d|w|min|hour|day|week|point|file|line))/i

/** Brackets that say something of the unit are no part of its title. */
function titleAndAttributes(text: string): { readonly title: string; readonly attributes: readonly string[] } {
  const attributes: string[] = []
  let title = text
  for (;;) {
    const match =
      /\s*(?:\(([^()]{1,160})\)|[—–-]\s+((?:complete|done|optional|in progress|blocked|\d)[^()—–]{0,60}))\s*$/i.exec(
        title,
      )
    if (match === null) break
    const said = (match[1] ?? match[2]) as string
    if (!ATTRIBUTE.test(said) && match.index > 0) break
    attributes.push(said)
    title = title.slice(0, match.index).trim()
    if (title === '') return { title: ATTRIBUTE.test(said) ? '' : said, attributes }
  }
  return { title: title.replace(/[:\s]+$/, ''), attributes }
}
