/** progress(): phases, the gates that await an answer, and what holds up the most work. */
import { expect, it } from 'vitest'
import { progressOf } from '../../src/runtime/progress.js'
import { world } from '../core/world.js'

it('phases tell where they stand, gates since when they await an answer', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({
    phases: { alpha: { title: 'First', gate: 'go' }, beta: {} },
    gates: { go: { title: 'Have a look', kind: 'approval' }, early: { kind: 'approval' } },
    streams: { a: { phase: 'alpha', tasks: { t: {}, u: {} } }, b: { phase: 'beta', tasks: { t: {} } } },
  })
  const told = () => progressOf(w.state, w.run(), w.now)
  expect(told().phases).toEqual([
    { id: 'alpha', title: 'First', status: 'running', total: 2, done: 0, gate: 'go' },
    { id: 'beta', title: null, status: 'waiting', total: 1, done: 0, gate: null },
  ])
  expect(told().gates).toEqual([{ id: 'early', title: null, since: w.now }])
  const opened = w.now
  w.now += 50
  w.complete('a/t')
  w.complete('a/u')
  expect(told().phases[0]).toMatchObject({ status: 'gate', done: 2 })
  expect(told().gates).toEqual([
    { id: 'early', title: null, since: opened },
    { id: 'go', title: 'Have a look', since: w.now },
  ])
  w.send({ type: 'approve', run: 'r', gate: 'go', by: null, note: null })
  expect(told().phases.map(({ status }) => status)).toEqual(['done', 'running'])
})

it('blockers are what the most estimated work waits for: tasks, gates, and holders of claims', () => {
  const w = world()
  w.worker('w', { slots: 2 })
  w.open({
    tasks: {
      holder: { claims: { write: ['src'] }, priority: 9 },
      blocked: { claims: { write: ['src/a'] }, estimate: 100 },
      'after-blocked': { dependsOn: ['blocked'], estimate: 900 },
      small: { priority: 8 },
      'after-small': { dependsOn: ['small'], estimate: 10 },
      shipped: { dependsOn: ['go'], estimate: 5000 },
      lonely: { priority: -1 },
    },
    gates: { go: { kind: 'approval' } },
  })
  const { blockers } = progressOf(w.state, w.run(), w.now)
  expect(blockers).toMatchObject([
    { id: 'go', tasks: 1, workMs: 5000, reason: { kind: 'gate' } },
    { id: 'holder', tasks: 2, workMs: 1000, reason: { kind: 'running' } },
    { id: 'small', tasks: 1, workMs: 10, reason: { kind: 'running' } },
  ])
  expect(JSON.parse(JSON.stringify(progressOf(w.state, w.run(), w.now))).blockers).toHaveLength(3)
})

it('the time that gates take spoils neither the estimate of the rest nor the share that is done', () => {
  const w = world()
  w.worker()
  w.open({
    tasks: { a: { estimate: 1000 }, b: { estimate: 1000, dependsOn: ['go'] } },
    gates: { go: { kind: 'approval', dependsOn: ['a'] } },
  })
  w.now += 1000
  w.complete('a')
  w.now += 86_400_000
  expect(progressOf(w.state, w.run(), w.now)).toMatchObject({ etaMs: 1000, percent: 50 })
  w.send({ type: 'approve', run: 'r', gate: 'go', by: null, note: null })
  expect(progressOf(w.state, w.run(), w.now)).toMatchObject({ etaMs: 1000, percent: 50 })
})

it('in a run of many, those of the highest rank are asked', () => {
  const w = world({ isChecked: false })
  const tasks = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`t${n}`, { estimate: 1 }]))
  w.open({ tasks: { ...tasks, last: { dependsOn: ['t249'], estimate: 9 }, u: { dependsOn: ['t3'] } } })
  const { blockers } = progressOf(w.state, w.run(), w.now)
  expect(blockers.map(({ id }) => id)).toEqual(['t249', 't3'])
  expect(blockers[0]?.reason).toMatchObject({ kind: 'no-worker' })
})
