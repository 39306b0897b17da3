/**
 * A map for few entries that come and go all the time. A `Map` is made anew after every few deletions, and what the old
 * one held is kept alive by the garbage collector's generations; two short lists leave nothing behind. With many entries
 * it becomes a `Map`. Entries are in the order in which they were added.
 */
export interface SmallMap<K, V> extends Iterable<readonly [K, V]> {
  readonly size: number
  get(key: K): V | undefined
  has(key: K): boolean
  set(key: K, value: V): void
  delete(key: K): boolean
  keys(): Iterable<K>
  values(): Iterable<V>
}

/** Most entries that are looked through one by one. */
const FEW = 64

export function createSmallMap<K, V>(): SmallMap<K, V> {
  const keys: K[] = []
  const values: V[] = []
  /** Null while there have always been few. */
  let many: Map<K, V> | null = null

  function set(key: K, value: V): void {
    if (many !== null) {
      many.set(key, value)
      return
    }
    const at = keys.indexOf(key)
    if (at !== -1) {
      values[at] = value
      return
    }
    keys.push(key)
    values.push(value)
    if (keys.length <= FEW) return
    many = new Map(keys.map((each, i) => [each, values[i]!]))
    keys.length = 0
    values.length = 0
  }

  function remove(key: K): boolean {
    if (many !== null) return many.delete(key)
    const at = keys.indexOf(key)
    if (at === -1) return false
    // Moved by hand: `splice` makes a list of what it takes out.
    for (let i = at + 1; i < keys.length; i += 1) {
      keys[i - 1] = keys[i]!
      values[i - 1] = values[i]!
    }
    keys.pop()
    values.pop()
    return true
  }

  return {
    get size() {
      return many === null ? keys.length : many.size
    },
    get(key) {
      if (many !== null) return many.get(key)
      const at = keys.indexOf(key)
      return at === -1 ? undefined : values[at]
    },
    has: (key) => (many === null ? keys.includes(key) : many.has(key)),
    set,
    delete: remove,
    keys: () => (many === null ? keys : many.keys()),
    values: () => (many === null ? values : many.values()),
    [Symbol.iterator]: () =>
      many === null ? keys.map((key, i) => [key, values[i]!] as const)[Symbol.iterator]() : many[Symbol.iterator](),
  }
}
