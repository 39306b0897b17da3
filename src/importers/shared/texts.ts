/** The texts of an import: their size bounded, binary ones refused, wrong encodings mended. */
import type { PlanLimits } from '../../plan/limits.js'
import { count, thousands } from '../../plan/text.js'
import { isBinary } from './lines.js'
import type { Notes } from './notes.js'
import { mendEncoding } from './repair.js'
import type { SourceFile } from './types.js'

/** A text to read, and what it is called. */
export interface Source {
  readonly text: string
  readonly file: string | undefined
}

/** `input` as a list of texts. */
export function sourcesOf(
  input: string | readonly SourceFile[],
  { file }: { readonly file?: string | undefined },
): readonly Source[] {
  return typeof input === 'string' ? [{ text: input, file }] : input
}

/** The texts that can be read; what is wrong with the others is in the notes. `times`: how often `jsonBytes` they may be. */
export function readableTexts(
  sources: readonly Source[],
  { jsonBytes }: Pick<PlanLimits, 'jsonBytes'>,
  times: number,
  notes: Notes,
): readonly Source[] {
  const most = jsonBytes * times
  const length = sources.reduce((sum, { text }) => sum + text.length, 0)
  if (length > most) {
    const message = `The documents have ${thousands(length)} characters, more than ${thousands(most)}.`
    notes.add('TOO_LARGE', 'error', null, message, 'Split the plan, or raise the limit "jsonBytes".')
    return []
  }
  return sources.flatMap(({ text, file }) => {
    if (isBinary({ text })) {
      const message = 'The document is not text: it has NUL characters.'
      notes.add('BAD_SYNTAX', 'error', { file, line: 1, column: 1 }, message, 'Save it as UTF-8.')
      return []
    }
    const mended = mendEncoding(text)
    if (mended.mended > 0) {
      const lost = mended.lost === 0 ? '' : ` ${count(mended.lost, 'other')} could not be made out.`
      const message = `${count(mended.mended, 'character')} had gone through a wrong encoding and were mended.${lost}`
      notes.add('MENDED_TEXT', 'info', { file, line: 1, column: 1 }, message, 'Save the document as UTF-8.')
    }
    return [{ text: mended.text, file }]
  })
}
