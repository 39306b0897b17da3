/** `signalbox resume <id>`: goes on with a run that a store keeps, where its journal ends. */
import type { RunState, ScopeState } from '../core/state.js'
import { checkPlan } from '../plan/check.js'
import { quote } from '../plan/text.js'
import { overviewOf } from '../planning/overview.js'
import { summaryLines } from '../reporters/summary.js'
import { eventsOf } from '../runtime/ended-run.js'
import { schedulerError } from '../runtime/errors.js'
import type { Run } from '../runtime/run.js'
import type { Scheduler } from '../runtime/scheduler-types.js'
import { summarize } from '../summarize.js'
import { approvingFor } from './approvals.js'
import { EXIT } from './io.js'
import { type NamedStore, STORE_OPTION, withStore } from './open-store.js'
import { runDocument } from './run-document.js'
import { PACE_OPTIONS, type PaceOptions, readPaceOptions, speedFor } from './run-options.js'
import { findRun, readScope, SCOPE } from './scope.js'
import { simulatedPlansOf } from './simulated-plans.js'
import { allOf, pursue } from './simulated-run.js'
import type { Verb, VerbContext } from './verb.js'
import { writeReport } from './write-report.js'

export const resumeVerb: Verb = {
  name: 'resume',
  positionals: ['<id>'],
  options: { store: STORE_OPTION, ...PACE_OPTIONS },
  about: [
    'Goes on with a run that `signalbox run --store` has started, after a crash or an interrupt: with the plan that is stored,',
    'from the last event that is. Whatever was under way is lost and starts again as its next attempt; what had succeeded',
    'stays so. The process that led the run must be gone: on SQLite and PostgreSQL this one would take its place, and the',
    'other would stop with SCOPE_TAKEN. A run that a program of your own has started is resumed there. One that has ended is',
    'only told of.',
  ],
  examples: [
    { call: 'signalbox resume r1 --store file:.signalbox', about: 'After a crash, a kill, a power cut.' },
    { call: 'SIGNALBOX_STORE=sqlite:runs.db signalbox resume r1 --json', about: 'For programs.' },
  ],
  run,
}

async function run(context: VerbContext): Promise<number> {
  const options = readPaceOptions(context)
  const id = context.args.positionals[0] ?? ''
  return withStore(context, 'change', async (named) => {
    const state = await readScope(named.store)
    const found = await findRun(named.store, state, id)
    return found.closed === null ? goOn(id, state, options, named, context) : tell(found, options, named, context)
  })
}

async function goOn(
  id: string,
  state: ScopeState,
  options: PaceOptions,
  store: NamedStore,
  context: VerbContext,
): Promise<number> {
  const plans = await simulatedPlansOf(store.store, state)
  const plan = plans.get(id)
  if (plan === undefined) {
    const hint = `Its handlers are registered there: scheduler.resume(${JSON.stringify(id)}).`
    throw schedulerError('HANDLER_UNKNOWN', `Run ${quote(id)} was started by a program of your own.`, hint)
  }
  const { compiled } = checkPlan(plan)
  const approving = approvingFor(plan, { isSure: options.yes, isKept: true }, context)
  const speed = speedFor(options.speed, compiled === undefined ? 0 : overviewOf(compiled, plan).atBestMs)
  const from = Math.max(context.io.clock.now(), state.clock)
  const begin = (scheduler: Scheduler): Promise<Run> => scheduler.resume(id)
  return pursue({ ...options, approving, store, from, plans, speed, begin }, context)
}

/** What a run was like that has ended. */
async function tell(
  { id, openedAfter }: RunState,
  { speed, failShare, seed }: PaceOptions,
  { store }: NamedStore,
  { output, args }: VerbContext,
): Promise<number> {
  const events = await allOf(eventsOf(id, { store, scope: SCOPE, openedAfter }))
  const summary = summarize(events)
  output.print([[`Run ${id} has ended already.`], [], ...summaryLines(summary)])
  await writeReport(events, args)
  output.document(runDocument(summary, events, { seed, failShare, speed: speed === 'auto' ? 1 : speed }))
  return summary.verdict === 'succeeded' ? EXIT.ok : EXIT.failed
}
