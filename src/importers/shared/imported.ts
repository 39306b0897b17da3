/** What every importer takes and gives. */
import { type Diagnostic, type Locate, type Position, place } from '../../plan/diagnostic.js'
import type { PlanLimits } from '../../plan/limits.js'
import type { PlanDocument } from '../../plan/types.js'
import type { Piece, Place } from './types.js'

/** How documents are imported. */
export interface ImportOptions {
  /** Name of the document in diagnostics, where the input is a text. */
  readonly file?: string | undefined
  /** Of the plan. Default: what the first document calls itself. */
  readonly name?: string | undefined
  /**
   * `jsonBytes` bounds the characters of all documents together: twice as many may be read of Markdown, four times as many
   * of the formats of tools, which carry more beside the plan. `diagnostics` is how many are listed.
   */
  readonly limits?: Partial<PlanLimits> | undefined
}

/** How many dependency values there are, and what became of them. */
export interface DependencyCounts {
  values: number
  /** Units by their ids or titles, "none", or a relation that nothing waits for. */
  understood: number
  /** Found by a part of a title, or by words such as "all above". */
  guessed: number
  /** Said to be done already. */
  satisfied: number
  notUnderstood: number
}

/** How much of the documents was understood. */
export interface ImportCoverage {
  /** Units of work: streams, tasks with a name of their own, and phases. */
  readonly units: number
  /** Values of dependency fields, and what became of them; the other four add up to `values`. */
  readonly dependencies: Readonly<DependencyCounts>
  /** Values of fields that were read. */
  readonly fields: number
  /** Labels inside of documents that the reader does not know, with how often and where first. */
  readonly unread: readonly Unread[]
}

export interface Unread {
  readonly label: string
  readonly count: number
  readonly file: string | null
  readonly line: number
}

/** A plan and how it was understood. */
export interface ImportedPlan {
  /** For `checkPlan`. Empty where nothing could be read. */
  readonly plan: PlanDocument
  /** Finds the line of a value of the plan, and its file; of what has no place of its own, that of the record around it. */
  readonly locate: Locate
  /** Sorted by place. An error means that the plan is not what the documents say. */
  readonly diagnostics: readonly Diagnostic[]
  readonly coverage: ImportCoverage
}

/** What is known of an import before its diagnostics are sorted and its lines are looked up. */
export interface Reading {
  readonly plan: PlanDocument
  /** Places of records, by JSON pointer into the plan. */
  readonly sources: ReadonlyMap<string, Place>
  readonly units: number
  readonly dependencies: Readonly<DependencyCounts>
  readonly fields: number
  /** Labels that mean nothing to the reader, with their places. */
  readonly ignored: readonly Piece[]
}

/** The answer of an importer. */
export function imported(
  { plan, sources, units, dependencies, fields, ignored }: Reading,
  diagnostics: readonly Diagnostic[],
  files: readonly { readonly file: string | undefined }[],
): ImportedPlan {
  return {
    plan,
    locate: locateIn(sources),
    diagnostics: inOrder(diagnostics, files),
    coverage: { units, dependencies, fields, unread: unreadOf(ignored) },
  }
}

export function noDependencies(): DependencyCounts {
  return { values: 0, understood: 0, guessed: 0, satisfied: 0, notUnderstood: 0 }
}

/** File by file, as they were given, each in the order of its lines. */
function inOrder(
  diagnostics: readonly Diagnostic[],
  files: readonly { readonly file: string | undefined }[],
): readonly Diagnostic[] {
  const byFile = new Map<string | undefined, Diagnostic[]>(files.map(({ file }) => [file, []]))
  for (const diagnostic of diagnostics) {
    const list = byFile.get(diagnostic.file) ?? []
    list.push(diagnostic)
    byFile.set(diagnostic.file, list)
  }
  return [...byFile.values()].flatMap((list) => place(list, undefined, undefined))
}

function locateIn(sources: ReadonlyMap<string, Place>): Locate {
  return (pointers) => {
    const found = new Map<string, Position>()
    for (const pointer of pointers) {
      let at = pointer
      while (at !== '' && !sources.has(at)) at = at.slice(0, at.lastIndexOf('/'))
      const source = sources.get(at)
      if (source === undefined) continue
      const { line, column, file } = source
      found.set(pointer, { line, column, ...(file === undefined ? {} : { file }) })
    }
    return found
  }
}

/** Labels listed as unread. */
const MOST_UNREAD = 200

function unreadOf(ignored: readonly Piece[]): readonly Unread[] {
  const byLabel = new Map<string, { label: string; count: number; file: string | null; line: number }>()
  for (const { text, file, line } of ignored) {
    const known = byLabel.get(text)
    if (known !== undefined) known.count++
    else if (byLabel.size < MOST_UNREAD) byLabel.set(text, { label: text, count: 1, file: file ?? null, line })
  }
  return [...byLabel.values()]
}
