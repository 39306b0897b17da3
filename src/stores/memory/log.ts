/**
 * A list of events that takes little room: the two of a task that goes well are most of a journal, and are kept as numbers
 * in columns; every other event is kept as it is. Half the memory of a list of objects, and less work for the collector.
 */
import type { RunEvent, RunEventMap, RunId, TaskId, WorkerId } from '../../core/types.js'

export interface EventLog {
  readonly size: number
  push(event: RunEvent): void
  /** The event at a place from 0; equal to what was pushed. */
  at(place: number): RunEvent
}

type Started = RunEventMap['attempt.started']

/** Rows of one block: columns grow by blocks, so that growing copies nothing. */
const ROWS = 4096
/** Columns of a row. */
const AT = 0
const FENCE = 1
const ATTEMPT = 2
/** The slot of a start, `SUCCEEDED`, or `AS_IT_IS`. */
const KIND = 3
const RUN = 4
const WORKER = 5
const COLUMNS = 6
const SUCCEEDED = 0
const AS_IT_IS = -1

interface Block {
  readonly numbers: Float64Array
  /** The task, or the whole event where `KIND` is `AS_IT_IS`. */
  readonly texts: (TaskId | RunEvent)[]
}

export function createEventLog(): EventLog {
  const blocks: Block[] = []
  const names = createNames()
  let size = 0

  function push(event: RunEvent): void {
    if (size % ROWS === 0) blocks.push({ numbers: new Float64Array(ROWS * COLUMNS), texts: [] })
    const { numbers, texts } = blocks.at(-1)!
    const row = (size % ROWS) * COLUMNS
    size += 1
    const isStart = event.type === 'attempt.started'
    if (!isStart && (event.type !== 'attempt.succeeded' || event.result !== null)) {
      numbers[row + KIND] = AS_IT_IS
      texts.push(event)
      return
    }
    numbers[row + AT] = event.at
    numbers[row + FENCE] = event.fence
    numbers[row + ATTEMPT] = event.attempt
    numbers[row + KIND] = isStart ? event.slot : SUCCEEDED
    numbers[row + RUN] = names.numberOf(event.run)
    numbers[row + WORKER] = isStart ? names.numberOf(event.worker) : 0
    texts.push(event.task)
  }

  function at(place: number): RunEvent {
    const { numbers, texts } = blocks[Math.floor(place / ROWS)]!
    const text = texts[place % ROWS]!
    if (typeof text !== 'string') return text
    const row = (place % ROWS) * COLUMNS
    const slot = numbers[row + KIND]!
    const head = {
      at: numbers[row + AT]!,
      run: names.nameOf(numbers[row + RUN]!) as RunId,
      task: text,
      attempt: numbers[row + ATTEMPT]!,
      fence: numbers[row + FENCE]!,
    }
    if (slot === SUCCEEDED) return { type: 'attempt.succeeded', ...head, result: null }
    const worker = names.nameOf(numbers[row + WORKER]!) as WorkerId
    return { type: 'attempt.started', ...head, worker, slot } satisfies Started
  }

  return {
    get size() {
      return size
    },
    push,
    at,
  }
}

/** Numbers names; asking again for one of the last two is free. */
function createNames(): { numberOf(name: string): number; nameOf(number: number): string } {
  const names: string[] = []
  const numbers = new Map<string, number>()
  let newest = ''
  let older = ''
  let newestNumber = -1
  let olderNumber = -1

  function numberOf(name: string): number {
    if (name === newest) return newestNumber
    if (name === older) return olderNumber
    let number = numbers.get(name)
    if (number === undefined) {
      number = names.push(name) - 1
      numbers.set(name, number)
    }
    older = newest
    olderNumber = newestNumber
    newest = name
    newestNumber = number
    return number
  }

  return { numberOf, nameOf: (number) => names[number]! }
}
