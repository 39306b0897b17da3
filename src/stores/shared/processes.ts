/** This process among those of the machine, and what can be found out about others: by /proc, so on Linux only. */
import { readFileSync, readlinkSync } from 'node:fs'
import type { PeerProcesses } from '../../runtime/ports.js'

/** Position of the state and of the start time in /proc/<pid>/stat, counted from behind the name, which may hold spaces. */
const STATE_FIELD = 0
const STARTED_FIELD = 19
/** Ended, and not yet buried by its parent. */
const DEAD_STATES: readonly (string | undefined)[] = ['Z', 'X']

/**
 * A process is named by the start of its machine, its namespace of process numbers, its number and its own start. Only where the first
 * two are ours can anything be said: a machine that was started again, and a container beside this one, may look alike.
 */
export function peerProcesses(): PeerProcesses {
  const names = [bootId(), linkOf('/proc/self/ns/pid')]
  const started = startedAt(process.pid)
  const isKnown = started !== null && !names.includes(null)
  return {
    self: isKnown ? [...names, process.pid, started].join(' ') : null,
    isGone(other) {
      const [boot, space, pid, otherStarted, ...rest] = other.split(' ')
      if (!isKnown || boot !== names[0] || space !== names[1] || otherStarted === undefined || rest.length > 0)
        return false
      if (!/^[1-9]\d*$/.test(pid!)) return false
      if (!exists(Number(pid))) return true
      const fields = statOf(Number(pid))
      return fields !== null && (fields[STARTED_FIELD] !== otherStarted || DEAD_STATES.includes(fields[STATE_FIELD]))
    },
  }
}

export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as { readonly code?: unknown }).code === 'EPERM'
  }
}

/** When a process started, as the system counts; null where that is not known. */
export function startedAt(pid: number): string | null {
  return statOf(pid)?.[STARTED_FIELD] ?? null
}

/** Tells one start of the machine from another. */
export function bootId(): string | null {
  return textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}

function statOf(pid: number): readonly string[] | null {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? null
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

function linkOf(file: string): string | null {
  try {
    return readlinkSync(file)
  } catch {
    return null
  }
}
