/** Ids and names: what is allowed, and why one is refused. */
import { count, quote } from './text.js'

/** Longest id of a stream, task, gate, phase or milestone. */
export const LONGEST_ID = 128
/** Ids of streams, tasks, gates, phases and milestones. */
export const ID: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
/** Names of pools, resources and handlers; a task's full id is one. */
export const NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._:/#@-]{0,256}$/
const LONGEST_NAME = 257

/** Names that every JavaScript object has: code that forgets `Map` breaks on them, so no plan may use them. */
const RESERVED: ReadonlySet<string> = new Set([
  'prototype',
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
])

/** Whether objects already have something of this name (`__proto__`, `constructor`, …). */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || (name.startsWith('__') && name.endsWith('__'))
}

/** Length of the shortest reserved name that matches `ID`: `valueOf`. */
const SHORTEST_RESERVED = 7

/** Whether the text may be an id: what `ID` says, in a loop, as it is asked for every task. */
export function isId(text: string): boolean {
  const { length } = text
  if (length === 0 || length > LONGEST_ID || !isAlphanumeric(text.charCodeAt(0))) return false
  for (let at = 1; at < length; at++) {
    const code = text.charCodeAt(at)
    if (!isAlphanumeric(code) && code !== DOT && code !== UNDERSCORE && code !== HYPHEN) return false
  }
  return length < SHORTEST_RESERVED || !RESERVED.has(text)
}

const DOT = 46
const UNDERSCORE = 95
const HYPHEN = 45

function isAlphanumeric(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90)
}

/** Whether the text may be a name. */
export function isName(text: string): boolean {
  return NAME.test(text) && !RESERVED.has(text)
}

/** Why `text` is no id (or name), as a sentence; only for one that is refused. */
export function explainId(text: string, grammar: 'id' | 'name'): string {
  const longest = grammar === 'id' ? LONGEST_ID : LONGEST_NAME
  if (text === '') return `The ${grammar} is empty.`
  if (isReserved(text)) return `The ${grammar} ${quote(text)} is reserved: every JavaScript object has it.`
  if (text.length > longest) return `The ${grammar} ${quote(text)} is too long: at most ${count(longest, 'character')}.`
  return `The ${grammar} ${quote(text)} has characters that are not allowed.`
}

/** What to do about it. */
export function idHint(grammar: 'id' | 'name'): string {
  const others = grammar === 'id' ? '".", "_" and "-"' : '".", "_", "-", ":", "/", "#" and "@"'
  return `Begin with a letter or digit; then letters, digits, ${others}.`
}
