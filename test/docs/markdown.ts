/** Finds the fenced code blocks of the project's pages. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Block {
  /** Page relative to the root, `/`-separated. */
  readonly page: string
  /** Line of the opening fence, from 1. */
  readonly line: number
  /** First word of the info string, or the empty string. */
  readonly language: string
  /** The other words of the info string. */
  readonly words: readonly string[]
  readonly text: string
}

const FENCE = /^(?<indent>[\s>]*)(?<fence>`{3,}|~{3,})(?<info>[^`]*)$/

/** README.md, CONTRIBUTING.md and everything below docs/, in a fixed order. */
export function findPages(root: string): readonly string[] {
  const top = ['README.md', 'CONTRIBUTING.md'].filter((name) => existsSync(join(root, name)))
  const docs = existsSync(join(root, 'docs'))
    ? readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    : []
  const below = docs.map((name) => `docs/${name.replaceAll('\\', '/')}`).filter((name) => name.endsWith('.md'))
  return [...top, ...below.sort()]
}

/** @throws Error when a fence is never closed: everything after it would silently count as code. */
export function findBlocks(root: string, page: string): readonly Block[] {
  return blocksOf(page, readFileSync(join(root, page), 'utf8'))
}

export function blocksOf(page: string, markdown: string): readonly Block[] {
  const blocks: Block[] = []
  const lines = markdown.split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const opening = FENCE.exec(lines[at]!)?.groups
    if (opening === undefined) continue
    const line = at + 1
    const body: string[] = []
    for (at++; !closes(lines[at], opening.fence!, page, line); at++) {
      body.push(withoutIndent(lines[at]!, opening.indent!))
    }
    const [language = '', ...words] = opening.info!.trim().split(/\s+/)
    blocks.push({ page, line, language, words, text: `${body.join('\n')}\n` })
  }
  return blocks
}

function closes(line: string | undefined, fence: string, page: string, opened: number): boolean {
  if (line === undefined) throw new Error(`${page}:${opened} opens a code block that is never closed.`)
  const text = line.replace(/^[\s>]*/, '').trimEnd()
  return text.length >= fence.length && text === fence[0]!.repeat(text.length)
}

/** A block inside a list or a quotation carries the marks of its surroundings on each line. */
function withoutIndent(line: string, indent: string): string {
  let cut = 0
  while (cut < indent.length && cut < line.length && (line[cut] === indent[cut] || line[cut] === ' ')) cut++
  return line.slice(cut)
}
