/** The part of `decide` for what attempts hand over: who may share and send how much, and to whom. */
import { MESSAGES_LIMIT, SHARED_KEYS_LIMIT, streamOf } from './handed-over.js'
import { type Draft, headOf, record, reject } from './record.js'
import type { Attempt, RunState } from './state.js'
import type { Input, MessageSender, MessageTarget } from './types.js'

type InputOf<Type extends Input['type']> = Extract<Input, { readonly type: Type }>

export function share(draft: Draft, attempt: Attempt, { key, value }: InputOf<'share'>): void {
  const { run, task } = attempt
  const stream = streamOf(run, task)
  const known = run.shared.get(stream)
  if (known !== undefined && known.size >= SHARED_KEYS_LIMIT && !known.has(key)) {
    const whose = stream === null ? 'The tasks of no stream' : `Stream "${stream}"`
    const message = `${whose} of run "${run.id}" shared ${SHARED_KEYS_LIMIT} keys already; "${key}" would be one more.`
    return reject(draft, 'LIMIT_EXCEEDED', message, 'Share under a key that exists, or put several values under one.')
  }
  record(draft, { type: 'context.shared', ...headOf(draft, attempt), stream, key, value })
}

/** Whether somebody will ever read it is not asked: a task may have ended, a worker may come back. */
export function send(draft: Draft, run: RunState, sender: Attempt | null, { to, body }: InputOf<'send'>): void {
  if (!isKnown(draft, run, to)) return
  const seq = run.messages.length + 1
  if (seq > MESSAGES_LIMIT) {
    const message = `Run "${run.id}" has ${MESSAGES_LIMIT} messages already.`
    return reject(draft, 'LIMIT_EXCEEDED', message, 'Send fewer: hand over results and shared contexts instead.')
  }
  const { at } = draft
  record(draft, {
    type: 'message.sent',
    at,
    run: run.id,
    seq,
    from: sender === null ? null : senderOf(sender),
    to,
    body,
  })
}

function senderOf({ run, task, number, fence }: Attempt): MessageSender {
  return { task: run.plan.taskIds[task]!, attempt: number, fence }
}

function isKnown(draft: Draft, run: RunState, to: MessageTarget): boolean {
  if ('task' in to) {
    if (run.plan.taskIndex.has(to.task)) return true
    reject(draft, 'TASK_UNKNOWN', `Run "${run.id}" has no task "${to.task}".`, 'Use the full id, "stream/task".')
  } else if ('stream' in to) {
    if (run.plan.streamIndex.has(to.stream)) return true
    const message = `Run "${run.id}" has no stream "${to.stream}".`
    reject(draft, 'STREAM_UNKNOWN', message, 'Use the id of a stream of the plan.')
  } else {
    if (draft.state.workers.has(to.worker)) return true
    reject(draft, 'WORKER_UNKNOWN', `No worker "${to.worker}" has joined.`, 'It may have left already.')
  }
  return false
}
