/** Tables: a row speaks of a unit, or is one. */
import { plain, slug } from '../shared/inline.js'
import { kindOf, type Naming, namingOf } from './naming.js'
import { newUnit } from './registry.js'
import type { Block, FieldName, Piece, Unit } from './types.js'
import { fieldOf, stateOf, unitWord } from './vocabulary.js'
import { currentUnit, give, sectionTitles, type Walk } from './walk.js'

type Row = Extract<Block, { readonly kind: 'row' }>

/** Columns that make a row a unit. */
const TELLING: readonly FieldName[] = [
  'dependsOn',
  'blocks',
  'estimate',
  'agent',
  'agentType',
  'priority',
  'canStart',
  'owns',
  'files',
]
const TITLE = /^(?:title|name|description|task|summary|what|work|component|feature|item|deliverable)$/i
const ID = /^(?:id|#|no\.?|nr\.?|key|code)$/i

/** What the columns are. */
interface Columns {
  readonly id: number
  /** Word of the column that names units: "Stream". */
  readonly word: string | null
  readonly title: number
  readonly fields: readonly (FieldName | null)[]
}

/** By header, which all rows of a table have. */
const known = new WeakMap<readonly string[], Columns>()

export function readRow(block: Row, walk: Walk): void {
  const columns = known.get(block.header) ?? columnsOf(block.header)
  known.set(block.header, columns)
  const cell = block.cells[columns.id]
  const unit = columns.id === -1 || cell === undefined ? null : unitOfRow(cell, block, columns, walk)
  if (unit === null) return giveToOwner(block, columns, walk)
  const isNew = unit.piece === cell
  for (const [at, field] of columns.fields.entries()) {
    const piece = block.cells[at]
    if (field === null || piece === undefined || at === columns.id || piece.text === '') continue
    give(unit, { field, label: `column ${plain(block.header[at] as string)}`, piece, again: !isNew }, walk)
  }
}

function columnsOf(header: readonly string[]): Columns {
  const names = header.map((name) => plain(name))
  const words = names.map((name) => unitWord(name.replace(/\s*(?:id|#)$/i, '')))
  const byId = names.findIndex((name) => ID.test(name) || /\bid$/i.test(name))
  const byWord = words.findIndex(
    (word) => word !== null && !/^(?:phase|week|wave|sprint|stage|milestone|owner|team)$/.test(word),
  )
  const id = byId === -1 ? byWord : byId
  const title = names.findIndex((name, at) => at !== id && TITLE.test(name))
  const isField = (name: string, at: number): FieldName | null => (at === id || at === title ? null : fieldOf(name))
  return { id, word: words[id] ?? words[byWord] ?? null, title, fields: names.map(isField) }
}

function unitOfRow(cell: Piece, block: Row, columns: Columns, walk: Walk): Unit | null {
  const naming = namingOfCell(cell, columns)
  if (naming === null) return null
  const existing = walk.registry.find(naming, null) ?? walk.registry.findTitled(naming.key)
  if (existing !== null) return existing
  const isTelling = columns.fields.some((field) => field !== null && TELLING.includes(field))
  if (!isTelling || /^(?:total|sum|all)\b/i.test(naming.key)) return null
  // Where other units are defined, a table of names speaks of something else.
  const isName = naming.form === 'name'
  if (isName && currentUnit(walk) === null && walk.registry.workCount() > walk.namedRows) return null
  const title = naming.title === '' ? plain(block.cells[columns.title]?.text ?? '') : naming.title
  const kind = kindOf(naming) === 'phase' ? 'task' : kindOf(naming)
  const unit = newUnit({ ...naming, title }, kind, cell, currentUnit(walk), sectionTitles(walk))
  unit.state = stateOf(cell.text)
  walk.registry.add(unit)
  if (isName) walk.namedRows++
  return unit
}

/** A cell has what stands after the word: "A: Dependencies", "1 - Airports", "T01", "Guardian". */
function namingOfCell(cell: Piece, { word }: Columns): Naming | null {
  const text = plain(cell.text)
  if (text === '' || text === '-') return null
  const own = namingOf(text)
  if (own !== null && own.form !== 'number' && !own.joined) return own
  const withWord = word === null ? null : namingOf(`${word[0]?.toUpperCase()}${word.slice(1)} ${text}`)
  if (withWord !== null && !withWord.joined) return withWord
  const digits = /^#?(\d+(?:\.\d+)*)$/.exec(text)?.[1]
  if (digits !== undefined) return { form: 'number', word, key: digits, title: '', attributes: [], joined: false }
  const key = slug(text)
  return key === '' ? null : { form: 'name', word, key: text, title: text, attributes: [], joined: false }
}

const OWNER = /^(?:owner|owners|owned by|owning \w+|agent|assigned to|who|modified by|changed by)$/i
const NOBODY = /^(?:nobody|no ?one|off[- ]limits|protected|frozen|read[- ]only|do not touch)\b/i

/** A table of a unit's own files, or of files with their owners. */
function giveToOwner(block: Row, { fields }: Columns, walk: Walk): void {
  const unit = currentUnit(walk)
  const at = fields.indexOf('files')
  const piece = block.cells[at]
  if (piece === undefined) return
  if (unit === null) return addOwned(piece, block, walk)
  give(unit, { field: 'files', label: 'column', piece, again: false }, walk)
}

/** Said as a line of text would say it, which is read with the others. */
function addOwned(path: Piece, block: Row, walk: Walk): void {
  const owner = block.cells[block.header.findIndex((name) => OWNER.test(plain(name)))]
  if (owner === undefined || plain(owner.text) === '') return
  const who = plain(owner.text)
  const isOrder = /,|→|->|\bthen\b|\band\b|&/.test(who)
  const said = NOBODY.test(who) ? 'no one may change it' : isOrder ? `modified by ${who}` : `owner: ${who}`
  const piece = { ...path, text: `${path.text} - ${said}` }
  const sections = sectionTitles(walk)
  walk.loose.push({ sections, label: 'owned files', field: null, piece, ordered: false, ofUnit: false })
}
