/** What the file store costs beside a bare loop of the same writes, and how long a long journal takes to open: `npm run bench -- store`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadInside } from './inside.mjs'
import { machine, median, short, stopwatch, table } from './units.mjs'

const BATCH_SIZES = [1, 10, 100, 1000]
const ROUNDS = 5
/** Appends of a round; fewer where they are large. */
const APPENDS = 300
const MOST_EVENTS = 30_000
const LONG_JOURNAL = 1_000_000
const LONG_BATCH = 100
/** Of the long journal, what a snapshot leaves to be read, and how many entries it has itself. */
const TAIL_EVENTS = 1000
const SNAPSHOT_ENTRIES = 100_000
const OPENINGS = 3
const SCOPES = 10
const now = stopwatch(process.argv[2])

const { fileStore } = await loadInside(`export { fileStore } from './src/stores/file.js'`)
const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'))
try {
  console.log(`file store, appends that are durable when they resolve · ${machine()}`)
  console.log(table(await appendRows()))
  console.log(`\nopening a journal of ${LONG_JOURNAL.toLocaleString('en-US')} events, seconds, the store's part`)
  console.log(table(await openingRows()))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function appendRows() {
  const rows = [
    ['events a batch', 'store, batches/s', 'bare, batches/s', 'ratio', 'store, events/s', 'relaxed, batches/s'],
  ]
  for (const size of BATCH_SIZES) {
    const count = Math.min(APPENDS, Math.floor(MOST_EVENTS / size))
    const rounds = []
    // They take turns, so that a slow minute of the disk is everybody's.
    for (let round = 0; round < ROUNDS; round += 1) {
      const store = await appendsOf({ size, count, durability: 'strict' })
      const bare = await bareOf(size, count)
      rounds.push({ store, bare, relaxed: await appendsOf({ size, count, durability: 'relaxed' }) })
    }
    const middle = (name) => median(rounds.map((each) => each[name]))
    rows.push([
      String(size),
      short(middle('store')),
      short(middle('bare')),
      `${short(median(rounds.map(({ store, bare }) => bare / store)))}x`,
      short(middle('store') * size),
      short(middle('relaxed')),
    ])
  }
  const many = []
  for (let round = 0; round < ROUNDS; round += 1) many.push(await sideBySide())
  rows.push([`1, ${SCOPES} scopes at once`, short(median(many)), '', '', short(median(many)), ''])
  return rows
}

/** Batches a second, one after the other, in one scope. */
async function appendsOf({ size, count, durability }) {
  const store = fileStore(fresh(), { durability })
  // The first one makes folder, lock and segment.
  await store.append('s', 0, batchOf(0, size))
  const start = now()
  for (let n = 1; n <= count; n += 1) await store.append('s', n * size, batchOf(n * size, size))
  const ms = now() - start
  await store.close()
  return (count * 1000) / ms
}

/** The same texts written one after the other to one file, each with an fdatasync: the least that is durable. */
async function bareOf(size, count) {
  const file = await open(`${fresh()}.bare`, 'w')
  const start = now()
  for (let n = 1; n <= count; n += 1) {
    await file.write(Buffer.from(JSON.stringify(batchOf(n * size, size))))
    await file.datasync()
  }
  const ms = now() - start
  await file.close()
  return (count * 1000) / ms
}

async function sideBySide() {
  const store = fileStore(fresh())
  const scopes = Array.from({ length: SCOPES }, (_, n) => `scope-${n}`)
  await Promise.all(scopes.map((scope) => store.append(scope, 0, batchOf(0, 1))))
  const start = now()
  await Promise.all(
    scopes.map(async (scope) => {
      for (let n = 1; n <= APPENDS / SCOPES; n += 1) await store.append(scope, n, batchOf(n, 1))
    }),
  )
  const ms = now() - start
  await store.close()
  return (APPENDS * 1000) / ms
}

async function openingRows() {
  const path = fresh()
  const store = fileStore(path, { durability: 'relaxed' })
  for (let head = 0; head < LONG_JOURNAL; head += LONG_BATCH) await store.append('s', head, batchOf(head, LONG_BATCH))
  const entries = Array.from({ length: SNAPSHOT_ENTRIES }, (_, n) => ({
    task: `stream/task-${n}`,
    status: 'succeeded',
  }))
  const revision = LONG_JOURNAL - TAIL_EVENTS
  await store.saveSnapshot('s', { revision, writer: 'bench/1', data: entries })
  await store.close()
  const full = []
  const fromSnapshot = []
  for (let round = 0; round < OPENINGS; round += 1) {
    full.push(await opened(path, async (again) => mustBe(LONG_JOURNAL, await countFrom(again, 0))))
    fromSnapshot.push(
      await opened(path, async (again) => {
        const snapshot = await again.loadSnapshot('s')
        mustBe(SNAPSHOT_ENTRIES, snapshot.data.length)
        mustBe(TAIL_EVENTS, await countFrom(again, snapshot.revision))
      }),
    )
  }
  return [
    ['', `median of ${OPENINGS}`, 'goal'],
    ['every event', (median(full) / 1000).toFixed(2), '3.00'],
    [
      `a snapshot of ${SNAPSHOT_ENTRIES.toLocaleString('en-US')} entries, and ${TAIL_EVENTS.toLocaleString('en-US')} events`,
      (median(fromSnapshot) / 1000).toFixed(2),
      '0.30',
    ],
  ]
}

async function opened(path, use) {
  const start = now()
  const store = fileStore(path)
  await use(store)
  const ms = now() - start
  await store.close()
  return ms
}

async function countFrom(store, after) {
  let count = 0
  for await (const { revision } of store.read('s', after)) count += revision > after ? 1 : 0
  return count
}

function mustBe(expected, found) {
  if (found !== expected) throw new Error(`Expected ${expected}, found ${found}.`)
}

/** Like what a task leaves behind when it succeeds. */
function batchOf(first, size) {
  const events = Array.from({ length: size }, (_, i) => ({
    type: 'attempt.succeeded',
    at: 1_700_000_000_000 + first + i,
    run: 'r1',
    task: `stream/task-${first + i}`,
    attempt: 1,
    fence: first + i,
    result: { ok: true },
  }))
  return { id: `b-${first}`, writer: 'bench/1', events }
}

function fresh() {
  return join(folder, Math.random().toString(36).slice(2))
}
