/**
 * The ready tasks of one run, by need, in the order of dispatch: by class (priority, then rank), oldest first within one.
 *
 * Each class is a doubly linked list over the task indexes, so that any task can be taken out in O(1); per need a heap
 * holds the classes that are not empty. Plans whose tasks rank alike have few classes and pay O(1) per task.
 */
import { heapPop, heapPush } from './heap.js'
import type { CompiledPlan, TaskIndex } from './types.js'

export interface ReadyQueue {
  /** Adds a task that is not in the queue behind its equals. */
  push(task: TaskIndex): void
  /** Adds a task that is not in the queue before its equals: it has waited already. */
  pushFront(task: TaskIndex): void
  /** Takes out a task that is in the queue. */
  remove(task: TaskIndex): void
  /** All tasks in the queue: class by class, in their order. O(classes + tasks). */
  tasks(): readonly TaskIndex[]
  /** The task of this need that starts first, -1 for none. */
  first(need: number): TaskIndex
  /** Needs that have, or lately had, a ready task. */
  readonly needs: readonly number[]
}

const NONE = -1

/** @param needsBefore - What `needs` of a queue for the same plan were, where this one takes its place. */
export function createReadyQueue(plan: CompiledPlan, needsBefore: readonly number[] = []): ReadyQueue {
  const head = new Int32Array(plan.classCount).fill(NONE)
  const tail = new Int32Array(plan.classCount).fill(NONE)
  const next = new Int32Array(plan.taskCount).fill(NONE)
  const previous = new Int32Array(plan.taskCount).fill(NONE)
  const isInHeap = new Uint8Array(plan.classCount)
  const heaps: number[][] = plan.needs.map(() => [])
  const needs: number[] = [...needsBefore]

  function announce(task: TaskIndex, ofClass: number): void {
    if (isInHeap[ofClass] === 1) return
    isInHeap[ofClass] = 1
    const need = plan.need[task]!
    const heap = heaps[need]!
    if (heap.length === 0 && !needs.includes(need)) needs.push(need)
    heapPush(heap, ofClass, ascending)
  }

  return {
    needs,
    push(task) {
      const ofClass = plan.dispatchClass[task]!
      const last = tail[ofClass]!
      previous[task] = last
      next[task] = NONE
      tail[ofClass] = task
      if (last === NONE) head[ofClass] = task
      else next[last] = task
      announce(task, ofClass)
    },
    pushFront(task) {
      const ofClass = plan.dispatchClass[task]!
      const front = head[ofClass]!
      next[task] = front
      previous[task] = NONE
      head[ofClass] = task
      if (front === NONE) tail[ofClass] = task
      else previous[front] = task
      announce(task, ofClass)
    },
    remove(task) {
      const ofClass = plan.dispatchClass[task]!
      const before = previous[task]!
      const after = next[task]!
      if (before === NONE) head[ofClass] = after
      else next[before] = after
      if (after === NONE) tail[ofClass] = before
      else previous[after] = before
    },
    tasks() {
      const all: TaskIndex[] = []
      for (let task of head) for (; task !== NONE; task = next[task]!) all.push(task)
      return all
    },
    first(need) {
      const heap = heaps[need]!
      while (heap.length > 0) {
        const ofClass = heap[0]!
        if (head[ofClass] !== NONE) return head[ofClass]!
        heapPop(heap, ascending)
        isInHeap[ofClass] = 0
      }
      return NONE
    },
  }
}

function ascending(a: number, b: number): boolean {
  return a < b
}
