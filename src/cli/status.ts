/** `signalbox status [id]`: how far the open runs of a store have come, or one run in detail. */
import type { ScopeState } from '../core/state.js'
import { inColumns, type Line } from '../reporters/shared/line.js'
import { EXIT } from './io.js'
import { type NamedStore, STORE_OPTION, withStore } from './open-store.js'
import { statusLines, statusOf, type TaskRow, taskRows } from './run-status.js'
import { findRun, readScope } from './scope.js'
import type { Verb, VerbContext } from './verb.js'

export const statusVerb: Verb = {
  name: 'status',
  positionals: ['[id]'],
  options: { store: STORE_OPTION },
  about: [
    'Shows how far the open runs of a store have come; with the id of a run, open or closed, that one, with all tasks in --json',
    'and those that are not done or did not succeed for people. What it knows is what is stored: after a crash, work that was',
    'under way counts as running until somebody resumes the run. Changes nothing, and may be called while another process runs',
    'them. Ends with 0 however the runs stand.',
  ],
  examples: [
    { call: 'signalbox status --store file:.signalbox', about: 'What is open.' },
    { call: 'signalbox status r1 --store file:.signalbox --json | jq .run.progress.percent', about: 'For programs.' },
  ],
  run,
}

function run(context: VerbContext): Promise<number> {
  const id = context.args.positionals[0]
  return withStore(context, 'read', async (named) => {
    const state = await readScope(named.store)
    return id === undefined ? tellOfAll(state, context) : tellOfOne(id, state, named, context)
  })
}

function tellOfAll(state: ScopeState, { io, output }: VerbContext): number {
  const now = io.clock.now()
  const runs = [...state.runs.values()].map((each) => statusOf(state, each, now))
  const lines = runs.flatMap((each, index) => [...(index === 0 ? [] : [[]]), ...statusLines(each)])
  output.print(runs.length === 0 ? [['No run is open.']] : lines)
  output.document({ ok: true, runs })
  return EXIT.ok
}

/** Most tasks that are listed for people. */
const MOST_TASKS = 40

async function tellOfOne(
  id: string,
  state: ScopeState,
  { store }: NamedStore,
  { io, output }: VerbContext,
): Promise<number> {
  const found = await findRun(store, state, id)
  const status = statusOf(state, found, io.clock.now())
  const tasks = taskRows(found)
  output.print([...statusLines(status), ...taskLines(tasks.filter((task) => task.status !== 'succeeded'))])
  output.document({ ok: true, run: { ...status, tasks } })
  return EXIT.ok
}

function taskLines(tasks: readonly TaskRow[]): readonly Line[] {
  if (tasks.length === 0) return []
  const lines = tasks
    .slice(0, MOST_TASKS)
    .map(({ id, status, attempts }): Line => [`  ${inColumns(status, 11)}${id}${attempts > 0 ? `#${attempts}` : ''}`])
  const more = tasks.length - lines.length
  return [[], ...lines, ...(more > 0 ? [[`  and ${more} more; --json lists all`]] : [])]
}
