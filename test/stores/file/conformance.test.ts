/** The file store keeps the law of the port. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileStore } from '../../../src/stores/file.js'
import { conforms } from '../conformance.js'

conforms(
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-file-'))
    return { open: () => fileStore(folder), remove: () => rmSync(folder, { recursive: true, force: true }) }
  },
  // One process has one life: crash.test.ts ends it everywhere.
  { without: ['sharing', 'crash'] },
)
