/** What is started for one attempt: checked, since half of it may come from a plan. */
import { statSync } from 'node:fs'
import type { JsonValue } from '../../core/types.js'
import type { AttemptRequest } from '../../runtime/ports.js'
import type { CommandAttempt, CommandEnvironment, Settings } from './options.js'

export interface CommandSpec {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly stdin: string
}

const ALWAYS_PASSED = /^(?:PATH|HOME|USER|LANG|LC_[A-Z]+|TZ|TMPDIR|TERM)$/
/** Windows finds no program and no folder for temporary files without these. */
const PASSED_ON_WINDOWS = /^(?:SystemRoot|ComSpec|PATHEXT|TEMP|TMP|USERPROFILE|APPDATA|LOCALAPPDATA)$/i
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/
/** Names that make programs load or run something else. */
const LOADS_CODE =
  /^(?:LD_|DYLD_|GIT_|NODE_|NPM_CONFIG_|PYTHON|PERL5?|RUBY|JAVA_TOOL_OPTIONS$|BASH_ENV$|ENV$|IFS$|PATH$|SHELLOPTS$|PS4$|EDITOR$|PAGER$)/i
/** Linux takes no longer argument, and no longer variable. */
const MAX_ARGUMENT_BYTES = 131_071
const MAX_ARGUMENTS = 10_000

/** @throws Error that says what is wrong: trying again would not help. */
export function specOf(request: AttemptRequest, marker: string, { options, stdin }: Settings): CommandSpec {
  const attempt = request as CommandAttempt<JsonValue>
  const argv = argvOf(typeof options.argv === 'function' ? options.argv(attempt) : options.argv)
  const cwd = typeof options.cwd === 'function' ? options.cwd(attempt) : (options.cwd ?? process.cwd())
  if (typeof cwd !== 'string' || cwd.includes('\0')) throw new Error('"cwd" is not the path of a folder.')
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) throw new Error(`There is no folder "${cwd}".`)
  const env = environmentOf(attempt, options.env ?? {})
  env.SIGNALBOX = marker
  env.SIGNALBOX_ATTEMPT = request.id
  env.SIGNALBOX_RUN = request.run
  env.SIGNALBOX_TASK = request.task
  return {
    file: argv[0]!,
    args: argv.slice(1),
    cwd,
    env,
    stdin:
      typeof stdin === 'function' ? textOf(stdin(attempt), 'What "stdin" returned') : stdinOf(stdin, request.input),
  }
}

/** Texts to hide. */
export function secretsOf({ options }: Settings): readonly string[] {
  const values = (options.env?.secrets ?? []).map((name) => process.env[name] ?? '')
  return [...(options.secrets ?? []), ...values]
}

function argvOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ARGUMENTS) {
    throw new Error(`"argv" is no list of 1 to ${MAX_ARGUMENTS} strings.`)
  }
  for (const [index, item] of value.entries()) textOf(item, `argv[${index}]`, MAX_ARGUMENT_BYTES)
  if (value[0] === '') throw new Error('argv[0] is empty: it names the program.')
  return value as readonly string[]
}

function textOf(value: unknown, what: string, maxBytes: number = Number.POSITIVE_INFINITY): string {
  if (typeof value !== 'string') throw new Error(`${what} is ${value === null ? 'null' : typeof value}, not a string.`)
  if (maxBytes === Number.POSITIVE_INFINITY) return value
  if (value.includes('\0')) throw new Error(`${what} contains NUL.`)
  const bytes = Buffer.byteLength(value)
  if (bytes <= maxBytes) return value
  throw new Error(`${what} has ${bytes} bytes, and the system takes ${maxBytes}. Hand it over on stdin.`)
}

function stdinOf(how: 'json' | 'text' | 'none', input: JsonValue): string {
  if (how === 'none') return ''
  return how === 'text' ? textOf(input, 'The input') : `${JSON.stringify(input)}\n`
}

function environmentOf(
  attempt: CommandAttempt<JsonValue>,
  { pass = [], secrets = [], set = {} }: CommandEnvironment<JsonValue>,
): Record<string, string> {
  const env = Object.create(null) as Record<string, string>
  const named = new Set([...pass, ...secrets])
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (isAlwaysPassed(name) || named.has(name))) env[name] = value
  }
  const isTrusted = typeof set !== 'function'
  for (const [name, value] of Object.entries(isTrusted ? set : set(attempt))) {
    if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of an environment variable.`)
    if (!isTrusted && (LOADS_CODE.test(name) || name.startsWith('SIGNALBOX'))) {
      throw new Error(`"${name}" can be set for all attempts alike, not by a function of the attempt.`)
    }
    env[name] = textOf(value, `"${name}"`, MAX_ARGUMENT_BYTES)
  }
  return env
}

function isAlwaysPassed(name: string): boolean {
  return ALWAYS_PASSED.test(name) || (process.platform === 'win32' && PASSED_ON_WINDOWS.test(name))
}
