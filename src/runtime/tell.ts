/** Telling the host's own functions: one that throws changes nothing. */
import type { RunEvent } from '../core/types.js'
import type { HostRole } from './leadership.js'
import type { LogLine } from './ports.js'

/** Tells the host of its role, each time that it changes. */
export function roleTeller(onRoleChange: ((role: HostRole) => void) | undefined): (role: HostRole) => void {
  let told: HostRole = 'standby'
  return (role) => {
    if (told === role) return
    told = role
    try {
      onRoleChange?.(role)
    } catch (error) {
      // biome-ignore lint/suspicious/noConsole: the last resort for an error that nobody asked for.
      console.error('signalbox: "onRoleChange" threw; the scheduler goes on.', error)
    }
  }
}

export function tellLog(onLog: ((line: LogLine) => void) | undefined, line: LogLine): void {
  try {
    onLog?.(line)
  } catch {
    // Printing it for each line would bury everything else.
  }
}

export function printListenerError(error: unknown, event: RunEvent): void {
  // biome-ignore lint/suspicious/noConsole: the last resort for an error that nobody asked for.
  console.error(`signalbox: a listener of "${event.type}" threw; the run goes on.`, error)
}
