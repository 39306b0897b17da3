/** The help, made from the table of verbs. */
import { inColumns, type Line } from '../reporters/shared/line.js'
import { SHORT } from './arguments.js'
import { COMMON_OPTIONS, type OptionSpec, type OptionTable, type Verb, type VerbEntry } from './verb.js'

export const SHARED_EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'fine'],
  ['1', 'the plan or the run failed'],
  ['2', 'wrong usage, or a file that cannot be read'],
  ['130', 'interrupted'],
]

export function generalHelp(verbs: readonly VerbEntry[]): readonly Line[] {
  return [
    [
      { text: 'signalbox', style: 'bold' },
      ' schedules parallel workstreams: dependencies kept, no two attempts on one file.',
    ],
    [],
    heading('Usage'),
    ['  signalbox <verb> [arguments] [options]'],
    [],
    heading('Verbs'),
    ...verbs.map(({ name, summary }): Line => [`  ${inColumns(name, 10)}`, summary]),
    [],
    heading('Options'),
    ...optionLines({ ...COMMON_OPTIONS, version: { kind: 'flag', about: 'Show the version.' } }),
    [],
    heading('Start here'),
    ['  signalbox check plan.yaml         is the plan right, and how long does it take?'],
    ['  signalbox run plan.yaml           watch it run, with simulated work'],
    ['  signalbox run plan.yaml --store file:.signalbox'],
    ['                                    keep it; after a crash: signalbox resume r1'],
    ['  signalbox help check              what a verb does, with examples'],
    [],
    heading('Exit codes'),
    ...exitCodeLines(),
  ]
}

export function verbHelp({ name, positionals, options, about, examples }: Verb): readonly Line[] {
  return [
    heading('Usage'),
    [`  signalbox ${[name, ...positionals].join(' ')} [options]`],
    [],
    ...about.map((line): Line => [line]),
    [],
    heading('Options'),
    ...optionLines({ ...options, ...COMMON_OPTIONS }),
    [],
    heading('Examples'),
    ...examples.flatMap(({ call, about: why }): readonly Line[] => [
      [`  ${call}`],
      [{ text: `      ${why}`, style: 'dim' }],
    ]),
    [],
    heading('Exit codes'),
    ...exitCodeLines(),
  ]
}

function heading(text: string): Line {
  return [{ text, style: 'bold' }]
}

function optionLines(options: OptionTable): readonly Line[] {
  const rows = Object.entries(options).map(([name, spec]) => ({ left: optionText(name, spec), about: spec.about }))
  const width = Math.max(...rows.map(({ left }) => left.length)) + 3
  return rows.map(({ left, about }) => [`  ${inColumns(left, width)}`, about])
}

function optionText(name: string, spec: OptionSpec): string {
  const short = SHORT[name] === undefined ? '' : `-${SHORT[name]}, `
  return `${short}--${name}${spec.kind === 'value' ? ` ${spec.value}` : ''}`
}

function exitCodeLines(): readonly Line[] {
  return SHARED_EXIT_CODES.map(([code, about]) => [`  ${inColumns(code, 6)}`, about])
}
