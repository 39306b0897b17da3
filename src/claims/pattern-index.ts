/**
 * Which of many patterns meet. Patterns get dense ids, equal ones the same; each knows its neighbours, so that a step of
 * the scheduler never compares patterns.
 *
 * To find the neighbours of a new pattern not all others are tested: patterns are filed in a tree of folders by the literal
 * segments they start with, and only those on the way to the new one's folder, in it and below it can meet it.
 */
import { overlaps } from './overlap.js'
import type { Alternative, Pattern } from './pattern.js'

export interface PatternIndex {
  /** How many different patterns are in it. */
  readonly size: number
  /**
   * Takes a reference to a pattern, and the pattern into the index if its text is not there. The same text gives the same
   * id; an id that became free is used again, the last one first. O(1) for a known text, else O(candidates).
   */
  add(pattern: Pattern): number
  /**
   * Drops a reference. With the last one the pattern leaves, and its id becomes free.
   *
   * @throws RangeError if no pattern has this id.
   */
  remove(id: number): void
  /**
   * The patterns that meet `id`, itself included, by ascending id. It is the index's own list: `add` and `remove` change
   * it, so copy it to keep it.
   *
   * @throws RangeError if no pattern has this id.
   */
  neighbours(id: number): readonly number[]
  /** @throws RangeError if no pattern has this id. */
  pattern(id: number): Pattern
  /** Which ids are taken by what, and which are free: all that the ids to come depend on. */
  save(): SavedIndex
  /** Makes an empty index what a saved one was. Its patterns have no references yet: `add` each as often as before. */
  load(saved: SavedIndex): void
}

export interface SavedIndex {
  /** By id; null where an id is free. */
  readonly patterns: readonly (Pattern | null)[]
  /** Free ids; the last one is used next. */
  readonly freeIds: readonly number[]
}

interface Entry {
  readonly id: number
  readonly pattern: Pattern
  /** An alternative starts with `**`, so that anything may come first in what it covers. */
  readonly startsOpen: boolean
  /** An alternative covers what is below what it covers, so that anything may come last. */
  readonly endsOpen: boolean
  /** The folder of each of its alternatives; there may be equal ones. */
  readonly folders: Folder[]
  /** Ids of all and only the patterns in the index that meet this one, ascending. */
  readonly neighbours: number[]
  references: number
  /** The last search that found it. */
  search: number
}

/** The patterns that start with the same literal segments. */
interface Folder {
  /** Null for the root, which stays. */
  readonly parent: Folder | null
  readonly name: string
  /** By their names. None of them is empty. */
  readonly inner: Map<string, Folder>
  /** All and only the patterns with an alternative whose literal segments end here, once for each such alternative. */
  readonly filed: Entry[]
}

/** An empty index. Its answers depend only on the order of what is added and removed. */
export function createPatternIndex(): PatternIndex {
  /** By id; undefined where an id is free. */
  const entries: (Entry | undefined)[] = []
  const freeIds: number[] = []
  const byText = new Map<string, Entry>()
  const root = createFolder(null, '')
  let searches = 0

  function known(id: number): Entry {
    const entry = entries[id]
    if (entry === undefined) throw new RangeError(`Expected the id of a pattern in the index, got ${id}.`)
    return entry
  }

  function add(pattern: Pattern): number {
    const same = byText.get(pattern.text)
    if (same !== undefined) {
      same.references += 1
      return same.id
    }
    const entry = enter(freeIds.pop() ?? entries.length, pattern)
    entry.references = 1
    return entry.id
  }

  function enter(id: number, pattern: Pattern): Entry {
    const entry = createEntry(id, pattern)
    entries[id] = entry
    byText.set(pattern.text, entry)
    searches += 1
    for (const other of candidates(root, pattern, searches)) {
      if (!meet(entry, other)) continue
      entry.neighbours.push(other.id)
      insert(other.neighbours, entry.id)
    }
    entry.neighbours.push(entry.id)
    entry.neighbours.sort((a, b) => a - b)
    file(root, entry)
    return entry
  }

  function remove(id: number): void {
    const entry = known(id)
    entry.references -= 1
    if (entry.references > 0) return
    for (const other of entry.neighbours) if (other !== id) withdraw(known(other).neighbours, id)
    unfile(entry)
    byText.delete(entry.pattern.text)
    entries[id] = undefined
    freeIds.push(id)
  }

  return {
    get size() {
      return byText.size
    },
    add,
    remove,
    neighbours: (id) => known(id).neighbours,
    pattern: (id) => known(id).pattern,
    save: () => ({ patterns: Array.from(entries, (entry) => entry?.pattern ?? null), freeIds: [...freeIds] }),
    load(saved) {
      saved.patterns.forEach((pattern, id) => {
        if (pattern === null) entries[id] = undefined
        else enter(id, pattern)
      })
      freeIds.push(...saved.freeIds)
    },
  }
}

function createEntry(id: number, pattern: Pattern): Entry {
  return {
    id,
    pattern,
    startsOpen: pattern.alternatives.some(({ head }) => head.length === 0),
    endsOpen: pattern.alternatives.some(({ tail }) => tail?.length === 0),
    folders: [],
    neighbours: [],
    references: 0,
    search: 0,
  }
}

function createFolder(parent: Folder | null, name: string): Folder {
  return { parent, name, inner: new Map(), filed: [] }
}

/** What is open at the start meets what is open at the end, whatever they are: no need to look at the patterns. */
function meet(a: Entry, b: Entry): boolean {
  return (a.startsOpen && b.endsOpen) || (a.endsOpen && b.startsOpen) || overlaps(a.pattern, b.pattern)
}

/** All patterns filed so far that may meet `pattern`, each once. */
function candidates(root: Folder, pattern: Pattern, search: number): readonly Entry[] {
  const found: Entry[] = []
  const take = ({ filed }: Folder): void => {
    for (const entry of filed) {
      if (entry.search === search) continue
      entry.search = search
      found.push(entry)
    }
  }
  for (const alternative of pattern.alternatives) {
    let folder: Folder | undefined = root
    for (const name of literalStart(alternative)) {
      take(folder)
      folder = folder.inner.get(name)
      if (folder === undefined) break
    }
    const rest = folder === undefined ? [] : [folder]
    for (const next of rest) {
      take(next)
      for (const inner of next.inner.values()) rest.push(inner)
    }
  }
  return found
}

/** The literal segments an alternative starts with; each path it covers starts with them. */
function literalStart({ head }: Alternative): readonly string[] {
  const end = head.findIndex((segment) => !segment.literal)
  return (end === -1 ? head : head.slice(0, end)).map((segment) => segment.text)
}

function file(root: Folder, entry: Entry): void {
  for (const alternative of entry.pattern.alternatives) {
    let folder = root
    for (const name of literalStart(alternative)) {
      const inner = folder.inner.get(name) ?? createFolder(folder, name)
      folder.inner.set(name, inner)
      folder = inner
    }
    entry.folders.push(folder)
    folder.filed.push(entry)
  }
}

/** Takes the entry out of its folders, and the folders that are empty then out of theirs. */
function unfile(entry: Entry): void {
  for (const start of entry.folders) {
    start.filed.splice(start.filed.indexOf(entry), 1)
    let folder = start
    while (folder.parent !== null && folder.filed.length === 0 && folder.inner.size === 0) {
      folder.parent.inner.delete(folder.name)
      folder = folder.parent
    }
  }
}

/** Puts an id into an ascending list that lacks it. */
function insert(ids: number[], id: number): void {
  // Most ids are new ones, above all others. No list is empty: each pattern is its own neighbour.
  if (ids[ids.length - 1]! < id) ids.push(id)
  else ids.splice(lowerBound(ids, id), 0, id)
}

/** Takes an id out of an ascending list that has it. */
function withdraw(ids: number[], id: number): void {
  ids.splice(lowerBound(ids, id), 1)
}

/** The place of the first id that is not below `id`. */
function lowerBound(ids: readonly number[], id: number): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ids[middle]! < id) low = middle + 1
    else high = middle
  }
  return low
}
