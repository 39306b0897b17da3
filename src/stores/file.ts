/** The file store: journals in a folder, durable when an append resolves. Needs nothing installed or started first. */
import { resolve } from 'node:path'
import type { Store } from '../runtime/ports.js'
import { nodeDisk } from './file/node-disk.js'
import { nodeProcesses } from './file/processes.js'
import { StoreInFiles } from './file/store.js'
import type { FileStoreWarning } from './file/trouble.js'

export type { CorruptStoreError, FileStoreWarning } from './file/trouble.js'

export interface FileStoreOptions {
  /**
   * `strict`: an append that has resolved survives a power failure. `relaxed`: it survives the end of the process, but a
   * power failure may take what was appended last. Default `strict`.
   */
  readonly durability?: 'strict' | 'relaxed'
  /** Looks at a folder without taking hold of it, also while another process writes to it. Default: no. */
  readonly readOnly?: boolean
  /** Largest batch, in bytes of JSON; a batch that opens a run holds its plan. Default 64 MiB. */
  readonly maxBatchBytes?: number
  /**
   * Removes what tells only of runs that have ended, in segments of 16 MiB, once two snapshots stand for it. Who asks for the
   * history of such a run gets STORE_COMPACTED. Default: the journal keeps everything.
   */
  readonly compact?: boolean
  /** Something was not as it should be, and nothing is lost. Must not throw. Default: a warning of the process. */
  readonly onWarning?: (warning: FileStoreWarning) => void
}

const DEFAULT_MAX_BATCH_BYTES = 64 * 1024 * 1024
const SEGMENT_BYTES = 16 * 1024 * 1024
const ROOM_BYTES = 64 * 1024

/**
 * Keeps journals in `folder`, which is created when first needed and has one writer at a time, whatever its scopes.
 *
 * @throws SchedulerError from its methods: STORE_LOCKED, STORE_CORRUPT, STORE_FORMAT, STORE_FAILED, STORE_LIMIT,
 * STORE_READ_ONLY, STORE_CLOSED, STORE_COMPACTED
 * @example
 * const scheduler = createScheduler({ store: fileStore('.signalbox'), handlers })
 */
export function fileStore(folder: string, options: FileStoreOptions = {}): Required<Store> {
  const { durability = 'strict', readOnly = false, maxBatchBytes = DEFAULT_MAX_BATCH_BYTES, onWarning = tell } = options
  const { compact: isCompacted = false } = options
  return new StoreInFiles({
    folder: resolve(folder),
    disk: nodeDisk(),
    processes: nodeProcesses(),
    durability,
    access: readOnly ? 'read' : 'write',
    maxBatchBytes,
    segmentBytes: SEGMENT_BYTES,
    roomBytes: ROOM_BYTES,
    isCompacted,
    warn: onWarning,
  })
}

function tell({ code, message }: FileStoreWarning): void {
  process.emitWarning(message, { type: 'SignalboxWarning', code })
}
