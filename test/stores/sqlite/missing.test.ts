/** Where no library opens SQLite files, the error says which line installs one. */
import { expect, it, vi } from 'vitest'
import { sqliteStore } from '../../../src/stores/sqlite/index.js'
import { SCOPE } from '../../../src/testing/store-conformance/journal.js'
import { freshFile } from './files.js'

vi.mock('node:sqlite', () => {
  throw new Error('No such built-in module: node:sqlite')
})
vi.mock('better-sqlite3', () => {
  throw new Error("Cannot find package 'better-sqlite3'")
})

it('a runtime without any library is told the line that installs one', async () => {
  const store = sqliteStore(freshFile())
  await expect(store.append(SCOPE, 0, { id: 'x', events: [], writer: 'test/1' })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringMatching(/^SQLite files need "node:sqlite" or the package "better-sqlite3".*has neither\.$/),
    hint: 'Run `npm install better-sqlite3`, or use Node 22.13 or later.',
  })
  await store.close()
})

it('who asks for node:sqlite where there is none is told to leave the choice open', async () => {
  const store = sqliteStore(freshFile(), { driver: 'node:sqlite' })
  await expect(store.scopes()).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: `This runtime has no "node:sqlite" (Node ${process.versions.node}).`,
    hint: 'Use Node 22.13 or later, or leave `driver` out and run `npm install better-sqlite3`.',
  })
})
