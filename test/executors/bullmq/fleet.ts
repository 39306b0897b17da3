/** Machines and hosts of the tests: processes, what they say, and how they end. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { bundleInside } from '../../../scripts/bundle.mjs'
import type { RunEvent } from '../../../src/core/types.js'
import type { Run } from '../../../src/runtime/run.js'

/** Bundles what the processes run, once for a file of tests. */
export async function programs(): Promise<{ readonly folder: string; remove(): void }> {
  const names = ['machine', 'host', 'ticking']
  const entries = Object.fromEntries(names.map((name) => [name, join(import.meta.dirname, `${name}.ts`)]))
  const folder = await bundleInside(entries)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A process and all that it has said. */
export class Remote {
  readonly child: ChildProcess
  readonly heard: Record<string, unknown>[] = []
  private wake: () => void = () => undefined

  constructor(file: string, args: readonly string[]) {
    this.child = fork(file, args, { env: { ...process.env, MSGPACKR_NATIVE_ACCELERATION_DISABLED: 'true' } })
    this.child.on('message', (message) => {
      this.heard.push(message as Record<string, unknown>)
      this.wake()
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
  }

  /** The first message that has this field. */
  async says(field: string): Promise<Record<string, unknown>> {
    for (;;) {
      const said = this.heard.find((message) => field in message)
      if (said !== undefined) return said
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  async kill(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }
}

/** What a run has come to by the end. */
export async function eventsOf(run: Pick<Run, 'events'>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = []
  for await (const event of run.events()) all.push(event)
  return all
}

/** How often each task was committed. */
export function commitsOf(events: readonly RunEvent[]): Readonly<Record<string, number>> {
  const commits: Record<string, number> = {}
  for (const event of events) {
    if (event.type === 'attempt.succeeded') commits[event.task] = (commits[event.task] ?? 0) + 1
  }
  return commits
}
