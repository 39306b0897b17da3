/** The side of the thread: functions by handler name, and their line to the host. */
import type { MessagePort } from 'node:worker_threads'
import type { JsonValue } from '../../core/types.js'
import type { AttemptContext, AttemptRequest, ReadOptions } from '../../runtime/ports.js'
import { type Asked, askingBy } from '../shared/asked.js'
import { packError, unpackError } from '../shared/thrown.js'
import type { Answered, Spoken, ThreadAnswer, ThreadTask } from './lines.js'

/** What a function in a thread is given beside its input. */
export interface ThreadContext extends Omit<AttemptContext, 'signal' | 'shared' | 'inbox'> {
  readonly attempt: AttemptRequest
  /** What `data` of the executor has handed over to this attempt. */
  readonly data: unknown
  /** As of `AttemptContext`; the answer comes from another thread. */
  shared(stream?: string | null): Promise<Readonly<Record<string, JsonValue>>>
  inbox(options?: ReadOptions): Promise<ReturnType<AttemptContext['inbox']>>
}

/** Carries out one attempt in a thread. There is no signal: a thread that must stop is ended, wherever it is. */
export type ThreadFunction<Input = never> = (input: Input, context: ThreadContext) => unknown

/** What a module for threads exports as `attempts`. */
export type ThreadModule = (task: ThreadTask) => Promise<ThreadAnswer>

type Said<Word> = Word extends Spoken ? Omit<Word, 'attempt' | 'question'> : never

/** The line of this thread; it has one attempt at a time. */
let line: MessagePort | null = null
let questions = 0
const open = new Map<number, { resolve(value: never): void; reject(error: unknown): void }>()

/**
 * What a module gives to threads: functions by handler name.
 *
 * @example
 * export const attempts = threadHandlers({ 'image.resize': async ({ file }, context) => resize(file) })
 */
export function threadHandlers(functions: Readonly<Record<string, ThreadFunction>>): ThreadModule {
  const byName = new Map(Object.entries(functions))
  return async ({ attempt: text, data, port }) => {
    if (port !== null) takeLine(port)
    if (line === null) return 'lineless'
    const spoken = { count: 0 }
    const attempt = JSON.parse(text) as AttemptRequest
    try {
      const work = byName.get(attempt.handler)
      if (work === undefined)
        throw new Error(`The module for threads has no function for handler "${attempt.handler}".`)
      const result = await work(attempt.input as never, contextOf(attempt, data, spoken))
      return { spoken: spoken.count, result, thrown: undefined }
    } catch (error) {
      return { spoken: spoken.count, result: null, thrown: packError(error) }
    }
  }
}

function takeLine(port: MessagePort): void {
  if (line !== null) return port.close()
  line = port
  port.on('message', ({ question, value, error }: Answered) => {
    const asked = open.get(question)
    open.delete(question)
    if (error === undefined) asked?.resolve(value as never)
    else asked?.reject(unpackError(error))
  })
  port.unref()
}

function contextOf(attempt: AttemptRequest, data: unknown, spoken: { count: number }): ThreadContext {
  const { id } = attempt
  const say = (said: Said<Spoken>): void => {
    spoken.count += 1
    line!.postMessage({ attempt: id, ...said })
  }
  const ask = <T>(asked: Asked): Promise<T> => {
    questions += 1
    const question = questions
    const answered = new Promise<T>((resolve, reject) => open.set(question, { resolve, reject }))
    // Whoever does not wait for it must not be ended by it.
    answered.catch(() => undefined)
    spoken.count += 1
    line!.postMessage({ attempt: id, question, ...asked })
    return answered
  }
  return {
    attempt,
    data,
    heartbeat: (progress) => say({ what: 'heartbeat', progress }),
    log: (text, stream) => say({ what: 'log', text: String(text), stream }),
    ...askingBy(ask),
  }
}
