/** The disk of the machine. */
import { constants, type Dirent } from 'node:fs'
import { type FileHandle, link, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BESIDE, type Disk, type DiskEntry, type DiskFile, isMissing, type OpenMode, writeAll } from './disk.js'

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
/** Absent on Windows, where opening a link needs rights of its own. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY | NO_FOLLOW,
  update: constants.O_RDWR | NO_FOLLOW,
  replace: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | NO_FOLLOW,
}

export function nodeDisk(): Disk {
  return {
    realPath: (path) => orWhereMissing(realpath(path), null),
    makeFolder,
    list,
    open: async (path, mode) => fileOf(await open(path, FLAGS[mode], FILE_MODE)),
    claim,
    rename,
    remove: (path) => rm(path, { force: true }),
    syncFolder,
  }
}

function fileOf(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    read: async (target, at, length, position) => (await handle.read(target, at, length, position)).bytesRead,
    write: async (bytes, position) => (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    truncate: (size) => handle.truncate(size),
    sync: () => handle.sync(),
    syncContent: () => handle.datasync(),
    close: () => handle.close(),
  }
}

/** Also one that exists is made durable: who created it may have died before. */
async function makeFolder(path: string): Promise<void> {
  const first = (await mkdir(path, { recursive: true, mode: FOLDER_MODE })) ?? path
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made)).catch(ignoreForbidden)
    if (made.length <= first.length) return
  }
}

/** A folder that may not be read, such as one above ours, cannot be synced. */
function ignoreForbidden(error: unknown): void {
  if (codeOf(error) !== 'EACCES') throw error
}

async function list(folder: string): Promise<readonly DiskEntry[] | null> {
  const found = await orWhereMissing(lstat(folder), null)
  if (found === null) return null
  if (!found.isDirectory()) throw new Error(`Expected a folder, and no symbolic link, at "${folder}".`)
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
}

function kindOf(entry: Dirent): DiskEntry['kind'] {
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'folder' : 'other'
}

/** Written aside first and linked: whoever sees the name sees all of the content, also after a power failure. */
async function claim(path: string, content: Uint8Array): Promise<boolean> {
  const aside = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}${BESIDE}`
  const handle = await open(aside, 'wx', FILE_MODE)
  try {
    await writeAll(fileOf(handle), content, 0)
    await handle.sync()
    await link(aside, path)
    return true
  } catch (error) {
    // ENOENT: whoever got the lock meanwhile has tidied up.
    if (codeOf(error) === 'EEXIST' || isMissing(error)) return false
    throw error
  } finally {
    await handle.close()
    await rm(aside, { force: true })
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for this, and writes names through by itself.
  if (process.platform === 'win32') return
  const handle = await open(path, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function orWhereMissing<T, M>(found: Promise<T>, missing: M): Promise<T | M> {
  try {
    return await found
  } catch (error) {
    if (isMissing(error)) return missing
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | null)?.code
}
