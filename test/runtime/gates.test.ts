/** Gates through the handle of a run. */
import { expect, it } from 'vitest'
import { hosted, plan, turns, typesOf, watchUnhandled } from './world.js'

watchUnhandled()

it('approve and refuse are durable when they resolve, and tell who said so', async () => {
  const { scheduler, work } = hosted()
  const gates = {
    review: { kind: 'approval', dependsOn: ['build'] },
    audit: { kind: 'approval', dependsOn: ['build'] },
  }
  const tasks = { build: {}, ship: { dependsOn: ['review'] }, file: { dependsOn: ['audit'] } }
  const run = await scheduler.start(plan(tasks, { gates }), { id: 'r1' })
  const heard: unknown[] = []
  run.on('gate.passed', ({ gate, by, note }) => heard.push(['passed', gate, by, note]))
  run.on('gate.failed', ({ gate, by, note }) => heard.push(['failed', gate, by, note]))
  await expect(run.approve('review')).rejects.toMatchObject({ name: 'SchedulerError', code: 'GATE_NOT_READY' })
  await turns()
  work.of('build').finish()
  await turns()
  await run.approve('review', { by: 'ann', note: 'go' })
  await run.refuse('audit')
  await expect(run.refuse('review')).rejects.toMatchObject({ code: 'GATE_ANSWERED' })
  await expect(run.approve('ghost')).rejects.toMatchObject({ code: 'GATE_UNKNOWN' })
  await turns()
  work.of('ship').finish('shipped')
  const { verdict, results, tasks: ended } = await run.outcome
  expect(heard).toEqual([
    ['passed', 'review', 'ann', 'go'],
    ['failed', 'audit', null, null],
  ])
  expect(verdict).toBe('failed')
  expect(results).toMatchObject({ ship: 'shipped', review: { by: 'ann', note: 'go' } })
  expect(ended.get('audit')).toMatchObject({ status: 'failed', attempts: 0, startedAt: null })
  await scheduler.close()
})

it('a check is carried out by its handler, with its input; an approval needs none', async () => {
  const asked: unknown[] = []
  const tests = { run: (input: unknown) => asked.push(input) > 1 }
  const { scheduler, work } = hosted({ more: { 'npm.test': tests } })
  const gates = { tests: { kind: 'check', handler: 'npm.test', dependsOn: ['build'], input: { $from: 'build' } } }
  const run = await scheduler.start(plan({ build: {}, ship: { dependsOn: ['tests'] } }, { gates }))
  await turns()
  work.of('build').finish({ sha: 'abc' })
  const { verdict } = await run.outcome
  expect(asked).toEqual([{ sha: 'abc' }])
  expect(verdict).toBe('failed')
  expect(await typesOf(run, 'run.closed')).toContain('gate.failed')
  await scheduler.close()
})

it('a check whose handler nobody registered is refused at the start', async () => {
  const { scheduler } = hosted()
  const gates = { tests: { kind: 'check', handler: 'npm.test' } }
  await expect(scheduler.start(plan({}, { gates }))).rejects.toMatchObject({ code: 'HANDLER_UNKNOWN' })
  await scheduler.close()
})
