/** `signalbox import <plan>`: a document, or the files of another tool, as a plan in YAML. */
import { extname } from 'node:path'
import { parseYaml } from '../importers/shared/yaml.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import { parseJson } from '../plan/json-text.js'
import type { Line } from '../reporters/shared/line.js'
import { formatCount } from '../reporters/shared/quantity.js'
import { type Coverage, coverageOf } from './check-document.js'
import { countDiagnostics, diagnosticLines } from './diagnostics.js'
import { EXIT } from './io.js'
import { type LoadedPlan, loadPlan } from './load.js'
import { LOAD_OPTIONS, readLoadOptions } from './load-options.js'
import { planAsJson, planAsYaml } from './plan-text.js'
import type { Verb, VerbContext } from './verb.js'
import { NEW_OUTPUT_OPTIONS, writeText } from './write-text.js'

export const importVerb: Verb = {
  name: 'import',
  positionals: ['<plan>'],
  options: {
    ...NEW_OUTPUT_OPTIONS,
    ...LOAD_OPTIONS,
  },
  about: [
    'Reads what `check` reads, and writes it as a plan: one that `check` accepts, that is the same when it is read again, and',
    'that is made to be read and changed by people. Comments say which line each part comes from. What is wrong with the',
    'plan goes to stderr; a plan with errors is not written.',
  ],
  examples: [
    { call: 'signalbox import plan.md -o plan.yaml', about: 'From here on, plan.yaml is the plan.' },
    {
      call: 'signalbox import .taskmaster/tasks/tasks.json --on-cycle drop-subtask-edges -o plan.yaml',
      about: 'From Task Master.',
    },
    { call: 'signalbox import backlog/ | less', about: 'Look at it first.' },
  ],
  run: importPlan,
}

async function importPlan(context: VerbContext): Promise<number> {
  const { args, output } = context
  const target = args.value('output')
  const loaded = await loadPlan(args.positionals[0] ?? '', readLoadOptions(args))
  const { check, sources, format, imported } = loaded
  const text = check.ok ? textOf(loaded, target) : null
  const problems = text === null ? [] : unreadableAgain(text, target)
  const diagnostics = [...check.diagnostics, ...problems]
  const ok = text !== null && problems.length === 0
  const over = args.has('force') ? 'what is there' : 'nothing'
  const written = ok ? await writeText(text, context, over) : { file: null, text: null }
  const counts = check.plan === undefined ? null : coverageOf(check.plan)
  output.warn([verdictLine(ok, target, counts, diagnostics), ...diagnosticLines(diagnostics, sources)])
  const coverage = counts === null ? {} : { coverage: { ...counts, imported } }
  output.document({ ok, format, ...written, diagnostics, ...coverage })
  return ok ? EXIT.ok : EXIT.failed
}

function verdictLine(
  ok: boolean,
  target: string | undefined,
  counts: Coverage | null,
  diagnostics: readonly Diagnostic[],
): Line {
  const said = countDiagnostics(diagnostics)
  if (!ok || counts === null) return [{ text: `Nothing was written: ${said}.`, style: 'red' }]
  const { streams, tasks, edges } = counts
  const dependencies = formatCount(edges, 'dependency', 'dependencies')
  const amount = `${formatCount(streams, 'stream')}, ${formatCount(tasks, 'task')}, ${dependencies}`
  return [{ text: `${target ?? 'Imported'}: ${amount}${said === null ? '' : `, with ${said}`}`, style: 'green' }]
}

function isJson(target: string | undefined): boolean {
  return target !== undefined && extname(target).toLowerCase() === '.json'
}

function textOf({ document, file, locate }: LoadedPlan, target: string | undefined): string {
  return isJson(target) ? planAsJson(document) : planAsYaml(document, file, locate)
}

/** Why the text could not be read again: it may be larger than what it was made from. */
function unreadableAgain(text: string, target: string | undefined): readonly Diagnostic[] {
  const parsed = isJson(target) ? parseJson(text, { file: target }) : parseYaml(text, { file: target ?? 'the plan' })
  return parsed.ok ? [] : parsed.diagnostics
}
