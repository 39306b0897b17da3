/** An executor that works in another process, which can be killed. */
import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleInside } from '../../../scripts/bundle.mjs'
import type { CommandOptions } from '../../../src/executors/command/index.js'
import type { AttemptContext, AttemptRequest, ClaimAnswer, Executor } from '../../../src/runtime/ports.js'
import type { Ended } from '../../../src/testing/executor-conformance/bench.js'
import type { ExecutorPlace } from '../../../src/testing/executor-conformance/index.js'
import { player, tempFolder } from './world.js'

export type ToHost =
  | {
      readonly type: 'execute' | 'attach'
      readonly line: number
      readonly attempt: AttemptRequest
      readonly isStopped: boolean
    }
  | { readonly type: 'stop'; readonly line: number }
  | { readonly type: 'answer'; readonly question: number; readonly answer: ClaimAnswer }

type FromHost = { readonly line: number } & (
  | { readonly type: 'heartbeat'; readonly progress?: never }
  | { readonly type: 'milestone'; readonly name: string }
  | { readonly type: 'integrate' }
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'claim'; readonly paths: object; readonly question: number }
  | { readonly type: 'ended'; readonly outcome: Ended }
  | { readonly type: 'failed'; readonly message: string }
)

/** Bundles the host once for a file of tests. */
export async function hostProgram(): Promise<{ readonly file: string; remove(): void }> {
  const folder = await bundleInside({ host: join(import.meta.dirname, 'host.ts') })
  return { file: join(folder, 'host.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface RemotePlace extends ExecutorPlace {
  readonly folder: string
  open(): Executor
  /** The process of a host. */
  processOf(executor: Executor): ChildProcess
}

/** Hosts on one folder, each a process; what they run plays scripts, unless `options` say otherwise. */
export function remotePlace(program: string, options: Partial<CommandOptions> = {}): RemotePlace {
  const folder = tempFolder()
  const { argv = [process.execPath, player], ...rest } = options
  const hosts = new Map<Executor, ChildProcess>()
  return {
    folder,
    open() {
      const host = fork(program, [JSON.stringify(argv), JSON.stringify({ folder, graceMs: 30, ...rest })])
      const executor = executorOf(host)
      hosts.set(executor, host)
      return executor
    },
    crash: (executor) => killed(hosts.get(executor)!),
    async remove() {
      await Promise.all([...hosts.values()].map(killed))
      for (const name of readdirSync(folder)) if (name.endsWith('.json')) killGroupOf(join(folder, name))
      rmSync(folder, { recursive: true, force: true })
    },
    processOf: (executor) => hosts.get(executor)!,
  }
}

/** Of a test that has failed: its commands must not stay. */
function killGroupOf(entry: string): void {
  const { mark } = JSON.parse(readFileSync(entry, 'utf8')) as { readonly mark: { readonly pid: number } }
  try {
    process.kill(-mark.pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function killed(host: ChildProcess): Promise<void> {
  if (host.exitCode !== null || host.signalCode !== null) return Promise.resolve()
  const gone = new Promise<void>((resolve) => host.once('exit', () => resolve()))
  host.kill('SIGKILL')
  return gone
}

function executorOf(host: ChildProcess): Executor {
  let lines = 0
  const send = (message: ToHost): unknown => host.connected && host.send(message)
  const ask = (type: 'execute' | 'attach', attempt: AttemptRequest, context: AttemptContext): Promise<Ended> => {
    lines += 1
    const line = lines
    context.signal.addEventListener('abort', () => send({ type: 'stop', line }))
    return new Promise((resolve, reject) => {
      host.on('message', (message: FromHost) => {
        if (message.line !== line) return
        if (message.type === 'ended') resolve(message.outcome)
        if (message.type === 'failed') reject(new Error(message.message))
        hear(message, context, send)
      })
      send({ type, line, attempt, isStopped: context.signal.aborted })
    })
  }
  return {
    inProcess: false,
    execute: (attempt, context) => ask('execute', attempt, context) as never,
    attach: (attempt, context) => ask('attach', attempt, context),
  }
}

function hear(message: FromHost, context: AttemptContext, send: (message: ToHost) => unknown): void {
  switch (message.type) {
    case 'ended':
    case 'failed':
      return
    case 'heartbeat':
      return context.heartbeat(message.progress)
    case 'milestone':
      return void context.milestone(message.name)
    case 'integrate':
      return void context.integrate()
    case 'log':
      return context.log(message.text)
    case 'claim':
      return void context
        .claim(message.paths)
        .then((answer) => send({ type: 'answer', question: message.question, answer }))
  }
}
