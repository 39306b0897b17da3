// Two tasks want the same file. Why does the second one wait? And what else can be in its way?
import { createScheduler, definePlan } from 'signalbox'

let finish = () => {}
const finished = new Promise((resolve) => {
  finish = () => resolve('done')
})
const plan = definePlan({
  name: 'handbook',
  tasks: {
    draft: { handler: () => finished, priority: 1, claims: { write: ['docs/**'] } },
    review: { handler: () => 'fine', claims: { write: ['docs/guide.md'] } },
    publish: { handler: () => 'out', dependsOn: ['review'] },
  },
})

const scheduler = createScheduler({ pools: { local: { slots: 2 } } })
const run = await scheduler.start(plan, { id: 'r1' })
const draftStarted = new Promise((resolve) => run.on('attempt.started', resolve))
const draftEnded = new Promise((resolve) => run.on('attempt.succeeded', resolve))
await draftStarted
explain('while draft runs', 'draft', 'review', 'publish')
console.log(`what waits for review: ${run.unblocks('review')}`)
await run.pause('lunch')
finish()
await draftEnded
explain('paused', 'review')
await run.cancel({ task: 'publish', reason: 'not today' })
await run.resume()
const { verdict } = await run.outcome
explain(`the end: ${verdict}`, 'draft', 'review', 'publish')
await scheduler.close()

function explain(when, ...tasks) {
  // Without `sinceMs`, which is another number with each run.
  const reasons = tasks.map((task) => [task, run.explain(task).map(({ sinceMs, ...reason }) => reason)])
  console.log([when, ...reasons.map(([task, why]) => `  ${task}: ${JSON.stringify(why)}`)].join('\n'))
}
