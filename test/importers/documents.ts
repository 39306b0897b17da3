/**
 * Documents that people worked from. They are not part of the repository: SIGNALBOX_DOCUMENTS names a folder with them, or
 * one beside it. Without them nothing is compared, and that is printed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceFile } from '../../src/importers/shared/types.js'

const folder = process.env.SIGNALBOX_DOCUMENTS

/** The path of a folder of documents, such as "formats"; null: there is none, and why was printed. */
export function documentsIn(name: string): string | null {
  const places = folder === undefined ? [] : ['', 'plans', '..', '../plans'].map((part) => join(folder, part, name))
  const found = places.find((place) => existsSync(place))
  if (found !== undefined) return found
  const why = folder === undefined ? 'SIGNALBOX_DOCUMENTS names no folder' : `it is not in or beside ${folder}`
  process.stdout.write(`nothing of "${name}" is compared: ${why}\n`)
  return null
}

export function readDocuments(place: string, ...names: readonly string[]): readonly SourceFile[] {
  return names.map((name) => ({ file: name, text: readFileSync(join(place, name), 'utf8') }))
}
