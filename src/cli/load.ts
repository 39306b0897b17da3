/** From a file's name to a checked plan. */
import { extname } from 'node:path'
import type { ImportCoverage } from '../importers/shared/imported.js'
import type { SourceFile } from '../importers/shared/types.js'
import { checkPlan, type PlanCheck } from '../plan/check.js'
import type { Diagnostic, Locate } from '../plan/diagnostic.js'
import { checkSize, type ParsedText, parseJson } from '../plan/json-text.js'
import { DEFAULT_LIMITS } from '../plan/limits.js'
import { quote } from '../plan/text.js'
import {
  FORMATS,
  type Format,
  formatOfFiles,
  formatOfText,
  type ImportedFormat,
  type ReadOptions,
  readWith,
} from './formats.js'
import { readPlanFiles } from './plan-files.js'
import { usageError } from './problem.js'

export interface LoadedPlan {
  /** As it was given. */
  readonly file: string
  /** What it was read as; null where it could not be told. */
  readonly format: Format | null
  readonly check: PlanCheck
  /** The plan as it was written, or as it was imported; undefined where the text could not be parsed. */
  readonly document: unknown
  /** Finds the lines of values; null where the text could not be parsed. */
  readonly locate: Locate | null
  /** How much an importer understood; null where the text is a plan of our own language. */
  readonly imported: ImportCoverage | null
  /** What was read, by the names that diagnostics give; empty where nothing could be. */
  readonly sources: ReadonlyMap<string, string>
}

/** How a plan is loaded. */
export interface LoadOptions {
  /** What `--from` says; else the name and the content do. */
  readonly from?: string | undefined
  /** What `--on-cycle` says. */
  readonly onCycle?: string | undefined
}

/**
 * Loads and checks the plan in `file`: JSON, YAML, Markdown, or what another tool keeps its tasks in; or a folder of such
 * files. What is wrong with the plan, its size and its text included, is in the diagnostics.
 *
 * @throws ProgramError FILE_UNREADABLE, USAGE
 */
export async function loadPlan(file: string, options: LoadOptions = {}): Promise<LoadedPlan> {
  const from = fromOf(options.from)
  const read: ReadOptions = { onCycle: onCycleOf(options.onCycle) }
  const found = await readPlanFiles(file)
  if (!found.ok) return refused(file, from, [found.refusal])
  const { files, isFolder } = found
  const [first] = files as readonly [SourceFile, ...SourceFile[]]
  const format = from ?? (isFolder ? formatOfFiles(files) : formatOfText(first.text, extname(file).toLowerCase()))
  if (format === 'json' || format === 'yaml') return loadDocument(first, format)
  if (format !== null) return importPlan(filesOf(files, format), file, format, read)
  const message = 'The files of the folder are of no format that is known.'
  const hint = `Name the format: --from ${FORMATS.slice(2).join(', ')}.`
  return refused(file, null, [{ code: 'BAD_SYNTAX', severity: 'error', message, at: '', hint, file }])
}

function fromOf(from: string | undefined): Format | null {
  if (from === undefined) return null
  const known = FORMATS.find((format) => format === from)
  if (known !== undefined) return known
  throw usageError(`There is no format ${quote(from)}.`, `The formats are ${FORMATS.join(', ')}.`)
}

function onCycleOf(text: string | undefined): ReadOptions['onCycle'] {
  if (text === undefined || text === 'error' || text === 'drop-subtask-edges') return text
  throw usageError(`--on-cycle cannot be ${quote(text)}.`, 'Write --on-cycle error or --on-cycle drop-subtask-edges.')
}

/** Those of a folder that the format is written in. */
function filesOf(files: readonly SourceFile[], format: ImportedFormat): readonly SourceFile[] {
  if (files.length === 1) return files
  const extension: { readonly [format in ImportedFormat]?: RegExp } = {
    beads: /\.jsonl$/,
    'task-master': /\.json$/,
    backlog: /\.(?:md|ya?ml)$/i,
  }
  const wanted = extension[format] ?? /\.(?:md|markdown|mdx)$/i
  return files.filter(({ file }) => wanted.test(file))
}

async function loadDocument({ file, text }: SourceFile, format: 'json' | 'yaml'): Promise<LoadedPlan> {
  const sources = new Map([[file, text]])
  const parsed = await parseText(text, format, file)
  if (!parsed.ok) return { ...refused(file, format, parsed.diagnostics), sources }
  const { value: document, locate } = parsed
  return { file, format, check: checkPlan(document, { file, locate }), document, locate, imported: null, sources }
}

async function parseText(text: string, format: 'json' | 'yaml', file: string): Promise<ParsedText> {
  if (format === 'json') return parseJson(text, { file })
  const { parseYaml } = await import('../importers/shared/yaml.js')
  return parseYaml(text, { file })
}

/** Errors of the import refuse the plan as its own do. */
async function importPlan(
  files: readonly SourceFile[],
  file: string,
  format: ImportedFormat,
  options: ReadOptions,
): Promise<LoadedPlan> {
  const sources = new Map(files.map((each) => [each.file, each.text]))
  const isText = format === 'markdown' || format === 'spec-kit' || format === 'kiro'
  const bytes = isText ? files.reduce((sum, { text }) => sum + text.length, 0) : 0
  const tooLarge = checkSize(bytes, 'json', { file, limits: DEFAULT_LIMITS })
  if (tooLarge !== null) return refused(file, format, [tooLarge])
  const { plan: document, locate, diagnostics, coverage: imported } = await readWith(format, files, options)
  const check = checkPlan(document, { file, locate })
  const all = [...diagnostics, ...check.diagnostics]
  const loaded = { file, format, document, locate, imported, sources }
  const isRefused = diagnostics.some(({ severity }) => severity === 'error')
  if (!check.ok || !isRefused) return { ...loaded, check: { ...check, diagnostics: all } }
  const { plan, origin } = check
  return { ...loaded, check: { ok: false, diagnostics: all, plan, origin } }
}

function refused(file: string, format: Format | null, diagnostics: readonly Diagnostic[]): LoadedPlan {
  return {
    file,
    format,
    check: { ok: false, diagnostics },
    document: undefined,
    locate: null,
    imported: null,
    sources: new Map(),
  }
}
