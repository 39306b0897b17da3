/** What a verb is: a row of the table that parsing, help and the program are made from. */
import type { Io } from './io.js'
import type { Output } from './output.js'

export type OptionSpec =
  | { readonly kind: 'flag'; readonly about: string }
  | {
      readonly kind: 'value'
      /** What stands for the value in the help, such as `<n>`. */
      readonly value: string
      readonly about: string
      /** May be given several times. */
      readonly many?: true
      /** What a shell offers for it: all values there are, or names of files. Absent: nothing. */
      readonly offers?: readonly string[] | 'files'
    }

export type OptionTable = { readonly [name: string]: OptionSpec }

export interface Example {
  readonly call: string
  readonly about: string
}

/** The arguments of a verb, checked against its table. */
export interface Arguments {
  /** As many as the verb asks for, and at most as many as it takes. */
  readonly positionals: readonly string[]
  has(flag: string): boolean
  /** The last value given. */
  value(option: string): string | undefined
  values(option: string): readonly string[]
}

export interface VerbContext {
  readonly args: Arguments
  readonly io: Io
  readonly output: Output
}

export interface Verb {
  readonly name: string
  /** What stands for each argument in the help: `<plan>` is needed, `[task]` is not; those come last. */
  readonly positionals: readonly string[]
  /** What a shell offers for the arguments. Default: files where the first one is a `<plan>`, else nothing. */
  readonly offers?: readonly string[]
  readonly options: OptionTable
  /** Lines. */
  readonly about: readonly string[]
  readonly examples: readonly Example[]
  /** Resolves to the exit code. */
  run(context: VerbContext): Promise<number>
}

/** A verb that is loaded when it is called. */
export interface VerbEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Verb>
}

/** Options that every verb has. */
export const COMMON_OPTIONS: OptionTable = {
  json: { kind: 'flag', about: 'Print one JSON document on stdout, everything else on stderr.' },
  help: { kind: 'flag', about: 'Show this help.' },
}
