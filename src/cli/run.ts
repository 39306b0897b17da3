/** `signalbox run <plan>`: runs a plan with simulated work, and shows it. */
import { availableParallelism } from 'node:os'
import type { CompiledPlan, RunEvent } from '../core/types.js'
import { createScheduler } from '../embedded.js'
import { checkPlan, type PlanCheck } from '../plan/check.js'
import { quoteAll } from '../plan/text.js'
import type { Plan } from '../plan/types.js'
import type { Line } from '../reporters/shared/line.js'
import { formatDuration, formatShare, thousands } from '../reporters/shared/quantity.js'
import { summaryLines } from '../reporters/summary.js'
import { terminalReporter } from '../reporters/terminal.js'
import { defineHandlers } from '../runtime/handlers.js'
import { type PacedClock, pacedClock } from '../runtime/paced-clock.js'
import type { Run } from '../runtime/run.js'
import type { Scheduler } from '../runtime/scheduler-types.js'
import { summarize } from '../summarize.js'
import { countDiagnostics, diagnosticLines } from './diagnostics.js'
import { EXIT, type Io } from './io.js'
import { loadPlan } from './load.js'
import { ASSUMED_MS, overviewOf } from './overview.js'
import { usageError } from './problem.js'
import { runDocument } from './run-document.js'
import { poolsFor, type RunOptions, readRunOptions } from './run-options.js'
import { simulatedExecutor, simulatedPlan } from './simulation.js'
import type { Verb, VerbContext } from './verb.js'

export const runVerb: Verb = {
  name: 'run',
  positionals: ['<plan>'],
  options: {
    from: { kind: 'value', value: '<format>', about: 'json, yaml or markdown, whatever the name of the file says.' },
    id: { kind: 'value', value: '<id>', about: 'What the run is called. Default r1.' },
    speed: {
      kind: 'value',
      value: '<n>x',
      about: 'Times as fast as real time. Default auto: about ten seconds in all.',
    },
    pool: {
      kind: 'value',
      value: '<pool>=<slots>',
      about: 'Slots of a pool, whatever the plan says. May be repeated.',
      many: true,
    },
    fail: { kind: 'value', value: '<share>', about: 'Share of the attempts that fail, such as 5%. Default 0.' },
    seed: { kind: 'value', value: '<n>', about: 'Decides which attempts fail and how long each takes. Default 1.' },
    yes: { kind: 'flag', about: 'Approve whatever awaits approval. A plan with such gates needs it.' },
  },
  about: [
    'Runs a plan from start to end and shows it: on a terminal a live picture, elsewhere a line for each event. This',
    'version simulates all work: an attempt takes the estimate of its task (a time between min and max; 1m where there is',
    'none) and does nothing. Dependencies, claims, pools, retries and timeouts are those of the plan. The same plan, seed',
    'and pools give the same run. Ctrl-C cancels the run and waits for what runs to stop; a second one exits at once.',
  ],
  examples: [
    { call: 'signalbox run plan.yaml', about: 'Watch it, in about ten seconds.' },
    {
      call: 'signalbox run plan.yaml --pool backend=6 --fail 5% --seed 7',
      about: 'With six backend workers, and one attempt in twenty failing.',
    },
    {
      call: 'signalbox run plan.yaml --speed 1000000x --json | jq .makespanMs',
      about: 'How long it takes, for programs.',
    },
  ],
  run,
}

/** Real time that `--speed auto` aims at, in ms. */
const AIM_MS = 10_000

interface Prepared {
  readonly plan: Plan
  readonly compiled: CompiledPlan
  readonly speed: number
}

/** A run under way. */
interface UnderWay {
  readonly scheduler: Scheduler
  readonly run: Run
  readonly clock: PacedClock
  /** All its events so far. */
  readonly events: readonly RunEvent[]
}

async function run(context: VerbContext): Promise<number> {
  const options = readRunOptions(context.args)
  const { check } = await loadPlan(context.args.positionals[0] ?? '', context.args.value('from'))
  if (!check.ok) return refuse(check, context)
  if (!options.yes) demandNoApproval(check.plan)
  const plan = simulatedPlan(check.plan, poolsFor(check.plan, options.slots, availableParallelism()))
  const checked = checkPlan(plan)
  // Only what the pools lack can be wrong now.
  if (!checked.ok) return refuse(checked, context)
  const { atBestMs } = overviewOf(checked.compiled, plan)
  const speed = options.speed === 'auto' ? Math.max(1, Number((atBestMs / AIM_MS).toPrecision(2))) : options.speed
  return execute({ plan, compiled: checked.compiled, speed }, options, context)
}

/** Work is simulated, people are not. @throws ProgramError USAGE */
function demandNoApproval({ gates = [] }: Plan): void {
  const ids = gates.filter(({ kind }) => kind === 'approval').map(({ id }) => id)
  if (ids.length === 0) return
  const message = `The plan awaits approval (${quoteAll(ids)}), and nobody can give it here.`
  throw usageError(message, 'Add --yes to approve whatever awaits approval, as soon as it does.')
}

function refuse({ diagnostics }: PlanCheck, { output }: VerbContext): number {
  const message = `The plan cannot be run: ${countDiagnostics(diagnostics)}.`
  const hint = 'Mend it first; signalbox check shows the same list.'
  output.warn([[{ text: message, style: 'red' }], ...diagnosticLines(diagnostics)])
  output.document({ ok: false, error: { code: 'PLAN_INVALID', message, hint }, diagnostics })
  return EXIT.failed
}

async function execute(prepared: Prepared, options: RunOptions, context: VerbContext): Promise<number> {
  const { io, output } = context
  output.print([noteOn(prepared, options), []])
  const underWay = await start(prepared, options, io)
  const reporter = terminalReporter(underWay.run, {
    stream: output.stream,
    isTTY: output.isLive,
    colour: output.colour,
    now: underWay.clock.shown,
    clock: io.clock,
    note: `simulated, ${thousands(prepared.speed)}x`,
  })
  const giveBack = io.onExit(reporter.stop)
  const interruption = cancelOnInterrupt(underWay.run, io, reporter.stop)
  try {
    await underWay.run.outcome
    await reporter.ended
  } finally {
    reporter.stop()
    giveBack()
    interruption.end()
    await underWay.scheduler.close({ graceMs: 0 })
  }
  const summary = summarize(underWay.events)
  output.print([[], ...summaryLines(summary)])
  output.document(runDocument(summary, underWay.events, { ...options, speed: prepared.speed }))
  if (summary.verdict === 'succeeded') return EXIT.ok
  return interruption.happened() ? EXIT.interrupted : EXIT.failed
}

function noteOn({ speed }: Prepared, { failShare }: RunOptions): Line {
  const failing = failShare === 0 ? '' : `, ${formatShare(failShare)} of the attempts fail`
  const assumed = formatDuration(ASSUMED_MS)
  const pace = speed === 1 ? 'in real time' : `${thousands(speed)} times as fast as real time`
  const text = `All work is simulated: tasks take their estimate (${assumed} without one)${failing}, ${pace}.`
  return [{ text, style: 'dim' }]
}

async function start(
  { plan, compiled, speed }: Prepared,
  { id, failShare, seed }: RunOptions,
  io: Io,
): Promise<UnderWay> {
  const clock = pacedClock(speed, { real: io.clock })
  const executor = simulatedExecutor({ plan, clock, failShare, seed })
  const handlers = defineHandlers(Object.fromEntries(compiled.handlers.map((name) => [name, { via: executor }])))
  const scheduler = createScheduler({ handlers, clock })
  const started = await scheduler.start(plan, { id })
  const events: RunEvent[] = []
  const hasApprovals = [...compiled.gates.values()].includes('approval')
  started.on('*', (event) => {
    events.push(event)
    if (!hasApprovals) return
    // It may have been cancelled in the meantime.
    for (const gate of started.progress().gates) started.approve(gate.id, { by: '--yes' }).catch(() => undefined)
  })
  return { scheduler, run: started, clock, events }
}

interface Interruption {
  happened(): boolean
  end(): void
}

/** The first interrupt cancels the run, the second ends the program. */
function cancelOnInterrupt(run: Run, io: Io, stopReporter: () => void): Interruption {
  let count = 0
  const end = io.onInterrupt(() => {
    count += 1
    if (count === 1) {
      // It may have ended in the meantime.
      run.cancel({ reason: 'interrupted' }).catch(() => undefined)
      return
    }
    stopReporter()
    io.exit(EXIT.interrupted)
  })
  return { happened: () => count > 0, end }
}
