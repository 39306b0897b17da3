/** What the file store asks of a disk. Small, so that a simulated one can take its place in tests. */

export interface DiskFile {
  size(): Promise<number>
  /** Reads up to `length` bytes into `target[at..]`; answers how many, 0 at the end of the file. */
  read(target: Uint8Array, at: number, length: number, position: number): Promise<number>
  /** Writes from `bytes`, perhaps only the first of them; answers how many. */
  write(bytes: Uint8Array, position: number): Promise<number>
  /** Cuts the file, or lengthens it by zeros. */
  truncate(size: number): Promise<void>
  /** Content and size are durable once resolved. */
  sync(): Promise<void>
  /** As `sync`, without what is not needed to read the content back. */
  syncContent(): Promise<void>
  close(): Promise<void>
}

/** `update`: read and write what exists. `replace`: created, or emptied. Neither follows a symbolic link. */
export type OpenMode = 'read' | 'update' | 'replace'

export interface DiskEntry {
  readonly name: string
  /** A symbolic link, like everything else that is neither, is `other`. */
  readonly kind: 'file' | 'folder' | 'other'
}

export interface Disk {
  /** The path without symbolic links; null where there is nothing. */
  realPath(path: string): Promise<string | null>
  /** Creates a folder for its owner alone (0700), and those above it; durable once resolved. Content with one that exists. */
  makeFolder(path: string): Promise<void>
  /** What is in a folder, in any order; null where there is none. @throws where it is a symbolic link. */
  list(folder: string): Promise<readonly DiskEntry[] | null>
  /** Files are created for their owner alone (0600). @throws where it is a symbolic link. */
  open(path: string, mode: OpenMode): Promise<DiskFile>
  /** Creates a file with this content, all at once and durably; false where one exists. */
  claim(path: string, content: Uint8Array): Promise<boolean>
  /** Puts a file in the place of another, all at once. */
  rename(from: string, to: string): Promise<void>
  /** Content with a file that is not there. */
  remove(path: string): Promise<void>
  /** Names in the folder are durable once resolved. */
  syncFolder(path: string): Promise<void>
}

/** Writes all of `bytes`: a disk that is nearly full takes some of them without an error. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done)
    if (written <= 0) throw new Error(`The disk took none of ${bytes.length - done} bytes at ${position + done}.`)
    done += written
  }
}

/** Reads up to `length` bytes from `position`; fewer only where the file ends. */
export async function readUpTo(file: DiskFile, position: number, length: number): Promise<Buffer> {
  const target = Buffer.allocUnsafe(length)
  return target.subarray(0, await readInto(file, target, 0, length, position))
}

/** Fills `target[at..at + length)`; answers how many bytes there were, fewer only where the file ends. */
export async function readInto(
  file: DiskFile,
  target: Uint8Array,
  at: number,
  length: number,
  position: number,
): Promise<number> {
  let done = 0
  while (done < length) {
    const count = await file.read(target, at + done, length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

/** Closes the file whatever `use` does; an error of `use` is the one that is told. */
export async function withFile<T>(
  disk: Disk,
  path: string,
  mode: OpenMode,
  use: (file: DiskFile) => Promise<T>,
): Promise<T> {
  const file = await disk.open(path, mode)
  let result: T
  try {
    result = await use(file)
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
  await file.close()
  return result
}

/** A whole file that appears under its name all at once, durably: written beside it, synced, renamed, folder synced. */
export async function writeWhole(disk: Disk, folder: string, name: string, content: Uint8Array): Promise<void> {
  const beside = `${folder}/${name}${BESIDE}`
  await withFile(disk, beside, 'replace', async (file) => {
    await writeAll(file, content, 0)
    await file.sync()
  })
  await disk.rename(beside, `${folder}/${name}`)
  await disk.syncFolder(folder)
}

/** How the names of files end that are not whole yet. */
export const BESIDE = '.new'

/** Whether an error of the disk says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'ENOENT'
}
