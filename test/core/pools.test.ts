/** Workers whose number of slots changes, and workers that rest. */
import { describe, expect, it } from 'vitest'
import { type World, world } from './world.js'

const started = (w: World) => w.events('attempt.started').map(({ task, slot }) => `${task} ${slot}`)
const resize = (w: World, slots: number) => w.send({ type: 'resize', worker: 'w', slots })
const tasks = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, {}]))

describe('a worker that is resized', () => {
  it('fills its new slots in the same step', () => {
    const w = world()
    w.worker('w')
    w.open({ tasks })
    resize(w, 3)
    expect(started(w)).toEqual(['a 1', 'b 2', 'c 3'])
    expect(resize(w, 3).events).toEqual([])
  })

  it('lets what runs go on when it shrinks, and starts nothing until fewer run than it has slots (S7)', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ tasks })
    resize(w, 1)
    // Slot 1 is free by then, but two still run in slots that are no longer there.
    w.complete('a')
    expect(w.running()).toEqual(['b', 'c'])
    expect(w.explain('d')).toEqual([{ kind: 'capacity', requires: [], pool: null, busy: 1, slots: 1 }])
    w.complete('c')
    expect(w.running()).toEqual(['b'])
    w.complete('b')
    expect(w.running()).toEqual(['d'])
    expect(started(w).at(-1)).toBe('d 1')
  })

  it('takes up slots again that are still occupied when it grows back', () => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ tasks })
    resize(w, 1)
    w.complete('b')
    resize(w, 4)
    expect(started(w)).toEqual(['a 1', 'b 2', 'c 3', 'd 2', 'e 4'])
    w.reload()
    w.complete('c')
    expect(started(w).at(-1)).toBe('f 3')
  })

  it('may have none: nothing starts any more', () => {
    const w = world()
    w.worker('w')
    resize(w, 0)
    w.open({ tasks: { a: {} } })
    expect(started(w)).toEqual([])
    expect(w.explain('a')).toEqual([{ kind: 'capacity', requires: [], pool: null, busy: 0, slots: 0 }])
    resize(w, 1)
    expect(started(w)).toEqual(['a 1'])
  })
})

describe('a worker in quarantine', () => {
  const rest = (w: World, worker = 'w') => w.send({ type: 'quarantine', worker, losses: 3, forMs: 1000 })

  it('is given nothing until its time is over, and that is said', () => {
    const w = world()
    w.worker('w')
    expect(rest(w).wakeAt).toBe(w.now + 1000)
    w.open({ tasks: { a: {} } })
    const quarantined = { kind: 'quarantined', requires: [], pool: null, workers: ['w'] }
    expect(w.explain('a')).toEqual([{ ...quarantined, until: w.now + 1000, inMs: 1000 }])
    w.reload()
    w.now += 999
    w.send({ type: 'tick' })
    expect(started(w)).toEqual([])
    w.now += 1
    w.send({ type: 'tick' })
    expect(started(w)).toEqual(['a 1'])
  })

  it('goes on with what it runs, and leaves the rest to others', () => {
    const w = world()
    w.worker('w')
    w.worker('x')
    w.open({ tasks })
    rest(w)
    w.complete('a')
    w.complete('b')
    expect(w.events('attempt.started').map(({ task, worker }) => `${task} ${worker}`)).toEqual(['a w', 'b x', 'c x'])
  })
})
