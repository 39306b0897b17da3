/** The thread executor: attempts are functions in threads of this process, which can be ended wherever they are. */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { MessagePort } from 'node:worker_threads'
import pLimit from 'p-limit'
import type { JsonValue } from '../../core/types.js'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor } from '../../runtime/ports.js'
import { answerOf } from '../shared/asked.js'
import { packError, unpackError } from '../shared/thrown.js'
import type { Spoken, ThreadEnd } from './lines.js'
import { poolClass, Threads } from './pool.js'

export { type ThreadContext, type ThreadFunction, type ThreadModule, threadHandlers } from './inside.js'

export interface ThreadOptions {
  /** The module that threads load: it exports `attempts`, made by `threadHandlers`. A path or a `file:` address. */
  readonly module: string | URL
  /** Most threads at a time; attempts beyond wait. Default: as many as the machine runs well. */
  readonly threads?: number
  /** Of each thread, as Node's `Worker` takes them, e.g. `{ maxOldGenerationSizeMb: 512 }`. Default: those of Node. */
  readonly resourceLimits?: object
  /** The environment of threads. Default: a copy of that of this process. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * What is handed over to an attempt beside its input: anything that can be cloned, as `context.data`. What is in
   * `transfer` (buffers, ports) is moved to the thread without a copy, and is gone here.
   */
  readonly data?: (attempt: AttemptRequest) => ThreadData | Promise<ThreadData>
}

export interface ThreadData {
  readonly value: unknown
  readonly transfer?: readonly unknown[]
}

/** Signs of life in one lease. */
const BEATS_PER_LEASE = 3

/** An attempt under way, as its thread speaks of it. */
interface Hearing {
  readonly context: AttemptContext
  /** How many times it has spoken. */
  heard: number
  /** Waits until it was heard that often. */
  until: { readonly count: number; readonly resolve: () => void } | null
}

/**
 * Runs each attempt as a function in a thread. Needs the package `tinypool`.
 *
 * @throws TypeError for options that are none
 * @example
 * handler({ via: threadExecutor({ module: new URL('./threads.mjs', import.meta.url) }) })
 */
export function threadExecutor({
  module,
  threads = availableParallelism(),
  resourceLimits,
  env,
  data,
}: ThreadOptions): Executor {
  const filename = module instanceof URL || module.startsWith('file:') ? fileURLToPath(module) : module
  const limit = pLimit(threads)
  const underWay = new Map<string, Promise<AttemptOutcome>>()
  const hearings = new Map<string, Hearing>()
  let pool: Promise<Threads> | null = null

  function listen(port: MessagePort): void {
    port.on('message', (spoken: Spoken) => {
      const hearing = hearings.get(spoken.attempt)
      if (hearing === undefined) return
      tell(spoken, hearing.context, port)
      hearing.heard += 1
      if (hearing.until?.count === hearing.heard) hearing.until.resolve()
    })
  }

  async function run(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    if (context.signal.aborted) return STOPPED
    pool ??= poolClass().then((Tinypool) => new Threads(Tinypool, { filename, threads, resourceLimits, env }, listen))
    let crew: Threads
    try {
      crew = await pool
    } catch (error) {
      return { ok: false, failure: { kind: 'error', message: (error as Error).message, retryable: false } }
    }
    const { value, transfer = [] } = data === undefined ? NOTHING : await data(attempt)
    if (context.signal.aborted) return STOPPED
    return carryOut(crew, attempt, value, transfer, context)
  }

  async function carryOut(
    crew: Threads,
    attempt: AttemptRequest,
    value: unknown,
    transfer: readonly unknown[],
    context: AttemptContext,
  ): Promise<AttemptOutcome> {
    const hearing: Hearing = { context, heard: 0, until: null }
    const { id, heartbeatMs } = attempt
    hearings.set(id, hearing)
    // The thread is there until it is missed: a function that blocks it cannot say so itself.
    const beating =
      heartbeatMs === null ? undefined : setInterval(() => context.heartbeat(), heartbeatMs / BEATS_PER_LEASE)
    try {
      const ended = await crew.run({ attempt: JSON.stringify(attempt), data: value }, transfer, context.signal)
      if (ended === null) return STOPPED
      if (hearing.heard < ended.spoken) await heardAll(hearing, ended)
      if (ended.thrown !== undefined) throw unpackError(ended.thrown)
      return { ok: true, result: ended.result }
    } finally {
      clearInterval(beating)
      hearings.delete(id)
    }
  }

  return {
    inProcess: false,
    execute(attempt, context) {
      const known = underWay.get(attempt.id)
      if (known !== undefined) return known
      const ended = limit(run, attempt, context).finally(() => underWay.delete(attempt.id))
      underWay.set(attempt.id, ended)
      return ended
    },
  }
}

const NOTHING: ThreadData = { value: undefined }
const STOPPED: AttemptOutcome = {
  ok: false,
  failure: { kind: 'cancelled', message: 'It was told to stop, and has stopped.' },
}

/** Its end may overtake what it said before. */
function heardAll(hearing: Hearing, { spoken }: ThreadEnd): Promise<void> {
  return new Promise((resolve) => {
    hearing.until = { count: spoken, resolve }
  })
}

function tell(spoken: Spoken, context: AttemptContext, port: MessagePort): void {
  if (spoken.what === 'heartbeat') return context.heartbeat(spoken.progress as JsonValue)
  if (spoken.what === 'log') return context.log(spoken.text, spoken.stream)
  const { question } = spoken
  answerOf(spoken, context).then(
    (value) => port.postMessage({ question, value }),
    (error: unknown) => port.postMessage({ question, error: packError(error) }),
  )
}
