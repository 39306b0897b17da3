/**
 * Records the journals of this version: those of all scenarios, one file each, what they fold to, and a snapshot from their middle. What is recorded stays as it is:
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
const { foldJournal, snapshotAfter } = await importBundled(join(root, 'test/journals/fold.ts'))

/** Events that begin a decision. */
const STARTS = new Set([
  'attempt.succeeded',
  'attempt.completed',
  'attempt.progressed',
  'milestone.reached',
  'run.opened',
])

mkdirSync(folder, { recursive: true })
const index = join(folder, 'folded.json')
const folded = existsSync(index) ? JSON.parse(readFileSync(index, 'utf8')) : {}
const scenarios = readdirSync(join(root, 'test/scenarios')).map((name) => basename(name, '.txt'))
const missing = scenarios.filter((name) => !(name in folded))
for (const name of missing) {
  const lines = []
  const text = readFileSync(join(root, 'test/scenarios', `${name}.txt`), 'utf8')
  runScenario(text, { readPlan: (plan) => parse(plan), onEvent: (event) => lines.push(JSON.stringify(event)) })
  writeFileSync(join(folder, `${name}.jsonl`), `${lines.join('\n')}\n`)
  folded[name] = foldJournal(lines.map((line) => JSON.parse(line)))
}
writeFileSync(index, `${JSON.stringify(folded, null, 2)}\n`)
const taken = join(folder, 'snapshots.json')
const snapshots = existsSync(taken) ? JSON.parse(readFileSync(taken, 'utf8')) : {}
for (const name of scenarios.filter((each) => !(each in snapshots))) {
  const events = readFileSync(join(folder, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const at = middleOf(events)
  if (at !== null) snapshots[name] = snapshotAfter(events, at)
}
writeFileSync(taken, `${JSON.stringify(snapshots)}\n`)
console.log(`${version}: ${missing.length} recorded, ${scenarios.length - missing.length} were there.`)

/** After so many events a decision has ended: the next event is a report. The nearest such place before the middle, else after. */
function middleOf(events) {
  const places = events.flatMap(({ type }, at) => (STARTS.has(type) && at > 0 ? [at] : []))
  return places.findLast((at) => at <= events.length / 2) ?? places[0] ?? null
}
