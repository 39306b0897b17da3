/** Writes what a verb makes: to a file, or to stdout. */
import { writeFile } from 'node:fs/promises'
import { quote } from '../plan/text.js'
import { programError } from './problem.js'
import type { OptionSpec, OptionTable, VerbContext } from './verb.js'

/** Where a verb writes what it makes anew each time: over what is there. */
export const OUTPUT_OPTION: OptionSpec = {
  kind: 'value',
  value: '<file>',
  about: 'Where to write, over what is there. Default: stdout.',
  offers: 'files',
}

/** Where a verb writes what people go on with: a file that is there stays as it is. */
export const NEW_OUTPUT_OPTIONS: OptionTable = {
  output: { kind: 'value', value: '<file>', about: 'Where to write. Default: stdout.', offers: 'files' },
  force: { kind: 'flag', about: 'Write over a file that is there.' },
}

/** What may be lost. */
type Over = 'what is there' | 'nothing'

/**
 * Writes `text` to the file that `--output` names, or to stdout unless that belongs to a JSON document. Returns what such a
 * document says of it: the file, or the text itself. `over`: what may be lost.
 *
 * @throws ProgramError FILE_UNWRITABLE
 */
export async function writeText(
  text: string,
  { args, io, output }: VerbContext,
  over: Over = 'what is there',
): Promise<{ readonly file: string | null; readonly text: string | null }> {
  const file = args.value('output')
  if (file === undefined) {
    if (output.format === 'people') io.stdout.write(text)
    return { file: null, text }
  }
  await writeFileText(file, text, over)
  return { file, text: null }
}

/** @throws ProgramError FILE_UNWRITABLE */
export async function writeFileText(file: string, text: string, over: Over = 'what is there'): Promise<void> {
  try {
    await writeFile(file, text, { flag: over === 'nothing' ? 'wx' : 'w' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      const hint = 'Give another name, or --force to write over it.'
      throw programError('FILE_UNWRITABLE', `${quote(file)} is there already.`, hint)
    }
    const message = `Cannot write ${quote(file)}: ${(error as Error).message}.`
    throw programError('FILE_UNWRITABLE', message, 'Give a path that may be written.')
  }
}
