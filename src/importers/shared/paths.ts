/** Paths in texts and in drawn trees. What is no path (`unit/integration`, `13714/2m`, `GET /events`) is left out. */
import { within } from './lines.js'
import { matchesOf } from './matches.js'
import type { Piece } from './types.js'

const EXTENSION =
  /\.(?:astro|bash|bat|c|cc|cfg|cjs|conf|cpp|cs|css|csv|cts|dart|env|erl|ex|exs|feature|gd|go|gradle|graphql|groovy|h|hbs|hpp|hs|html?|ini|ipynb|java|jinja2?|js|json|json5|jsonc|jsonl|jsx|kts?|less|lock|lua|mako|markdown|mdx?|mjs|mod|mts|php|pl|prisma|properties|proto|ps1|py|pyi|rb|rs|rst|sass|scala|scss|sh|sol|sql|sum|svelte|svg|swift|tf|tfvars|toml|ts|tsx|txt|vue|xml|xsd|ya?ml|zig)$/i
const BARE_NAMES =
  /^(?:Dockerfile|Makefile|Justfile|Procfile|Gemfile|Rakefile|LICENSE|CODEOWNERS|\.gitignore|\.env(?:\.\w+)?)$/
const ALLOWED = /^[@\w.*?{[(][\w.*?{},[\]()@$+~/-]*$/
/** Characters of which each path has one; some names have none, and end so. */
const MAY_BE_PATH = /[./*]|file/
const LONGEST_PATH = 512
const QUOTED = /`([^`]{1,512})`/g
const WORD = /[^\s,;]+/g

/** A path as a pattern of the plan language; null: not a path. `quoted`: it stood in quotes of code. */
export function asPath(text: string, quoted: 'quoted' | 'bare'): string | null {
  if (!MAY_BE_PATH.test(text)) return null
  const trimmed = text
    .trim()
    .replace(/^\.\//, '')
    .replace(/[:#]L?\d+(?:[-–:]L?\d+)?$/, '')
    .replace(/[,;:]+$/, '')
  const path = quoted === 'quoted' ? trimmed : unbracketed(trimmed.replace(/^[("']+|[)"'.]+$/g, ''))
  if (path === '' || path.length > LONGEST_PATH || !ALLOWED.test(path) || path.startsWith('@/')) return null
  if (path.includes('..') || path.includes('//') || path.startsWith('/') || /\(\)$|[()]{2}/.test(path)) return null
  if (!isBalanced(path) || /^[\w-]+(?:\.[\w-]+){2,}\//.test(path)) return null
  const last = path.replace(/\/$/, '').split('/').at(-1) as string
  if (EXTENSION.test(path) && last.length > 2) return path
  if (BARE_NAMES.test(last)) return path
  if (!path.includes('/')) return /^\*\.\w+$/.test(path) ? path : null
  if (quoted === 'bare') return path.endsWith('/') || /\*/.test(path) ? wordPath(path) : null
  return wordPath(path)
}

/** "[files: src/*.ts]": the bracket closes what began before. */
function unbracketed(path: string): string {
  return path.endsWith(']') && !path.includes('[') ? path.slice(0, -1) : path
}

/** Slashes between alternatives, measures and branches make no path. */
function wordPath(path: string): string | null {
  const segments = path.replace(/\/$/, '').split('/')
  if (segments.some((segment) => segment === '' || /^\d+(?:\.\d+)?[a-z%]?$/i.test(segment))) return null
  return segments.every((segment) => /^P\d$/.test(segment)) ? null : path
}

function isBalanced(path: string): boolean {
  let depth = 0
  for (const character of path) {
    if (character === '{') depth++
    if (character === '}' && --depth < 0) return false
  }
  return depth === 0
}

/** The paths in a text, in order: those in quotes of code; where there is none, bare ones. */
export function pathsIn(piece: Piece): readonly Piece[] {
  if (!MAY_BE_PATH.test(piece.text)) return []
  if (!piece.text.includes('`')) return barePathsIn(piece)
  const found: Piece[] = []
  for (const span of matchesOf(QUOTED, piece.text)) {
    const path = asPath(span[1] as string, 'quoted')
    if (path !== null) found.push(within(piece, span.index + 1, path))
  }
  if (found.length === 0) return barePathsIn(piece)
  const rest = piece.text.replace(/`[^`]*`/g, (span) => ' '.repeat(span.length))
  const bare = barePathsIn(within(piece, 0, rest)).filter(({ text }) => text.includes('/') && EXTENSION.test(text))
  const all = [...found, ...bare].toSorted((a, b) => a.column - b.column)
  return besideOthers(all)
}

/** `src/api/a.ts`, `b.ts`: a bare name of the same kind is in the same folder. */
function besideOthers(paths: readonly Piece[]): readonly Piece[] {
  let folder = ''
  let kind: string | undefined
  return paths.map((path) => {
    const own = /\.\w+$/.exec(path.text)?.[0]
    if (path.text.includes('/')) {
      folder = path.text.slice(0, path.text.lastIndexOf('/') + 1)
      kind = own
      return path
    }
    return folder !== '' && own !== undefined && own === kind ? { ...path, text: `${folder}${path.text}` } : path
  })
}

function barePathsIn(piece: Piece): readonly Piece[] {
  const found: Piece[] = []
  if (!/[./*]/.test(piece.text)) return found
  for (const word of matchesOf(WORD, piece.text)) {
    const path = asPath(word[0], 'bare')
    if (path !== null) found.push(within(piece, word.index, path))
  }
  return found
}

const TREE = /[├└│]/
const BRANCH = /^([\s│├└─┬|`+-]*)([^\s│├└─┬|][^\s]*)/

export function isTree(lines: readonly Piece[]): boolean {
  return lines.some(({ text }) => TREE.test(text))
}

/** The files of a drawn tree; folders only where nothing is drawn below them. */
export function pathsOfTree(lines: readonly Piece[]): readonly Piece[] {
  const open: { readonly column: number; readonly path: string; readonly piece: Piece; hasChildren: boolean }[] = []
  const all: (typeof open)[number][] = []
  for (const piece of lines) {
    const match = BRANCH.exec(piece.text.slice(0, 1000))
    if (match === null || (match[2] as string).startsWith('#')) continue
    const column = (match[1] as string).length
    const name = (match[2] as string).replace(/^\.\//, '').replace(/[,:]$/, '')
    while ((open.at(-1)?.column ?? -1) >= column) open.pop()
    const parent = open.at(-1)
    if (parent !== undefined) parent.hasChildren = true
    const path = parent === undefined ? name : `${parent.path.replace(/\/$/, '')}/${name}`
    const record = { column, path, piece: within(piece, column, path), hasChildren: false }
    open.push(record)
    all.push(record)
  }
  return all.flatMap(({ path, piece, hasChildren }) => {
    const pattern = hasChildren ? null : asPath(path, 'quoted')
    return pattern === null ? [] : [{ ...piece, text: pattern }]
  })
}
