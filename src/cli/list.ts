/** `signalbox list`: the runs that a store keeps. */
import { inColumns } from '../reporters/shared/line.js'
import { listRuns } from '../runtime/run-list.js'
import { EXIT } from './io.js'
import { STORE_OPTION, withStore } from './open-store.js'
import { stateText, timeText } from './run-status.js'
import { readScope } from './scope.js'
import type { Verb, VerbContext } from './verb.js'

export const listVerb: Verb = {
  name: 'list',
  positionals: [],
  options: { store: STORE_OPTION },
  about: [
    'Lists all runs of a store, open and closed, in the order in which they were opened. Changes nothing, and may be called while',
    'another process runs them.',
  ],
  examples: [
    { call: 'signalbox list --store file:.signalbox', about: 'All runs of a folder.' },
    {
      call: 'signalbox list --store sqlite:runs.db --json | jq \'.runs[] | select(.status != "closed") | .id\'',
      about: 'What could be resumed.',
    },
  ],
  run,
}

async function run(context: VerbContext): Promise<number> {
  const runs = await withStore(context, 'read', async ({ store }) => listRuns(await readScope(store)))
  const width = Math.max(0, ...runs.map(({ id }) => id.length)) + 2
  const { output } = context
  output.print(
    runs.map((each) => [
      `${inColumns(each.id, width)}${inColumns(stateText(each), 11)}${timeText(each.openedAt)}  ${each.name}`,
    ]),
  )
  if (runs.length === 0) output.print([['There are no runs.']])
  output.document({ ok: true, runs })
  return EXIT.ok
}
