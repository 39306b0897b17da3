/** `signalbox explain <id> <task>`: why a task of a stored run is not running, or how it ended. */
import { explain } from '../core/explain.js'
import { STATUS_NAMES } from '../core/state.js'
import { EXIT } from './io.js'
import { STORE_OPTION, withStore } from './open-store.js'
import { reasonText } from './reason-text.js'
import { findRun, readScope, surroundings, taskOf } from './scope.js'
import type { Verb, VerbContext } from './verb.js'

export const explainVerb: Verb = {
  name: 'explain',
  positionals: ['<id>', '<task>'],
  options: { store: STORE_OPTION },
  about: [
    'Says why a task is not running: every reason that holds, the nearest obstacle first; or how it ended. The task is a full id,',
    '`stream/task`. What it knows is what is stored, as for `status`. Changes nothing.',
  ],
  examples: [
    { call: 'signalbox explain r1 api/auth --store file:.signalbox', about: 'What does it wait for?' },
    {
      call: "signalbox explain r1 api/auth --store file:.signalbox --json | jq '.reasons[0].kind'",
      about: 'For programs.',
    },
  ],
  run,
}

function run(context: VerbContext): Promise<number> {
  const [id = '', task = ''] = context.args.positionals
  const { io, output } = context
  return withStore(context, 'read', async ({ store }) => {
    const state = await readScope(store)
    const found = await findRun(store, state, id)
    const index = taskOf(found, task)
    const reasons = explain(surroundings(state, found), found, index, Math.max(io.clock.now(), state.clock))
    const status = STATUS_NAMES[found.status[index]!]!
    output.print([
      [{ text: task, style: 'bold' }, `  ${status}`],
      ...reasons.map((reason) => [`  ${reasonText(reason)}`]),
      ...(reasons.length === 0 ? [['  nothing is in its way']] : []),
    ])
    output.document({ ok: true, run: id, task, status, reasons })
    return EXIT.ok
  })
}
