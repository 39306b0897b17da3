/** Threads by `tinypool`: started when there is work, ended when they must stop, missed when they die. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { ThreadAnswer, ThreadEnd, ThreadTask } from './lines.js'

/** What is used of `tinypool`. */
interface Pool {
  readonly threads: readonly Thread[]
  run(
    task: unknown,
    options: {
      readonly transferList: readonly unknown[]
      readonly signal: Ending
      readonly filename: string
      readonly name: string
    },
  ): Promise<unknown>
  on(event: 'error', listener: (error: unknown) => void): unknown
}

interface Thread {
  on(event: 'exit', listener: () => void): void
  once(event: 'exit', listener: () => void): void
  emit(event: 'error', error: Error): void
}

/** What is used of a signal; a whole one costs as much as the rest of a task. */
interface Ending {
  abort: (() => void) | null
  once(event: 'abort', listener: () => void): void
  off(): void
}

type PoolClass = new (options: object) => Pool

export interface PoolOptions {
  readonly filename: string
  readonly threads: number
  readonly resourceLimits: object | undefined
  readonly env: Readonly<Record<string, string>> | undefined
}

const DIED = 'The thread has died; what its function returned can perhaps not be handed over.'
/** How long a thread without work stays, in ms. */
const IDLE_MS = 10_000

/** @throws Error that names the line to install it. */
export async function poolClass(): Promise<PoolClass> {
  // Not a literal: bundlers must not ask for a package that is optional, nor the compiler for its types.
  const name: string = 'tinypool'
  try {
    const { Tinypool } = (await import(/* @vite-ignore */ name)) as { readonly Tinypool: PoolClass }
    return Tinypool
  } catch (cause) {
    throw new Error('Threads need the package "tinypool". Run `npm install tinypool`.', { cause })
  }
}

export class Threads {
  private readonly pool: Pool
  private readonly filename: string
  private readonly onLine: (port: MessagePort) => void
  private readonly watched: WeakSet<Thread> = new WeakSet()
  /** Lines to threads; a thread that has one closes a second, and all of them end with their threads. */
  private lines = 0
  /** Tasks under way. */
  private busy = 0

  constructor(
    Tinypool: PoolClass,
    { threads, filename, ...options }: PoolOptions,
    onLine: (port: MessagePort) => void,
  ) {
    this.filename = filename
    const counts = { minThreads: 0, maxThreads: threads, idleTimeout: IDLE_MS, concurrentTasksPerWorker: 1 }
    this.pool = new Tinypool({ ...options, ...counts, runtime: 'worker_threads' })
    // Told by the attempt that it happened to.
    this.pool.on('error', () => undefined)
    this.onLine = onLine
  }

  /** Carries out one task. Rejects when its thread has died; after `stop`, resolves to null when its thread is gone. */
  async run(
    task: Omit<ThreadTask, 'port'>,
    transferList: readonly unknown[],
    stop: AbortSignal,
  ): Promise<ThreadEnd | null> {
    const { length } = this.pool.threads
    // What is moved can be moved once, so that must not come back.
    const isLineNeeded = this.lines < length || this.busy >= length || transferList.length > 0
    this.busy += 1
    try {
      const ended = await this.runOnce(task, transferList, isLineNeeded ? this.newLine() : null, stop)
      return ended === 'lineless' ? ((await this.runOnce(task, [], this.newLine(), stop)) as ThreadEnd | null) : ended
    } finally {
      this.busy -= 1
    }
  }

  private runOnce(
    task: Omit<ThreadTask, 'port'>,
    transferList: readonly unknown[],
    port: MessagePort | null,
    stop: AbortSignal,
  ): Promise<ThreadAnswer | null> {
    const ending: Ending = { abort: null, once: (_, listener) => (ending.abort = listener), off: () => undefined }
    const list = port === null ? transferList : [...transferList, port]
    const ended = this.pool.run(
      { ...task, port },
      { transferList: list, signal: ending, filename: this.filename, name: 'attempts' },
    ) as Promise<ThreadAnswer>
    this.watch()
    return new Promise((resolve, reject) => {
      const end = (): void => {
        const before = this.pool.threads
        ending.abort?.()
        const gone = before.find((thread) => !this.pool.threads.includes(thread))
        if (gone === undefined) resolve(null)
        else gone.once('exit', () => resolve(null))
      }
      if (stop.aborted) end()
      else stop.addEventListener('abort', end, { once: true })
      ended.then(
        (answer) => {
          stop.removeEventListener('abort', end)
          resolve(answer)
        },
        (error: unknown) => {
          // It is over when the thread is.
          if (stop.aborted) return
          stop.removeEventListener('abort', end)
          const { message = '' } = error as { readonly message?: string }
          reject(message === '' ? new Error(DIED) : error)
        },
      )
    })
  }

  /** A thread that ends by itself, without an error, tells nobody: its task would wait for ever. */
  private watch(): void {
    for (const thread of this.pool.threads) {
      if (this.watched.has(thread)) continue
      this.watched.add(thread)
      thread.on('exit', () => {
        if (this.pool.threads.includes(thread)) thread.emit('error', new Error('The thread has ended before its work.'))
      })
    }
  }

  private newLine(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    this.lines += 1
    this.onLine(port1)
    port1.on('close', () => {
      this.lines -= 1
    })
    port1.unref()
    return port2
  }
}
