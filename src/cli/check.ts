/** `signalbox check <plan>`: what is wrong with a plan, and what it amounts to. */
import { amountsOf } from './amounts.js'
import { checkDocument } from './check-document.js'
import { checkReport } from './check-report.js'
import { countOf } from './diagnostics.js'
import { EXIT } from './io.js'
import { loadPlan } from './load.js'
import { LOAD_OPTIONS, readLoadOptions } from './load-options.js'
import type { Verb, VerbContext } from './verb.js'

export const checkVerb: Verb = {
  name: 'check',
  positionals: ['<plan>'],
  options: {
    ...LOAD_OPTIONS,
    strict: { kind: 'flag', about: 'Refuse a plan with warnings too.' },
  },
  about: [
    'Reads a plan in JSON, YAML or Markdown, or what another tool keeps its tasks in (a file or a folder), and reports all its problems at once: unknown and doubled ids, cycles with their trail,',
    'paths that other streams own, tasks that can never run side by side. First what it amounts to: waves, critical path,',
    'total work, how long it takes with its pools. Nothing of the plan is run. At most 1 MB; files of other tools 4 MB.',
  ],
  examples: [
    { call: 'signalbox check plan.yaml', about: 'A report for people.' },
    { call: 'signalbox check plan.yaml --strict', about: 'In a pipeline: warnings count as errors.' },
    {
      call: 'signalbox check plan.yaml --json | jq -r \'.diagnostics[] | "\\(.file):\\(.line) \\(.message)"\'',
      about: 'The same for programs.',
    },
  ],
  run: check,
}

async function check({ args, output }: VerbContext): Promise<number> {
  const loaded = await loadPlan(args.positionals[0] ?? '', readLoadOptions(args))
  const { diagnostics } = loaded.check
  const ok = loaded.check.ok && !(args.has('strict') && countOf(diagnostics, 'warning') > 0)
  const amounts = amountsOf(loaded.check)
  if (output.format === 'people') output.print(checkReport(loaded, amounts, ok))
  output.document(checkDocument(loaded, amounts, ok))
  return ok ? EXIT.ok : EXIT.failed
}
