/** What a terminal could obey, or hide, made visible; and how wide the rest is. */

/** Control (C0, DEL, C1), format (bidi, zero-width), lone surrogates, line and paragraph separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu

/**
 * The text with everything a terminal could obey, or not show, as `\u{1b}`. What it returns it leaves as it is.
 *
 * @param columns - How much of it will be looked at; what is far beyond may be left out. Default: all.
 */
export function escapeText(text: string, columns: number = Number.POSITIVE_INFINITY): string {
  // Marks that stand above others take no column: without a bound a hostile text could bring any number of them.
  const most = columns * LONGEST_CHARACTER
  const looked = text.length > most ? text.slice(0, most) : text
  return looked.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}

/** UTF-16 units per column: enough for a letter with several marks. */
const LONGEST_CHARACTER = 8

/** Columns of one printable character. Marks that combine count as one: too much is safe, too little breaks the frame. */
export function characterWidth(character: string): 1 | 2 {
  const point = character.codePointAt(0) ?? 0
  if (point < FIRST_WIDE) return 1
  return WIDE.some(([from, to]) => point >= from && point <= to) ? 2 : 1
}

const FIRST_WIDE = 0x1100

/** East Asian wide and full-width characters, and emoji (Unicode Standard Annex 11), in broad ranges. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ff],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x267f, 0x267f],
  [0x2693, 0x2693],
  [0x26a1, 0x26a1],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26ce],
  [0x26d4, 0x26d4],
  [0x26ea, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x2757],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b55],
  [0x2e80, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
]
