/** Markup inside a line. */

const EMOJI = /(?:\p{Extended_Pictographic}|\ufe0f|\u200d|\u20e3|\ufffd)+/gu
const LINK = /!?\[([^\][]{0,500})\]\([^()\s]{0,1000}\)/g

const DOUBLE_LINE = /(^|[\s(])__([^\s_][^_]{0,300})__(?=$|[\s).,;:])/g
const EMPHASIS = /(^|[\s(])[*_]([^\s*_][^*_]{0,300})[*_](?=$|[\s).,;:])/g
const MARKED = /[*_`[]/
const NOT_ASCII = /[^\0-\x7f]/
const SPACES = /\s{2,}|[\t\u00a0]/g

/** Text without emphasis, quotes of code, links and pictures; white space as single spaces. */
export function plain(text: string): string {
  const bare = unmarked(text)
  return NOT_ASCII.test(bare) ? bare.replace(EMOJI, ' ').replace(SPACES, ' ').trim() : bare
}

/** As `plain`, but with its pictures: ticks say that something is done. */
export function unmarked(text: string): string {
  // Most lines have no marks at all, and others one kind of them.
  if (!MARKED.test(text)) return text.replace(SPACES, ' ').trim()
  let bare = text.includes('[') ? text.replace(LINK, '$1') : text
  if (bare.includes('**')) bare = bare.replaceAll('**', '')
  if (bare.includes('__')) bare = bare.replace(DOUBLE_LINE, '$1$2')
  if (bare.includes('`')) bare = bare.replaceAll('`', '')
  if (bare.includes('*') || bare.includes('_')) bare = bare.replace(EMPHASIS, '$1$2')
  return bare.replace(SPACES, ' ').trim()
}

/** Lower case, letters and digits with single hyphens between: fit for an id. Empty where there are none. */
export function slug(text: string, longest = 48): string {
  const bare = plain(text)
  const words = (NOT_ASCII.test(bare) ? bare.normalize('NFKD') : bare)
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()
    .split(' ')
  let made = ''
  for (const word of words) {
    const next = made === '' ? word.slice(0, longest) : `${made}-${word}`
    if (next.length > longest) break
    made = next
  }
  return made
}

/** For comparing titles: lower case, without markup and punctuation. */
export function comparable(text: string): string {
  const bare = plain(text).toLowerCase()
  return bare.replace(NOT_ASCII.test(bare) ? /[^\p{L}\p{N}]+/gu : /[^a-z0-9]+/g, ' ').trim()
}

/** A text in two: what is outside of round brackets, brackets left blank so that places stay, and what is inside. */
export function brackets(text: string): { readonly outside: string; readonly inside: readonly string[] } {
  if (!text.includes('(')) return { outside: text, inside: [] }
  const inside: string[] = []
  let outside = ''
  let depth = 0
  let begin = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '(' && depth++ === 0) begin = at + 1
    outside += depth > 0 ? ' ' : character
    if (character === ')' && depth > 0 && --depth === 0) inside.push(text.slice(begin, at))
  }
  if (depth > 0) inside.push(text.slice(begin))
  return { outside, inside }
}
