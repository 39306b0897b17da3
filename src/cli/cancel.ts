/** `signalbox cancel <id> [task]`: cancels a stored run that no process leads, or a task of it. */
import { CHANGE_OPTIONS, change } from './change.js'
import { openRun, taskOf } from './scope.js'
import type { Verb } from './verb.js'

export const cancelVerb: Verb = {
  name: 'cancel',
  positionals: ['<id>', '[task]'],
  options: CHANGE_OPTIONS,
  about: [
    'Cancels an open run, or one task of it: for runs that no process leads, such as after a crash. What was under way is lost',
    'with its process. While another process writes to the store nothing is changed; there, press Ctrl-C or call run.cancel.',
  ],
  examples: [
    { call: 'signalbox cancel r1 --store file:.signalbox', about: 'The whole run.' },
    { call: 'signalbox cancel r1 api/auth --store file:.signalbox', about: 'One task; what depends on it is skipped.' },
  ],
  run: (context) => {
    const [id = '', task] = context.args.positionals
    return change(context, (state) => {
      const run = openRun(state, id)
      if (task !== undefined) taskOf(run, task)
      const target = task === undefined ? ({ kind: 'run' } as const) : ({ kind: 'task', task } as const)
      return { type: 'cancel', run: run.id, target, reason: 'cancelled by request' }
    })
  },
}
