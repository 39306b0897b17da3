/** List items that are units: `- [ ] T1.1 …`, `- [ ] **Task 1: …**`, `1. **WS-001: …**`. */
import { comparable } from '../shared/inline.js'
import { within } from '../shared/lines.js'
import { type Naming, namingOf } from './naming.js'
import { newUnit, type Registry } from './registry.js'
import type { Block, FieldName, Unit } from './types.js'
import { enclosingPhase, readAttributes } from './unit-headings.js'
import { kindOfWord, stateOf } from './vocabulary.js'
import { addLoose, give, sectionTitles, type Walk } from './walk.js'

type Item = Extract<Block, { readonly kind: 'item' }>

/** Fields whose items are sentences, or names of units: nothing in them defines a unit. */
export const SENTENCES: ReadonlySet<FieldName | null> = new Set<FieldName | null>([
  'criteria',
  'dependsOn',
  'blocks',
  'blockers',
  'mergeOrder',
  'deliverables',
  'tests',
  'owns',
  'forbidden',
  'shared',
  'files',
  'softDependsOn',
  'canStart',
  'parallel',
])
/** Chapters that speak of units and define none. */
const ABOUT_UNITS =
  /risk|order|timeline|summary|depend|graph|merge|schedul|progress|glossary|assign|critical|coordinat|conflict|example|workload|distribution|checklist|next steps|strategy/i

/** Whether the item was taken as a unit, a new one or one that is spoken of again. */
export function takeListUnit(block: Item, walk: Walk): boolean {
  const { label, registry } = walk
  if (SENTENCES.has(label?.field ?? null)) return false
  const named = itemNaming(block)
  if (named === null) return false
  const phase = enclosingPhase(walk)
  const existing = registry.find(named, phase) ?? (/^\W*#\d/.test(block.piece.text) ? sameTitle(named, registry) : null)
  const isBold = block.piece.text.replace(/^[^\p{L}\p{N}*`#]+/u, '').startsWith('**')
  if (existing !== null && (existing.kind === 'phase' || !isBold || named.title !== '')) {
    if (block.check === null && !isBold) return false
    if (existing.kind === 'phase') return false
    return againInList(existing, block, walk)
  }
  const about = sectionTitles(walk).some((title, at) => at > 0 && ABOUT_UNITS.test(title))
  if (existing !== null || named.title === '' || (block.check === null && (about || !isBold))) return false
  if (named.word !== null && phaseWord(named)) return false
  const section = walk.sections.at(-1)
  const parent = walk.item?.unit ?? section?.unit ?? null
  const unit = newUnit(
    named,
    block.check === null ? kindOfItem(named) : 'task',
    block.piece,
    parent,
    sectionTitles(walk),
  )
  unit.state = block.check === 'open' || block.check === null ? stateOf(block.piece.text) : block.check
  registry.add(unit)
  readAttributes(unit, named, block.piece, walk)
  unit.state = block.check === null ? unit.state : block.check
  openItem(unit, block, false, walk)
  giveItemText(unit, block, walk)
  return true
}

/** "#11 - Review" in a list of issues is the unit that has that title. */
function sameTitle({ form, title }: Naming, registry: Registry): Unit | null {
  const found = form !== 'number' || title === '' ? null : registry.findTitled(title)
  return found !== null && comparable(found.title) === comparable(title) ? found : null
}

function againInList(unit: Unit, block: Item, walk: Walk): boolean {
  if (block.check === 'done') unit.state = 'done'
  openItem(unit, block, true, walk)
  giveItemText(unit, block, walk)
  addLoose(block, walk, block.piece)
  return true
}

function openItem(unit: Unit, { indent }: Item, again: boolean, walk: Walk): void {
  walk.item = { unit, indent, again, outer: walk.item }
  walk.label = null
}

/** The text of an item: "(depends on T012, T013)" in it, and for tasks the paths as a guess at what they touch. */
function giveItemText(unit: Unit, { piece }: Item, walk: Walk): void {
  const estimate = /(?:^|\s)(~\s?\d[\d.–-]{0,9}\s?(?:mins?|minutes?|h|hrs?|hours?|d|days?))\W*$/i.exec(piece.text)
  if (estimate !== null)
    give(
      unit,
      {
        field: 'estimate',
        label: 'text',
        piece: within(piece, estimate.index + estimate[0].indexOf('~'), estimate[1] as string),
        again: false,
      },
      walk,
    )
  give(unit, { field: 'description', label: 'text', piece, again: false }, walk)
}

/** Who has a key has a digit or a letter of its own near the beginning. */
const HAS_KEY = /^.{0,60}?(?:\d|\b[A-Z]\b)/

function itemNaming(block: Item): Naming | null {
  const { piece, check } = block
  if (!HAS_KEY.test(piece.text)) return null
  const named = namingOf(piece.text.replace(/^\*\*([^*]{1,120})\*\*:?/, '$1: ').replace(/^`([^`]{1,30})`/, '$1: '))
  if (named === null || named.joined || named.form === 'name') return null
  if (named.form !== 'number') return named
  return check !== null && /^[^\w#<>=≤≥~]*(?:#\d|\d+(?:\.\d+)+(?=[\s.:)*`—–-]|$)|\d+[.)](?=\s|$))/.test(piece.text)
    ? named
    : null
}

function phaseWord({ word }: Naming): boolean {
  return word !== null && kindOfWord(word) === 'phase'
}

function kindOfItem({ word, key }: Naming): 'stream' | 'task' {
  return (word !== null && !['task', 'issue', 'ticket', 'story'].includes(word)) || /^WS/.test(key) ? 'stream' : 'task'
}
