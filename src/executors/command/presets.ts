/**
 * How the command lines of coding agents are called without a person in front of them: the prompt on stdin, so that nothing of a
 * plan becomes an option; the answer from stdout. Each gives options to be spread into those of `commandExecutor`.
 *
 * What an agent may do without asking is said here by the host: by default nothing beyond what the program allows by itself.
 */
import type { JsonValue } from '../../core/types.js'
import type { CommandAttempt, CommandOptions } from './options.js'

/** What all of them have. */
export interface AgentOptions {
  /** As the program calls it. Default: the program's own. */
  readonly model?: string
  /** More arguments, before the prompt. */
  readonly args?: readonly string[]
  /** Default: the program's usual name, found in PATH. */
  readonly program?: string
}

/** The prompt: the input itself, or its field `prompt`. */
export type AgentInput = string | { readonly prompt: string }

/** What a preset says of a command. */
export type AgentCommand = Pick<CommandOptions<AgentInput>, 'argv' | 'stdin' | 'result' | 'env' | 'exitCodes'>

export interface ClaudeCodeOptions extends AgentOptions {
  /** `--permission-mode`, e.g. `acceptEdits`. */
  readonly permissionMode?: string
  /** `--allowedTools`. */
  readonly allowedTools?: readonly string[]
}

/**
 * Claude Code: `claude -p --output-format json`. The result is what it answers: `{ text, sessionId, turns, costUsd }`.
 *
 * @example
 * handler({ via: commandExecutor({ ...claudeCode({ permissionMode: 'acceptEdits' }), cwd: 'checkout' }) })
 */
export function claudeCode({ permissionMode, allowedTools, ...options }: ClaudeCodeOptions = {}): AgentCommand {
  const permissions = [
    ...option('--permission-mode', permissionMode),
    ...(allowedTools === undefined ? [] : ['--allowedTools', allowedTools.join(',')]),
  ]
  return {
    ...agent('claude', ['-p', '--output-format', 'json', ...permissions], options, ['ANTHROPIC_API_KEY']),
    result: ({ stdout }) => {
      const answer = JSON.parse(stdout) as Readonly<Record<string, JsonValue | undefined>>
      if (answer.is_error === true) throw new Error(`it says: ${String(answer.result ?? answer.subtype)}`)
      const { result, session_id: sessionId, num_turns: turns, total_cost_usd: costUsd } = answer
      return { text: result, sessionId, turns, costUsd }
    },
  }
}

export interface CodexOptions extends AgentOptions {
  /** `--sandbox`, e.g. `workspace-write`. Default: the program's own, which only reads. */
  readonly sandbox?: string
}

/** Codex: `codex exec -`. The result is its last message. */
export function codex({ sandbox, ...options }: CodexOptions = {}): AgentCommand {
  const { args = [] } = options
  const all = { ...options, args: [...args, '-'] }
  return {
    ...agent(
      'codex',
      ['exec', ...option('--sandbox', sandbox)],
      all,
      ['OPENAI_API_KEY', 'CODEX_API_KEY'],
      ['CODEX_HOME'],
    ),
    result: 'text',
  }
}

export interface GeminiOptions extends AgentOptions {
  /** `--approval-mode`, e.g. `auto_edit`. */
  readonly approvalMode?: string
}

/** Gemini CLI: `gemini --output-format json`. The result is what it answers: `{ text }`. */
export function gemini({ approvalMode, ...options }: GeminiOptions = {}): AgentCommand {
  const args = ['--output-format', 'json', ...option('--approval-mode', approvalMode)]
  return {
    ...agent('gemini', args, options, ['GEMINI_API_KEY', 'GOOGLE_API_KEY']),
    // A prompt or an option that it cannot use; its limit of turns.
    exitCodes: { 42: { kind: 'error', retryable: false }, 53: { kind: 'error', retryable: false } },
    result: ({ stdout }) => {
      const { response, error } = JSON.parse(stdout) as Readonly<Record<string, JsonValue | undefined>>
      if (error !== undefined && error !== null) throw new Error(`it says: ${JSON.stringify(error)}`)
      return { text: response }
    },
  }
}

/** OpenCode: `opencode run`. The model is `provider/model`. The result is what it prints. */
export function openCode(options: AgentOptions = {}): AgentCommand {
  return {
    ...agent('opencode', ['run'], options, ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'GEMINI_API_KEY']),
    result: 'text',
  }
}

function agent(
  name: string,
  args: readonly string[],
  { program = name, model, args: more = [] }: AgentOptions,
  secrets: readonly string[],
  pass: readonly string[] = [],
): Pick<AgentCommand, 'argv' | 'stdin' | 'env'> {
  return { argv: [program, ...args, ...option('--model', model), ...more], stdin: promptOf, env: { secrets, pass } }
}

function option(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, value]
}

/** What a plan says may be anything. */
function promptOf({ input }: CommandAttempt<AgentInput>): string {
  const prompt: unknown = typeof input === 'object' && input !== null ? input.prompt : input
  if (typeof prompt === 'string' && prompt.trim() !== '') return prompt
  throw new Error('The input has no prompt: give the task a text, or an object with a text "prompt".')
}
