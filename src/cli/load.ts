/** From a file's name to a checked plan: its size is looked at before it is read, its text before it is parsed. */
import { type FileHandle, open } from 'node:fs/promises'
import { extname } from 'node:path'
import { checkPlan, type PlanCheck } from '../plan/check.js'
import type { Diagnostic, Locate } from '../plan/diagnostic.js'
import { checkSize, type ParsedText, parseJson } from '../plan/json-text.js'
import { DEFAULT_LIMITS } from '../plan/limits.js'
import { quote } from '../plan/text.js'
import { programError } from './problem.js'

export interface LoadedPlan {
  /** As it was given. */
  readonly file: string
  readonly check: PlanCheck
  /** Finds the lines of values; null where the text could not be parsed. */
  readonly locate: Locate | null
}

type TextFormat = 'json' | 'yaml'

/**
 * Loads and checks the plan in `file`: JSON or YAML by its extension, else by its content. What is wrong with the plan,
 * its size and its text included, is in the diagnostics.
 *
 * @throws ProgramError FILE_UNREADABLE
 */
export async function loadPlan(file: string): Promise<LoadedPlan> {
  const format = formatOf(file)
  const bytes = await readBounded(file, format)
  if (!(bytes instanceof Uint8Array)) return refused(file, [bytes])
  const text = decode(bytes)
  if (text === null) return refused(file, [notText(file)])
  const parsed = await parseText(text, format, file)
  if (!parsed.ok) return refused(file, parsed.diagnostics)
  return { file, check: checkPlan(parsed.value, { file, locate: parsed.locate }), locate: parsed.locate }
}

function refused(file: string, diagnostics: readonly Diagnostic[]): LoadedPlan {
  return { file, check: { ok: false, diagnostics }, locate: null }
}

/** Null: the content says. */
function formatOf(file: string): TextFormat | null {
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
    if (stats.isDirectory()) throw new Error('it is a folder')
    const limit = format === 'yaml' ? DEFAULT_LIMITS.yamlBytes : DEFAULT_LIMITS.jsonBytes
    const tooLarge = checkSize(stats.size, format ?? 'json', { file })
    if (tooLarge !== null) return tooLarge
    const bytes = await readUpTo(handle, limit + 1)
    return checkSize(bytes.length, format ?? 'json', { file }) ?? bytes
  } catch (error) {
    throw unreadable(file, error)
  } finally {
    await handle?.close()
  }
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
    'Give the path of a plan in JSON or YAML.',
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
  const looksLikeJson = /^\s*[{[]/.test(text)
  if (format === 'json' || (format === null && looksLikeJson)) return parseJson(text, { file })
  const { parseYaml } = await import('../importers/yaml.js')
  return parseYaml(text, { file })
}
