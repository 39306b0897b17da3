/** Which host leads: elections, signs of life and resignations, as the journal keeps them. */
import { expect, it } from 'vitest'
import { createState } from '../../src/core/create.js'
import { reduce } from '../../src/core/reduce.js'
import type { HostId } from '../../src/core/types.js'
import { START, world } from './world.js'

const a = { host: 'a', leaseMs: 1000 }
const b = { host: 'b', leaseMs: 1000 }

it('an election is an event with an epoch greater than any before, and an expiry', () => {
  const w = world()
  w.send({ type: 'lead', ...a })
  w.wait(10)
  w.send({ type: 'lead', ...b })
  w.wait(10)
  w.send({ type: 'lead', ...a })
  expect(w.events('host.elected')).toEqual([
    { type: 'host.elected', at: START, host: 'a', epoch: 1, expiresAt: START + 1000 },
    { type: 'host.elected', at: START + 10, host: 'b', epoch: 2, expiresAt: START + 1010 },
    { type: 'host.elected', at: START + 20, host: 'a', epoch: 3, expiresAt: START + 1020 },
  ])
})

it('the host that leads can renew and resign; its epoch stays, and is not used again', () => {
  const w = world()
  w.send({ type: 'lead', ...a })
  w.wait(300)
  w.send({ type: 'renew', ...a })
  expect(w.state.leader).toEqual({ host: 'a', epoch: 1, leaseMs: 1000 })
  w.send({ type: 'resign', host: 'a' })
  expect(w.state.leader).toEqual({ host: 'a', epoch: 1, leaseMs: 0 })
  expect(w.events('host.renewed')).toMatchObject([{ epoch: 1, expiresAt: START + 1300 }])
  expect(w.events('host.resigned')).toMatchObject([{ host: 'a', epoch: 1 }])
  w.send({ type: 'lead', ...b })
  expect(w.state.leader).toEqual({ host: 'b', epoch: 2, leaseMs: 1000 })
})

it('a host that was deposed, or never elected, can do neither', () => {
  const w = world()
  expect(w.send({ type: 'renew', ...a }).rejection).toMatchObject({
    code: 'NOT_LEADER',
    message: 'Host "a" does not lead: nobody does.',
  })
  w.send({ type: 'lead', ...a })
  w.send({ type: 'lead', ...b })
  for (const type of ['renew', 'resign']) {
    const { rejection, events } = w.send({ type, ...a })
    expect(rejection).toMatchObject({ code: 'NOT_LEADER', message: 'Host "a" does not lead: "b" does.' })
    expect(events).toEqual([])
  }
})

it('a fold of the journal knows who leads', () => {
  const w = world()
  w.send({ type: 'lead', ...a })
  w.send({ type: 'lead', ...b })
  w.reload()
  expect(w.state.leader).toEqual({ host: 'b', epoch: 2, leaseMs: 1000 })
})

it('a journal in which two hosts lead at once, or an epoch comes twice, cannot be folded', () => {
  const at = START
  const elected = { type: 'host.elected', at, host: 'a', epoch: 2, expiresAt: at + 1000 } as const
  const wrong = [
    { type: 'host.elected', at, host: 'b', epoch: 2, expiresAt: at + 1000 },
    { type: 'host.renewed', at, host: 'b', epoch: 2, expiresAt: at + 1000 },
    { type: 'host.renewed', at, host: 'a', epoch: 1, expiresAt: at + 1000 },
    { type: 'host.resigned', at, host: 'a', epoch: 3 },
  ] as const
  for (const event of wrong) {
    const state = createState()
    reduce(new Map(), state, { ...elected, host: 'a' as HostId })
    expect(() => reduce(new Map(), state, { ...event, host: event.host as HostId })).toThrow(
      `Host "${event.host}" cannot lead with epoch ${event.epoch}: "a" does.`,
    )
  }
})
