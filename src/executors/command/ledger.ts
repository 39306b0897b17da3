/** What runs, written down for the next host: a file for each attempt, in the folder of the executor. */
import { createHmac, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { AttemptRequest } from '../../runtime/ports.js'
import type { ProcessMark } from './processes.js'

/** One command. */
export interface Entry {
  readonly mark: ProcessMark
  readonly file: string
  /** It prints into files of a folder beside this. */
  readonly outlives: boolean
}

export class Ledger {
  /** Null: nothing is written down. */
  private readonly folder: string | null
  private key: Buffer | null = null

  constructor(folder: string | null | undefined) {
    this.folder = folder === null ? null : folder === undefined ? defaultFolder() : resolve(folder)
  }

  /** Where files of an attempt may be; its entry is beside it. Null: nowhere. */
  placeOf(attempt: AttemptRequest): string | null {
    return this.folder === null ? null : join(this.folder, this.digest('place', attempt).slice(0, 32))
  }

  /**
   * What the lines of the protocol of an attempt begin with: the same for the next host, and unknown to whoever cannot read
   * the folder.
   */
  markerOf(attempt: AttemptRequest): string {
    return `signalbox:${this.digest('marker', attempt).slice(0, 24)}`
  }

  write(attempt: AttemptRequest, entry: Entry): void {
    const place = this.placeOf(attempt)
    if (place === null) return
    writeFileSync(`${place}.json`, JSON.stringify(entry), { mode: 0o600 })
  }

  /** Null where nothing was written down, or a kill came before that was done. */
  read(attempt: AttemptRequest): Entry | null {
    const place = this.placeOf(attempt)
    try {
      return place === null ? null : (JSON.parse(readFileSync(`${place}.json`, 'utf8')) as Entry)
    } catch {
      return null
    }
  }

  strike(attempt: AttemptRequest, { outlives }: Pick<Entry, 'outlives'>): void {
    const place = this.placeOf(attempt)
    if (place === null) return
    if (outlives) rmSync(place, { recursive: true, force: true })
    rmSync(`${place}.json`, { force: true })
  }

  private digest(what: string, { id, startedAt }: AttemptRequest): string {
    this.key ??= this.folder === null ? randomBytes(32) : keyIn(this.folder)
    return createHmac('sha256', this.key).update(`${what}\n${startedAt}\n${id}`).digest('hex')
  }
}

function keyIn(folder: string): Buffer {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'key')
  for (;;) {
    try {
      return readFileSync(file)
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error
    }
    const made = `${file}.${randomBytes(8).toString('hex')}`
    writeFileSync(made, randomBytes(32), { mode: 0o600 })
    try {
      linkSync(made, file)
    } catch (error) {
      // Another host was quicker.
      if ((error as { readonly code?: unknown }).code !== 'EEXIST') throw error
    } finally {
      rmSync(made, { force: true })
    }
  }
}

/** Of this user and this working directory; nobody else may write there, who could have us end what is not ours. */
function defaultFolder(): string {
  const { uid, username } = userInfo()
  const root = join(tmpdir(), `signalbox-${uid >= 0 ? uid : username}`)
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const found = lstatSync(root)
  if (process.platform !== 'win32') {
    if (found.uid !== uid || !found.isDirectory())
      throw new Error(`"${root}" is not a folder of this user. Give commandExecutor a "folder".`)
    if ((found.mode & 0o077) !== 0) chmodSync(root, 0o700)
  }
  return join(root, createHmac('sha256', 'folder').update(process.cwd()).digest('hex').slice(0, 16))
}
