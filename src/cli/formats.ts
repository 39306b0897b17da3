/** The formats that plans come in: how each is told from the others, and who reads it. */
import type { ImportedPlan, ImportOptions } from '../importers/shared/imported.js'
import type { SourceFile } from '../importers/shared/types.js'

/** What `--from` may say. */
export const FORMATS = [
  'json',
  'yaml',
  'markdown',
  'spec-kit',
  'kiro',
  'task-master',
  'backlog',
  'beads',
  'ccpm',
] as const

export type Format = (typeof FORMATS)[number]
/** A format that an importer reads. */
export type ImportedFormat = Exclude<Format, 'json' | 'yaml'>

export interface ReadOptions extends ImportOptions {
  /** Of Task Master: what becomes of subtasks that wait for each other. */
  readonly onCycle?: 'error' | 'drop-subtask-edges' | undefined
}

/** Reads files with the importer of that format, which is loaded now. */
export async function readWith(
  format: ImportedFormat,
  files: readonly SourceFile[],
  options: ReadOptions,
): Promise<ImportedPlan> {
  switch (format) {
    case 'markdown':
      return (await import('../importers/markdown/index.js')).importMarkdown(files, options)
    case 'spec-kit':
      return (await import('../importers/spec-kit.js')).importSpecKit(files, options)
    case 'kiro':
      return (await import('../importers/kiro.js')).importKiro(files, options)
    case 'task-master':
      return (await import('../importers/task-master.js')).importTaskMaster(files, options)
    case 'backlog':
      return (await import('../importers/backlog.js')).importBacklog(files, options)
    case 'beads':
      return (await import('../importers/beads.js')).importBeads(files, options)
    case 'ccpm':
      return (await import('../importers/ccpm/index.js')).importCcpm(files, options)
    default:
      return format satisfies never
  }
}

/** How much of a text is looked at to tell what it is. */
const HEAD = 60_000

/** What a text is by its content; `extension` in lower case, with its dot, says what the name of its file claims. */
export function formatOfText(text: string, extension: string): Format {
  const head = (text.startsWith('\ufeff') ? text.slice(1) : text).slice(0, HEAD)
  if (extension === '.yaml' || extension === '.yml') return 'yaml'
  if (!isMarkdownExtension(extension)) {
    if (extension === '.jsonl' || isBeads(head)) return 'beads'
    if (extension === '.json' || /^\s*[{[]/.test(head)) return isTaskMaster(head) ? 'task-master' : 'json'
    if (!looksLikeMarkdown(head)) return 'yaml'
  }
  return formatOfMarkdown(head)
}

/** What the files of a folder are; null: nothing that can be read. */
export function formatOfFiles(files: readonly SourceFile[]): ImportedFormat | null {
  if (files.some(({ file }) => file.endsWith('.jsonl'))) return 'beads'
  if (files.some(({ file, text }) => file.endsWith('.json') && isTaskMaster(text.slice(0, HEAD)))) return 'task-master'
  const documents = files.filter(({ file }) => isMarkdownExtension(/\.\w+$/.exec(file)?.[0].toLowerCase() ?? ''))
  const heads = documents.map(({ text }) => text.slice(0, HEAD))
  if (heads.some(isBacklog)) return 'backlog'
  if (documents.some(({ file, text }) => /(?:^|[/\\_-])\d+\.md$/.test(file) && isCcpm(text.slice(0, HEAD))))
    return 'ccpm'
  const [only] = heads
  if (only === undefined) return null
  return heads.length === 1 ? formatOfMarkdown(only) : 'markdown'
}

export function isMarkdownExtension(extension: string): boolean {
  return extension === '.md' || extension === '.markdown' || extension === '.mdx'
}

function formatOfMarkdown(head: string): ImportedFormat {
  if (isBacklog(head)) return 'backlog'
  if (isCcpm(head)) return 'ccpm'
  if (isSpecKit(head)) return 'spec-kit'
  return isKiro(head) ? 'kiro' : 'markdown'
}

/** It has chapters, and fields or lists in them. */
function looksLikeMarkdown(head: string): boolean {
  return /^#{2,6} \S/m.test(head) && /^\s*(?:[-*] |\*\*\S)/m.test(head)
}

/** The first line is an object of its own, with the keys of an issue or of a link. */
function isBeads(head: string): boolean {
  const line = /^\s*(\{.*\})[ \t]*(?:\r?\n|$)/.exec(head)?.[1] ?? ''
  return /"depends_on_id"\s*:|"issue_type"\s*:/.test(line)
}

/** "dependencies" and "status" are words of Task Master, and none of the plan language. */
function isTaskMaster(head: string): boolean {
  return /"tasks"\s*:\s*\[|^\s*\[/.test(head) && /"dependencies"\s*:\s*\[/.test(head) && /"status"\s*:\s*"/.test(head)
}

function isBacklog(head: string): boolean {
  const matter = matterOf(head)
  return /^id:/m.test(matter) && /^title:/m.test(matter) && /^(?:dependencies|created_date|ordinal):/m.test(matter)
}

function isCcpm(head: string): boolean {
  const matter = matterOf(head)
  return /^name:/m.test(matter) && /^depends_on:/m.test(matter) && /^(?:parallel|conflicts_with|github):/m.test(matter)
}

function matterOf(head: string): string {
  if (!/^---\r?\n/.test(head)) return ''
  const end = head.indexOf('\n---', 4)
  return end === -1 ? '' : head.slice(4, end)
}

const SPEC_KIT_TASK = /^[ \t]*[-*] \[[ xX]\] (?:\*\*)?\[?T\d{3,4}[a-z]?\b/m
const SPEC_KIT_MARK = /^[ \t]*[-*] \[[ xX]\] (?:\S{2,12} )?\[(?:P|US\d{1,2})\](?: |$)/m

/** Tasks such as "- [ ] T001", with marks or in phases. */
function isSpecKit(head: string): boolean {
  return SPEC_KIT_MARK.test(head) || (SPEC_KIT_TASK.test(head) && /^#{2,3} Phase /im.test(head))
}

/** Numbered boxes, with requirements below them or under the title that Kiro gives. */
function isKiro(head: string): boolean {
  const isNumbered = /^[ \t]*[-*] \[[ xX-]\]\*? (?:\*\*)?\d{1,3}(?:\.\d{1,3})*\.?(?:\*\*)? \S/m.test(head)
  return (
    isNumbered &&
    (/^\s+(?:[-*] )?_Requirements?: /m.test(head) || /^# (?:Implementation Plan|Implementation Tasks)\s*$/im.test(head))
  )
}
