/** The options of every verb that reads a plan. */
import { FORMATS } from './formats.js'
import type { LoadOptions } from './load.js'
import type { Arguments, OptionTable } from './verb.js'

export const LOAD_OPTIONS: OptionTable = {
  from: {
    kind: 'value',
    value: '<format>',
    about: `${FORMATS.slice(0, -1).join(', ')} or ${FORMATS.at(-1)}, whatever name and content say.`,
    offers: FORMATS,
  },
  'on-cycle': {
    kind: 'value',
    value: '<what>',
    about: 'Of Task Master, where subtasks wait for each other: error (default) or drop-subtask-edges.',
    offers: ['error', 'drop-subtask-edges'],
  },
}

export function readLoadOptions(args: Arguments): LoadOptions {
  return { from: args.value('from'), onCycle: args.value('on-cycle') }
}
