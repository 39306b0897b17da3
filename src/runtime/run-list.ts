/** The runs of a scope, as a list. */
import type { RunState, ScopeState } from '../core/state.js'
import type { EpochMs, RunId, Verdict } from '../core/types.js'

/** A run in a list. */
export interface RunSummary {
  readonly id: RunId
  /** That of its plan. */
  readonly name: string
  readonly status: 'open' | 'paused' | 'closed'
  readonly openedAt: EpochMs
  /** Null while it is open. */
  readonly closedAt: EpochMs | null
  readonly verdict: Verdict | null
  /** The key it was opened under, null for none. */
  readonly idempotencyKey: string | null
}

/** All runs, open and closed, in the order in which they were opened. O(runs). */
export function listRuns({ runs, closedRuns, runKeys }: ScopeState): readonly RunSummary[] {
  const keys = new Map<RunId, string>()
  for (const [key, id] of runKeys) keys.set(id, key)
  const all: { readonly openedAfter: number; readonly summary: RunSummary }[] = []
  for (const run of runs.values()) all.push({ openedAfter: run.openedAfter, summary: openRun(run) })
  for (const [id, { name, openedAt, openedAfter, closedAt, verdict }] of closedRuns) {
    const idempotencyKey = keys.get(id) ?? null
    const summary = { id, name, status: 'closed', openedAt, closedAt, verdict, idempotencyKey } as const
    all.push({ openedAfter, summary })
  }
  return all.sort((a, b) => a.openedAfter - b.openedAfter).map(({ summary }) => summary)
}

function openRun({ id, plan, paused, openedAt, idempotencyKey }: RunState): RunSummary {
  const status = paused === null ? 'open' : 'paused'
  return { id, name: plan.name, status, openedAt, closedAt: null, verdict: null, idempotencyKey }
}
