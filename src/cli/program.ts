/** The program: finds the verb, gives it its arguments, and answers for how it ends. */
import { nearest } from '../plan/nearest.js'
import { quote } from '../plan/text.js'
import type { Line } from '../reporters/shared/line.js'
import { isSchedulerError } from '../runtime/errors.js'
import { VERSION } from '../runtime/version.js'
import { readArguments } from './arguments.js'
import { generalHelp, verbHelp } from './help.js'
import { EXIT, type Io } from './io.js'
import { createOutput, type Output } from './output.js'
import { isProgramError, usageError } from './problem.js'
import type { VerbEntry } from './verb.js'
import { VERBS } from './verbs.js'

/** Runs `signalbox` with these words and resolves to its exit code. Never rejects. */
export async function program(words: readonly string[], io: Io): Promise<number> {
  const output = createOutput(io, asksForJson(words) ? 'json' : 'people')
  try {
    return await dispatch(words, io, output)
  } catch (error) {
    return answerFor(error, output)
  }
}

async function dispatch(words: readonly string[], io: Io, output: Output): Promise<number> {
  // The verb is the first word that is no option, so that `--json check` works as well.
  const at = words.findIndex((word) => !word.startsWith('-'))
  if (at === -1) return withoutVerb(words, output)
  const first = words[at] ?? ''
  const rest = words.toSpliced(at, 1)
  if (first !== 'help') {
    const verb = await findVerb(first).load()
    const args = readArguments(verb, rest)
    return args.has('help') ? show(verbHelp(verb), output) : verb.run({ args, io, output })
  }
  const about = rest.find((word) => !word.startsWith('-'))
  return show(about === undefined ? generalHelp(VERBS) : verbHelp(await findVerb(about).load()), output)
}

function withoutVerb(words: readonly string[], output: Output): number {
  if (words.includes('--version') || words.includes('-V')) return showVersion(output)
  if (words.includes('--help') || words.includes('-h')) return show(generalHelp(VERBS), output)
  const unknown = words.find((word) => word !== '--json')
  if (unknown !== undefined) throw usageError(`There is no option ${quote(unknown)}.`, 'See: signalbox --help')
  if (output.format === 'json') throw usageError('There is no verb.', `The verbs are ${verbNames().join(', ')}.`)
  output.warn(generalHelp(VERBS))
  return EXIT.usage
}

function findVerb(name: string): VerbEntry {
  const found = VERBS.find((verb) => verb.name === name)
  if (found !== undefined) return found
  const near = nearest(name, verbNames())
  const hint =
    near === null ? `The verbs are ${verbNames().join(', ')}; see: signalbox --help` : `Did you mean ${near}?`
  throw usageError(`There is no verb ${quote(name)}.`, hint)
}

function verbNames(): readonly string[] {
  return VERBS.map((verb) => verb.name)
}

function show(lines: readonly Line[], output: Output): number {
  output.print(lines)
  output.document({
    ok: true,
    help: lines.map((line) => line.map((span) => (typeof span === 'string' ? span : span.text)).join('')),
  })
  return EXIT.ok
}

function showVersion(output: Output): number {
  if (output.format === 'people') output.print([[VERSION]])
  output.document({ ok: true, version: VERSION })
  return EXIT.ok
}

/** Whether the words ask for JSON, found out before they are understood: errors are JSON too. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return (end === -1 ? words : words.slice(0, end)).includes('--json')
}

function answerFor(error: unknown, output: Output): number {
  const { code, message, hint, exitCode } = describeError(error)
  output.warn([[{ text: 'signalbox: ', style: 'red' }, message], ...(hint === '' ? [] : [[`  ${hint}`]])])
  output.document({ ok: false, error: { code, message, hint } })
  return exitCode
}

interface DescribedError {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly exitCode: number
}

function describeError(error: unknown): DescribedError {
  if (isProgramError(error)) return { ...pick(error), exitCode: EXIT.usage }
  if (isSchedulerError(error)) return { ...pick(error), exitCode: EXIT.failed }
  const message = error instanceof Error ? error.message : String(error)
  const hint = 'This is a bug in signalbox: please report it with the call and the plan.'
  return { code: 'INTERNAL', message, hint, exitCode: EXIT.failed }
}

function pick({ code, message, hint }: { readonly code: string; readonly message: string; readonly hint: string }): {
  readonly code: string
  readonly message: string
  readonly hint: string
} {
  return { code, message, hint }
}
