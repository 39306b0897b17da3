/** One command under way: however it is started, it is stopped, waited for and told of in one way. */
import type { DurationMs } from '../../core/types.js'
import type { AttemptContext, AttemptOutcome } from '../../runtime/ports.js'
import type { Settings } from './options.js'
import { type Exit, failed, outcomeOf } from './outcome.js'
import { endAll, hasMembers, isAlive, marked, type ProcessMark, send, signalGroup } from './processes.js'
import type { Voice } from './voice.js'

/** A command that has been started. */
export interface Running {
  readonly mark: ProcessMark
  /** Resolves when its process is gone; others that it has started may be there. */
  readonly exited: Promise<Exit>
  /** Resolves when all that was printed has been heard; whoever holds its output is gone by then. */
  drained(): Promise<void>
  /** Why it was stopped though nobody asked for it; null: it was not. */
  readonly trouble: string | null
}

/** Groups that end with this process, should it end. */
const ending = new Set<number>()

function endWithThis(group: number): void {
  if (ending.size === 0) process.on('exit', endWithHost)
  ending.add(group)
}

function endWithHost(): void {
  for (const group of ending) signalGroup(group, 'SIGKILL')
}

/** Signs of life in one lease. */
const BEATS_PER_LEASE = 3

/** Waits for a command to its end, and ends it when the attempt is told to stop. */
export async function attend(
  running: Running,
  {
    file,
    marker,
    heartbeatMs,
  }: { readonly file: string; readonly marker: string; readonly heartbeatMs: DurationMs | null },
  voice: Voice,
  context: AttemptContext,
  settings: Settings,
): Promise<AttemptOutcome> {
  const { pid } = running.mark
  const { graceMs, options, heartbeat } = settings
  const { signal } = context
  let killAt = Number.POSITIVE_INFINITY
  let killing: ReturnType<typeof setTimeout> | undefined
  const stop = (): void => {
    killAt = performance.now() + graceMs
    signalGroup(pid, 'SIGTERM')
    killing = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  if (options.outlives !== true) endWithThis(pid)
  const isBeating = heartbeat === 'alive' && heartbeatMs !== null
  const beating = isBeating ? setInterval(() => context.heartbeat(), heartbeatMs / BEATS_PER_LEASE) : undefined
  try {
    const exit = await running.exited
    clearTimeout(killing)
    const leftMs = (): DurationMs => (signal.aborted ? Math.max(0, killAt - performance.now()) : graceMs)
    await endAll(
      (name) => signalGroup(pid, name),
      () => hasMembers(running.mark),
      leftMs(),
    )
    if (signal.aborted) await endMarked(marker, leftMs())
    await running.drained()
    if (signal.aborted)
      return { ok: false, failure: { kind: 'cancelled', message: 'It was told to stop, and has stopped.' } }
    return running.trouble === null
      ? outcomeOf(file, exit, voice, settings)
      : failed(running.trouble, { retryable: false })
  } finally {
    clearTimeout(killing)
    clearInterval(beating)
    signal.removeEventListener('abort', stop)
    if (ending.delete(pid) && ending.size === 0) process.off('exit', endWithHost)
    voice.end()
  }
}

/** Ends whoever was started by an attempt and has left its group. */
export function endMarked(marker: string, graceMs: DurationMs): Promise<void> {
  return endAll(
    (name) => {
      for (const pid of marked(marker)) send(pid, name)
    },
    () => marked(marker).length > 0,
    graceMs,
  )
}

/** Ends what an earlier host has left. */
export async function endLeft(mark: ProcessMark | null, marker: string, graceMs: DurationMs): Promise<void> {
  if (mark !== null) {
    const isLeft = (): boolean => isAlive(mark)
    await endAll((name) => isLeft() && signalGroup(mark.pid, name), isLeft, graceMs)
  }
  await endMarked(marker, graceMs)
}
