/** What a host says of its commands. */

import type { DurationMs, Failure, JsonValue } from '../../core/types.js'
import type { AttemptRequest } from '../../runtime/ports.js'

/** What a plan gives a task, unless the host says otherwise: it comes from outside, whatever its type says. */
export type CommandInput = Readonly<Record<string, JsonValue>>

/** An attempt whose input is taken to be of this type: give the handler a schema, or look at it. */
export type CommandAttempt<Input> = Omit<AttemptRequest, 'input'> & { readonly input: Input }

export interface CommandOptions<Input = CommandInput> {
  /**
   * The program and its arguments: as they are, through no shell. A list, or a function of the attempt. What is no string
   * without NUL fails the attempt. An argument that a plan decides on may look like an option: prefer `stdin` and `env`, or
   * put `--` before it.
   */
  readonly argv: readonly string[] | ((attempt: CommandAttempt<Input>) => readonly unknown[])
  /** Where it runs. Default: where this process does. */
  readonly cwd?: string | ((attempt: CommandAttempt<Input>) => string)
  /**
   * What it reads: `json` the input as one line of JSON · `text` an input that is a string, as it is · `none` nothing · or what
   * a function returns. Default `json`.
   */
  readonly stdin?: 'json' | 'text' | 'none' | ((attempt: CommandAttempt<Input>) => string)
  /** Its environment. Default: what `CommandEnvironment` always passes on. */
  readonly env?: CommandEnvironment<Input>
  /** Texts to be hidden, beside the values of `env.secrets`, in whatever it prints or reports. Below 4 characters: not. */
  readonly secrets?: readonly string[]
  /**
   * Its result where it has reported none: `reported` null · `required` there is none, so it has failed · `text` what it
   * printed, without the white space around it · `json` what it printed, read as JSON · or what a function makes of it.
   * Default `reported`.
   */
  readonly result?: 'reported' | 'required' | 'text' | 'json' | ((ended: CommandEnd) => unknown)
  /** What exit codes other than 0 mean; they win over `EXIT_MEANINGS`. */
  readonly exitCodes?: Readonly<Record<number, ExitMeaning>>
  /**
   * Who gives its signs of life: `alive` this executor, while it runs · `reported` only itself, by the line protocol. Default
   * `alive`.
   */
  readonly heartbeat?: 'alive' | 'reported'
  /** How long it has to end after SIGTERM, before SIGKILL, in ms: 0 to 3,600,000. Default 5000. */
  readonly graceMs?: DurationMs
  /**
   * It goes on when this process is killed, and the next host takes it up: it prints into files of `folder`, and runs under
   * `/bin/sh`, which only waits for it. Default false: what is left of it is ended by the next host.
   */
  readonly outlives?: boolean
  /**
   * Where it is written down what runs, for the next host: a folder of this store alone. Default: one for the user and the
   * working directory, in the system's folder for temporary files. Null: nowhere, so nobody finds what a killed host left.
   */
  readonly folder?: string | null
  readonly limits?: CommandLimits
}

/**
 * What a command finds in its environment: nothing but PATH, HOME, USER, LANG, LC_*, TZ, TMPDIR and TERM of this process,
 * what is named here, and SIGNALBOX, SIGNALBOX_ATTEMPT, SIGNALBOX_RUN and SIGNALBOX_TASK.
 */
export interface CommandEnvironment<Input = CommandInput> {
  /** Names that are passed on. */
  readonly pass?: readonly string[]
  /** Names that are passed on, and whose values are hidden in whatever it prints or reports. */
  readonly secrets?: readonly string[]
  /** Values by name. A function, which sees what a plan says, cannot set names that load code: LD_*, NODE_OPTIONS, GIT_*, … */
  readonly set?:
    | Readonly<Record<string, string>>
    | ((attempt: CommandAttempt<Input>) => Readonly<Record<string, string>>)
}

export interface CommandLimits {
  /** Most output that is told to `onLog`, in bytes; one line says that there was more. Default 1,048,576. */
  readonly logBytes?: number
  /** Most of stdout that is kept for the result, in bytes; more fails the attempt. Default 1,048,576. */
  readonly outputBytes?: number
  /** Longest line of the protocol, in bytes. Default 1,052,672. */
  readonly lineBytes?: number
  /** Largest file of output, where it `outlives` its host, in bytes; more ends the attempt. Default 67,108,864. */
  readonly fileBytes?: number
}

/** How a command ended that has not failed. */
export interface CommandEnd {
  /** What it printed, secrets hidden; with other results than `text` and `json`, and with a function. */
  readonly stdout: string
  /** The end of it. */
  readonly stderr: string
}

/** What an exit code says about the work. */
export type ExitMeaning = Pick<Failure, 'kind' | 'retryable'>

/** What exit codes mean unless the host says otherwise; all others: `error`, and another try may help. */
export const EXIT_MEANINGS: Readonly<Record<number, ExitMeaning>> = {
  /** Wrong usage, wrong data, no permission, wrong configuration: sysexits.h. */
  64: { kind: 'error', retryable: false },
  65: { kind: 'error', retryable: false },
  77: { kind: 'error', retryable: false },
  78: { kind: 'error', retryable: false },
  /** What `timeout` of the GNU core utilities ends with. */
  124: { kind: 'timeout' },
  /** Not a program, or not there: said by shells. */
  126: { kind: 'error', retryable: false },
  127: { kind: 'error', retryable: false },
}

/** Signals by which others end a program: it did nothing wrong, it is gone. */
export const ENDED_BY_OTHERS: readonly string[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

/** Options with their defaults. */
export interface Settings {
  /** Whatever the host takes the input for: it is what the plan says. */
  readonly options: CommandOptions<JsonValue>
  readonly stdin: NonNullable<CommandOptions<JsonValue>['stdin']>
  readonly result: NonNullable<CommandOptions['result']>
  readonly heartbeat: NonNullable<CommandOptions['heartbeat']>
  readonly graceMs: DurationMs
  readonly limits: Required<CommandLimits>
}

const MAX_GRACE_MS = 3_600_000

/** @throws TypeError */
export function settingsOf<Input>(options: CommandOptions<Input>): Settings {
  const { argv, graceMs = 5000, limits = {}, stdin = 'json', result = 'reported', heartbeat = 'alive' } = options
  if (typeof argv !== 'function' && !Array.isArray(argv)) {
    throw new TypeError(
      '"argv" is a list of the program and its arguments, or a function that returns one: no shell reads it.',
    )
  }
  if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS))
    throw new TypeError(`"graceMs" is ${graceMs}; use 0 to ${MAX_GRACE_MS}.`)
  mustBeOneOf('stdin', stdin, ['json', 'text', 'none'])
  mustBeOneOf('result', result, ['reported', 'required', 'text', 'json'])
  mustBeOneOf('heartbeat', heartbeat, ['alive', 'reported'])
  return {
    options: options as unknown as CommandOptions<JsonValue>,
    stdin: stdin as Settings['stdin'],
    result,
    heartbeat,
    graceMs,
    limits: {
      logBytes: bytesOf('logBytes', limits.logBytes ?? 1_048_576),
      outputBytes: bytesOf('outputBytes', limits.outputBytes ?? 1_048_576),
      lineBytes: bytesOf('lineBytes', limits.lineBytes ?? 1_052_672),
      fileBytes: bytesOf('fileBytes', limits.fileBytes ?? 67_108_864),
    },
  }
}

function mustBeOneOf(name: string, value: unknown, known: readonly string[]): void {
  if (typeof value === 'function' && name !== 'heartbeat') return
  if (!known.includes(value as string))
    throw new TypeError(`"${name}" is ${String(value)}; use one of ${known.join(', ')}.`)
}

function bytesOf(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1024) return value
  throw new TypeError(`"limits.${name}" is ${value}; use a whole number of bytes, 1024 or more.`)
}
