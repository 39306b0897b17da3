/** The page about a run, where `run` and `resume` are asked for one. */
import type { RunEvent } from '../core/types.js'
import type { Arguments, OptionSpec } from './verb.js'
import { writeFileText } from './write-text.js'

export const REPORT_OPTION: OptionSpec = {
  kind: 'value',
  value: '<file>',
  about: 'When the run has ended, write a page about it: see signalbox help report.',
  offers: 'files',
}

/** Writes it to the file that `--report` names, if any. @throws ProgramError FILE_UNWRITABLE */
export async function writeReport(events: readonly RunEvent[], args: Arguments): Promise<void> {
  const file = args.value('report')
  if (file === undefined) return
  const [{ toHtml }, { reportRun }] = await Promise.all([import('../reporters/html.js'), import('../report.js')])
  await writeFileText(file, toHtml(reportRun(events)))
}
