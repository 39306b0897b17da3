/** Units of work as the files of tools have them: each with an id, perhaps a parent, and what it waits for. */
import type { JsonValue } from '../../core/types.js'
import { quote } from '../../plan/text.js'
import type { TaskDocument } from '../../plan/types.js'
import { type DependencyCounts, noDependencies } from './imported.js'
import type { Notes } from './notes.js'
import type { Place, State } from './types.js'

/** One unit of work. What holds others becomes a stream, whatever is in it a task of that stream. */
export interface Item {
  /** What its file calls it. */
  readonly key: string
  /** Of its record. It may be changed once all items are known. */
  id: string
  readonly title: string
  readonly place: Place
  /** Given by `adopt` where it is not known from the beginning. */
  parent: Item | null
  readonly state: State
  /** For whoever does the work; of a stream, `x-input`. */
  readonly input: Readonly<Record<string, JsonValue>>
  /** Of its task; of a stream only its priority, the others are those of its tasks. */
  readonly fields: Pick<TaskDocument, 'claims' | 'estimate' | 'optional' | 'priority' | 'uses'>
  /** Keys that begin with `x-`. */
  readonly extra: Readonly<Record<string, JsonValue>>
  /** Fields that are guesses. */
  readonly inferred: readonly string[]
  readonly needs: ItemNeed[]
}

/** That an item waits for another. */
export interface ItemNeed {
  readonly target: Item
  readonly place: Place
  /** The file does not say it in so many words. */
  readonly inferred: boolean
  /** It waits for a failure, and is not done where there is none. */
  readonly when?: 'failure'
}

/** What an importer hands on while it reads. */
export interface Collected {
  readonly items: Item[]
  readonly notes: Notes
  readonly counts: DependencyCounts
  fields: number
}

export function collect(notes: Notes): Collected {
  return { items: [], notes, counts: noDependencies(), fields: 0 }
}

/** An item with nothing but what it is called; `rest` has what is known besides. */
export function newItem(
  called: Pick<Item, 'id' | 'key' | 'place' | 'title'>,
  rest: Partial<Omit<Item, 'id' | 'key' | 'needs' | 'place' | 'title'>> = {},
): Item {
  const nothing = { parent: null, state: 'open', input: {}, fields: {}, extra: {}, inferred: [] } as const
  return { ...nothing, ...called, ...rest, needs: [] }
}

/** A value of a dependency field of a file: counted, and reported where the file has no such unit. */
export function addNeed(
  item: Item,
  target: Item | null,
  text: string,
  place: Place,
  { counts, notes }: Collected,
  when: Pick<ItemNeed, 'when'> = {},
): void {
  counts.values++
  if (target === null) {
    counts.notUnderstood++
    const message = `${quote(item.key)} waits for ${quote(text)}, but there is no such unit: nothing waits for it.`
    notes.add('UNKNOWN_ID', 'warning', place, message, 'Add the unit, or mend the name.')
    return
  }
  counts.understood++
  item.needs.push({ target, place, inferred: false, ...when })
}

/** Levels of streams inside each other that are kept. */
const MOST_LEVELS = 16

/** Makes `item` a part of `parent`; what would be a part of itself, or too deep inside, stays where it is, and that is said. */
export function adopt(item: Item, parent: Item, place: Place, { notes }: Collected): void {
  let levels = 1
  for (let above: Item | null = parent; above !== null; above = above.parent) {
    if (above === item || levels++ > MOST_LEVELS) {
      const why = above === item ? 'which is a part of it' : 'which is too many levels deep'
      const message = `${quote(item.key)} is said to be a part of ${quote(parent.key)}, ${why}: that was left out.`
      notes.add('DISAGREEMENT', 'warning', place, message, 'Let each unit be a part of one that is above it.')
      return
    }
  }
  item.parent = parent
}

/** The input of an item: the texts that are there. */
export function textsOf(texts: Readonly<Record<string, JsonValue | undefined>>): Readonly<Record<string, JsonValue>> {
  const found: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(texts)) {
    const isEmpty =
      value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
    if (!isEmpty) found[name] = value
  }
  return found
}
