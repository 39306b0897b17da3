/** Reads what a plan is written in: a file, or the files of a folder; their sizes are looked at before they are read. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { SourceFile } from '../importers/shared/types.js'
import type { Diagnostic } from '../plan/diagnostic.js'
import { count, quote, thousands } from '../plan/text.js'
import { isMarkdownExtension } from './formats.js'
import { programError } from './problem.js'

/** Most files of a folder. */
export const MOST_FILES = 2_000
/** Most bytes of a file, or of all files of a folder. What is a plan of our own may be less. */
export const MOST_BYTES = 4_000_000

/** The texts, or why they are refused. */
export type ReadFiles =
  | { readonly ok: true; readonly isFolder: boolean; readonly files: readonly SourceFile[] }
  | { readonly ok: false; readonly refusal: Diagnostic }

/** @throws ProgramError FILE_UNREADABLE */
export async function readPlanFiles(path: string): Promise<ReadFiles> {
  try {
    const stats = await stat(path).catch(() => null)
    const isFolder = stats?.isDirectory() === true
    const names = isFolder ? await filesIn(path) : [path, ...(await besides(path))]
    const files: SourceFile[] = []
    let bytes = 0
    for (const file of names) {
      const content = await readUpTo(file, MOST_BYTES - bytes)
      if (content === null) return { ok: false, refusal: tooLarge(isFolder ? path : file) }
      bytes += content.length
      const text = decode(content)
      if (text === null) return { ok: false, refusal: notText(file) }
      files.push({ file, text })
    }
    return { ok: true, isFolder, files }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Folders of tools that have the tasks one level further in. */
const INNER = new Set(['tasks', 'backlog', 'completed', 'updates', '.beads', '.taskmaster'])

/** Updates have a folder for each task. */
function isInner(name: string, folder: string): boolean {
  return INNER.has(name) || (basename(folder) === 'updates' && /^\d{1,9}$/.test(name))
}

/** The files of a folder that may be a plan, by their names; those of the folders that tools keep tasks in come after. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  const pending = [{ folder, levels: 2 }]
  for (const { folder: each, levels } of pending) {
    const entries = (await readdir(each, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (entry.isDirectory() && levels > 0 && isInner(entry.name, each))
        pending.push({ folder: join(each, entry.name), levels: levels - 1 })
      else if (isPlanName(entry.name)) found.push(join(each, entry.name))
    }
    if (found.length > MOST_FILES)
      throw new Error(`the folder has more than ${count(MOST_FILES, 'file')} that may be a plan`)
  }
  if (found.length === 0)
    throw new Error('it is a folder without Markdown files, and no tool is known by its other files')
  return found
}

function isPlanName(name: string): boolean {
  const extension = extname(name).toLowerCase()
  return isMarkdownExtension(extension) || extension === '.jsonl' || /^tasks.*\.json$|config\.ya?ml$/i.test(name)
}

/** The links of `issues.jsonl` may be in a file beside it. */
async function besides(file: string): Promise<readonly string[]> {
  const name = basename(file)
  if (!/issues\.jsonl$/.test(name)) return []
  const other = join(dirname(file), name.replace(/issues\.jsonl$/, 'dependencies.jsonl'))
  const stats = await stat(other).catch(() => null)
  return stats?.isFile() === true ? [other] : []
}

/** Null: there is more. Pipes and devices too are read no further than needed. */
async function readUpTo(file: string, limit: number): Promise<Uint8Array | null> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    const { size } = await handle.stat()
    if (size > limit) return null
    // The size of a pipe is not known before.
    let buffer = new Uint8Array(Math.min(limit, Math.max(size, 65_536)) + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null)
      length += bytesRead
      if (length > limit) return null
      if (bytesRead === 0) return buffer.subarray(0, length)
      if (length < buffer.length) continue
      const larger = new Uint8Array(Math.min(limit + 1, 2 * buffer.length))
      larger.set(buffer)
      buffer = larger
    }
  } finally {
    await handle?.close()
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function tooLarge(file: string): Diagnostic {
  const message = `The document is larger than ${thousands(MOST_BYTES)} bytes.`
  return { code: 'TOO_LARGE', severity: 'error', message, at: '', hint: 'Split the plan.', file }
}

function notText(file: string): Diagnostic {
  const message = 'The document is not text in UTF-8.'
  return { code: 'BAD_SYNTAX', severity: 'error', message, at: '', hint: 'Save it as UTF-8.', file }
}

function unreadable(file: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException
  const reasons: { readonly [code: string]: string } = {
    ENOENT: 'there is no such file',
    EACCES: 'it may not be read',
    ENOTDIR: 'a part of its path is no folder',
    EISDIR: 'it is a folder',
  }
  const why = reasons[code ?? ''] ?? message
  const hint = 'Give the path of a plan in JSON, YAML or Markdown.'
  return programError('FILE_UNREADABLE', `Cannot read ${quote(file)}: ${why}.`, hint)
}
