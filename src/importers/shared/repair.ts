/** Text that went through the wrong encoding once: UTF-8 read as Windows-1252 or -1254, and saved like that. */

/** Characters of Windows-1252 and -1254 above 0x7f that are not where Unicode has them, by their byte. */
const BYTE_OF: ReadonlyMap<string, number> = new Map([
  ...Array.from(
    '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ',
    (character, at) => [character, 0x80 + at] as const,
  ),
  ...Array.from('ĞİŞğış', (character, at) => [character, [0xd0, 0xdd, 0xde, 0xf0, 0xfd, 0xfe][at] as number] as const),
])

/** What begins with a lead byte of UTF-8 and goes on with characters that stand for bytes above 0x7f. */
const SUSPECT = /[\u00c2-\u00f4ĞİŞğ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{1,3}/g

/** What stands for characters of which a byte was lost on the way. */
const LOST = '\ufffd'

export interface Mended {
  readonly text: string
  readonly mended: number
  /** Characters that could not be made out. */
  readonly lost: number
}

/** The text as it was meant. One in which nothing can be mended comes back as it is. O(length). */
export function mendEncoding(text: string): Mended {
  let mended = 0
  let lost = 0
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const meant = text.replace(SUSPECT, (characters) => {
    const bytes = Array.from(characters, byteOf)
    const length = lengthOf(bytes[0] as number)
    try {
      if (length > bytes.length) throw new RangeError('A byte was lost.')
      const decoded = decoder.decode(Uint8Array.from(bytes.slice(0, length)))
      mended += 1
      return decoded + characters.slice(length)
    } catch {
      lost += 1
      return LOST
    }
  })
  return mended === 0 ? { text, mended: 0, lost: 0 } : { text: meant, mended, lost }
}

function byteOf(character: string): number {
  return BYTE_OF.get(character) ?? character.charCodeAt(0)
}

/** Bytes of the UTF-8 sequence that begins with this one. */
function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}
