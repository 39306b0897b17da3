/**
 * The line protocol: what a command says to the scheduler, as lines on its stdout that begin with the value of the variable
 * SIGNALBOX. That is another one for each attempt, so whatever else a command prints is no word of the protocol by accident, or
 * by the will of whoever wrote the file that it prints.
 *
 *   echo "$SIGNALBOX progress 40"
 */
import type { JsonValue } from '../../core/types.js'
import type { ClaimRequest } from '../../runtime/ports.js'

/** What a line says. */
export type Word =
  | { readonly verb: 'heartbeat' }
  | { readonly verb: 'progress'; readonly progress: JsonValue }
  | { readonly verb: 'milestone'; readonly name: string }
  | { readonly verb: 'claim'; readonly paths: ClaimRequest }
  | { readonly verb: 'integrate' }
  | { readonly verb: 'log'; readonly text: string }
  | { readonly verb: 'result'; readonly result: JsonValue }
  | { readonly verb: 'fail'; readonly failure: Readonly<Record<string, JsonValue>> }
  /** A line that begins like one of the protocol, and is none. */
  | { readonly verb: 'problem'; readonly of: string; readonly problem: string }

export const VERBS = ['heartbeat', 'progress', 'milestone', 'claim', 'integrate', 'log', 'result', 'fail'] as const

/** Reads what follows the marker and a space. */
export function readWord(text: string): Word {
  const [, verb = '', rest = ''] = /^([a-z]+)(?:[ \t]+(.*?))?[ \t]*$/s.exec(text) ?? []
  switch (verb as (typeof VERBS)[number]) {
    case 'heartbeat':
    case 'integrate':
      return { verb: verb as 'heartbeat' | 'integrate' }
    case 'progress':
      return { verb: 'progress', progress: parsed(rest) ?? rest }
    case 'milestone':
      return rest === '' ? problem(verb, 'it names no milestone') : { verb: 'milestone', name: rest }
    case 'log':
      return { verb: 'log', text: rest }
    case 'claim':
      return readClaim(rest)
    case 'result': {
      const result = parsed(rest)
      return result === undefined ? problem(verb, 'what follows is not JSON') : { verb: 'result', result }
    }
    case 'fail': {
      const failure = parsed(rest)
      return { verb: 'fail', failure: isRecord(failure) ? failure : { message: rest } }
    }
    default:
      return problem(verb, `it begins with none of ${VERBS.join(', ')}`)
  }
}

/** `write docs/a.md`, `read src/**`, or JSON: `{ "write": ["a", "b"], "read": ["c"] }`. */
function readClaim(rest: string): Word {
  const [, mode, path] = /^(write|read)[ \t]+(.+)$/s.exec(rest) ?? []
  if (mode !== undefined && path !== undefined) return { verb: 'claim', paths: { [mode]: [path] } }
  const paths = parsed(rest)
  if (isRecord(paths) && isList(paths.write) && isList(paths.read))
    return { verb: 'claim', paths: paths as ClaimRequest }
  return problem('claim', 'what follows is neither "write" or "read" and a path, nor JSON with lists of them')
}

function isList(value: JsonValue | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.every((each) => typeof each === 'string'))
}

function isRecord(value: JsonValue | undefined): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined for what is no JSON. */
function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

function problem(of: string, what: string): Word {
  return { verb: 'problem', of, problem: what }
}
