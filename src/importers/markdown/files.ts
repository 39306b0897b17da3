/** Which unit writes which files, which are its own, and which nobody may touch. */
import { type Pattern, parsePattern } from '../../claims/pattern.js'
import { createPatternIndex } from '../../claims/pattern-index.js'
import { unmarked } from '../shared/inline.js'
import { isTree, pathsIn, pathsOfTree } from '../shared/paths.js'
import type { Mentions } from './mentions.js'
import type { FieldValue, Found, LooseValue, Piece, Unit } from './types.js'

/** A path, and whether it is a guess that it is meant. */
export interface PathClaim {
  readonly path: string
  readonly piece: Piece
  readonly inferred: boolean
}

export interface UnitFiles {
  /** Said to belong to this unit alone. */
  readonly owned: PathClaim[]
  readonly written: PathClaim[]
  readonly forbidden: PathClaim[]
}

export interface FileReading {
  readonly ofUnit: ReadonlyMap<Unit, UnitFiles>
  readonly protect: readonly PathClaim[]
  readonly patterns: Patterns
}

/** Paths as patterns, each parsed once; null: it is none. */
export interface Patterns {
  get(path: string): Pattern | null
}

function createPatterns(): Patterns {
  const known = new Map<string, Pattern | null>()
  return {
    get: (path) => {
      const found = known.get(path)
      if (found !== undefined) return found
      const parsed = parsePattern(path)
      const pattern = parsed.ok ? parsed : null
      known.set(path, pattern)
      return pattern
    },
  }
}

/** Reads all paths. O(values). */
export function readFiles(found: Found, mentions: Mentions): FileReading {
  const patterns = createPatterns()
  const ofUnit = new Map<Unit, UnitFiles>(found.units.map((unit) => [unit, readOfUnit(unit, patterns)]))
  const protect: PathClaim[] = []
  for (const value of found.loose) readLoose(value, mentions, ofUnit, protect)
  return { ofUnit, protect, patterns }
}

function readOfUnit(unit: Unit, patterns: Patterns): UnitFiles {
  const owned: PathClaim[] = []
  const written: PathClaim[] = []
  const forbidden: PathClaim[] = []
  let folder: string | null = null
  const hasFiles = unit.fields.some(({ field }) => field === 'files' || field === 'owns')
  const ownsByParent = unit.parent?.fields.some(({ field }) => field === 'owns' || field === 'files') === true
  for (const value of unit.fields) {
    const { field, depth } = value
    switch (field) {
      case 'owns':
        owned.push(...claimsOf(value, 'said', patterns))
        break
      case 'files': {
        const claims = depth > 0 && folder !== null ? below(folder, value, patterns) : claimsOf(value, 'said', patterns)
        if (depth === 0) folder = folderOf(claims)
        written.push(...claims)
        break
      }
      case 'deliverables': {
        const claims = depth > 0 && folder !== null ? [] : claimsOf(value, 'guessed', patterns)
        if (depth === 0) folder = folderOf(claims)
        if (!isRemark(claims, value)) written.push(...claims)
        break
      }
      case 'tests':
      case 'extract':
        written.push(...claimsOf(value, 'guessed', patterns))
        break
      case 'forbidden':
        forbidden.push(...claimsOf(value, 'said', patterns))
        break
      case 'description':
        if (unit.kind === 'task' && value.label === 'text' && !hasFiles && !ownsByParent)
          written.push(...claimsOf(value, 'guessed', patterns))
        break
      default:
    }
  }
  return { owned: unique(owned), written: unique(written), forbidden: unique(forbidden) }
}

/** In a deliverable, a path that does not come first is something the work reads or serves. */
function isRemark(claims: readonly PathClaim[], { piece, lines }: FieldValue): boolean {
  const [first] = claims
  return (
    lines === undefined &&
    first !== undefined &&
    !/^[^\p{L}]*(?:shared |new |enhanced |updated )?[^`]{0,40}`?$/iu.test(
      piece.text.slice(0, Math.max(0, first.piece.column - piece.column)),
    )
  )
}

function put(claims: PathClaim[], more: readonly PathClaim[]): void {
  for (const claim of more) if (!claims.some(({ path }) => path === claim.path)) claims.push(claim)
}

/** The first claim of each path. */
function unique(claims: readonly PathClaim[]): PathClaim[] {
  if (claims.length < 2) return [...claims]
  const paths = new Set<string>()
  return claims.filter(({ path }) => paths.size < paths.add(path).size)
}

function claimsOf({ piece, lines }: FieldValue, how: 'said' | 'guessed', patterns: Patterns): readonly PathClaim[] {
  const pieces = lines === undefined ? pathsIn(piece) : isTree(lines) ? pathsOfTree(lines) : pathsOfList(lines)
  const claims: PathClaim[] = []
  for (const found of pieces)
    if (patterns.get(found.text) !== null) claims.push({ path: found.text, piece: found, inferred: how === 'guessed' })
  return claims
}

/** A list in a code block: its files, up to a line that begins another list. */
function pathsOfList(lines: readonly Piece[]): readonly Piece[] {
  const found: Piece[] = []
  let counts = true
  for (const line of lines) {
    if (/^[A-Z][\w /-]{2,40}:\s*$/.test(line.text)) counts = /file|test|config|doc/i.test(line.text)
    else if (counts) found.push(...pathsIn(line).slice(0, 1))
  }
  return found
}

function folderOf(claims: readonly PathClaim[]): string | null {
  const [only] = claims
  return claims.length === 1 && only?.path.endsWith('/') === true ? only.path : null
}

/** Files in a list below their folder. */
function below(folder: string, value: FieldValue, patterns: Patterns): readonly PathClaim[] {
  return claimsOf(value, 'said', patterns).map((claim) => ({
    ...claim,
    path: claim.path.includes('/') ? claim.path : `${folder}${claim.path}`,
  }))
}

const NO_ONE =
  /\b(?:no ?(?:one|body)|none)\b.{0,20}\b(?:touch|modif|edit|change)|\b(?:do not|don't|never) (?:touch|modify|edit|change)\b|\boff[ -]limits\b|\bread[ -]only for (?:all|everyone)\b/i
const ONLY = /\b(?:only|exclusive(?:ly)?|owns?|owner)\b/i

/** "Track 1: `src/a/*`", "`base.py` - Track 2 ONLY", "`legacy/` - NO ONE touches". */
function readLoose(
  value: LooseValue,
  mentions: Mentions,
  ofUnit: ReadonlyMap<Unit, UnitFiles>,
  protect: PathClaim[],
): void {
  const { piece, field, label, sections, ofUnit: isOfUnit } = value
  const isForbidden = (field === 'forbidden' && !isOfUnit) || NO_ONE.test(piece.text)
  const about = `${label} ${sections.at(-1) ?? ''}`
  const isAboutFiles = field === 'owns' || field === 'shared' || /own|shared|boundar|conflict|touch/i.test(about)
  const paths = isForbidden || isAboutFiles ? pathsIn(piece) : []
  if (paths.length === 0) return
  const claims = paths
    .filter((found) => parsePattern(found.text).ok)
    .map((found) => ({ path: found.text, piece: found, inferred: false }))
  if (isForbidden) {
    put(
      protect,
      claims.map((claim) => everywhere(claim, piece.text, ofUnit)),
    )
    return
  }
  if (!isAboutFiles) return
  const text = unmarked(piece.text)
  const [mention] = mentions.scan(text, null)
  const [unit] = mention?.units ?? []
  if (mention === undefined || unit === undefined || mention.units.length > 1) return
  const files = ofUnit.get(unit) as UnitFiles
  const leads = mention.start <= 2 && /^\s*(?:\([^)]*\))?\s*[:—–-]/.test(text.slice(mention.end))
  if (leads || ONLY.test(text))
    put(
      files.owned,
      claims.filter(({ path }) => !isKnown(path, files)),
    )
}

/**
 * "All `agent.py` files" are those of every folder: of the folders that another path of the document has a `*` for, where
 * there is one such place, else of all there are.
 */
function everywhere(claim: PathClaim, text: string, ofUnit: ReadonlyMap<Unit, UnitFiles>): PathClaim {
  if (claim.path.includes('/') || !/\ball\b/i.test(text)) return claim
  const folders = new Set<string>()
  for (const { owned, written } of ofUnit.values()) {
    for (const { path } of [...owned, ...written]) {
      const folder = /^([^*?{]+\/\*\/)[^/*?{]+$/.exec(path)?.[1]
      if (folder !== undefined) folders.add(folder)
    }
  }
  const [only] = folders
  return { ...claim, path: `${folders.size === 1 ? only : '**/'}${claim.path}`, inferred: true }
}

/** A bare name of a file that the unit has by its whole path. */
function isKnown(path: string, { written, owned }: UnitFiles): boolean {
  return [...written, ...owned].some(
    (other) => other.path === path || (!path.includes('/') && other.path.endsWith(`/${path}`)),
  )
}

/** Which of the units' paths meet. */
export interface Meetings {
  /** The units with a path that meets this one. */
  unitsAt(path: string): ReadonlySet<Unit>
}

/** Compares each path with those that can meet it, and not each with each; nothing before the first question. */
export function meetingsOf(files: FileReading): Meetings {
  const known = new Map<string, ReadonlySet<Unit>>()
  let find: ((path: string) => ReadonlySet<Unit>) | null = null
  return {
    unitsAt: (path) => {
      find ??= findIn(files)
      const found = known.get(path) ?? find(path)
      known.set(path, found)
      return found
    },
  }
}

function findIn({ ofUnit, patterns }: FileReading): (path: string) => ReadonlySet<Unit> {
  const index = createPatternIndex()
  const users = new Map<number, Set<Unit>>()
  for (const [unit, { owned, written }] of ofUnit) {
    for (const { path } of [...owned, ...written]) {
      const pattern = patterns.get(path)
      if (pattern === null) continue
      const id = index.add(pattern)
      users.set(id, (users.get(id) ?? new Set()).add(unit))
    }
  }
  return (path) => {
    const pattern = patterns.get(path)
    if (pattern === null) return new Set()
    const neighbours = index.neighbours(index.add(pattern))
    const [only] = neighbours
    if (neighbours.length === 1 && only !== undefined) return users.get(only) ?? new Set()
    return new Set(neighbours.flatMap((other) => [...(users.get(other) ?? [])]))
  }
}
