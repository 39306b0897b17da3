/** Milestones: what running work reports, and others wait for. */
import { expect, it } from 'vitest'
import { type World, world } from './world.js'

const plan = {
  tasks: {
    e: { milestones: ['one', 'two'], retry: { maxAttempts: 2, initialDelay: 10, jitter: 0 } },
    f: { dependsOn: ['e#one'] },
    g: { dependsOn: ['e#two'] },
  },
} as const

function begun(): World {
  const w = world()
  w.worker('w', { slots: 9 })
  w.open(plan)
  return w
}

function report(w: World, name: string): string | null {
  return w.send({ type: 'milestone', ...w.ref('e'), name }).rejection?.code ?? null
}

it('a reported milestone lets those start who wait for it, while the task still runs', () => {
  const w = begun()
  expect(w.running()).toEqual(['e'])
  expect(report(w, 'one')).toBeNull()
  expect(w.running()).toEqual(['e', 'f'])
  expect(w.events('milestone.reached')).toMatchObject([{ task: 'e', attempt: 1, milestone: 'one' }])
})

it('again it is no news, also of a later attempt, and it stays reached although attempt and task fail', () => {
  const w = begun()
  report(w, 'one')
  report(w, 'one')
  w.fail('e')
  w.pass(20)
  expect(w.attempts('e')).toBe(2)
  report(w, 'one')
  w.fail('e')
  expect(w.events('milestone.reached')).toHaveLength(1)
  expect([w.status('e'), w.status('f'), w.status('g')]).toEqual(['failed', 'running', 'skipped'])
})

it('a task that succeeds reaches what it did not report, and no event says so', () => {
  const w = begun()
  w.complete('e')
  expect(w.running()).toEqual(['f', 'g'])
  expect(w.events('milestone.reached')).toEqual([])
})

it('one that the task does not declare is refused, with those that it does', () => {
  const w = begun()
  const { rejection, events } = w.send({ type: 'milestone', ...w.ref('e'), name: 'three' })
  expect(rejection).toEqual({
    code: 'MILESTONE_UNKNOWN',
    message: 'Task "e" declares no milestone "three".',
    hint: 'It declares "one", "two".',
  })
  expect(events).toEqual([])
  report(w, 'one')
  expect(w.send({ type: 'milestone', ...w.ref('f'), name: 'x' }).rejection?.hint).toBe('It declares none.')
})

it('is a sign of life and of progress', () => {
  const w = world()
  w.worker()
  w.open({ tasks: { a: { milestones: ['m'], timeouts: { heartbeat: 100, stall: 100 } } } })
  w.wait(90)
  w.send({ type: 'milestone', ...w.ref('a'), name: 'm' })
  w.wait(90)
  expect(w.status('a')).toBe('running')
})
