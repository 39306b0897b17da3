/** A run with simulated work, from wherever it stands to its end: shown while it goes on, summed up when it is over. */
import type { EpochMs, RunEvent } from '../core/types.js'
import { createScheduler } from '../embedded.js'
import { quoteAll } from '../plan/text.js'
import type { Plan } from '../plan/types.js'
import type { Line } from '../reporters/shared/line.js'
import { formatDuration, formatShare, thousands } from '../reporters/shared/quantity.js'
import { summaryLines } from '../reporters/summary.js'
import { terminalReporter } from '../reporters/terminal.js'
import { isSchedulerError } from '../runtime/errors.js'
import { defineHandlers } from '../runtime/handlers.js'
import { type PacedClock, pacedClock } from '../runtime/paced-clock.js'
import type { Run } from '../runtime/run.js'
import type { Scheduler } from '../runtime/scheduler-types.js'
import { summarize } from '../summarize.js'
import { EXIT } from './io.js'
import type { NamedStore } from './open-store.js'
import { ASSUMED_MS } from './overview.js'
import { usageError } from './problem.js'
import { runDocument, type Simulated } from './run-document.js'
import { SIMULATED_HANDLER, simulatedExecutor } from './simulation.js'
import type { VerbContext } from './verb.js'
import { writeReport } from './write-report.js'

export interface SimulatedRun extends Simulated {
  /** Whatever awaits approval is approved. */
  readonly yes: boolean
  /** Null: in memory. Taken over: closed at the end. */
  readonly store: NamedStore | null
  /** When the run goes on, in its own time. */
  readonly from: EpochMs
  /** Plans of all runs that go on, by run: those that are open already too. */
  readonly plans: ReadonlyMap<string, Plan>
  /** Starts the run, or takes it up. */
  readonly begin: (scheduler: Scheduler) => Promise<Run>
}

/** A run under way. */
interface UnderWay {
  readonly scheduler: Scheduler
  readonly run: Run
  readonly clock: PacedClock
}

/** Resolves to the exit code. */
export async function pursue(simulated: SimulatedRun, context: VerbContext): Promise<number> {
  const { output, args } = context
  output.print([noteOn(simulated), []])
  const underWay = await begin(simulated, context)
  const { isInterrupted, events } = await follow(underWay, simulated, context)
  if (events === null) return tellOfOpenRun(underWay.run.id, simulated, context)
  const summary = summarize(events)
  output.print([[], ...summaryLines(summary)])
  await writeReport(events, args)
  output.document(runDocument(summary, events, simulated))
  if (summary.verdict === 'succeeded') return EXIT.ok
  return isInterrupted ? EXIT.interrupted : EXIT.failed
}

function noteOn({ speed, failShare }: Simulated): Line {
  const failing = failShare === 0 ? '' : `, ${formatShare(failShare)} of the attempts fail`
  const assumed = formatDuration(ASSUMED_MS)
  const pace = speed === 1 ? 'in real time' : `${thousands(speed)} times as fast as real time`
  const text = `All work is simulated: tasks take their estimate (${assumed} without one)${failing}, ${pace}.`
  return [{ text, style: 'dim' }]
}

async function begin(
  { store, from, plans, speed, failShare, seed, begin: start }: SimulatedRun,
  { io }: VerbContext,
): Promise<UnderWay> {
  const clock = pacedClock(speed, { real: io.clock, from })
  const executor = simulatedExecutor({ plans, clock, failShare, seed })
  const handlers = defineHandlers({ [SIMULATED_HANDLER]: { via: executor } })
  // A lease would last no real time on this clock.
  const scheduler = createScheduler({
    handlers,
    clock,
    leaseMs: null,
    ...(store === null ? {} : { store: store.store }),
  })
  try {
    return { scheduler, run: await start(scheduler), clock }
  } catch (error) {
    await scheduler.close({ graceMs: 0 })
    throw error
  }
}

interface Followed {
  readonly isInterrupted: boolean
  /** From the opening of the run on; null: it was left open. */
  readonly events: readonly RunEvent[] | null
}

async function follow(
  { scheduler, run, clock }: UnderWay,
  { store, speed, yes }: SimulatedRun,
  { io, output }: VerbContext,
): Promise<Followed> {
  const reporter = terminalReporter(run, {
    stream: output.stream,
    isTTY: output.isLive,
    colour: output.colour,
    now: clock.shown,
    clock: io.clock,
    note: `simulated, ${thousands(speed)}x`,
  })
  const giveBack = io.onExit(reporter.stop)
  if (yes) approveAll(run)
  let interrupts = 0
  const endInterrupts = io.onInterrupt(() => {
    interrupts += 1
    if (interrupts === 1) return void letGo(scheduler, run, store)
    reporter.stop()
    io.exit(EXIT.interrupted)
  })
  try {
    await run.outcome
    await reporter.ended
    return { isInterrupted: interrupts > 0, events: await allOf(run.events()) }
  } catch (error) {
    if (interrupts === 0 || !isSchedulerError(error) || error.code !== 'CLOSED') throw error
    return { isInterrupted: true, events: null }
  } finally {
    reporter.stop()
    giveBack()
    endInterrupts()
    await scheduler.close({ graceMs: 0 })
  }
}

/** Approves what awaits approval now, and whatever does later. It may have been cancelled in the meantime. */
function approveAll(run: Run): void {
  const approve = (): void => {
    for (const gate of run.progress().gates) run.approve(gate.id, { by: '--yes' }).catch(() => undefined)
  }
  run.on('*', approve)
  approve()
}

/** Work is simulated, people are not. @throws ProgramError USAGE */
export function demandNoApproval(gates: Plan['gates'] = []): void {
  const ids = gates.filter(({ kind }) => kind === 'approval').map(({ id }) => id)
  if (ids.length === 0) return
  const message = `The plan awaits approval (${quoteAll(ids)}), and nobody can give it here.`
  throw usageError(message, 'Add --yes to approve whatever awaits approval, as soon as it does.')
}

/** A run that is kept can go on later; one in memory would be gone. Either may have ended in the meantime. */
function letGo(scheduler: Scheduler, run: Run, store: NamedStore | null): Promise<void> {
  const done = store === null ? run.cancel({ reason: 'interrupted' }) : scheduler.close({ graceMs: 0 })
  return done.catch(() => undefined)
}

function tellOfOpenRun(id: string, { store, ...simulated }: SimulatedRun, { output }: VerbContext): number {
  const { seed, failShare, speed } = simulated
  output.print([[], [`Run ${id} stays open. To go on: signalbox resume ${id} --store ${store?.name ?? 'memory'}`]])
  output.document({ ok: false, verdict: null, simulated: { seed, failShare, speed }, run: id })
  return EXIT.interrupted
}

export async function allOf(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
