/** The segments of nets, once it is known where everything lies. */
import { endsIn, type Route } from './routes.js'
import { BOX_HEIGHT, type DrawnNet, IN, OUT, type Rectangle, type Segment } from './shapes.js'

/** Where things lie. */
export interface Places {
  readonly boxOf: (task: number) => Rectangle
  /** Of the net at hand, by channel. */
  readonly trackOf: (channel: number) => number
  readonly corridorY: number | null
}

export function drawNet(route: Route, places: Places): DrawnNet {
  const { net } = route
  const sources = net.sources.filter((task) => net.critical.has(task))
  const targets = net.targets.filter((task) => net.critical.has(task))
  const isMarked = sources.length > 0 && targets.length > 0
  return {
    net,
    segments: treeOf(route, places),
    critical: isMarked ? treeOf({ ...route, net: { ...net, sources, targets } }, places) : [],
    heads: net.targets.map((task) => {
      const { x, y } = places.boxOf(task)
      return { x, y: y + BOX_HEIGHT / 2 + IN, isCritical: isMarked && net.critical.has(task) }
    }),
  }
}

function treeOf({ net, channelOf, channels }: Route, { boxOf, trackOf, corridorY }: Places): readonly Segment[] {
  const middleOf = (task: number): number => boxOf(task).y + BOX_HEIGHT / 2
  const used = channels.filter((channel) => endsIn({ net, channelOf }, channel, middleOf, null).length > 0)
  const crossing = used.length > 1 ? corridorY : null
  const across = crossing === null ? [] : [horizontal(trackOf(used[0]!), trackOf(used.at(-1)!), crossing)]
  return [
    ...net.sources.map((task) => {
      const { x, width } = boxOf(task)
      return horizontal(x + width, trackOf(channelOf.source(task)), middleOf(task) + OUT)
    }),
    ...used.map((channel): Segment => {
      const ys = endsIn({ net, channelOf }, channel, middleOf, crossing)
      return { x1: trackOf(channel), y1: Math.min(...ys), x2: trackOf(channel), y2: Math.max(...ys) }
    }),
    ...across,
    ...net.targets.map((task) => horizontal(trackOf(channelOf.target(task)), boxOf(task).x, middleOf(task) + IN)),
  ]
}

export function drawStraight(
  { from, to, isCritical }: { readonly from: number; readonly to: number; readonly isCritical: boolean },
  boxOf: (task: number) => Rectangle,
): DrawnNet {
  const source = boxOf(from)
  const target = boxOf(to)
  const y = source.y + BOX_HEIGHT / 2
  const line = horizontal(source.x + source.width, target.x, y)
  const critical = new Set(isCritical ? [from, to] : [])
  return {
    net: { sources: [from], targets: [to], critical, condition: null },
    segments: [line],
    critical: isCritical ? [line] : [],
    heads: [{ x: target.x, y, isCritical }],
  }
}

function horizontal(x1: number, x2: number, y: number): Segment {
  return { x1, y1: y, x2, y2: y }
}
