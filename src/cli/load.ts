/** From a file's name to a checked plan: its size is looked at before it is read, its text before it is parsed. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import type { MarkdownCoverage, MarkdownFile } from '../importers/markdown/index.js'
import { checkPlan, type PlanCheck } from '../plan/check.js'
import type { Diagnostic, Locate } from '../plan/diagnostic.js'
import { checkSize, type ParsedText, parseJson } from '../plan/json-text.js'
import { DEFAULT_LIMITS } from '../plan/limits.js'
import { quote } from '../plan/text.js'
import { isMarkdownName, looksLikeMarkdown, readMarkdownFolder } from './markdown-files.js'
import { programError, usageError } from './problem.js'

export interface LoadedPlan {
  /** As it was given. */
  readonly file: string
  readonly check: PlanCheck
  /** Finds the lines of values; null where the text could not be parsed. */
  readonly locate: Locate | null
  /** How much an importer understood; null where the text is a plan of our own language. */
  readonly imported: MarkdownCoverage | null
  /** What was read, by the names that diagnostics give; empty where nothing could be. */
  readonly sources: ReadonlyMap<string, string>
}

type TextFormat = 'json' | 'yaml' | 'markdown'

/** What `--from` may say. */
export const FORMATS: readonly TextFormat[] = ['json', 'yaml', 'markdown']

/**
 * Loads and checks the plan in `file`: JSON, YAML or Markdown by `from`, else by its extension, else by its content; or
 * the Markdown files of a folder. What is wrong with the plan, its size and its text included, is in the diagnostics.
 *
 * @throws ProgramError FILE_UNREADABLE, USAGE
 */
export async function loadPlan(file: string, from?: string): Promise<LoadedPlan> {
  const format = formatOf(file, from)
  if (await isFolder(file)) return loadFolder(file)
  const bytes = await readBounded(file, format)
  if (!(bytes instanceof Uint8Array)) return refused(file, [bytes])
  const text = decode(bytes)
  if (text === null) return refused(file, [notText(file)])
  if (format === 'markdown' || (format === null && !looksLikeJson(text) && looksLikeMarkdown(text))) {
    return importPlan([{ file, text }], file)
  }
  const sources = new Map([[file, text]])
  const parsed = await parseText(text, format, file)
  if (!parsed.ok) return { ...refused(file, parsed.diagnostics), sources }
  const check = checkPlan(parsed.value, { file, locate: parsed.locate })
  return { file, check, locate: parsed.locate, imported: null, sources }
}

async function isFolder(file: string): Promise<boolean> {
  const stats = await stat(file).catch(() => null)
  return stats?.isDirectory() === true
}

async function loadFolder(folder: string): Promise<LoadedPlan> {
  try {
    return await importPlan(await readMarkdownFolder(folder), folder)
  } catch (error) {
    throw unreadable(folder, error)
  }
}

/** Errors of the import refuse the plan as its own do. */
async function importPlan(files: readonly MarkdownFile[], file: string): Promise<LoadedPlan> {
  const { importMarkdown } = await import('../importers/markdown/index.js')
  const { plan, locate, diagnostics, coverage } = importMarkdown(files)
  const check = checkPlan(plan, { file, locate })
  const all = [...diagnostics, ...check.diagnostics]
  const sources = new Map(files.map((each) => [each.file, each.text]))
  const isRefused = diagnostics.some(({ severity }) => severity === 'error')
  if (!check.ok || !isRefused)
    return { file, check: { ...check, diagnostics: all }, locate, imported: coverage, sources }
  const { plan: read, origin } = check
  return { file, check: { ok: false, diagnostics: all, plan: read, origin }, locate, imported: coverage, sources }
}

function refused(file: string, diagnostics: readonly Diagnostic[]): LoadedPlan {
  return { file, check: { ok: false, diagnostics }, locate: null, imported: null, sources: new Map() }
}

function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text)
}

/** Null: the content says. */
function formatOf(file: string, from: string | undefined): TextFormat | null {
  if (from !== undefined) {
    const known = FORMATS.find((format) => format === from)
    if (known !== undefined) return known
    throw usageError(`There is no format ${quote(from)}.`, `The formats are ${FORMATS.join(', ')}.`)
  }
  if (isMarkdownName(file)) return 'markdown'
  const extension = extname(file).toLowerCase()
  if (extension === '.json') return 'json'
  return extension === '.yaml' || extension === '.yml' ? 'yaml' : null
}

/** The file's bytes, or the refusal of a file that is too large. Also pipes and devices are read no further than needed. */
async function readBounded(file: string, format: TextFormat | null): Promise<Uint8Array | Diagnostic> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    const stats = await handle.stat()
    const limit = format === 'yaml' ? DEFAULT_LIMITS.yamlBytes : DEFAULT_LIMITS.jsonBytes
    const tooLarge = checkSize(stats.size, sizeOf(format), { file })
    if (tooLarge !== null) return tooLarge
    const bytes = await readUpTo(handle, limit + 1)
    return checkSize(bytes.length, sizeOf(format), { file }) ?? bytes
  } catch (error) {
    throw unreadable(file, error)
  } finally {
    await handle?.close()
  }
}

/** Markdown may be as large as JSON. */
function sizeOf(format: TextFormat | null): 'json' | 'yaml' {
  return format === 'yaml' ? 'yaml' : 'json'
}

async function readUpTo(handle: FileHandle, limit: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(limit)
  let length = 0
  while (length < limit) {
    const { bytesRead } = await handle.read(buffer, length, limit - length, null)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
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
  return programError(
    'FILE_UNREADABLE',
    `Cannot read ${quote(file)}: ${why}.`,
    'Give the path of a plan in JSON, YAML or Markdown.',
  )
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function notText(file: string): Diagnostic {
  const message = 'The document is not text in UTF-8.'
  return { code: 'BAD_SYNTAX', severity: 'error', message, at: '', hint: 'Save it as UTF-8.', file }
}

async function parseText(text: string, format: TextFormat | null, file: string): Promise<ParsedText> {
  if (format === 'json' || (format === null && looksLikeJson(text))) return parseJson(text, { file })
  const { parseYaml } = await import('../importers/shared/yaml.js')
  return parseYaml(text, { file })
}
