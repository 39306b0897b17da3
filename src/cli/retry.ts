/** `signalbox retry <id> <task>`: has a task of an open run done again that ended without success. */
import { STATUS } from '../core/state.js'
import { quote } from '../plan/text.js'
import { schedulerError } from '../runtime/errors.js'
import { CHANGE_OPTIONS, change } from './change.js'
import { openRun, taskOf } from './scope.js'
import type { Verb } from './verb.js'

export const retryVerb: Verb = {
  name: 'retry',
  positionals: ['<id>', '<task>'],
  options: CHANGE_OPTIONS,
  about: [
    'Has a task done again that failed, was cancelled or skipped, with a fresh budget, and what was skipped because of it. Nothing',
    'is started: `signalbox resume` goes on. For open runs that no process leads, as for `cancel`; a run that has ended is started anew.',
  ],
  examples: [{ call: 'signalbox retry r1 api/auth --store file:.signalbox', about: 'Then: signalbox resume r1' }],
  run: (context) => {
    const [id = '', task = ''] = context.args.positionals
    return change(context, (state) => {
      const run = openRun(state, id)
      if (run.status[taskOf(run, task)] === STATUS.succeeded) {
        throw schedulerError('TASK_FINISHED', `Task ${quote(task)} has succeeded.`, 'Only what did not is tried again.')
      }
      return { type: 'reopen', run: run.id, task, downstream: false, reason: 'retried by request' }
    })
  },
}
