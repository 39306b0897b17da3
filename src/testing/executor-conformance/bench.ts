/** What a case of the executor kit works with: an executor of its own, attempts, and the line back from each. */
import type { AttemptId, EpochMs, Fence, JsonValue, RunId, TaskId, WorkerId } from '../../core/types.js'
import type {
  AttemptContext,
  AttemptOutcome,
  AttemptRequest,
  ClaimAnswer,
  ClaimRequest,
  Executor,
} from '../../runtime/ports.js'
import { inTime, must } from '../must.js'
import type { Step } from './script.js'

/** Where one case runs its work: nobody else's. */
export interface ExecutorPlace {
  /**
   * An executor whose work plays the script that is its input (see `Step`). Called again, by the cases about `attach`, for
   * the executor of the next host.
   */
  open(): Executor | Promise<Executor>
  /**
   * Ends the host of an executor the way a killed process ends: nothing more is heard of it, and what it left behind is left.
   * Needed for the cases about `attach`.
   */
  crash?(executor: Executor): void | Promise<void>
  /** Ends whatever is left, at the end of the case. */
  remove?(): void | Promise<void>
}

/**
 * What an executor may lack. `attach`: taking up what outlived its host · `stop`: ending work that does not listen · `death`:
 * telling that a worker died · `beats`: giving signs of life for work that is silent · `once`: not beginning again what is
 * under way · `lines`: progress, milestones, claims and logs.
 */
export type ExecutorTrait = 'attach' | 'stop' | 'death' | 'beats' | 'once' | 'lines'

/** One promise of the port, tried. `run` throws an Error that says what was expected and what came. */
export interface ExecutorCase {
  readonly name: string
  run(): Promise<void>
}

export interface ExecutorCheck {
  readonly name: string
  readonly needs: readonly ExecutorTrait[]
  check(bench: Bench): Promise<void>
}

export function executorCheck(
  name: string,
  check: (bench: Bench) => Promise<void>,
  ...needs: readonly ExecutorTrait[]
): ExecutorCheck {
  return { name, needs, check }
}

export interface Bench {
  readonly executor: Executor
  /** Begins an attempt at work that plays these steps. */
  begin(steps: readonly Step[], options?: BeginOptions): UnderWay
  /** An attempt that is not begun. */
  request(steps: readonly Step[], options?: BeginOptions): AttemptRequest
  /** Begins an attempt that has been made, once more or with another executor. */
  execute(request: AttemptRequest, line?: Line, executor?: Executor): UnderWay
  attach(request: AttemptRequest, line: Line, executor: Executor): Promise<Ended>
  /** Ends the host, and gives the executor of the next one. */
  crash(): Promise<Executor>
}

export interface BeginOptions {
  readonly heartbeatMs?: number
  readonly claims?: Partial<AttemptRequest['claims']>
}

export type Ended = AttemptOutcome | 'unknown'

export interface UnderWay {
  readonly request: AttemptRequest
  readonly line: Line
  /** A rejection is a failure of kind `error`, as the host takes it. */
  readonly outcome: Promise<AttemptOutcome>
}

/** A question of an attempt, answered by hand. */
export interface Question {
  readonly paths: ClaimRequest
  answer(answer: ClaimAnswer): void
  fail(error: Error): void
}

/** The line back from an attempt, as the kit hears it. */
export class Line {
  readonly controller: AbortController = new AbortController()
  readonly heard: {
    beats: number
    readonly progress: JsonValue[]
    readonly milestones: string[]
    readonly questions: Question[]
    readonly logs: string[]
    integrations: number
  } = { beats: 0, progress: [], milestones: [], questions: [], logs: [], integrations: 0 }
  /** What `milestone` and `integrate` are answered; default: nothing but yes. */
  milestoneError: Error | null = null
  integrateError: Error | null = null
  private watchers: (() => void)[] = []

  readonly context: AttemptContext = this.makeContext()

  stop(): void {
    this.controller.abort(new Error('The attempt was told to stop (the kit).'))
  }

  /** Resolves when what was heard fulfils a condition. */
  async until(holds: (heard: Line['heard']) => boolean): Promise<void> {
    while (!holds(this.heard)) await new Promise<void>((resolve) => this.watchers.push(resolve))
  }

  /** The next question that was not waited for. */
  async question(index = 0): Promise<Question> {
    await this.until(({ questions }) => questions.length > index)
    return this.heard.questions[index]!
  }

  private note(): void {
    const { watchers } = this
    this.watchers = []
    for (const wake of watchers) wake()
  }

  private makeContext(): AttemptContext {
    const { heard, controller } = this
    const note = (): void => this.note()
    return {
      signal: controller.signal,
      heartbeat: (progress) => {
        if (progress === undefined) heard.beats += 1
        else heard.progress.push(progress)
        note()
      },
      milestone: async (name) => {
        heard.milestones.push(name)
        note()
        if (this.milestoneError !== null) throw this.milestoneError
      },
      claim: (paths) =>
        new Promise((answer, fail) => {
          heard.questions.push({ paths, answer, fail })
          note()
        }),
      integrate: async () => {
        heard.integrations += 1
        note()
        if (this.integrateError !== null) throw this.integrateError
      },
      log: (text) => {
        heard.logs.push(text)
        note()
      },
      share: async () => undefined,
      shared: () => ({}),
      send: async () => undefined,
      inbox: () => [],
      receive: () => new Promise(() => undefined),
    }
  }
}

let attempts = 0

/** Carries out a check in a place of its own, and leaves nothing behind. */
export async function runCheck(
  make: () => ExecutorPlace | Promise<ExecutorPlace>,
  check: ExecutorCheck,
): Promise<void> {
  const place = await make()
  const lines: Line[] = []
  try {
    const executor = await place.open()
    await inTime(check.check(benchOf(place, executor, lines)), 'The executor')
  } finally {
    for (const line of lines) line.stop()
    await place.remove?.()
  }
}

function benchOf(place: ExecutorPlace, executor: Executor, lines: Line[]): Bench {
  const request = (steps: readonly Step[], options: BeginOptions = {}): AttemptRequest => requestOf(steps, options)
  const execute: Bench['execute'] = (attempt, line = new Line(), by = executor) => {
    lines.push(line)
    return { request: attempt, line, outcome: settled(() => by.execute(attempt, line.context)) }
  }
  return {
    executor,
    request,
    execute,
    begin: (steps, options) => execute(request(steps, options)),
    attach(attempt, line, by) {
      lines.push(line)
      return by.attach!(attempt, line.context)
    },
    async crash() {
      must(place.crash !== undefined, 'The place has no "crash", but "attach" is not named in `without`.')
      await place.crash?.(executor)
      return place.open()
    },
  }
}

function requestOf(steps: readonly Step[], { heartbeatMs, claims }: BeginOptions): AttemptRequest {
  attempts += 1
  const number = attempts
  return {
    id: `kit/task-${number}#1` as AttemptId,
    run: 'kit' as RunId,
    task: `task-${number}` as TaskId,
    attempt: 1,
    fence: number as Fence,
    startedAt: (1_700_000_000_000 + number) as EpochMs,
    worker: 'local' as WorkerId,
    handler: 'script',
    input: steps as unknown as JsonValue,
    claims: { write: [], read: [], integrate: [], advisory: [], ...claims },
    heartbeatMs: heartbeatMs ?? null,
    deadlineAt: null,
  }
}

/** As a host sees it. */
async function settled(begin: () => Promise<AttemptOutcome>): Promise<AttemptOutcome> {
  try {
    return await begin()
  } catch (error) {
    return { ok: false, failure: { kind: 'error', message: error instanceof Error ? error.message : String(error) } }
  }
}

/** @throws Error unless the attempt has succeeded; gives its result. */
export async function mustSucceed({ outcome }: Pick<UnderWay, 'outcome'>, what: string): Promise<unknown> {
  const ended = await outcome
  if (ended.ok === true) return ended.result
  throw new Error(`${what}: expected a result, but it failed: ${ended.failure?.message}`)
}

/** @throws Error unless the attempt has failed; gives its failure. */
export async function mustFail(
  { outcome }: Pick<UnderWay, 'outcome'>,
  what: string,
): Promise<Extract<AttemptOutcome, { ok: false }>['failure']> {
  const ended = await outcome
  if (ended.ok === false && typeof ended.failure?.message === 'string') return ended.failure
  throw new Error(`${what}: expected a failure with a message, but it ended as ${JSON.stringify(ended)}.`)
}
