/** CRC-32C (Castagnoli), the checksum of storage: finds every burst of up to 32 bits. Four tables, four bytes a step. */

/** The polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78

const [T0, T1, T2, T3] = tables()

/** The checksum of `bytes[start..end)`, a number from 0 to 2^32 - 1. O(bytes). */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let crc = -1
  let at = start
  for (const whole = end - 3; at < whole; at += 4) {
    const word = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc = T3[word & 0xff]! ^ T2[(word >>> 8) & 0xff]! ^ T1[(word >>> 16) & 0xff]! ^ T0[word >>> 24]!
  }
  for (; at < end; at += 1) crc = T0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Table k holds the checksums of a byte that k zero bytes follow. */
function tables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const made = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
    made[0][byte] = crc
  }
  for (let byte = 0; byte < 256; byte += 1) {
    for (const k of [1, 2, 3] as const) {
      const before = made[(k - 1) as 0 | 1 | 2][byte]!
      made[k][byte] = made[0][before & 0xff]! ^ (before >>> 8)
    }
  }
  return made
}
