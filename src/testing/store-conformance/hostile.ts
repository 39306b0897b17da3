/** Names and values that have broken stores: separators, escapes, names of JavaScript, what is no text in UTF-8. */
import type { JsonValue } from '../../core/types.js'

/** Names as scope, batch id or writer; none equals another. */
export const HOSTILE_NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  '',
  ' ',
  'a b',
  'a\u0000b',
  'a\nb',
  'a"b',
  "'; DROP TABLE journal; --",
  'a\\u0000b',
  '\\',
  '../../../etc/passwd',
  '/absolute',
  'C:\\windows',
  'CON',
  'a%',
  'a_',
  'café',
  'cafe\u0301',
  '\u202Ereversed',
  'a\u200Bb',
  '\uD800',
  '\uDC00',
  '🚦',
  'x'.repeat(128),
  `${'x'.repeat(127)}y`,
]

const deep = (levels: number): JsonValue =>
  levels === 0 ? 'bottom' : levels % 2 === 0 ? [deep(levels - 1)] : { a: deep(levels - 1) }
const own = (key: string, value: JsonValue): JsonValue => Object.fromEntries([[key, value]])

/** Values as the payload of an event or the data of a snapshot. */
export const HOSTILE_VALUES: readonly (readonly [string, JsonValue])[] = [
  ['null', null],
  ['false', false],
  ['nothing in it', { text: '', list: [], object: {} }],
  ['a key "__proto__"', own('__proto__', { polluted: true })],
  ['a key "constructor"', own('constructor', { prototype: { polluted: true } })],
  ['an empty key', own('', 1)],
  ['keys that look like numbers', { 2: 'two', 1: 'one', '01': 'zero one', '-1': 'minus' }],
  ['NUL', 'a\u0000b'],
  ['control characters', Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')],
  ['separators of lines', 'a\u2028b\u2029c\r\nd'],
  ['quotation marks and backslashes', '"\'`\\"\\u0041\\'],
  ['bidirectional marks', '\u202Eabc\u202C\u2066x\u2069'],
  ['lone surrogates', ['\uD800', '\uDFFF', 'a\uD800b', '\uDC00\uD800']],
  ['characters beyond 16 bits', '🚦👩‍🚀𝔘'],
  ['a byte order mark', '\uFEFFa\uFFFE'],
  ['large and small numbers', [1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 53), 0.1, 1 / 3]],
  ['minus zero', -0],
  ['text that looks like JSON', '{"a":[1,2'],
  ['text that looks like SQL', "'); DROP TABLE journal; SELECT $1, ?, :a, @b --"],
  ['60 levels', deep(60)],
  ['10,000 keys', Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`, n]))],
  ['a list of 50,000', Array.from({ length: 50_000 }, (_, n) => n)],
  ['a string of two million characters', 'ab'.repeat(1_000_000)],
  ['a string of 200,000 characters of three bytes', '漢字'.repeat(100_000)],
]

/** A name as a message can show it. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 40 ? `${name.slice(0, 8)}…${name.slice(-4)}` : name)
}
