/** How a verb that needs a right plan says no to a wrong one. */
import type { PlanCheck } from '../plan/check.js'
import { countDiagnostics, diagnosticLines } from './diagnostics.js'
import { EXIT } from './io.js'
import type { Sources } from './quoted-line.js'
import type { VerbContext } from './verb.js'

/** Resolves to the exit code. */
export function refuse(
  { diagnostics }: PlanCheck,
  sources: Sources,
  what: 'run' | 'drawn',
  { output }: VerbContext,
): number {
  const message = `The plan cannot be ${what}: ${countDiagnostics(diagnostics)}.`
  const hint = 'Mend it first; signalbox check shows the same list.'
  output.warn([[{ text: message, style: 'red' }], ...diagnosticLines(diagnostics, sources)])
  output.document({ ok: false, error: { code: 'PLAN_INVALID', message, hint }, diagnostics })
  return EXIT.failed
}
