/** Processes by number: which one it is, whether it lives, and how it and all that it started are ended. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { DurationMs, EpochMs } from '../../core/types.js'

/** What tells a process from a later one of the same number. */
export interface ProcessMark {
  readonly pid: number
  /** When it started, as Linux counts, in the start of the machine that it belongs to; null: not known. */
  readonly started: string | null
  readonly boot: string | null
  /** When it was started, by the clock of the host. */
  readonly at: EpochMs
}

const isLinux = process.platform === 'linux'
const hasGroups = process.platform !== 'win32'
/** Fields of /proc/<pid>/stat, counted from behind the name, which may hold spaces. */
const STATE_FIELD = 0
const GROUP_FIELD = 2
const STARTED_FIELD = 19
/** How far the clock of `ps`, which counts in seconds, may be from ours. */
const TOLERANCE_MS = 2000

let boot: string | null | undefined

function bootId(): string | null {
  boot ??= textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? null
  return boot
}

/** Of a process that was started just now. */
export function markOf(pid: number): ProcessMark {
  return { pid, started: statOf(pid)?.[STARTED_FIELD] ?? null, boot: bootId(), at: Date.now() }
}

/** Whether this very process is there, or its ashes are. */
export function isSame({ pid, started, boot: itsBoot, at }: ProcessMark): boolean {
  if (itsBoot !== bootId()) return false
  if (isLinux) return started !== null && statOf(pid)?.[STARTED_FIELD] === started
  if (!hasGroups) return false
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { LC_ALL: 'C' } })
  return Math.abs(Date.parse(stdout ?? '') - at) <= TOLERANCE_MS
}

/** Whether it is there and not a zombie, which only waits for its parent. */
export function isAlive(mark: ProcessMark): boolean {
  return isSame(mark) && statOf(mark.pid)?.[STATE_FIELD] !== 'Z'
}

/** Sends a signal to all of a group. Whether there was anybody. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  if (!hasGroups) return signalTree(leader, signal)
  return send(-leader, signal)
}

/** Windows has no groups: its own tool ends a process and what that started. There is nothing gentler for a console program. */
function signalTree(pid: number, signal: NodeJS.Signals | 0): boolean {
  if (signal !== 'SIGKILL') return send(pid, 0)
  return spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' }).status === 0
}

/** Whether a group whose leader is gone still has members that are more than zombies. */
export function hasMembers(leader: ProcessMark): boolean {
  const group = leader.pid
  if (!hasGroups || !send(-group, 0)) return false
  // A number is not given to a new process while it is that of a group: where another has it, that is another group.
  if (send(group, 0) && !isSame(leader)) return false
  return !isLinux || numbers().some((pid) => isMember(pid, group))
}

function isMember(pid: number, group: number): boolean {
  const stat = statOf(pid)
  return stat?.[GROUP_FIELD] === String(group) && stat[STATE_FIELD] !== 'Z'
}

/**
 * Processes of this user that have `SIGNALBOX=<marker>` in the environment they were started with: also those that have left
 * the group. Known on Linux only. O(processes of the machine).
 */
export function marked(marker: string): readonly number[] {
  if (!isLinux) return []
  const variable = `SIGNALBOX=${marker}\0`
  return numbers().filter((pid) => {
    if (pid === process.pid || !`\0${textOf(`/proc/${pid}/environ`) ?? ''}`.includes(`\0${variable}`)) return false
    return statOf(pid)?.[STATE_FIELD] !== 'Z'
  })
}

function numbers(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as { readonly code?: unknown }).code === 'EPERM'
  }
}

function statOf(pid: number): readonly string[] | null {
  const stat = isLinux ? textOf(`/proc/${pid}/stat`) : null
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return null
  }
}

/** How often it is looked whether somebody is gone who tells nobody: from, and up to, in ms. */
const FIRST_LOOK_MS = 5
const LAST_LOOK_MS = 250

/**
 * Ends whoever `signal` reaches: SIGTERM, after `graceMs` SIGKILL. Resolves when nobody `isLeft`, and not before.
 */
export async function endAll(
  signal: (signal: NodeJS.Signals) => void,
  isLeft: () => boolean,
  graceMs: DurationMs,
): Promise<void> {
  if (!isLeft()) return
  signal('SIGTERM')
  const killAt = performance.now() + graceMs
  let isKilled = false
  for (let pause = FIRST_LOOK_MS; isLeft(); pause = Math.min(pause * 2, LAST_LOOK_MS)) {
    if (!isKilled && performance.now() >= killAt) {
      // Again, later: somebody may have been started meanwhile.
      isKilled = true
      pause = FIRST_LOOK_MS
    }
    if (isKilled) signal('SIGKILL')
    const left = isKilled ? pause : Math.min(pause, Math.max(1, killAt - performance.now()))
    await new Promise((resolve) => setTimeout(resolve, left))
  }
}
