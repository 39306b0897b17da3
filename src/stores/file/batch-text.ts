/** The text of a batch: one JSON object. */
import type { Revision, RunEvent } from '../../core/types.js'
import type { Batch } from '../../runtime/ports.js'
import type { Frame } from './frame.js'
import { corrupt } from './trouble.js'

/** A batch, and the head it expected. */
export interface StoredBatch extends Batch {
  readonly expected: Revision
}

/** @throws TypeError when an event is not JSON. */
export function batchText({ id, writer, events }: Batch): string {
  return JSON.stringify({ batch: id, writer, events })
}

/** @throws SchedulerError STORE_CORRUPT when the text is no batch, although its checksum is good. */
export function readBatch(frame: Frame, file: string): StoredBatch {
  const { after, count, offset } = frame
  const text = parsed(frame.text)
  if (!isBatchText(text) || text.events.length !== count) {
    throw corrupt('Expected a batch of events', { file, offset, lastGoodRevision: after })
  }
  return { id: text.batch, writer: text.writer, events: text.events, expected: after }
}

interface BatchText {
  readonly batch: string
  readonly writer: string
  readonly events: readonly RunEvent[]
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return null
  }
}

function isBatchText(value: unknown): value is BatchText {
  if (typeof value !== 'object' || value === null) return false
  const { batch, writer, events } = value as Partial<BatchText>
  return typeof batch === 'string' && typeof writer === 'string' && Array.isArray(events)
}
