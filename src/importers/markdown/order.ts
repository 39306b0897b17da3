/** In which order streams merge, and in which order units change a file that they share. */
import type { Sequence } from '../../plan/types.js'
import { unmarked } from '../shared/inline.js'
import { pathsIn } from '../shared/paths.js'
import type { Mentions } from './mentions.js'
import type { Found, LooseValue, Piece, Unit } from './types.js'

/** `unit` merges after those of `after`. */
export interface MergeStep {
  readonly unit: Unit
  readonly after: readonly Unit[]
  readonly piece: Piece
}

/** A shared file with the units that change it, in order. */
export interface SharedFile {
  readonly path: Sequence['path']
  readonly units: readonly Unit[]
  readonly piece: Piece
}

const MERGE_ORDER = /\bmerge (?:order|sequence)\b[^:]{0,30}:\s*(.+)$/i
const CHAIN = /\s*(?:→|->|=>|>)\s*/

/** The order of merging: a chain of arrows, or a numbered list. Nothing where any order will do. */
export function readMergeOrder(found: Found, mentions: Mentions): readonly MergeStep[] {
  const chain = chainOf(found, mentions)
  if (chain.length > 0) return chain
  const steps: MergeStep[] = []
  const list = found.loose.filter(
    ({ field, sections, label }) =>
      field === 'mergeOrder' || (/merge (?:order|sequence)/i.test(sections.at(-1) ?? '') && label !== ''),
  )
  if (list.some(({ piece }) => /\bany order\b|\bindependent\b/i.test(piece.text))) return []
  let before: Unit | null = null
  for (const { piece, ordered } of list.filter((value) => value.ordered)) {
    const text = unmarked(piece.text)
    const outside = text.replace(/\([^)]*\)/g, (inside) => ' '.repeat(inside.length))
    const [first, ...others] = mentions.scan(outside, null)
    const [unit] = first?.units ?? []
    if (unit === undefined || first === undefined || first.start > 3 || !ordered) continue
    const said = /\bafter\b/i.exec(outside)
    const named =
      said === null
        ? []
        : others
            .filter(({ start }) => start > said.index && start < endOf(outside, said.index))
            .flatMap(({ units }) => units)
    steps.push({ unit, after: named.length > 0 ? named : before === null ? [] : [before], piece })
    before = unit
  }
  return steps
}

function endOf(text: string, from: number): number {
  const end = text.slice(from).search(/[.;]\s|\bor\b/)
  return end === -1 ? text.length : from + end
}

/** "Merge order: Track 3 → Track 2 → Track 1", in text or in a comment of a code block. */
function chainOf({ loose, drawings, units }: Found, mentions: Mentions): readonly MergeStep[] {
  const stated = (piece: Piece): Piece => ({ ...piece, text: `Merge order: ${piece.text}` })
  const fields = units.flatMap((unit) => unit.fields.filter(({ field }) => field === 'mergeOrder'))
  const lines = [
    ...loose.map(({ piece, field }) => (field === 'mergeOrder' ? stated(piece) : piece)),
    ...drawings.flatMap((drawing) => drawing.lines),
    ...fields.map(({ piece }) => stated(piece)),
  ]
  for (const piece of lines) {
    const text = piece.text.includes('erge') ? MERGE_ORDER.exec(piece.text)?.[1] : undefined
    if (text === undefined) continue
    const links = text.split(CHAIN).map((part) => mentions.scan(part, null).flatMap((mention) => mention.units))
    if (links.length < 2 || links.some((link) => link.length === 0)) continue
    return links.flatMap((link, at) => link.map((unit) => ({ unit, after: links[at - 1] ?? [], piece })))
  }
  return []
}

/** Units of a phase that change one file after another: a path, units in a list below it, and an order in words or arrows. */
export function readSharedFiles({ loose }: Found, mentions: Mentions): readonly SharedFile[] {
  const shared: SharedFile[] = []
  for (const group of groupsOf(loose)) {
    const byPath = ofGroup(group, mentions)
    if (byPath !== null && !shared.some(({ path }) => path === byPath.path)) shared.push(byPath)
  }
  for (const { piece } of loose) {
    const modified = /\b(?:modified|changed|touched|edited) by\b/i.exec(piece.text)
    const [path] = modified === null ? [] : pathsIn(piece)
    if (modified === null || path === undefined) continue
    const units = unitsIn(piece.text.slice(modified.index), mentions)
    if (units.length > 1) shared.push({ path: path.text, units, piece })
  }
  return shared
}

/** Values of one chapter that stand below one label. */
function groupsOf(loose: readonly LooseValue[]): readonly (readonly LooseValue[])[] {
  const groups: LooseValue[][] = []
  for (const value of loose) {
    const last = groups.at(-1)
    const same =
      last?.[0]?.sections.at(-1) === value.sections.at(-1) && last?.[0]?.sections.length === value.sections.length
    if (same && last !== undefined) last.push(value)
    else groups.push([value])
  }
  return groups
}

const IN_ORDER = /\b(?:merge in order|in order|sequential(?:ly)?|one after (?:the other|another))\b/i

function ofGroup(group: readonly LooseValue[], mentions: Mentions): SharedFile | null {
  const about = group[0]?.sections.at(-1) ?? ''
  if (!/coordinat|shared|conflict|integrat|hot file|sequen/i.test(about)) return null
  const paths = new Set(group.flatMap(({ piece }) => pathsIn(piece).map(({ text }) => text)))
  const [path] = paths
  if (path === undefined || paths.size > 1) return null
  const chain = group.find(({ piece }) => CHAIN.test(piece.text) && unitsIn(piece.text, mentions).length > 1)
  if (chain !== undefined) return { path, units: unitsIn(chain.piece.text, mentions), piece: chain.piece }
  const steps = group.filter(({ ordered }) => ordered)
  const units = [...new Set(steps.flatMap(({ piece }) => unitsIn(piece.text, mentions)))]
  const isOrdered = steps.length > 1 || group.some(({ piece }) => IN_ORDER.test(piece.text))
  const first = steps[0] ?? group[0]
  return isOrdered && units.length > 1 && first !== undefined ? { path, units, piece: first.piece } : null
}

function unitsIn(text: string, mentions: Mentions): readonly Unit[] {
  return [...new Set(mentions.scan(unmarked(text), null).flatMap(({ units }) => units))]
}
