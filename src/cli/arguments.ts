/** From the words of the call to the arguments of a verb; what cannot be understood says what was meant. */
import { parseArgs } from 'node:util'
import { nearest } from '../plan/nearest.js'
import { quote } from '../plan/text.js'
import { usageError } from './problem.js'
import { type Arguments, COMMON_OPTIONS, type OptionSpec, type OptionTable, type Verb } from './verb.js'

/** Letters for what is asked for most. */
export const SHORT: { readonly [option: string]: string } = { help: 'h', output: 'o' }

type Token = Extract<NonNullable<ReturnType<typeof parseArgs>['tokens']>[number], { readonly kind: 'option' }>

/** The arguments of `verb`. @throws ProgramError USAGE */
export function readArguments(verb: Verb, words: readonly string[]): Arguments {
  const table: OptionTable = { ...verb.options, ...COMMON_OPTIONS }
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { kind }]) => {
      const short = SHORT[name]
      const type: 'boolean' | 'string' = kind === 'flag' ? 'boolean' : 'string'
      return [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }]
    }),
  )
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string[]>()
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind === 'option') readOption(token, table, verb, values)
  }
  // Help is given whatever else is missing.
  if (!values.has('help')) checkPositionals(positionals, verb)
  return {
    positionals,
    has: (flag) => values.has(flag),
    value: (option) => values.get(option)?.at(-1),
    values: (option) => values.get(option) ?? [],
  }
}

function readOption(
  { name, rawName, value }: Token,
  table: OptionTable,
  verb: Verb,
  values: Map<string, string[]>,
): void {
  const spec = Object.hasOwn(table, name) ? table[name] : undefined
  if (spec === undefined) {
    const near = nearest(name, Object.keys(table))
    const hint = near === null ? `See: signalbox ${verb.name} --help` : `Did you mean --${near}?`
    throw usageError(`${quote(verb.name)} has no option ${quote(rawName)}.`, hint)
  }
  const given = values.get(name) ?? []
  given.push(checkValue(spec, rawName, value))
  values.set(name, given)
}

function checkValue(spec: OptionSpec, rawName: string, value: string | undefined): string {
  if (spec.kind === 'flag') {
    if (value === undefined) return ''
    throw usageError(`${quote(rawName)} takes no value, but ${quote(value)} was given.`, `Write ${rawName} alone.`)
  }
  if (value === undefined || value === '') {
    throw usageError(`${quote(rawName)} needs a value.`, `Write ${rawName} ${spec.value}: ${spec.about}`)
  }
  return value
}

function checkPositionals(given: readonly string[], { name, positionals }: Verb): void {
  const needed = positionals.filter((each) => each.startsWith('<')).length
  if (given.length >= needed && given.length <= positionals.length) return
  const usage = `Usage: signalbox ${[name, ...positionals].join(' ')}`
  const missing = positionals[given.length]
  if (given.length < needed) throw usageError(`${quote(name)} needs ${missing}.`, usage)
  throw usageError(`${quote(name)} does not take ${quote(given[positionals.length] ?? '')}.`, usage)
}
