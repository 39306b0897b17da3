/** One Markdown file for each task, with front matter: what its front matter and its chapters say. */
import { readBlocks } from './blocks.js'
import { plain } from './inline.js'
import type { Notes } from './notes.js'
import type { Source } from './texts.js'
import type { Block, Piece } from './types.js'

export interface TaskFile {
  /** As it was given; empty: it has no name. */
  readonly file: string
  /** Its name without folder and extension. */
  readonly base: string
  /** Keys in lower case with their values, a text being a list of one. */
  readonly matter: ReadonlyMap<string, readonly Piece[]>
  readonly keys: readonly Piece[]
  readonly chapters: readonly Chapter[]
  readonly title: string | null
  readonly top: Piece
}

/** What stands below one heading, and not below one inside of it. */
export interface Chapter {
  /** Lower case. */
  readonly title: string
  readonly heading: Piece
  readonly lines: readonly Piece[]
}

export function readTaskFile({ text, file }: Source, notes: Notes): TaskFile {
  const blocks = readBlocks({ text, file }, notes)
  const matter = new Map<string, readonly Piece[]>()
  const keys: Piece[] = []
  for (const block of blocks) {
    if (block.kind !== 'entry') continue
    const key = block.key.trim().toLowerCase()
    keys.push({ ...block.piece, text: key })
    if (!matter.has(key)) matter.set(key, block.values)
  }
  const heading = blocks.find((block) => block.kind === 'heading' && block.level === 1)
  return {
    file: file ?? '',
    base: (file ?? '').replace(/^.*[/\\]/, '').replace(/\.\w+$/, ''),
    matter,
    keys,
    chapters: chaptersOf(blocks),
    title: heading === undefined ? null : plain(heading.piece.text).replace(/^task:\s*/i, ''),
    top: blocks[0]?.piece ?? { text: '', file, line: 1, column: 1 },
  }
}

function chaptersOf(blocks: readonly Block[]): readonly Chapter[] {
  const chapters: { readonly title: string; readonly heading: Piece; readonly lines: Piece[] }[] = []
  for (const block of blocks) {
    const last = chapters.at(-1)
    if (block.kind === 'heading') {
      chapters.push({ title: plain(block.piece.text).toLowerCase(), heading: block.piece, lines: [] })
    } else if (last !== undefined && block.kind === 'fence') last.lines.push(...block.lines)
    else if (last !== undefined && block.kind !== 'entry') last.lines.push(block.piece)
  }
  return chapters
}

/** The one value of a key; null: none. */
export function valueAt({ matter }: TaskFile, key: string): Piece | null {
  return matter.get(key)?.[0] ?? null
}

export function valuesAt({ matter }: TaskFile, key: string): readonly Piece[] {
  return matter.get(key) ?? []
}

/** What the chapter of that title says, without markup; none: the file has no such chapter. */
export function linesOf({ chapters }: TaskFile, title: string): readonly Piece[] {
  return chapters.filter((chapter) => chapter.title === title).flatMap(({ lines }) => lines)
}

/** The lines of a chapter as texts. */
export function textsIn(file: TaskFile, title: string): readonly string[] {
  return linesOf(file, title)
    .map(({ text }) => plain(text).replace(/^#\d+ /, ''))
    .filter((text) => text !== '')
}
