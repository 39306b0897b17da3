/** A run with simulated work, from wherever it stands to its end: shown while it goes on, summed up when it is over. */
import type { EpochMs, RunEvent } from '../core/types.js'
import { createScheduler } from '../embedded.js'
import type { Plan } from '../plan/types.js'
import { ASSUMED_MS } from '../planning/overview.js'
import type { Line } from '../reporters/shared/line.js'
import { formatDuration, formatShare, thousands } from '../reporters/shared/quantity.js'
import { summaryLines } from '../reporters/summary.js'
import { type TerminalReporter, terminalReporter } from '../reporters/terminal.js'
import { isSchedulerError } from '../runtime/errors.js'
import { defineHandlers } from '../runtime/handlers.js'
import type { Logger } from '../runtime/logging.js'
import { type PacedClock, pacedClock } from '../runtime/paced-clock.js'
import type { Run } from '../runtime/run.js'
import type { Scheduler } from '../runtime/scheduler-types.js'
import type { OpenGate } from '../runtime/standing.js'
import { summarize } from '../summarize.js'
import { type Approving, attendGates } from './approvals.js'
import { EXIT } from './io.js'
import type { NamedStore } from './open-store.js'
import { runDocument, type Simulated } from './run-document.js'
import { SIMULATED_HANDLER, simulatedExecutor } from './simulation.js'
import type { VerbContext } from './verb.js'
import { writeReport } from './write-report.js'

export interface SimulatedRun extends Simulated {
  readonly approving: Approving
  readonly logger: Logger | undefined
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
  const { isInterrupted, awaited, events } = await follow(underWay, simulated, context)
  if (events === null) return tellOfOpenRun(underWay.run.id, awaited, simulated, context)
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
  { store, from, plans, speed, failShare, seed, logger, begin: start }: SimulatedRun,
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
    ...(logger === undefined ? {} : { logger }),
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
  /** The gates for whose sake it was left open. */
  readonly awaited: readonly OpenGate[]
  /** From the opening of the run on; null: it was left open. */
  readonly events: readonly RunEvent[] | null
}

async function follow(underWay: UnderWay, simulated: SimulatedRun, context: VerbContext): Promise<Followed> {
  const { scheduler, run, clock } = underWay
  const { store, approving } = simulated
  const { io } = context
  let reporter = report(underWay, simulated, context)
  const giveBack = io.onExit(() => reporter.stop())
  const makeRoom = (): (() => void) => {
    reporter.stop()
    return () => {
      reporter = report(underWay, simulated, context)
    }
  }
  let awaited: readonly OpenGate[] = []
  const leave = (gates: readonly OpenGate[]): void => {
    awaited = gates
    void letGo(scheduler, run, store)
  }
  const endGates = attendGates(approving, { run, clock, makeRoom, leave }, context)
  let interrupts = 0
  const endInterrupts = io.onInterrupt(() => {
    interrupts += 1
    endGates()
    if (interrupts === 1) return void letGo(scheduler, run, store)
    reporter.stop()
    io.exit(EXIT.interrupted)
  })
  try {
    await run.outcome
    await reporter.ended
    return { isInterrupted: interrupts > 0, awaited, events: await allOf(run.events()) }
  } catch (error) {
    const isLeft = interrupts > 0 || awaited.length > 0
    if (!isLeft || !isSchedulerError(error) || error.code !== 'CLOSED') throw error
    // What had happened by then is shown first.
    await reporter.ended
    return { isInterrupted: interrupts > 0, awaited, events: null }
  } finally {
    endGates()
    reporter.stop()
    giveBack()
    endInterrupts()
    await scheduler.close({ graceMs: 0 })
  }
}

function report({ run, clock }: UnderWay, { speed }: Simulated, { io, output }: VerbContext): TerminalReporter {
  return terminalReporter(run, {
    stream: output.stream,
    isTTY: output.isLive,
    colour: output.colour,
    now: clock.shown,
    clock: io.clock,
    note: `simulated, ${thousands(speed)}x`,
  })
}

/** A run that is kept can go on later; one in memory would be gone. Either may have ended in the meantime. */
function letGo(scheduler: Scheduler, run: Run, store: NamedStore | null): Promise<void> {
  const done = store === null ? run.cancel({ reason: 'interrupted' }) : scheduler.close({ graceMs: 0 })
  return done.catch(() => undefined)
}

function tellOfOpenRun(
  id: string,
  awaited: readonly OpenGate[],
  { store, seed, failShare, speed }: SimulatedRun,
  { output }: VerbContext,
): number {
  const where = `--store ${store?.name ?? 'memory'}`
  const goOn = `signalbox resume ${id} ${where}`
  const lines: Line[] =
    awaited.length === 0
      ? [[`Run ${id} stays open. To go on: ${goOn}`]]
      : [
          [`Run ${id} stays open: it awaits approval.`],
          ...awaited.map(({ id: gate, title }): Line => [`  ${gate}${title === null ? '' : `  ${title}`}`]),
          ...awaited.map(({ id: gate }): Line => [`To give it: signalbox approve ${id} ${gate} ${where}`]),
          [`Then: ${goOn}`],
        ]
  output.print([[], ...lines])
  const awaits = awaited.map(({ id: gate }) => gate)
  output.document({ ok: false, verdict: null, simulated: { seed, failShare, speed }, run: id, awaits })
  return awaited.length === 0 ? EXIT.interrupted : EXIT.failed
}

export async function allOf(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = []
  for await (const event of events) all.push(event)
  return all
}
