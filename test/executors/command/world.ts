/** Commands in a folder of their own, and what tests look at of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandOptions, commandExecutor } from '../../../src/executors/command/index.js'
import type { AttemptOutcome, AttemptRequest } from '../../../src/runtime/ports.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import type { ExecutorPlace } from '../../../src/testing/executor-conformance/index.js'

export const player = fileURLToPath(new URL('play.mjs', import.meta.url))

export function tempFolder(): string {
  return mkdtempSync(join(tmpdir(), 'signalbox-command-'))
}

/** A place for the kit, whose work is played by a program. */
export function commandPlace(options: Partial<CommandOptions> = {}): ExecutorPlace {
  const folder = tempFolder()
  return {
    open: () => commandExecutor({ argv: [process.execPath, player], folder, graceMs: 30, ...options }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

let count = 0

export function requestFor(input: unknown, more: Partial<AttemptRequest> = {}): AttemptRequest {
  count += 1
  const claims = { write: [], read: [], integrate: [], advisory: [] }
  const ids = {
    id: `r/t${count}#1`,
    run: 'r',
    task: `t${count}`,
    attempt: 1,
    fence: count,
    startedAt: count,
    worker: 'w',
  }
  return { ...ids, handler: 'h', input, claims, heartbeatMs: null, deadlineAt: null, ...more } as AttemptRequest
}

export interface Ran {
  readonly outcome: AttemptOutcome
  readonly line: Line
  /** Output without what the protocol says. */
  readonly logs: readonly string[]
}

/** Runs one command to its end. */
export async function run(
  options: Partial<CommandOptions<never>> & Pick<CommandOptions<never>, 'argv'>,
  input: unknown = null,
  line: Line = new Line(),
): Promise<Ran> {
  const folder = tempFolder()
  try {
    const outcome = await commandExecutor({ folder, graceMs: 100, ...options }).execute(requestFor(input), line.context)
    return { outcome, line, logs: line.heard.logs }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The argv of a shell script; what follows are its positional parameters. */
export function sh(script: string, ...args: readonly string[]): readonly string[] {
  return ['/bin/sh', '-c', script, 'sh', ...args]
}

/** Whether a process lives; one that has ended and that nobody has asked for does not. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/s.test(process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '')
  } catch {
    return false
  }
}
