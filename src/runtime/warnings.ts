/** What is not as it should be, and costs nothing but time. */

/**
 * `SNAPSHOT_IGNORED`: a snapshot cannot be read, and the whole journal was read instead · `SNAPSHOT_FAILED`: one could not be
 * saved · `STORE_AWAY`: the store fails, and the host stands by until it answers.
 */
export type SchedulerWarningCode = 'SNAPSHOT_IGNORED' | 'SNAPSHOT_FAILED' | 'STORE_AWAY'

/** Told to `onWarning`. */
export interface SchedulerWarning {
  readonly code: SchedulerWarningCode
  readonly message: string
  readonly cause?: unknown
}

export type Warn = (warning: SchedulerWarning) => void

export function warningOf(code: SchedulerWarningCode, message: string, cause: unknown): SchedulerWarning {
  const why = cause instanceof Error ? ` ${cause.message}` : ''
  return { code, message: `${message}${why}`, cause }
}

/** Tells a listener that must not be able to do harm; without one, the warning is printed. */
export function warner(onWarning: Warn | undefined): Warn {
  return (warning) => {
    try {
      if (onWarning === undefined) print(warning.message)
      else onWarning(warning)
    } catch (error) {
      print(`"onWarning" threw; the scheduler goes on. ${String(error)}`)
    }
  }
}

function print(message: string): void {
  // biome-ignore lint/suspicious/noConsole: the last resort for a warning that nobody asked for.
  console.warn(`signalbox: ${message}`)
}
