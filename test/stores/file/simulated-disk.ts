/**
 * A disk in memory that writes down what is asked of it. From what it wrote down follow the states in which a power failure may
 * leave it: what was synced is there, everything since may be there, or not, or in part, in whole sectors and in any order.
 */
import { BESIDE, type Disk, type DiskFile, type OpenMode } from '../../../src/stores/file/disk.js'

/** What is on a disk: files by number, and the names they have. Buffers are never changed in place. */
export interface DiskState {
  readonly folders: ReadonlySet<string>
  readonly names: ReadonlyMap<string, number>
  readonly files: ReadonlyMap<number, Buffer>
}

export type Operation =
  | { readonly type: 'makeFolder'; readonly path: string }
  | { readonly type: 'name'; readonly path: string; readonly file: number }
  | { readonly type: 'rename'; readonly from: string; readonly to: string; readonly file: number }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'write'; readonly file: number; readonly position: number; readonly bytes: Buffer }
  | { readonly type: 'truncate'; readonly file: number; readonly size: number }
  | { readonly type: 'sync'; readonly file: number }
  | { readonly type: 'syncFolder'; readonly path: string }
  /** A sync that failed: bytes written since the last one may be there or not, and no later sync changes that. */
  | { readonly type: 'syncFailed'; readonly file: number }
  | { readonly type: 'note'; readonly note: unknown }

/** Told of each call before it is done: throws to fail it; `half` does half of a write, `hang` nothing, and never ends. */
export type Fault = (call: {
  readonly name: string
  readonly path: string
  readonly count: number
}) => 'do' | 'half' | 'hang'

export const EMPTY: DiskState = { folders: new Set(['/']), names: new Map(), files: new Map() }
const SECTOR_BYTES = 512
/** Shares are bits of a number. */
const MAX_SECTORS = 30

export class SimulatedDisk implements Disk {
  readonly log: Operation[] = []
  state: DiskState
  readonly before: DiskState
  calls = 0
  fault: Fault = () => 'do'

  constructor(before: DiskState = EMPTY) {
    this.before = before
    this.state = before
  }

  note(note: unknown): void {
    this.log.push({ type: 'note', note })
  }

  async realPath(path: string): Promise<string | null> {
    await this.call('realPath', path)
    return this.state.folders.has(path) ? path : null
  }

  async makeFolder(path: string): Promise<void> {
    await this.call('makeFolder', path)
    if (!this.state.folders.has(path)) this.do({ type: 'makeFolder', path })
    this.do({ type: 'syncFolder', path: parentOf(path) })
  }

  async list(folder: string): Promise<{ name: string; kind: 'file' | 'folder' }[] | null> {
    await this.call('list', folder)
    if (!this.state.folders.has(folder)) return null
    const inside = (path: string) => path !== '/' && parentOf(path) === folder
    const name = (path: string) => path.slice(path.lastIndexOf('/') + 1)
    return [
      ...[...this.state.folders].filter(inside).map((path) => ({ name: name(path), kind: 'folder' as const })),
      ...[...this.state.names.keys()].filter(inside).map((path) => ({ name: name(path), kind: 'file' as const })),
    ]
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.call('open', path)
    const known = this.state.names.get(path)
    if (known === undefined && mode !== 'replace') throw errorOf('ENOENT', path)
    const file = known ?? this.create(path)
    if (mode === 'replace' && known !== undefined) this.do({ type: 'truncate', file, size: 0 })
    return this.handle(path, file)
  }

  async claim(path: string, content: Uint8Array): Promise<boolean> {
    await this.call('claim', path)
    if (this.state.names.has(path)) return false
    const file = this.create(`${path}${BESIDE}`)
    this.do({ type: 'write', file, position: 0, bytes: Buffer.from(content) })
    this.do({ type: 'sync', file })
    this.do({ type: 'name', path, file })
    this.do({ type: 'remove', path: `${path}${BESIDE}` })
    return true
  }

  async rename(from: string, to: string): Promise<void> {
    await this.call('rename', from)
    const file = this.state.names.get(from)
    if (file === undefined) throw errorOf('ENOENT', from)
    this.do({ type: 'rename', from, to, file })
  }

  async remove(path: string): Promise<void> {
    await this.call('remove', path)
    if (this.state.names.has(path)) this.do({ type: 'remove', path })
  }

  async syncFolder(path: string): Promise<void> {
    await this.call('syncFolder', path)
    this.do({ type: 'syncFolder', path })
  }

  private handle(path: string, file: number): DiskFile {
    const content = () => this.state.files.get(file)!
    const sync = async (name: string) => {
      try {
        await this.call(name, path)
      } catch (error) {
        this.do({ type: 'syncFailed', file })
        throw error
      }
      this.do({ type: 'sync', file })
    }
    return {
      size: async () => {
        await this.call('size', path)
        return content().length
      },
      read: async (target, at, length, position) => {
        await this.call('read', path)
        return content().copy(target, at, position, position + length)
      },
      write: async (bytes, position) => {
        const how = await this.call('write', path)
        const part = how === 'half' ? bytes.subarray(0, Math.ceil(bytes.length / 2)) : bytes
        this.do({ type: 'write', file, position, bytes: Buffer.from(part) })
        return part.length
      },
      truncate: async (size) => {
        await this.call('truncate', path)
        this.do({ type: 'truncate', file, size })
      },
      sync: () => sync('sync'),
      syncContent: () => sync('syncContent'),
      close: async () => void (await this.call('close', path)),
    }
  }

  private create(path: string): number {
    const file = Math.max(0, ...this.state.files.keys()) + 1
    this.do({ type: 'name', path, file })
    return file
  }

  private async call(name: string, path: string): Promise<'do' | 'half'> {
    this.calls += 1
    const how = this.fault({ name, path, count: this.calls })
    return how === 'hang' ? new Promise(() => undefined) : how
  }

  private do(operation: Operation): void {
    this.log.push(operation)
    this.state = apply(this.state, operation, operation.type === 'write' ? operation.bytes : null)
  }
}

export function errorOf(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, "${path}"`), { code })
}

/** How much of an operation that was not synced is there. `sectors`: bit n says whether sector n of the write is. */
export type Share = 'all' | 'none' | { readonly bytes: number } | { readonly sectors: number }

/**
 * The first `count` operations of a log, and of those that were not synced by then the given share. A sector goes to the disk
 * with all that was written to it before.
 */
export function stateAfter(
  before: DiskState,
  log: readonly Operation[],
  count: number,
  shareOf: (operation: Operation, at: number) => Share,
): DiskState {
  const pending = new Set(pendingAt(log, count))
  const shares = Array.from({ length: count }, (_, at): Share => (pending.has(at) ? shareOf(log[at]!, at) : 'all'))
  /** Sectors that are there as a later write has left them. */
  const present = new Set<string>()
  for (let at = count - 1; at >= 0; at -= 1) {
    const write = log[at]!
    if (write.type === 'write') shares[at] = withEarlier(write, shares[at]!, present)
  }
  let state = before
  for (let at = 0; at < count; at += 1) {
    const operation = log[at]!
    if (operation.type === 'write') state = applyWrite(state, operation, shares[at]!)
    else if (shares[at] !== 'none') state = apply(state, operation, null)
  }
  return state
}

/** A share of a write, and all of it that lies in sectors which are there anyway; adds its own to them. */
function withEarlier(write: Operation & { readonly type: 'write' }, share: Share, present: Set<string>): Share {
  const keys = sectorsOf(write).map(([from]) => `${write.file} ${Math.floor(from / SECTOR_BYTES)}`)
  const isThere = (n: number, from: number): boolean => {
    if (typeof share === 'string') return share === 'all'
    return 'bytes' in share ? from < write.position + share.bytes : ((share.sectors >> n) & 1) === 1
  }
  const own = sectorsOf(write).map(([from], n) => isThere(n, from))
  const forced = keys.map((key) => present.has(key))
  keys.forEach((key, n) => {
    if (own[n]) present.add(key)
  })
  if (typeof share === 'object' && 'bytes' in share) return share
  const isWhole = own.every((is, n) => is || forced[n])
  if (isWhole) return 'all'
  if (keys.length > MAX_SECTORS) throw new Error(`A write of ${keys.length} sectors cannot be told apart.`)
  return { sectors: own.reduce((sectors, is, n) => (is || forced[n] ? sectors | (1 << n) : sectors), 0) }
}

/** Positions of the operations that a power failure after the first `count` may undo. */
export function pendingAt(log: readonly Operation[], count: number): readonly number[] {
  let pending: { readonly at: number; readonly key: string }[] = []
  /** Not made durable by any later sync. */
  const lost: number[] = []
  for (let at = 0; at < count; at += 1) {
    const operation = log[at]!
    const key = keyOf(operation)
    switch (operation.type) {
      case 'note':
        break
      case 'syncFailed':
        lost.push(
          ...pending.filter((each) => each.key === key && log[each.at]!.type === 'write').map((each) => each.at),
        )
        pending = pending.filter((each) => !lost.includes(each.at))
        break
      case 'sync':
      case 'syncFolder':
        pending = pending.filter((each) => each.key !== key)
        break
      default:
        pending.push({ at, key })
    }
  }
  return [...lost, ...pending.map(({ at }) => at)].sort((a, b) => a - b)
}

/** What a sync must name to make the operation durable: its file, or the folder of its name. */
function keyOf(operation: Operation): string {
  switch (operation.type) {
    case 'write':
    case 'truncate':
    case 'sync':
    case 'syncFailed':
      return `file ${operation.file}`
    case 'makeFolder':
    case 'name':
    case 'remove':
      return `folder ${parentOf(operation.path)}`
    case 'rename':
      return `folder ${parentOf(operation.to)}`
    case 'syncFolder':
      return `folder ${operation.path}`
    case 'note':
      return ''
    default:
      return operation satisfies never
  }
}

function apply(state: DiskState, operation: Operation, bytes: Buffer | null): DiskState {
  switch (operation.type) {
    case 'makeFolder':
      return { ...state, folders: new Set([...state.folders, operation.path]) }
    case 'name':
      return named(state, operation.path, operation.file)
    case 'rename':
      return named(unnamed(state, operation.from), operation.to, operation.file)
    case 'remove':
      return unnamed(state, operation.path)
    case 'write':
      return bytes === null
        ? state
        : filled(state, operation.file, patched(contentOf(state, operation.file), operation.position, bytes))
    case 'truncate':
      return filled(state, operation.file, resized(contentOf(state, operation.file), operation.size))
    default:
      return state
  }
}

function applyWrite(state: DiskState, write: Operation & { readonly type: 'write' }, share: Share): DiskState {
  if (share === 'none') return state
  if (share === 'all') return apply(state, write, write.bytes)
  if ('bytes' in share) return apply(state, write, write.bytes.subarray(0, share.bytes))
  const { position, bytes, file } = write
  let content = contentOf(state, file)
  for (const [n, [from, to]] of sectorsOf(write).entries()) {
    if ((share.sectors >> n) & 1) content = patched(content, from, bytes.subarray(from - position, to - position))
  }
  return filled(state, file, content)
}

/** The pieces of a write that lie in one sector each. */
export function sectorsOf({ position, bytes }: Operation & { readonly type: 'write' }): (readonly [number, number])[] {
  const end = position + bytes.length
  const pieces: (readonly [number, number])[] = []
  for (let from = position; from < end; ) {
    const to = Math.min(end, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES)
    pieces.push([from, to])
    from = to
  }
  return pieces
}

function named(state: DiskState, path: string, file: number): DiskState {
  const files = state.files.has(file) ? state.files : new Map([...state.files, [file, Buffer.alloc(0)]])
  return { ...state, names: new Map([...state.names, [path, file]]), files }
}

function unnamed(state: DiskState, path: string): DiskState {
  return { ...state, names: new Map([...state.names].filter(([name]) => name !== path)) }
}

function contentOf(state: DiskState, file: number): Buffer {
  return state.files.get(file) ?? Buffer.alloc(0)
}

function filled(state: DiskState, file: number, content: Buffer): DiskState {
  return { ...state, files: new Map(state.files).set(file, content) }
}

function patched(content: Buffer, position: number, bytes: Buffer): Buffer {
  const made = Buffer.alloc(Math.max(content.length, position + bytes.length))
  content.copy(made)
  bytes.copy(made, position)
  return made
}

function resized(content: Buffer, size: number): Buffer {
  const made = Buffer.alloc(size)
  content.copy(made, 0, 0, size)
  return made
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
