/** Workers that ask for work: when they are given any, who is first, and how long they are believed. */
import { describe, expect, it } from 'vitest'
import { type World, world } from './world.js'

const LEASE = 1000

function asking(w: World, ...workers: readonly string[]): void {
  for (const id of workers) w.worker(id, { leaseMs: LEASE, slots: 2 })
}

function offer(w: World, ...workers: readonly string[]): void {
  for (const worker of workers) w.send({ type: 'offer', worker })
}

const started = (w: World) => w.events('attempt.started').map(({ task, worker }) => `${task} ${worker}`)

describe('a worker that asks for work', () => {
  it('is given one attempt for each time it asks', () => {
    const w = world()
    asking(w, 'w')
    w.open({ tasks: { a: {}, b: {}, c: {} } })
    expect(started(w)).toEqual([])
    offer(w, 'w')
    expect(started(w)).toEqual(['a w'])
    offer(w, 'w', 'w')
    expect(started(w)).toEqual(['a w', 'b w'])
    // The third time it had no slot left: that counts once it has.
    w.complete('a')
    expect(started(w)).toEqual(['a w', 'b w', 'c w'])
  })

  it('is given nothing after it took back what it asked for', () => {
    const w = world()
    asking(w, 'w')
    offer(w, 'w', 'w')
    w.send({ type: 'withdraw', worker: 'w' })
    w.open({ tasks: { a: {}, b: {} } })
    expect(started(w)).toEqual(['a w'])
    w.send({ type: 'withdraw', worker: 'w' })
    expect(started(w)).toEqual(['a w'])
    expect(w.explain('b')).toEqual([{ kind: 'not-asked', requires: [], pool: null, workers: 1 }])
  })

  it('comes after those that the host gives work, and among its like when it has waited longest', () => {
    const w = world()
    asking(w, 'w3', 'w1', 'w2')
    offer(w, 'w2', 'w3', 'w1')
    w.worker('own')
    w.open({ tasks: { a: {}, b: {}, c: {}, d: {}, e: {} } })
    expect(started(w)).toEqual(['a own', 'b w2', 'c w3', 'd w1'])
  })

  it('is refused where it has not joined', () => {
    const w = world()
    expect(w.send({ type: 'offer', worker: 'w' }).rejection).toMatchObject({ code: 'WORKER_UNKNOWN' })
  })

  it('has to ask again after its host has died', () => {
    const w = world()
    asking(w, 'w')
    offer(w, 'w')
    w.reload()
    w.open({ tasks: { a: {} } })
    expect(started(w)).toEqual([])
    offer(w, 'w')
    expect(started(w)).toEqual(['a w'])
  })

  it('is believed for its lease, and for the heartbeat of the plan where that has one', () => {
    const w = world()
    asking(w, 'w')
    w.open({ tasks: { a: {}, b: { timeouts: { heartbeat: 5000 } } } })
    offer(w, 'w', 'w')
    w.now += LEASE
    w.beat('a')
    w.now += LEASE * 1.1
    w.send({ type: 'tick' })
    expect(w.events('attempt.failed')).toMatchObject([
      { task: 'a', failure: { kind: 'lost', message: 'No sign of life for 1000 ms (the lease of its worker).' } },
    ])
    expect(w.events('attempt.closing')).toMatchObject([{ task: 'a', reason: 'lost', closeBy: w.now + LEASE * 0.4 }])
    w.now += 5000
    w.send({ type: 'tick' })
    expect(w.events('attempt.failed').at(-1)?.failure.message).toBe('No sign of life for 5000 ms (timeouts.heartbeat).')
  })
})
