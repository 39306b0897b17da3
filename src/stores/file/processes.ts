/** Who we are among the processes of the machine, and whether another one still lives. */
import { hostname } from 'node:os'
import { bootId, exists, startedAt } from '../shared/processes.js'

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
