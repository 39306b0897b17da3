/** `signalbox approve <id> <gate>`: answers a gate of a stored run that no process leads. */
import { CHANGE_OPTIONS, change } from './change.js'
import { openRun } from './scope.js'
import type { Verb } from './verb.js'

export const approveVerb: Verb = {
  name: 'approve',
  positionals: ['<id>', '<gate>'],
  options: {
    ...CHANGE_OPTIONS,
    refuse: { kind: 'flag', about: 'Refuse it: whoever waits for it is skipped.' },
    by: { kind: 'value', value: '<name>', about: 'Who says so. Default: the user of the system.' },
    note: { kind: 'value', value: '<text>', about: 'Kept with the answer.' },
  },
  about: [
    'Approves a gate that awaits approval, or refuses it; signalbox status names those that do. Nothing is started:',
    '`signalbox resume` goes on. For open runs that no process leads, as for `cancel`: `signalbox run --store` leaves a run open',
    'where nothing but approval is awaited. A run that goes on at a terminal asks there; a program of your own calls run.approve.',
  ],
  examples: [
    { call: 'signalbox approve r1 review --store file:.signalbox', about: 'Then: signalbox resume r1' },
    { call: 'signalbox approve r1 review --refuse --note "not this week" --store file:.signalbox', about: 'Say no.' },
  ],
  run: (context) => {
    const { args, io } = context
    const [id = '', gate = ''] = args.positionals
    return change(context, (state) => {
      const run = openRun(state, id)
      const by = args.value('by') ?? io.env.USER ?? io.env.USERNAME ?? null
      return {
        type: args.has('refuse') ? 'refuse' : 'approve',
        run: run.id,
        gate,
        by,
        note: args.value('note') ?? null,
      }
    })
  },
}
