/** Advisory claims: they steer the order in which tasks start, and never block. */
import { describe, expect, it } from 'vitest'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'
import { type World, world } from './world.js'

function worldWith(plan: PlanDocument, slots = 4): World {
  const w = world()
  w.worker('w', { slots })
  w.open(plan)
  return w
}

describe('advice', () => {
  const advised = (path: string, more: object = {}): TaskDocument => ({ claims: { advisory: [path] }, ...more })

  it('passes over what meets anything that is held, in whatever way, while others can use the worker', () => {
    const kinds = { write: ['x/1'], read: ['x/1'], integrate: ['x/1'], advisory: ['x/1'] }
    for (const [kind, paths] of Object.entries(kinds)) {
      const w = worldWith(
        { tasks: { a: { priority: 9, claims: { [kind]: paths } }, b: { estimate: 9, ...advised('x') }, c: {} } },
        2,
      )
      expect(w.running()).toEqual(['a', 'c'])
      w.complete('c')
      // Nothing else can: it never blocks.
      expect(w.running()).toEqual(['a', 'b'])
    }
  })

  it('starts what was passed over in the same step where nothing else can use the worker', () => {
    const w = worldWith({
      tasks: { a: { claims: { write: ['x'] } }, b: advised('x'), c: advised('y'), d: advised('x') },
    })
    expect(w.running()).toEqual(['a', 'b', 'c', 'd'])
    expect(w.events('attempt.started').map(({ task }) => task)).toEqual(['a', 'c', 'b', 'd'])
  })

  it('is weaker than a priority, and than a reservation', () => {
    const plan = { a: { priority: 9, claims: { write: ['x'] } }, b: advised('x', { priority: 1 }), c: {} }
    expect(worldWith({ tasks: plan }, 2).running()).toEqual(['a', 'b'])
  })

  it('also lets those go that stand behind one in a line', () => {
    const w = worldWith(
      {
        tasks: {
          a: { priority: 9, claims: { write: ['x', 'z'] } },
          keep: { priority: 9, claims: { write: ['y'] } },
          b: { claims: { read: ['x'], advisory: ['y'] } },
          c: { claims: { read: ['x'] } },
        },
      },
      3,
    )
    w.open({ tasks: { late: { claims: { write: ['z'] } } } }, 'r2')
    w.cancel('a')
    w.send({ type: 'drain', worker: 'w' })
    w.worker('v', { slots: 1 })
    w.confirm('a')
    expect(w.running()).toContain('c')
    expect(w.status('b')).toBe('ready')
  })

  it('looks at 32 tasks in a decision and no more', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ id: `t${i}`, estimate: 100 - i, ...advised('x') }))
    const w = worldWith(
      { tasks: [{ id: 'a', priority: 9, claims: { write: ['x'] } }, ...many, { id: 'last', estimate: 1 }] },
      2,
    )
    expect(w.running()).toEqual(['a', 't32'])
  })
})
