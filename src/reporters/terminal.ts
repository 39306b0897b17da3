/** Shows a run on a terminal while it goes on: a live picture on a TTY, plain lines elsewhere. */
import type { EpochMs, RunEvent } from '../core/types.js'
import type { Clock } from '../runtime/ports.js'
import { type Line, renderLine } from './shared/line.js'
import { frame } from './terminal/frame.js'
import { createModel } from './terminal/model.js'
import { plainLine } from './terminal/plain.js'
import type { OutputStream, WatchedRun } from './terminal/run.js'
import { openScreen } from './terminal/screen.js'
import { countWaiting, type Waiting } from './terminal/waiting.js'

export interface TerminalReporterOptions {
  /** Where it goes, such as `process.stdout`. */
  readonly stream: OutputStream
  /** `true`: a picture that is redrawn in place; `false`: plain lines. Default: `stream.isTTY`. */
  readonly isTTY?: boolean
  /** Default: on a TTY, unless NO_COLOR is set. */
  readonly colour?: 'colour' | 'plain'
  /** The time of the run, for elapsed times; as the clock of its scheduler. Default: the system's. */
  readonly now?: () => EpochMs
  /** The time of the person who looks: when to redraw. Default: the system's. */
  readonly clock?: Clock
  /** Shown beside the elapsed time, such as `simulated`. */
  readonly note?: string
}

export interface TerminalReporter {
  /** Gives the terminal back: the cursor is there again, nothing more is written. Does nothing the second time. */
  stop(): void
  /** Resolves when the end of the run has been shown, or the reporter was stopped. Never rejects. */
  readonly ended: Promise<void>
}

/** Ten pictures a second. */
const REDRAW_MS = 100
/** Why tasks wait is asked twice a second. */
const ASK_MS = 500

/**
 * Reports on `run` until it ends or `stop()` is called. Everything that comes from the plan or from workers is escaped
 * for the terminal.
 *
 * @example
 * const run = await scheduler.start(plan)
 * const reporter = terminalReporter(run, { stream: process.stdout })
 * await run.outcome
 * await reporter.ended
 */
export function terminalReporter(run: WatchedRun, options: TerminalReporterOptions): TerminalReporter {
  const { stream, isTTY = stream.isTTY === true } = options
  const wantsColour = isTTY && !globalThis.process?.env.NO_COLOR
  const colour = options.colour ?? (wantsColour ? 'colour' : 'plain')
  const view = isTTY ? liveView(run, { ...options, colour }) : plainView({ ...options, colour })
  let isStopped = false
  let resolve: () => void = () => {}
  const ended = new Promise<void>((yes) => {
    resolve = yes
  })
  const stop = (): void => {
    if (isStopped) return
    isStopped = true
    view.stop()
    resolve()
  }
  void follow().then(stop, stop)
  return { stop, ended }

  async function follow(): Promise<void> {
    for await (const event of run.events()) {
      if (isStopped) return
      view.show(event)
    }
  }
}

interface View {
  show(event: RunEvent): void
  stop(): void
}

type ViewOptions = TerminalReporterOptions & { readonly colour: 'colour' | 'plain' }

function plainView({ stream, colour }: ViewOptions): View {
  const { model, apply } = createModel()
  return {
    show: (event) => {
      const startedAt = 'fence' in event ? (model.running.get(event.fence)?.startedAt ?? null) : null
      apply(event)
      const line = plainLine(event, model, startedAt)
      if (line !== null) stream.write(`${renderLine(line, { colour })}\n`)
    },
    stop: () => {},
  }
}

function liveView(run: WatchedRun, options: ViewOptions): View {
  const { stream, colour, now = Date.now, clock = SYSTEM_CLOCK, note = null } = options
  const { model, apply } = createModel()
  const screen = openScreen(stream, colour, draw)
  let waiting: Waiting = { asked: 0, kinds: [], obstacles: [] }
  let askedAt = Number.NEGATIVE_INFINITY
  let disarm = clock.arm(clock.now() + REDRAW_MS, redraw)

  function redraw(): void {
    disarm = clock.arm(clock.now() + REDRAW_MS, redraw)
    draw()
  }

  function draw(): void {
    const lines = picture()
    if (lines !== null) screen.draw(lines)
  }

  /** Null where there is nothing to show, or the run cannot be asked: a reporter must not end its host. */
  function picture(): readonly Line[] | null {
    if (!model.isOpened) return null
    try {
      if (clock.now() >= askedAt + ASK_MS && model.closed === null) {
        waiting = countWaiting(run, model.pending)
        askedAt = clock.now()
      }
      const { columns, rows } = screen
      return frame({ run: run.id, model, progress: run.progress(), waiting, now: now(), note, columns, rows })
    } catch {
      return null
    }
  }

  return {
    show: apply,
    stop: () => {
      disarm()
      // What stays on the screen is true.
      askedAt = Number.NEGATIVE_INFINITY
      screen.close(picture() ?? [])
    },
  }
}

const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  arm: (at, wake) => {
    const timer = setTimeout(wake, Math.max(0, at - Date.now()))
    return () => clearTimeout(timer)
  },
}
