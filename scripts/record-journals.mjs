/**
 * Records the journals of this version: those of all scenarios, one file each, and what they fold to. What is recorded stays as it is:
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
console.log(`${version}: ${missing.length} recorded, ${scenarios.length - missing.length} were there.`)
