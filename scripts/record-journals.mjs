/**
 * Records the journals of this version: those of all scenarios, one file each, that of a host which leads and
 * resigns, and what they fold to. What is recorded stays as it is:
 * only scenarios that have no journal yet get one. `npm run record-journals`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { importBundled } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = join(root, 'test/journals', version)
const { runScenario } = await importBundled(join(root, 'src/testing/index.ts'))
const { foldJournal } = await importBundled(join(root, 'test/journals/fold.ts'))

mkdirSync(folder, { recursive: true })
const index = join(folder, 'folded.json')
const folded = existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')) : {}
/** Scenarios know no hosts. */
const OF_A_HOST = 'one-host-leads'
const scenarios = readdirSync(join(root, 'test/scenarios')).map((name) => basename(name, '.txt'))
const missing = [...scenarios, OF_A_HOST].filter((name) => !(name in folded))
for (const name of missing) {
  const lines = (name === OF_A_HOST ? await eventsOfHost() : eventsOf(name)).map((event) => JSON.stringify(event))
  writeFileSync(join(folder, `${name}.jsonl`), `${lines.join('\n')}\n`)
  folded[name] = foldJournal(lines.map((line) => JSON.parse(line)))
}
writeFileSync(index, `${JSON.stringify(folded, null, 2)}\n`)
console.log(`${version}: ${missing.length} recorded, ${scenarios.length + 1 - missing.length} were there.`)

function eventsOf(scenario) {
  const events = []
  const text = readFileSync(join(root, 'test/scenarios', `${scenario}.txt`), 'utf8')
  runScenario(text, { readPlan: (plan) => parse(plan), onEvent: (event) => events.push(structuredClone(event)) })
  return events
}

/** A host that leads, says so again while a task works, and resigns. */
async function eventsOfHost() {
  const { createScheduler, defineHandlers } = await importBundled(join(root, 'src/index.ts'))
  const { memoryStore } = await importBundled(join(root, 'src/stores/memory.ts'))
  const store = memoryStore()
  const handlers = defineHandlers({ work: { run: () => new Promise((resolve) => setTimeout(resolve, 150, 'done')) } })
  const scheduler = createScheduler({ store, handlers, leaseMs: 100, pools: { local: { slots: 1 } } })
  const run = await scheduler.start({ tasks: { a: { handler: 'work' } } }, { id: 'r1' })
  await run.outcome
  await scheduler.close()
  const events = []
  for await (const { event } of store.read('default', 0)) events.push(event)
  return events
}
