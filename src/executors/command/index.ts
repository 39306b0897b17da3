/**
 * The command executor: attempts are programs of their own. They are started without a shell, with an environment of their
 * own, in a group of their own, and nothing of them is left when an attempt has ended.
 */
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor } from '../../runtime/ports.js'
import { redactor } from '../shared/plain-text.js'
import { Ledger } from './ledger.js'
import { type CommandInput, type CommandOptions, settingsOf } from './options.js'
import { failed, notStarted } from './outcome.js'
import { type Followed, follow, isThere, startOutliving } from './outliving.js'
import { startPiped } from './piped.js'
import { attend, endLeft } from './running.js'
import { type CommandSpec, secretsOf, specOf } from './spec.js'
import { Voice } from './voice.js'

export {
  type CommandAttempt,
  type CommandEnd,
  type CommandEnvironment,
  type CommandInput,
  type CommandLimits,
  type CommandOptions,
  EXIT_MEANINGS,
  type ExitMeaning,
} from './options.js'
export {
  type AgentCommand,
  type AgentInput,
  type AgentOptions,
  type ClaudeCodeOptions,
  type CodexOptions,
  claudeCode,
  codex,
  type GeminiOptions,
  gemini,
  openCode,
} from './presets.js'

type Ended = AttemptOutcome | 'unknown'

/**
 * Runs each attempt as a program of its own.
 *
 * @throws TypeError for options that are none
 * @example
 * handler({ via: commandExecutor({ argv: ({ input }) => ['node', 'build.mjs', '--', input.target] }) })
 */
export function commandExecutor<Input = CommandInput>(options: CommandOptions<Input>): Executor {
  const settings = settingsOf(options)
  const ledger = new Ledger(options.folder)
  const outlives = options.outlives === true
  if (outlives && (options.folder === null || process.platform === 'win32')) {
    throw new TypeError('What "outlives" its host needs a "folder", and a system with /bin/sh.')
  }
  const underWay = new Map<string, Promise<Ended>>()

  /** Asked twice, it tells the same. */
  function once<T extends Ended>(attempt: AttemptRequest, begin: () => Promise<T>): Promise<T> {
    const known = underWay.get(attempt.id) as Promise<T> | undefined
    if (known !== undefined) return known
    const ended = begin().finally(() => underWay.delete(attempt.id))
    underWay.set(attempt.id, ended)
    return ended
  }

  async function run(attempt: AttemptRequest, context: AttemptContext): Promise<AttemptOutcome> {
    if (context.signal.aborted) return NEVER_BEGUN
    let marker: string
    let spec: CommandSpec
    try {
      marker = ledger.markerOf(attempt)
      spec = specOf(attempt, marker, settings)
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error), { retryable: false })
    }
    let started: Followed
    try {
      started = outlives
        ? startOutliving(spec, ledger.placeOf(attempt)!, settings)
        : await startPiped(spec, marker, settings.limits.lineBytes, settings.graceMs)
    } catch (error) {
      ledger.strike(attempt, { outlives })
      return notStarted(spec.file, error)
    }
    const { mark } = started.running
    try {
      ledger.write(attempt, { mark, file: spec.file, outlives })
    } catch (error) {
      await endLeft(mark, marker, 0)
      return failed(`It could not be written down that it runs, so it was ended: ${String(error)}`)
    }
    started.begin?.()
    return wait(started, spec.file, marker, attempt, context)
  }

  async function wait(
    { running, hear, answer }: Followed,
    file: string,
    marker: string,
    attempt: AttemptRequest,
    context: AttemptContext,
  ): Promise<AttemptOutcome> {
    const voice = new Voice(marker, context, settings, redactor(secretsOf(settings)), answer)
    hear(voice)
    const { heartbeatMs } = attempt
    const outcome = await attend(running, { file, marker, heartbeatMs }, voice, context, settings)
    ledger.strike(attempt, { outlives })
    return outcome
  }

  async function takeUp(attempt: AttemptRequest, context: AttemptContext): Promise<Ended> {
    const entry = ledger.read(attempt)
    const marker = ledger.markerOf(attempt)
    const place = ledger.placeOf(attempt)!
    if (entry?.outlives === true && isThere(place, entry.mark)) {
      return wait(follow(place, entry.mark, settings), entry.file, marker, attempt, context)
    }
    await endLeft(entry?.mark ?? null, marker, settings.graceMs)
    ledger.strike(attempt, { outlives: true })
    return 'unknown'
  }

  return {
    inProcess: false,
    execute: (attempt, context) => once(attempt, () => run(attempt, context)),
    ...(options.folder === null
      ? {}
      : {
          attach: (attempt: AttemptRequest, context: AttemptContext) => once(attempt, () => takeUp(attempt, context)),
        }),
  }
}

const NEVER_BEGUN: AttemptOutcome = {
  ok: false,
  failure: { kind: 'cancelled', message: 'It was told to stop before it began.' },
}
