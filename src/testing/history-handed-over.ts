/** Whether what was shared and sent could be: by whoever runs, under the name of its stream, to whom there is. */
import type { MessageTarget, RunEventMap } from '../core/types.js'
import type { AttemptPast, RunPast } from './history-past.js'
import { accuse } from './history-past.js'

export function checkShared({ task, name }: AttemptPast, { stream, key }: RunEventMap['context.shared']): void {
  const own = task.facts.spec.stream
  if (stream !== own) accuse(`${name} shares "${key}" for stream "${stream}", its own is "${own}"`)
}

export function checkSent(
  run: RunPast,
  sender: AttemptPast | null,
  workers: ReadonlyMap<string, unknown>,
  { seq, to }: RunEventMap['message.sent'],
): void {
  const what = `Message ${seq} of run "${run.facts.id}"`
  if (sender !== null && sender.run !== run) accuse(`${what} comes from another run`)
  if (!('worker' in to ? workers.has(to.worker) : isAddressee(run, to))) accuse(`${what} is for nobody`)
  run.messages += 1
  if (seq !== run.messages) accuse(`${what} is number ${run.messages}`)
}

/** Whether the run has this task or stream; workers are of no run. */
export function isAddressee({ facts }: RunPast, to: Exclude<MessageTarget, { readonly worker: unknown }>): boolean {
  return 'task' in to ? facts.tasks.has(to.task) : facts.streams.has(to.stream)
}
