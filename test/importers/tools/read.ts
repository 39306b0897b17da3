/** What an importer made of a few lines, in few words. */
import type { ImportedPlan } from '../../../src/importers/shared/imported.js'
import { checkPlan } from '../../../src/plan/check.js'
import { factsOf } from '../markdown/facts.js'

export function said({ diagnostics }: Pick<ImportedPlan, 'diagnostics'>): readonly string[] {
  return diagnostics.map(({ code, severity, line }) => `${severity} ${code} ${line}`)
}

export function readingOf(imported: ImportedPlan) {
  const check = checkPlan(imported.plan, { locate: imported.locate })
  return { ...imported, facts: factsOf(imported.plan), said: said(imported), check }
}
