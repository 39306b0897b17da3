// Four agents that are programs of their own, here shell scripts that speak the line protocol. One of them hangs and is killed
// with SIGKILL; it is replaced, its claims go to its successor, and its task has lost none of its retries.
//
//   npm run build && node examples/agents-as-commands/run.mjs
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { commandExecutor } from 'signalbox/executors/command'

const agent = fileURLToPath(new URL('agent.sh', import.meta.url))
const checkout = mkdtempSync(join(tmpdir(), 'signalbox-agents-'))

const handlers = defineHandlers({
  agent: handler({
    via: commandExecutor({
      argv: ['/bin/sh', agent],
      cwd: checkout,
      folder: join(checkout, '.signalbox'),
      env: { set: ({ input }) => ({ AREA: input.area }) },
      result: 'required',
    }),
  }),
})

const plan = handlers.plan('agents', (p) => {
  const areas = ['api', 'web', 'docs', 'tests'].map((area) =>
    p.stream(area, { owns: [`${area}/**`] }, (s) => ({
      build: s.task('build', 'agent', { area }, { milestones: ['draft'], retry: { maxAttempts: 1 } }),
    })),
  )
  p.task('release', () => 'released', undefined, { dependsOn: areas })
})

const scheduler = createScheduler({ handlers, pools: { agents: { slots: 4 } } })
const run = await scheduler.start(plan, { id: 'r1' })
run.on('attempt.progressed', ({ task, attempt, progress }) => {
  if (task === 'web/build' && attempt === 1) process.kill(progress.pid, 'SIGKILL')
})
const { verdict, tasks } = await run.outcome
await scheduler.close()

console.log(`The run has ${verdict}.`)
for (const { id, attempts, failure } of tasks.values()) {
  const before = failure === undefined ? '' : `: the first was ${failure.kind} (${failure.message})`
  console.log(`${id} took ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${before}`)
}
console.log(readFileSync(join(checkout, 'web/work.txt'), 'utf8').trim())
rmSync(checkout, { recursive: true })
