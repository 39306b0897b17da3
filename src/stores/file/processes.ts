/** Who we are among the processes of the machine, and whether another one still lives. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Owner {
  readonly pid: number
  /** When it started, as the system counts; tells it from a later one of the same number. null: not known. */
  readonly started: string | null
  readonly machine: string
  /** Which start of the machine it belongs to. null: not known. */
  readonly boot: string | null
}

export interface Processes {
  self(): Owner
  /** Of an owner on another machine nothing can be found out: it counts as alive. */
  isAlive(owner: Owner): boolean
}

/** Position of the start time in /proc/<pid>/stat, counted from behind the name, which may hold spaces. */
const STARTED_FIELD = 19

export function nodeProcesses(): Processes {
  const self: Owner = { pid: process.pid, started: startedAt(process.pid), machine: hostname(), boot: bootId() }
  return {
    self: () => self,
    isAlive(owner) {
      if (owner.machine !== self.machine) return true
      if (owner.boot !== null && self.boot !== null && owner.boot !== self.boot) return false
      if (!exists(owner.pid)) return false
      const started = startedAt(owner.pid)
      return owner.started === null || started === null || owner.started === started
    },
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as { readonly code?: unknown }).code === 'EPERM'
  }
}

/** Known on Linux only. */
function startedAt(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[STARTED_FIELD] ?? null
}

function bootId(): string | null {
  return textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
