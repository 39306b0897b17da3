/** signalbox through its front door: a plan as data, a scheduler on the memory store, a run. */
import { createScheduler, defineHandlers, definePlan, handler } from 'signalbox'

export async function run({ ids, parents }, work, concurrency) {
  const tasks = []
  for (let task = 0; task < ids.length; task += 1) tasks.push({ id: ids[task], dependsOn: parents[task] })
  return start(definePlan({ name: 'bench', defaults: { handler: 'noop' }, tasks }), handlersFor(work), concurrency)
}

export function handlersFor(work) {
  return defineHandlers({ noop: handler({ run: (_input, { attempt }) => work(attempt.task) }) })
}

export async function start(plan, handlers, concurrency) {
  const scheduler = createScheduler({ handlers, pools: { local: { slots: concurrency } } })
  const handle = await scheduler.start(plan)
  const { verdict } = await handle.outcome
  if (verdict !== 'succeeded') throw new Error(`The run ended as "${verdict}".`)
  return { held: { scheduler, handle }, close: () => scheduler.close() }
}
