/** signalbox again, its plan made by the builder, call by call. Not in the default table: name it to see it. */
import { handlersFor, start } from './signalbox.mjs'

export async function run({ ids, parents }, work, concurrency) {
  const handlers = handlersFor(work)
  const plan = handlers.plan('bench', (p) => {
    for (let task = 0; task < ids.length; task += 1) p.task(ids[task], 'noop', undefined, { dependsOn: parents[task] })
  })
  return start(plan, handlers, concurrency)
}
