/** Collects what the reader has to say about a document. */
import { createReporter, type Diagnostic, type DiagnosticCode, type Severity } from '../../plan/diagnostic.js'
import type { Place } from './types.js'

/** Diagnostics that point into the text. */
export interface Notes {
  add(code: DiagnosticCode, severity: Severity, place: Place | null, message: string, hint: string): void
  list(): readonly Diagnostic[]
}

/** Notes that list `limit` diagnostics and count the others. */
export function createNotes(limit: number): Notes {
  const reporter = createReporter(limit)
  return {
    add: (code, severity, place, message, hint) => {
      reporter.report({ code, severity, message, at: '', hint, ...positionOf(place) })
    },
    list: reporter.list,
  }
}

function positionOf(place: Place | null): object {
  if (place === null) return {}
  const { file, line, column } = place
  return { line, column, ...(file === undefined ? {} : { file }) }
}
