/** How names and values of a plan, which may be hostile, are put into messages. */
import { isPlainObject } from './plain-object.js'

/** Longest name printed whole, in characters. */
const LONGEST_PRINTED = 60
/** Characters kept of a longer one. */
const KEPT = 40

/** Control, format (bidi, zero-width) and separator characters, lone surrogates, and what would end the quotation. */
const UNPRINTABLE = /["\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** `text` in double quotes, fit for a terminal: unprintable characters as `\u{202e}`, long text shortened. */
export function quote(text: string): string {
  const long = text.length > LONGEST_PRINTED
  const kept = long ? `${wholeCharacters(text, KEPT)}…` : text
  return `"${escapeUnprintable(kept)}"${long ? ` (${count(text.length, 'character')})` : ''}`
}

/** What a value is, for "…, not 7." */
export function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return 'a bigint'
  if (typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return isPlainObject(value) ? 'an object' : 'an instance of a class'
  return String(value)
}

/** `1 task`, `2,500 tasks`. */
export function count(number: number, noun: string, plural: string = `${noun}s`): string {
  return `${thousands(number)} ${number === 1 ? noun : plural}`
}

/** `1234567` as `1,234,567`, the same on every machine. */
export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** The names in quotes, with commas: `"a", "b"`. */
export function quoteAll(names: Iterable<string>): string {
  return Array.from(names, quote).join(', ')
}

/** `text` with unprintable characters, quotes and backslashes escaped. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    return `\\u{${(character.codePointAt(0) as number).toString(16)}}`
  })
}

function wholeCharacters(text: string, length: number): string {
  const end = text.charCodeAt(length - 1)
  const splitsPair = end >= 0xd800 && end <= 0xdbff
  return text.slice(0, splitsPair ? length - 1 : length)
}
