/** `signalbox run <plan>`: runs a plan with simulated work, and shows it. */
import { availableParallelism } from 'node:os'
import type { EpochMs, RunId } from '../core/types.js'
import { checkPlan } from '../plan/check.js'
import { quote } from '../plan/text.js'
import type { Plan, PlanDocument } from '../plan/types.js'
import { overviewOf } from '../planning/overview.js'
import { schedulerError } from '../runtime/errors.js'
import { type Approving, approvingFor } from './approvals.js'
import { loadPlan } from './load.js'
import { LOAD_OPTIONS, readLoadOptions } from './load-options.js'
import { type NamedStore, namesStore, openStore, STORE_OPTION } from './open-store.js'
import { refuse } from './refuse.js'
import { PACE_OPTIONS, poolsFor, type RunOptions, readRunOptions, speedFor } from './run-options.js'
import { readScope } from './scope.js'
import { simulatedPlansOf } from './simulated-plans.js'
import { pursue } from './simulated-run.js'
import { simulatedPlan } from './simulation.js'
import type { Verb, VerbContext } from './verb.js'

export const runVerb: Verb = {
  name: 'run',
  positionals: ['<plan>'],
  options: {
    ...LOAD_OPTIONS,
    id: { kind: 'value', value: '<id>', about: 'What the run is called. Default r1.' },
    store: STORE_OPTION,
    ...PACE_OPTIONS,
    pool: {
      kind: 'value',
      value: '<pool>=<slots>',
      about: 'Slots of a pool, whatever the plan says. May be repeated.',
      many: true,
    },
  },
  about: [
    'Runs a plan from start to end and shows it: on a terminal a live picture, elsewhere a line for each event. This',
    'version simulates all work: an attempt takes the estimate of its task (a time between min and max; 1m where there is',
    'none) and does nothing. Dependencies, claims, pools, retries and timeouts are those of the plan. The same plan, seed',
    'and pools give the same run. Ctrl-C cancels the run and waits for what runs to stop; a second one exits at once.',
    'With --store the run is kept: it survives the end of this program, however that ends, and `signalbox resume` goes on with',
    'it. Ctrl-C then leaves it open. Runs of one store share workers and claims: what is open goes on meanwhile.',
  ],
  examples: [
    { call: 'signalbox run plan.yaml', about: 'Watch it, in about ten seconds.' },
    {
      call: 'signalbox run plan.yaml --pool backend=6 --fail 5% --seed 7',
      about: 'With six backend workers, and one attempt in twenty failing.',
    },
    { call: 'signalbox run plan.yaml --store file:.signalbox --id r1', about: 'Keep it, to go on after a crash.' },
    {
      call: 'signalbox run plan.yaml --speed 1000000x --json | jq .makespanMs',
      about: 'How long it takes, for programs.',
    },
  ],
  run,
}

async function run(context: VerbContext): Promise<number> {
  const options = readRunOptions(context)
  const { check, sources } = await loadPlan(context.args.positionals[0] ?? '', readLoadOptions(context.args))
  if (!check.ok) return refuse(check, sources, 'run', context)
  const approving = approvingFor(check.plan, { isSure: options.yes, isKept: namesStore(context) }, context)
  const plan = simulatedPlan(check.plan, poolsFor(check.plan, options, availableParallelism()))
  const checked = checkPlan(plan)
  // Only what the pools lack can be wrong now.
  if (!checked.ok) return refuse(checked, sources, 'run', context)
  const speed = speedFor(options.speed, overviewOf(checked.compiled, plan).atBestMs)
  return execute(plan, { ...options, speed, approving }, context)
}

async function execute(
  plan: Plan,
  {
    id,
    speed,
    failShare,
    seed,
    approving,
    logger,
  }: RunOptions & { readonly speed: number; readonly approving: Approving },
  context: VerbContext,
): Promise<number> {
  const store = await openStore(context, 'create')
  const now = context.io.clock.now()
  const before: Before = store === null ? NOTHING : await lookAround(store, id)
  return pursue(
    {
      store,
      from: Math.max(now, before.clock),
      plans: new Map([...before.plans, [id, plan]]),
      speed,
      failShare,
      seed,
      approving,
      logger,
      begin: (scheduler) => scheduler.start(plan as PlanDocument, { id }),
    },
    context,
  )
}

const NOTHING: Before = { plans: new Map(), clock: 0 }

interface Before {
  /** Of the runs that are open already. */
  readonly plans: ReadonlyMap<string, Plan>
  /** Time of the last event: a simulation may be far ahead of the real one. */
  readonly clock: EpochMs
}

/** What there is in the store. @throws SchedulerError RUN_EXISTS before anything of it goes on */
async function lookAround({ store }: NamedStore, id: string): Promise<Before> {
  try {
    const state = await readScope(store)
    const isTaken = state.runs.has(id as RunId) || state.closedRuns.has(id as RunId)
    if (!isTaken) return { plans: await simulatedPlansOf(store, state), clock: state.clock }
    const hint = 'Take another --id; signalbox resume goes on with one that is open.'
    throw schedulerError('RUN_EXISTS', `There is a run ${quote(id)} in this store already.`, hint)
  } catch (error) {
    await store.close?.()
    throw error
  }
}
