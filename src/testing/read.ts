/** What an attempt sees of what was handed over to it must be what the journal says, read from its first line. */
import { inboxOf } from '../core/handed-over.js'
import type { Attempt } from '../core/state.js'
import type { JsonValue, RunEvent, RunEventMap } from '../core/types.js'
import type { Machine } from './machine-state.js'
import { factsIn, workOn } from './machine-state.js'

/** @throws Error where whoever works on the task would see something else. */
export function checkRead(machine: Machine, { run, task }: { readonly run: string; readonly task: string }): void {
  const work = workOn(machine.running, run, task)
  const attempt = work === null ? undefined : machine.state.attempts.get(work.fence)
  if (work === null || attempt === undefined) return
  const shared = [...attempt.shared].map(([stream, values]) => [stream, Object.fromEntries(values)])
  compare(
    attempt,
    'shared',
    Object.fromEntries(shared),
    sharedBefore([...machine.journal, ...machine.events], run, work.fence),
  )
  const stored = machine.journal
  for (const after of [0, 2]) {
    const inbox = inboxOf(attempt, after, stored.length).map(({ seq, body }) => [seq, body])
    const stream = factsIn(machine, run, task)!.spec.stream
    const mail = stored.filter((event): event is RunEventMap['message.sent'] => {
      if (event.type !== 'message.sent' || event.run !== run || event.seq <= after) return false
      return [task, work.worker].includes(addressOf(event)) || ('stream' in event.to && event.to.stream === stream)
    })
    compare(
      attempt,
      'inbox',
      inbox,
      mail.map(({ seq, body }) => [seq, body]),
    )
  }
}

/** No task has the id of a worker here. */
function addressOf({ to }: RunEventMap['message.sent']): string {
  return 'task' in to ? to.task : 'worker' in to ? to.worker : ''
}

/** All that was shared in a run before the attempt with this fence started. */
function sharedBefore(events: readonly RunEvent[], run: string, fence: number): unknown {
  const shared: Record<string, Record<string, JsonValue>> = {}
  for (const event of events) {
    if (event.type === 'attempt.started' && event.fence === fence) return shared
    if (event.type !== 'context.shared' || event.run !== run) continue
    const stream = String(event.stream)
    shared[stream] = { ...shared[stream], [event.key]: event.value }
  }
  return shared
}

function compare({ run, task, number }: Attempt, what: string, seen: unknown, told: unknown): void {
  if (JSON.stringify(seen) === JSON.stringify(told)) return
  const name = `"${run.id}/${run.plan.taskIds[task]}#${number}"`
  throw new Error(
    `What ${name} sees as "${what}" is not what the journal says.\n  seen: ${JSON.stringify(seen)}\n  told: ${JSON.stringify(told)}`,
  )
}
