/** What a cut-off write leaves behind is told from damage, wherever on the disk it lies. */
import { expect, it } from 'vitest'
import { encodeFrame, HEADER_BYTES } from '../../../src/stores/file/frame.js'
import { judgeTail } from '../../../src/stores/file/tail.js'
import { SimulatedDisk } from './simulated-disk.js'

const SECTOR_BYTES = 512
/** Text is JSON: it ends with a brace. */
const FRAMES = {
  seal: encodeFrame('seal', 68, 0, 0, ''),
  batch: encodeFrame('batch', 68, 3, 0, `{${'é@ '.repeat(300)}}`),
  'batch far down a journal': encodeFrame('batch', 0xff00_0000_00, 0x0100, 0, `{${'x'.repeat(254)}}`),
}

async function judge(content: Buffer, offset: number) {
  const disk = new SimulatedDisk()
  const file = await disk.open('/segment', 'replace')
  await file.write(content, 0)
  return judgeTail(file, offset)
}

/** The frame at `offset`, with something before it and room behind it. */
function fileWith(frame: Buffer, offset: number, room: number): Buffer {
  return Buffer.concat([Buffer.alloc(offset, 'x'), frame, Buffer.alloc(room)])
}

it.each(Object.entries(FRAMES))(
  'a %s may lie anywhere on the edge of a sector, and lack any of its sectors',
  async (_, frame) => {
    for (const room of [0, 700]) {
      for (let offset = SECTOR_BYTES - HEADER_BYTES - 1; offset <= SECTOR_BYTES + 1; offset += 1) {
        const whole = fileWith(frame, offset, room)
        const sectors = Math.ceil((offset + frame.length) / SECTOR_BYTES)
        for (let missing = 1; missing < 1 << sectors; missing += 1) {
          const content = Buffer.from(whole)
          for (let sector = 0; sector < sectors; sector += 1) {
            const [from, to] = [sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES]
            if ((missing >> sector) & 1)
              content.fill(0, Math.max(offset, from), Math.min(content.length, Math.max(offset, to)))
          }
          const isUntouched = content.equals(whole)
          const isBlank = content.subarray(offset).every((byte) => byte === 0)
          if (isUntouched) continue
          expect([offset, missing, await judge(content, offset)]).toEqual([offset, missing, isBlank ? 'blank' : 'torn'])
        }
      }
    }
  },
)

it.each(Object.entries(FRAMES))(
  'a %s may be cut off at any byte, with room behind it or at the end of the file',
  async (_, frame) => {
    for (let cut = 1; cut < frame.length; cut += 1) {
      const written = Buffer.concat([Buffer.alloc(500, 'x'), frame.subarray(0, cut)])
      expect([cut, await judge(written, 500)]).toEqual([cut, 'torn'])
      if (frame.subarray(cut).every((byte) => byte === 0)) continue
      const withRoom = Buffer.concat([written, Buffer.alloc(frame.length - cut + 700)])
      expect([cut, await judge(withRoom, 500)]).toEqual([cut, 'torn'])
    }
  },
)

it.each(Object.entries(FRAMES))('a %s in which a bit has flipped is damaged, not cut off', async (_, frame) => {
  for (let bit = 0; bit < frame.length * 8; bit += 1) {
    const content = fileWith(frame, 490, 100)
    content[490 + (bit >> 3)]! ^= 1 << (bit & 7)
    expect([bit, await judge(content, 490)]).toEqual([bit, 'damaged'])
  }
})
