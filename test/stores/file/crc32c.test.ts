/** The checksum is CRC-32C. */
import { expect, it } from 'vitest'
import { crc32c } from '../../../src/stores/file/crc32c.js'

/** Bit by bit, from the definition. */
function slowly(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

it('has the check value of the standard, and that of thirty-two zeros', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})

it('is what the definition gives, for every length and place', () => {
  const bytes = Buffer.from(Array.from({ length: 64 }, (_, n) => (n * 151 + 7) & 0xff))
  for (let start = 0; start < 8; start += 1) {
    for (let end = start; end <= bytes.length; end += 1) {
      expect(crc32c(bytes, start, end)).toBe(slowly(bytes.subarray(start, end)))
    }
  }
})
