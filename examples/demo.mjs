// 49 workstreams and sixteen agents of seven kinds, from start to finish: `npm run demo`.
//
// The plan is real, the work is not: an attempt takes as long as its task is estimated, and a day passes in a fifth of
// a second. Some attempts fail and are tried again. Their ids decide which, so each run meets the same trouble. Four gates
// await approval, and a person who is always there gives it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  checkPlan,
  createScheduler,
  defineHandlers,
  formatSummary,
  handler,
  pacedClock,
  summarize,
  taskFailure,
  terminalReporter,
} from 'signalbox'
import { parse } from 'yaml'

const DAY_MS = 24 * 60 * 60 * 1000
const clock = pacedClock(DAY_MS / 200)
const FAILING = 0.15
const TROUBLES = [
  () => taskFailure('tests are red'),
  () => taskFailure('the review asks for changes'),
  () => taskFailure('the model is busy', { kind: 'rate-limited', retryAfterMs: DAY_MS / 8 }),
]

const { plan } = checkPlan(parse(readFileSync(new URL('plans/forty-five-workstreams.yaml', import.meta.url), 'utf8')))
const tasks = new Map(plan.streams.flatMap(({ id, tasks }) => tasks.map((task) => [`${id}/${task.id}`, task])))

const handlers = defineHandlers({
  // Where a real host would start a coding agent, this one waits.
  agent: handler({
    run: async (_, { attempt, signal, milestone }) => {
      const { estimate, milestones = [] } = tasks.get(attempt.task)
      const { min, max } = rangeOf(estimate)
      const duration = min + (max - min) * shareOf(attempt.task)
      const luck = shareOf(attempt.id)
      if (luck >= FAILING) {
        await wait(duration / 2, signal)
        for (const name of milestones) await milestone(name)
        return wait(duration / 2, signal)
      }
      await wait(duration * shareOf(`${attempt.id} fails`), signal)
      throw TROUBLES[Math.floor((luck / FAILING) * TROUBLES.length)]()
    },
  }),
  // What the plan asks of each service before it counts as done. Here all is well.
  ...Object.fromEntries(stepsOf(plan).map((step) => [step, handler({ run: () => ({ passed: true }) })])),
})

const agents = Object.values(plan.pools).reduce((sum, { slots }) => sum + slots, 0)
console.log(
  `${plan.name}: ${plan.streams.length} streams, ${tasks.size} tasks, ${plan.gates.length} gates, ${agents} agents; a day takes 0.2 s\n`,
)

const scheduler = createScheduler({ handlers, clock })
const run = await scheduler.start(plan, { id: 'demo' })
const events = []
run.on('*', (event) => events.push(event))
const reporter = terminalReporter(run, { stream: process.stdout, now: clock.shown, note: 'simulated' })

// A gate is ready when the last task it waits for has ended.
run.on('attempt.succeeded', () => {
  for (const { id, title } of run.progress().gates) {
    run.approve(id, { by: 'the lead', note: `${title}: go on` }).catch(() => {})
  }
})

// Whoever reads the lines may stop reading (`npm run demo | head`).
process.stdout.on('error', () => process.exit())

// Ctrl-C cancels what runs and waits until it has stopped; a second one ends the program at once.
process.once('SIGINT', () => {
  process.exitCode = 130
  run.cancel({ reason: 'interrupted' }).catch(() => {})
})

const { verdict } = await run.outcome
await reporter.ended
await scheduler.close()
console.log(`\n${formatSummary(summarize(events, { longestWaits: 12 }))}`)
if (verdict !== 'succeeded') process.exitCode ??= 1

/** A number from 0 to 1 that depends on the text alone. */
function shareOf(text) {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32
}

function stepsOf({ streams }) {
  return [...new Set(streams.flatMap(({ tasks }) => tasks.flatMap(({ verify = [] }) => verify)))]
}

function rangeOf(estimate) {
  return typeof estimate === 'number' ? { min: estimate, max: estimate } : estimate
}

function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const disarm = clock.arm(clock.now() + ms, () => resolve(null))
    signal.addEventListener('abort', () => {
      disarm()
      reject(signal.reason)
    })
  })
}
