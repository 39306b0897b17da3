/** Several runs in one scope: they share workers, claims, fences and the journal, and nothing else. */
import { expect, it } from 'vitest'
import { world } from './world.js'

const plan = { tasks: { a: { claims: { write: ['x'] } }, b: { dependsOn: ['a'] } } }

it('runs of the same plan have tasks of the same names and are never mixed up', () => {
  const w = world()
  w.worker('w', { slots: 4 })
  w.open(plan, 'r1')
  w.open(plan, 'r2')
  expect([w.running('r1'), w.running('r2')]).toEqual([['a'], []])
  const { fence } = w.ref('a', 'r1')
  expect(w.send({ type: 'complete', run: 'r2', task: 'a', fence, result: null }).rejection?.code).toBe('ATTEMPT_STALE')
  w.send({ type: 'complete', run: 'r1', task: 'a', fence, result: 'mine' })
  expect([w.running('r1'), w.running('r2')]).toEqual([['b'], ['a']])
  expect(w.run('r2').results.size).toBe(0)
})

it('a run that ends leaves the live state, and its workers to the others', () => {
  const w = world()
  w.worker()
  w.open(plan, 'r1')
  w.open({ tasks: { c: {} } }, 'r2')
  w.now += 1
  w.complete('a')
  expect(w.running('r2')).toEqual(['c'])
  w.complete('c')
  expect([...w.state.runs.keys()]).toEqual(['r1'])
  expect([...w.state.closedRuns.keys()]).toEqual(['r2'])
  expect([...w.state.ended.keys()]).toEqual(['r2'])
})

it('a failure under abort stops only its own run', () => {
  const w = world()
  w.worker('w', { slots: 3 })
  w.open({ onFailure: 'abort', tasks: { a: {}, b: {} } }, 'r1')
  w.open({ tasks: { c: {} } }, 'r2')
  w.fail('a')
  expect(w.running('r2')).toEqual(['c'])
})

it('a closing attempt of one run holds up the other only where their claims meet', () => {
  const w = world()
  w.worker('w', { slots: 9 })
  w.open({ tasks: { a: { claims: { write: ['x'] } } } }, 'r1')
  w.cancel({ kind: 'run' }, 'r1')
  w.open({ tasks: { b: { claims: { read: ['x'] } }, c: { claims: { read: ['y'] } } } }, 'r2')
  expect(w.running('r2')).toEqual(['c'])
  w.confirm('a')
  expect([...w.state.closedRuns.keys()]).toEqual(['r1'])
  expect(w.running('r2')).toEqual(['b', 'c'])
})

it('runs may come and go by the thousand: nothing of them stays but a line for each', () => {
  const w = world({ isChecked: false })
  w.worker('w', { slots: 2 })
  for (let n = 0; n < 1000; n += 1) {
    w.open({ tasks: { a: { claims: { write: [`x${n % 7}/**`] } }, b: { claims: { read: [`x${n % 7}/y`] } } } }, `r${n}`)
    w.complete('a')
    w.complete('b')
    w.state.ended.clear()
  }
  expect(w.state.runs.size).toBe(0)
  expect(w.state.claims.index.size).toBe(0)
  expect(w.state.parked.size).toBe(0)
  expect(w.state.deadlines.size).toBe(0)
  expect(w.state.closedRuns.size).toBe(1000)
})
