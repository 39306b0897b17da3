/** Hosts on the file store that die at any append. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fileStore } from '../../../src/stores/file.js'
import { crashAtEveryAppend } from '../crash-at-every-append.js'
import { everyCallFails, failingStore } from '../every-call-fails.js'
import { SimulatedDisk } from './simulated-disk.js'
import { storeOn } from './world.js'

const timeout = 120_000

it('a run ends, with every result committed once, whichever call of the store fails', { timeout }, async () => {
  const tried = await everyCallFails((failing) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-file-'))
    return {
      open: () => failingStore(fileStore(folder), failing),
      remove: () => rmSync(folder, { recursive: true, force: true }),
    }
  })
  expect(tried).toBeGreaterThan(10)
})

it('a run ends, with every result committed once, at whichever append its host dies', { timeout }, async () => {
  // On a simulated disk each host is a process of its own, whose lock does not outlive it.
  const tried = await crashAtEveryAppend(() => {
    const disk = new SimulatedDisk()
    return { open: () => storeOn(disk) }
  })
  expect(tried).toBeGreaterThan(50)
})
