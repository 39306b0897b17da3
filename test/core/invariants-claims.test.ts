/** The invariants about claims made during an attempt are worth what they find. */
import { describe, expect, it } from 'vitest'
import { type Pattern, parsePattern } from '../../src/claims/pattern.js'
import { checkInvariants } from '../../src/core/invariants.js'
import { START, type World, world } from './world.js'

const HOT = { claims: { integrate: ['hot.ts'] } }

describe('the invariants see that', () => {
  const waiting = (): World => {
    const w = world()
    w.worker('w', { slots: 3 })
    w.open({ tasks: { a: HOT, b: HOT, c: {} } })
    for (const task of ['a', 'b']) w.send({ type: 'integrate', ...w.ref(task) })
    return w
  }
  const cases: readonly (readonly [string, (w: World) => void])[] = [
    ['"integrations" has all and only attempts that asked', (w) => w.state.integrations.delete(w.ref('a').fence)],
    [
      '"integrations" has attempts that asked to integrate and have not ended',
      (w) => {
        w.state.integrations.delete(w.ref('b').fence)
        w.state.integrations.set(99, w.live('b'))
      },
    ],
    [
      'Whoever integrates has integrate claims',
      (w) => {
        w.live('c').integration = { askedAt: START, grantedAt: START }
        w.state.integrations.set(w.ref('c').fence, w.live('c'))
      },
    ],
    [
      '"integrations" is in the order of asking',
      (w) => {
        w.live('b').integration = { askedAt: START - 1, grantedAt: null }
      },
    ],
    [
      'Whoever asked to integrate waits as long as one before it meets it',
      (w) => {
        w.live('b').integration = { askedAt: START, grantedAt: START }
      },
    ],
    [
      'The claims of a live or closing attempt are held, all of them (S2)',
      (w) => {
        const set = w.state.claims.intern({
          write: [parsePattern('z') as Pattern],
          read: [],
          integrate: [],
          advisory: [],
        })
        w.live('c').extensions = [set]
      },
    ],
  ]

  it.each(cases)('%s', (sentence, breakIt) => {
    const w = waiting()
    const waiter = w.live('b')
    const other = w.live('c')
    const { integration } = waiter
    const integrations = [...w.state.integrations]
    breakIt(w)
    expect(() => checkInvariants(w.state, w.now)).toThrow(sentence)
    // Mended again: every world is checked at the end of its test.
    waiter.integration = integration
    other.integration = null
    other.extensions = null
    for (const key of [...w.state.integrations.keys()]) w.state.integrations.delete(key)
    for (const [fence, attempt] of integrations) w.state.integrations.set(fence, attempt)
  })
})
