/** Text from outside, without what a terminal could obey, and without secrets. */

/** Escape sequences of terminals: CSI, OSC and other strings up to their end, and single ones. */
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\)?|[ -/]*[0-~])|\u009b[0-?]*[ -/]*[@-~]/g
/** Control characters but for the tab, what changes the direction of text or has no width, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu

/** One line of text: escape sequences are left out, other characters that a terminal could obey become U+FFFD. */
export function plainLine(text: string): string {
  return text.replace(SEQUENCE, '').replace(UNPRINTABLE, (character) => (character === '\t' ? '\t' : '\ufffd'))
}

/** Shorter texts would hide half of what is printed. */
const SHORTEST_SECRET = 4
const HIDDEN = '***'

/** Hides secrets in text, in any form in which a program is likely to print them: as they are, in JSON, in an address. */
export interface Redactor {
  /** Bytes of the longest secret, 0 for none. */
  readonly longest: number
  text(text: string): string
  /** Strings and keys, at any depth. */
  value(value: unknown): unknown
}

export function redactor(secrets: readonly string[]): Redactor {
  const forms = new Set<string>()
  for (const secret of secrets) {
    // Output is looked at line by line.
    for (const part of [secret, ...secret.split('\n')].map((each) => each.trim())) {
      if (part.length < SHORTEST_SECRET) continue
      for (const form of [part, JSON.stringify(part).slice(1, -1), encoded(part)]) forms.add(form)
    }
  }
  // Longest first: one may be a part of another.
  const sorted = [...forms].sort((a, b) => b.length - a.length)
  const text = (given: string): string => sorted.reduce((left, form) => left.replaceAll(form, HIDDEN), given)
  const value = (given: unknown): unknown => {
    if (typeof given === 'string') return text(given)
    if (typeof given !== 'object' || given === null) return given
    if (Array.isArray(given)) return given.map(value)
    const copy: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(given)) {
      Object.defineProperty(copy, text(key), {
        value: value(item),
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return copy
  }
  const longest = Math.max(0, ...sorted.map((form) => Buffer.byteLength(form)))
  return { longest, text, value: sorted.length === 0 ? (given) => given : value }
}

/** A lone surrogate cannot be encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
}
