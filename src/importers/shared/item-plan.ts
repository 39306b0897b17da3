/** From items to a plan: what holds others becomes a stream, the innermost a task. */
import { quote } from '../../plan/text.js'
import type { DependencyOf, Duration, PlanDocument, StreamDocument, TaskDocument } from '../../plan/types.js'
import type { Reading } from './imported.js'
import type { Collected, Item, ItemNeed } from './items.js'
import type { Notes } from './notes.js'
import type { Piece, Place } from './types.js'

type Keyed<Fields> = Fields & { readonly id: string }

interface Tree {
  readonly below: ReadonlyMap<Item, readonly Item[]>
  readonly notes: Notes
  readonly sources: Map<string, Place>
}

/** What a plan has besides its items. */
export type Around = Pick<PlanDocument, 'name' | 'pools' | 'resources'>

/**
 * The plan of all items. A stream inside of another is one of its own, which waits for what the outer one waits for; who
 * waits for the outer one waits for both. O(items × depth + needs).
 */
export function planOfItems(around: Around, collected: Collected, ignored: readonly Piece[] = []): Reading {
  const { items, notes, counts, fields } = collected
  const below = new Map<Item, Item[]>()
  for (const item of items) {
    if (item.parent === null) continue
    const siblings = below.get(item.parent) ?? []
    if (siblings.push(item) === 1) below.set(item.parent, siblings)
  }
  const tree: Tree = { below, notes, sources: new Map() }
  renameDoubles(tree, items)
  const streams = items.filter((item) => leavesOf(item, tree).length > 0).map((item, at) => streamOf(item, at, tree))
  const tasks = items.filter((item) => item.parent === null && !below.has(item))
  const plan: PlanDocument = {
    ...around,
    ...(streams.length === 0 ? {} : { streams }),
    ...(tasks.length === 0 ? {} : { tasks: tasks.map((item, at) => taskOf(item, `/tasks/${at}`, tree)) }),
  }
  return { plan, sources: tree.sources, units: items.length, dependencies: counts, fields, ignored }
}

/** The tasks of a stream. */
function leavesOf(item: Item, { below }: Tree): readonly Item[] {
  return (below.get(item) ?? []).filter((child) => !below.has(child))
}

function streamOf(item: Item, at: number, tree: Tree): Keyed<StreamDocument> {
  const pointer = `/streams/${at}`
  tree.sources.set(pointer, item.place)
  const { input, fields } = item
  const above = ancestorsOf(item).flatMap(({ needs }) => needs)
  return {
    ...headOf(item, [...item.needs, ...above], pointer, tree),
    ...(fields.priority === undefined ? {} : { priority: fields.priority }),
    ...(Object.keys(input).length === 0 ? {} : { 'x-input': input }),
    ...extraOf(item),
    tasks: leavesOf(item, tree).map((child, index) => taskOf(child, `${pointer}/tasks/${index}`, tree)),
  }
}

function taskOf(item: Item, pointer: string, tree: Tree): Keyed<TaskDocument> {
  tree.sources.set(pointer, item.place)
  const { uses = {}, ...fields } = item.fields
  return {
    ...headOf(item, item.needs, pointer, tree),
    ...(Object.keys(item.input).length === 0 ? {} : { input: item.input }),
    ...fields,
    ...(Object.keys(uses).length === 0 ? {} : { uses }),
    ...extraOf(item),
  }
}

function headOf(
  item: Item,
  needs: readonly ItemNeed[],
  pointer: string,
  tree: Tree,
): { readonly id: string; readonly title?: string; readonly dependsOn?: readonly DependencyOf<Duration>[] } {
  const { id, title } = item
  const seen = new Set<string>()
  const dependsOn: DependencyOf<Duration>[] = []
  for (const { target, place, when } of needs) {
    for (const reference of referencesTo(target, item, place, tree)) {
      if (seen.has(reference)) continue
      seen.add(reference)
      tree.sources.set(`${pointer}/dependsOn/${dependsOn.length}`, place)
      dependsOn.push(when === undefined ? reference : { on: reference, when })
    }
  }
  return {
    id,
    ...(title === '' || title === id ? {} : { title: title.slice(0, LONGEST_TITLE) }),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
  }
}

/** Characters of a title that are kept. */
const LONGEST_TITLE = 500

/** What stands for `target` in the dependencies of `item`: several ids where it is a stream with streams inside. */
function referencesTo(target: Item, item: Item, place: Place, tree: Tree): readonly string[] {
  if (target === item || ancestorsOf(item).includes(target)) {
    const what = target === item ? 'itself' : `${quote(target.key)}, which it is a part of`
    const message = `${quote(item.key)} waits for ${what}: that was left out.`
    tree.notes.add('DISAGREEMENT', 'warning', place, message, 'Remove the dependency.')
    return []
  }
  // A stream has ended when all in it has: it need not be said.
  if (ancestorsOf(target).includes(item)) return []
  if (tree.below.has(target)) return streamsIn(target, tree)
  const isSibling = target.parent === item.parent && !tree.below.has(item)
  if (target.parent === null || isSibling) return [target.id]
  return [`${target.parent.id}/${target.id}`]
}

function streamsIn(item: Item, tree: Tree): readonly string[] {
  const inner = (tree.below.get(item) ?? []).filter((child) => tree.below.has(child))
  const own = leavesOf(item, tree).length > 0 ? [item.id] : []
  return [...own, ...inner.flatMap((child) => streamsIn(child, tree))]
}

function ancestorsOf({ parent }: Item): readonly Item[] {
  const found: Item[] = []
  for (let above = parent; above !== null; above = above.parent) found.push(above)
  return found
}

function extraOf({ state, extra, inferred, needs }: Item): object {
  const guesses = [...inferred, ...(needs.some((need) => need.inferred) ? ['dependsOn'] : [])]
  return {
    ...extra,
    ...(state === 'open' ? {} : { 'x-status': state }),
    ...(guesses.length === 0 ? {} : { 'x-inferred': guesses }),
  }
}

/** Gives each item an id of its own. Two of one id are an error at the second, which has another one then. */
function renameDoubles({ below, notes }: Tree, items: readonly Item[]): void {
  const outer = new Map<string, Item>()
  const inner = new Map<Item, Map<string, Item>>()
  const numbers = new Map<string, number>()
  const isTask = (item: Item): boolean => item.parent !== null && !below.has(item)
  // A task must not be called as a stream is, or nobody could say which of them is meant.
  for (const item of [...items.filter((each) => !isTask(each)), ...items.filter(isTask)]) {
    const own = isTask(item) ? (inner.get(item.parent as Item) ?? new Map<string, Item>()) : outer
    if (isTask(item)) inner.set(item.parent as Item, own)
    const wanted = item.id
    const first = own.get(wanted) ?? outer.get(wanted)
    for (let number = numbers.get(wanted) ?? 2; own.has(item.id) || outer.has(item.id); number++) {
      item.id = `${wanted}-${number}`
      numbers.set(wanted, number + 1)
    }
    own.set(item.id, item)
    if (first !== undefined) reportDouble(item, first, wanted, notes)
  }
}

function reportDouble(item: Item, first: Item, wanted: string, notes: Notes): void {
  const { file, line } = first.place
  const where = file !== undefined && file !== item.place.file ? `${file}:${line}` : `line ${line}`
  const alike = first.key === item.key ? '' : `, as ${quote(first.key)} and ${quote(item.key)},`
  const message = `The id ${quote(wanted)} is used twice${alike}: here and at ${where}. This one is called ${quote(item.id)}.`
  notes.add('DUPLICATE_ID', 'error', item.place, message, 'Give each unit an id of its own.')
}
