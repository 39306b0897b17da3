/** Several real processes on one file: none loses what it was told is stored, also when it is killed. */
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sqliteStore } from '../../../src/stores/sqlite/index.js'
import { noteOf, readAll } from '../../../src/testing/store-conformance/journal.js'
import { bundleStore, freshFile, linesOf, startProgram } from './files.js'

/** Three who write at once pass each other by chance, and each commit waits for a disk that others want, too. */
const PATIENCE_MS = 60_000
const timeout = 2 * PATIENCE_MS

let bundled = ''

beforeAll(async () => {
  bundled = await bundleStore()
}, 60_000)

afterAll(() => rmSync(dirname(bundled), { recursive: true, force: true }))

/** Appends `count` batches of two, going on from the head it is told, and prints each that was answered with ok. */
const writer = (file: string, name: string, count: number): string => `
  const store = sqliteStore(${JSON.stringify(file)}, { busyMs: ${PATIENCE_MS} })
  let head = 0
  for (let n = 0; n < ${count}; n += 1) {
    const id = '${name} ' + n
    const events = ['first', 'second'].map((part) => ({ type: 'attempt.progressed', at: n, progress: id + ' ' + part }))
    for (let ok = false; !ok; ) {
      const answer = await store.append('main', head, { id, events, writer: '${name}' })
      if (answer.ok) process.stdout.write(id + ' at ' + head + '\\n')
      ok = answer.ok
      head = answer.head
    }
  }
  await store.close()
`

/** Every line that was printed is an append, and stands where it was answered. */
async function mustHoldAll(file: string, lines: readonly string[], atLeast: number): Promise<void> {
  const store = sqliteStore(file)
  const stored = await readAll(store)
  await store.close()
  expect(stored.map(({ revision }) => revision)).toEqual(stored.map((_, i) => i + 1))
  expect(lines.length).toBeGreaterThanOrEqual(atLeast)
  for (const line of lines) {
    const [, id, place] = /^(.*) at (\d+)$/.exec(line)!
    const found = stored.slice(Number(place), Number(place) + 2)
    expect(found.map(noteOf)).toEqual([`${id} first`, `${id} second`])
    expect(found[0]!.writer).toBe(id!.split(' ')[0])
  }
  expect(new Set(stored.map(noteOf)).size).toBe(stored.length)
}

it('three processes that begin the file at once and write it together lose nothing', { timeout }, async () => {
  const file = freshFile()
  const children = ['one', 'two', 'three'].map((name) => startProgram(bundled, writer(file, name, 40)))
  const lines = (await Promise.all(children.map((child) => linesOf(child)))).flat()
  expect(lines).toHaveLength(120)
  await mustHoldAll(file, lines, 120)
})

it('writers that are killed over and over lose nothing that was answered', { timeout }, async () => {
  const file = freshFile()
  const lines: string[] = []
  for (let round = 0; round < 8; round += 1) {
    const child = startProgram(bundled, writer(file, `round${round}`, 100_000))
    const printed = linesOf(child, 'SIGKILL')
    // Killed somewhere in the middle of its work: after a number of answers that differs from round to round.
    await once(child.stdout!, 'data')
    for (let n = 0; n < round * 3; n += 1) await new Promise((resolve) => setImmediate(resolve))
    child.kill('SIGKILL')
    lines.push(...(await printed))
  }
  await mustHoldAll(file, lines, 8)
})

it('an append is seen, and hinted at, in another process', { timeout }, async () => {
  const file = freshFile()
  const store = sqliteStore(file, { watchMs: 5 })
  await readAll(store)
  let wake: () => void = () => undefined
  const woken = new Promise<void>((resolve) => {
    wake = resolve
  })
  const stop = store.watch('main' as never, wake)
  await linesOf(startProgram(bundled, writer(file, 'other', 3)))
  await woken
  stop()
  expect(await readAll(store)).toHaveLength(6)
  await store.close()
})
