/** A binary heap on an array: `first(a, b)` says that a comes out before b. O(log n) each. */
export function heapPush<T>(heap: T[], item: T, first: (a: T, b: T) => boolean): void {
  let at = heap.length
  heap.push(item)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!first(item, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = item
}

/** Takes out the top of a heap that is not empty. */
export function heapPop<T>(heap: T[], first: (a: T, b: T) => boolean): T {
  const top = heap[0]!
  const last = heap.pop()!
  const size = heap.length
  if (size === 0) return top
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= size) break
    if (child + 1 < size && first(heap[child + 1]!, heap[child]!)) child += 1
    if (!first(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return top
}
