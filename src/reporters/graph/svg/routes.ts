/** Ways of lines around boxes: up and down between the columns, to the left and to the right between the bands. */
import type { Picture } from '../../../planning/picture.js'
import type { Standing } from './bands.js'
import type { Net } from './nets.js'
import { FRAME, IN, OUT, TRACK } from './shapes.js'
import { assignTracks } from './tracks.js'

/** Channel `c` is behind column `c`; a net is in those behind its sources and before its targets. */
export interface Route {
  readonly net: Net
  /** Ascending. */
  readonly channels: readonly number[]
  readonly channelOf: { readonly source: (task: number) => number; readonly target: (task: number) => number }
  /** Corridor `k` is above band `k`; null where one channel does. */
  readonly corridor: number | null
}

export function routeOf(net: Net, { tasks }: Picture, { band, groupOf }: Standing): Route {
  const channelOf = {
    source: (task: number): number => tasks[task]!.wave,
    target: (task: number): number => tasks[task]!.wave - 1,
  }
  const channels = [...new Set([...net.sources.map(channelOf.source), ...net.targets.map(channelOf.target)])]
  channels.sort((a, b) => a - b)
  const bands = [...net.sources, ...net.targets].map((task) => band[groupOf[task]!]!).sort((a, b) => a - b)
  return { net, channels, channelOf, corridor: channels.length === 1 ? null : bands[bands.length >> 1]! }
}

export interface Corridors {
  /** Height of each. */
  readonly heights: readonly number[]
  /** By route: how far below the upper edge of its corridor it lies. */
  readonly offsets: ReadonlyMap<number, number>
}

export function layCorridors(routes: readonly Route[], bandCount: number): Corridors {
  const offsets = new Map<number, number>()
  const heights = Array.from({ length: bandCount }, (_, corridor) => {
    const own = [...routes.keys()].filter((route) => routes[route]!.corridor === corridor)
    const stretches = own.map((route) => ({ from: routes[route]!.channels[0]!, to: routes[route]!.channels.at(-1)! }))
    const { track, count } = assignTracks(stretches, 0)
    for (const [place, route] of own.entries()) offsets.set(route, TRACK * (track[place]! + 1))
    return TRACK * (count + 2)
  })
  return { heights, offsets }
}

/** Between the edge of a column and the first track behind it: the frame of a stream, and some air. */
const CHANNEL_EDGE = FRAME + 8
/** Between the last track and the next column: the same, and the head of an arrow. */
const CHANNEL_END = FRAME + 12

export interface Channel {
  readonly width: number
  /** By route: how far from the right edge of the column it lies. */
  readonly offsets: ReadonlyMap<number, number>
}

/** `corridorYs`: by route, null where it has none. */
export function layChannels(
  routes: readonly Route[],
  waveCount: number,
  middleOf: (task: number) => number,
  corridorYs: readonly (number | null)[],
): readonly Channel[] {
  return Array.from({ length: waveCount }, (_, channel) => {
    const own = [...routes.keys()].filter((route) => routes[route]!.channels.includes(channel))
    const stretches = own.map((route) => {
      const ys = endsIn(routes[route]!, channel, middleOf, corridorYs[route]!)
      return { from: Math.min(...ys), to: Math.max(...ys) }
    })
    const { track, count } = assignTracks(stretches, TRACK)
    const offsets = new Map(own.map((route, place) => [route, CHANNEL_EDGE + track[place]! * TRACK]))
    // Nothing follows the last column but lines that go back.
    const isBare = channel === waveCount - 1 && count === 0
    return { width: isBare ? 0 : CHANNEL_EDGE + count * TRACK + CHANNEL_END, offsets }
  })
}

/** Heights at which a net meets its line in a channel. */
export function endsIn(
  { net, channelOf }: Pick<Route, 'net' | 'channelOf'>,
  channel: number,
  middleOf: (task: number) => number,
  corridorY: number | null,
): readonly number[] {
  return [
    ...net.sources.filter((task) => channelOf.source(task) === channel).map((task) => middleOf(task) + OUT),
    ...net.targets.filter((task) => channelOf.target(task) === channel).map((task) => middleOf(task) + IN),
    ...(corridorY === null ? [] : [corridorY]),
  ]
}
