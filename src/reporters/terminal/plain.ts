/** A run as plain lines, one for each event that matters: for logs and pipes. */
import type { Failure, RunEvent, RunEventMap, SkipReason } from '../../core/types.js'
import { inColumns, type Line, type Style } from '../shared/line.js'
import { formatCount, formatDuration, thousands } from '../shared/quantity.js'
import { NO_STREAM, type RunModel } from './model.js'

/** Columns of the time since the run was opened, and of the word. */
const TIME_WIDTH = 8
const WORD_WIDTH = 10

/** The line of an event that `model` has taken in already; null for one that is not worth a line. */
export function plainLine(event: RunEvent, model: RunModel, startedAt: number | null): Line | null {
  const line = (word: string, style: Style | null, text: string): Line => {
    const padded = inColumns(word, WORD_WIDTH)
    const time = inColumns(formatDuration(event.at - model.openedAt), TIME_WIDTH, 'end')
    return [{ text: time, style: 'dim' }, '  ', style === null ? padded : { text: padded, style }, ` ${text}`]
  }
  const took = startedAt === null ? '' : ` after ${formatDuration(event.at - startedAt)}`
  const done = `  (${thousands(model.ended)}/${thousands(model.total)})`
  switch (event.type) {
    case 'run.opened': {
      const { name, total, streams } = model
      const content = `${formatCount(total, 'task')} in ${formatCount(streams.filter(({ id }) => id !== NO_STREAM).length, 'stream')}`
      return line('opened', null, `run ${event.run} of ${name}: ${content}`)
    }
    case 'attempt.started':
      return line('started', null, `${event.task}#${event.attempt} on ${event.worker}/${event.slot}`)
    case 'attempt.completed':
      return line(
        'completed',
        null,
        `${event.task}#${event.attempt}${took}, to be verified in ${formatCount(event.of, 'step')}`,
      )
    case 'attempt.verified':
      return line('verified', null, `${event.task}#${event.attempt}, step ${event.step} of ${event.of}`)
    case 'attempt.succeeded':
      return line('succeeded', 'green', `${event.task}#${event.attempt}${took}${done}`)
    case 'attempt.failed': {
      const { failure, retryAt, at } = event
      const next = retryAt === null ? `no more attempts${done}` : `next try in ${formatDuration(retryAt - at)}`
      return line('failed', 'red', `${event.task}#${event.attempt}${took}, ${next}: ${failureText(failure)}`)
    }
    case 'attempt.closing':
      return line('stopping', 'yellow', `${event.task}#${event.attempt} (${event.reason})`)
    case 'context.shared':
      return line('shared', null, `${event.task}#${event.attempt}: ${event.key}`)
    case 'message.sent':
      return line('message', null, messageText(event))
    case 'milestone.reached':
      return line('reached', null, `${event.task}#${event.milestone}${took}`)
    case 'task.reused':
      return line('reused', 'green', `${event.task}: the result of ${event.from.run}/${event.from.task}${done}`)
    case 'task.failed':
      return line('failed', 'red', `${event.task}: ${failureText(event.failure)}${done}`)
    case 'gate.passed':
      return line('passed', 'green', `gate ${event.gate}${answerText(event)}${done}`)
    case 'gate.failed':
      return line('refused', 'red', `gate ${event.gate}: ${failureText(event.failure)}${done}`)
    case 'task.skipped':
      return line('skipped', 'yellow', `${event.task}: ${skipText(event.reason)}${done}`)
    case 'task.cancelled':
      return line('cancelled', 'yellow', `${event.task}: ${event.reason}${done}`)
    case 'task.reopened':
      return line('reopened', 'yellow', `${event.task}: ${event.reason}${done}`)
    case 'run.paused':
    case 'run.cancelled':
      return line(event.type.slice('run.'.length), 'yellow', event.reason)
    case 'run.resumed':
      return line('resumed', null, `run ${event.run}`)
    case 'run.closed': {
      const style = event.verdict === 'succeeded' ? 'green' : 'red'
      return line('closed', style, `run ${event.run}: ${event.verdict}`)
    }
    default:
      return null
  }
}

/** Its number and whom it is between; what it says may be long. */
function messageText({ seq, from, to }: RunEventMap['message.sent']): string {
  const sender = from === null ? 'outside' : `${from.task}#${from.attempt}`
  const [[kind, id] = []] = Object.entries(to)
  return `${seq} from ${sender} to ${kind} ${id}`
}

function answerText({ by, note }: RunEventMap['gate.passed']): string {
  return `${by === null ? '' : ` by ${by}`}${note === null ? '' : `: ${note}`}`
}

function failureText({ kind, message }: Failure): string {
  return kind === 'error' ? message : `${kind}: ${message}`
}

function skipText(reason: SkipReason): string {
  switch (reason.kind) {
    case 'dependency':
      return `${reason.because} ${endText(reason)}${reason.unneeded === true ? ', so there is nothing to do' : ''}`
    case 'condition':
      return `the result of ${reason.because} does not ask for it`
    case 'removed':
      return 'the plan was amended without it'
    case 'on-failure':
      return `nothing starts after ${reason.because} failed (onFailure: ${reason.rule})`
    default:
      return reason satisfies never
  }
}

function endText({ status, through }: Extract<SkipReason, { readonly kind: 'dependency' }>): string {
  const end = status === 'succeeded' ? status : `was ${status === 'failed' ? 'not done: it failed' : status}`
  return through === undefined ? end : `${end}, of ${through}`
}
