/** What `approve`, `cancel` and `retry` share: one change in a store that no process leads. */
import type { ScopeState } from '../core/state.js'
import type { Input } from '../core/types.js'
import { schedulerError } from '../runtime/errors.js'
import { EXIT } from './io.js'
import { type NamedStore, STORE_OPTION, withStore } from './open-store.js'
import { statusLines, statusOf } from './run-status.js'
import { changeScope, findRun } from './scope.js'
import type { OptionTable, VerbContext } from './verb.js'

export const CHANGE_OPTIONS: OptionTable = {
  store: STORE_OPTION,
  yes: { kind: 'flag', about: 'Nobody leads the scope any more, although its workers have not left.' },
}

/** Does it, and shows the run afterwards. @throws SchedulerError as `inputFor`, and SCOPE_TAKEN */
export function change(context: VerbContext, inputFor: (state: ScopeState) => Input): Promise<number> {
  const id = context.args.positionals[0] ?? ''
  const { args, io, output } = context
  return withStore(context, 'change', async (named) => {
    const state = await changeScope(named.store, io.clock.now, (found) => {
      const input = inputFor(found)
      if (!args.has('yes')) mustBeAlone(found, named)
      return input
    })
    const run = statusOf(state, await findRun(named.store, state, id), io.clock.now())
    output.print(statusLines(run))
    output.document({ ok: true, run })
    return EXIT.ok
  })
}

/** A folder is locked by whoever writes to it; elsewhere, workers that have not left are all there is to go by. */
function mustBeAlone({ workers }: ScopeState, { store, name }: NamedStore): void {
  if (store.isShared !== true || workers.size === 0) return
  const message = `Another process may lead the runs in ${name}: its workers have joined and not left.`
  const hint =
    'End it first. If you know that it is gone, say so with --yes: one that lives would stop with SCOPE_TAKEN.'
  throw schedulerError('SCOPE_TAKEN', message, hint)
}
