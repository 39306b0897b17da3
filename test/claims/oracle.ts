/**
 * What patterns mean, said a second time and without thought for speed: braces by recursion, segments by regular
 * expressions, overlap by walking through all pairs of state sets of two automata. It shares nothing with src/claims.
 */

/** What the braces of a pattern write out to. The pattern is a good one. */
export function writeOut(text: string): string[] {
  const close = text.indexOf('}')
  if (close === -1) return [text]
  const open = text.lastIndexOf('{', close)
  const options = text.slice(open + 1, close).split(',')
  return options.flatMap((option) => writeOut(text.slice(0, open) + option + text.slice(close + 1)))
}

/** The segments of each alternative. `§` is `**`: writing out braces must not make one of two `*`. */
function rowsOf(pattern: string): string[][] {
  return writeOut(pattern.replaceAll('**', '§')).map((text) => {
    const segments = text.split('/').filter((segment) => segment !== '' && segment !== '.')
    if (text.endsWith('/')) return [...segments, '*', '§']
    return /[*?§]/.test(text) ? segments : [...segments, '§']
  })
}

/** Whether the pattern covers the path. */
export function coversPath(pattern: string, path: string): boolean {
  return pathMatcher(pattern)(path)
}

/** For many paths: the test of `coversPath`, prepared. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const rows = rowsOf(pattern).map((segments) =>
    segments.map((segment) => (segment === '§' ? null : namePattern(segment))),
  )
  return (path) => rows.some((row) => coversNames(row, path.split('/')))
}

/** Null stands for `**`. */
function coversNames(segments: readonly (RegExp | null)[], names: readonly string[]): boolean {
  const [segment, ...rest] = segments
  if (segment === undefined) return names.length === 0
  if (segment === null) return names.some((_, at) => coversNames(rest, names.slice(at))) || coversNames(rest, [])
  return names.length > 0 && segment.test(names[0]!) && coversNames(rest, names.slice(1))
}

function namePattern(segment: string): RegExp {
  const body = Array.from(segment, (character) => {
    if (character === '*') return '.*'
    return character === '?' ? '.' : character.replace(/[\\^$.|+()[\]{}]/, '\\$&')
  })
  return new RegExp(`^${body.join('')}$`, 'su')
}

/** All paths of up to `depth` segments with these names. */
export function pathsOf(names: readonly string[], depth: number): string[] {
  if (depth === 0) return []
  const shorter = pathsOf(names, depth - 1)
  return [...names, ...names.flatMap((name) => shorter.map((path) => `${name}/${path}`))]
}

/** Names of one to `length` characters. */
export function namesOf(characters: readonly string[], length: number): string[] {
  if (length === 0) return []
  const shorter = namesOf(characters, length - 1)
  return [...characters, ...characters.flatMap((character) => shorter.map((name) => character + name))]
}

interface Step {
  readonly to: number
  /** A character, '?' for any but a slash, '' for none. */
  readonly on: string
}

/** Reads a path whose every segment ends in a slash. */
interface Automaton {
  /** By the state they start from. */
  readonly steps: readonly (readonly Step[])[]
  readonly start: number
  readonly end: number
}

function automatonOf(pattern: string): Automaton {
  const steps: Step[][] = [[], []]
  for (const segments of rowsOf(pattern)) {
    let at = 0
    const go = (on: string, to = steps.push([]) - 1): void => {
      steps[at]!.push({ to, on })
      at = to
    }
    for (const segment of segments) {
      go('')
      const loop = at
      if (segment === '§') {
        go('?')
        steps[at]!.push({ to: at, on: '?' })
        go('/', loop)
        continue
      }
      for (const character of segment) {
        if (character === '*') {
          go('')
          steps[at]!.push({ to: at, on: '?' })
        } else go(character)
      }
      go('/')
    }
    go('', 1)
  }
  return { steps, start: 0, end: 1 }
}

function closure({ steps }: Automaton, states: Iterable<number>): Set<number> {
  const closed = new Set(states)
  for (const state of closed) for (const step of steps[state]!) if (step.on === '') closed.add(step.to)
  return closed
}

function advance(automaton: Automaton, states: Set<number>, character: string): Set<number> {
  const next = new Set<number>()
  for (const state of states) {
    for (const step of automaton.steps[state]!) {
      if (step.on === character || (step.on === '?' && character !== '/')) next.add(step.to)
    }
  }
  return closure(automaton, next)
}

/** Whether a path exists that both cover: a walk over all pairs of state sets, with the rules for names beside them. */
export function haveCommonPath(a: string, b: string, alphabet: readonly string[]): boolean {
  const [first, second] = [automatonOf(a), automatonOf(b)]
  const start = { mine: closure(first, [0]), other: closure(second, [0]), name: '', isFirst: true }
  const queue = [start]
  const seen = new Set<string>()
  for (const { mine, other, name, isFirst } of queue) {
    for (const character of alphabet) {
      const isSlash = character === '/'
      const longer = isSlash ? '' : (name + character).slice(0, 3)
      if (isSlash && ['', '.', '..'].includes(name)) continue
      if (isFirst && /^[a-z]:/i.test(longer)) continue
      const next = {
        mine: advance(first, mine, character),
        other: advance(second, other, character),
        name: longer,
        isFirst: isFirst && !isSlash,
      }
      if (next.mine.size === 0 || next.other.size === 0) continue
      if (isSlash && next.mine.has(first.end) && next.other.has(second.end)) return true
      const key = [[...next.mine].sort(), [...next.other].sort(), longer, next.isFirst].join('|')
      if (seen.has(key)) continue
      seen.add(key)
      queue.push(next)
    }
  }
  return false
}
