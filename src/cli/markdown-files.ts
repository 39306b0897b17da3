/** Reads the Markdown files of a folder: a plan may be one file for each unit. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { MarkdownFile } from '../importers/markdown/index.js'
import { DEFAULT_LIMITS } from '../plan/limits.js'
import { count, thousands } from '../plan/text.js'

/** Most files of a folder. */
export const MOST_FILES = 500

/** Whether a file is Markdown by its name. */
export function isMarkdownName(file: string): boolean {
  return ['.md', '.markdown', '.mdx'].includes(extname(file).toLowerCase())
}

/** Whether a text without a telling name is Markdown: it has chapters, and fields or lists in them. */
export function looksLikeMarkdown(text: string): boolean {
  const head = text.slice(0, 20_000)
  return /^#{2,6} \S/m.test(head) && /^\s*(?:[-*] |\*\*\S)/m.test(head)
}

/**
 * The Markdown files directly in a folder, by their names.
 *
 * @throws Error if there is none, if there are too many, or if they are too large together.
 */
export async function readMarkdownFolder(folder: string): Promise<readonly MarkdownFile[]> {
  const names = (await readdir(folder)).filter(isMarkdownName).toSorted()
  if (names.length === 0) throw new Error('it is a folder without Markdown files')
  if (names.length > MOST_FILES) throw new Error(`the folder has more than ${count(MOST_FILES, 'Markdown file')}`)
  const files: MarkdownFile[] = []
  let bytes = 0
  for (const name of names) {
    bytes += (await stat(join(folder, name))).size
    if (bytes > DEFAULT_LIMITS.jsonBytes) {
      throw new Error(`its Markdown files are larger than ${thousands(DEFAULT_LIMITS.jsonBytes)} bytes together`)
    }
    files.push({ file: join(folder, name), text: await readFile(join(folder, name), 'utf8') })
  }
  return files
}
