/** The geometry of a picture: boxes in columns, lines in the channels between columns and the corridors between bands. */
import type { Picture } from '../../../planning/picture.js'
import { escapeText } from '../../shared/escape.js'
import { inColumns, textWidth } from '../../shared/line.js'
import { formatDuration } from '../../shared/quantity.js'
import { type Group, type Standing, standingOf } from './bands.js'
import { drawNet, drawStraight } from './lines.js'
import { netsOf } from './nets.js'
import { type Channel, layChannels, layCorridors, routeOf } from './routes.js'
import {
  BOX_HEIGHT,
  type Drawing,
  type DrawnStream,
  type DrawnTask,
  FRAME,
  type Label,
  LETTER,
  type Rectangle,
} from './shapes.js'

const MARGIN = 16
/** Above the bands, for the labels of the waves. */
const HEADER = 24
const ROW_GAP = 8
/** Above the boxes of a stream, for its label. */
const FRAME_LABEL = 20
/** Letters of a label: at least, at most. */
const FEWEST = 10
const MOST = 30

/** No two boxes or frames overlap, no line goes through a box or a label: whatever the plan. */
export function draw(picture: Picture): Drawing {
  const standing = standingOf(picture)
  const { nets, straight } = netsOf(picture, standing)
  const routes = nets.map((net) => routeOf(net, picture, standing))
  const corridors = layCorridors(routes, standing.bandCount)
  const { tops, corridorTops, bottom } = placeRows(standing, corridors.heights)
  const corridorYs = routes.map(({ corridor }, route) =>
    corridor === null ? null : corridorTops[corridor]! + corridors.offsets.get(route)!,
  )
  const channels = layChannels(routes, picture.waveCount, (task) => tops[task]! + BOX_HEIGHT / 2, corridorYs)
  const columns = placeColumns(picture, standing, channels)
  const boxOf = (task: number): Rectangle => {
    const { x, width } = columns[picture.tasks[task]!.wave]!
    return { x, y: tops[task]!, width, height: BOX_HEIGHT }
  }
  const trackOf = (route: number, channel: number): number =>
    columns[channel]!.x + columns[channel]!.width + channels[channel]!.offsets.get(route)!
  const lines = routes.map((route, place) =>
    drawNet(route, { boxOf, trackOf: (channel) => trackOf(place, channel), corridorY: corridorYs[place]! }),
  )
  const last = columns.at(-1) ?? { x: MARGIN, width: 0 }
  const right = last.x + last.width + Math.max(FRAME, channels.at(-1)?.width ?? 0) + MARGIN
  const legend = legendOf(picture, bottom)
  return {
    width: Math.max(right, legend.bounds.x + legend.bounds.width + MARGIN),
    height: legend.bounds.y + legend.bounds.height + MARGIN,
    legend,
    waves: columns.map(({ x, width }, wave) => labelAt(x, MARGIN, width, `wave ${wave + 1}`)),
    streams: standing.groups.flatMap((group) =>
      group.stream === -1 ? [] : [drawStream(group, picture, columns, boxOf)],
    ),
    tasks: picture.tasks.map((_, task) => drawTask(task, picture, boxOf(task))),
    nets: [...lines, ...straight.map((pair) => drawStraight(pair, boxOf))],
  }
}

interface Rows {
  /** Upper edges: of tasks, and of corridors. */
  readonly tops: Float64Array
  readonly corridorTops: readonly number[]
  readonly bottom: number
}

function placeRows({ groups, band, groupOf, row }: Standing, corridorHeights: readonly number[]): Rows {
  const heights = corridorHeights.map(() => 0)
  for (const [group, own] of groups.entries()) heights[band[group]!] = Math.max(heights[band[group]!]!, heightOf(own))
  const bandTops: number[] = []
  const corridorTops: number[] = []
  let y = MARGIN + HEADER
  for (const [each, height] of heights.entries()) {
    corridorTops.push(y)
    y += corridorHeights[each]!
    bandTops.push(y)
    y += height
  }
  const tops = Float64Array.from(groupOf, (group, task) => {
    const above = groups[group]!.stream === -1 ? 0 : FRAME_LABEL
    return bandTops[band[group]!]! + above + row[task]! * (BOX_HEIGHT + ROW_GAP)
  })
  return { tops, corridorTops, bottom: y }
}

function heightOf({ stream, rows }: Group): number {
  const boxes = rows * BOX_HEIGHT + (rows - 1) * ROW_GAP
  return stream === -1 ? boxes : FRAME_LABEL + boxes + FRAME
}

interface Column {
  readonly x: number
  readonly width: number
}

/** As wide as what is written in it, within bounds. */
function placeColumns(picture: Picture, { groups }: Standing, channels: readonly Channel[]): readonly Column[] {
  const letters = channels.map(() => FEWEST)
  const widen = (wave: number, text: string): void => {
    letters[wave] = Math.min(MOST, Math.max(letters[wave]!, textWidth(text)))
  }
  for (const [task, { wave }] of picture.tasks.entries()) for (const text of textsOf(task, picture)) widen(wave, text)
  for (const { stream, first } of groups) if (stream !== -1) widen(first, streamText(stream, picture))
  let x = MARGIN + FRAME
  return letters.map((count, wave) => {
    const column = { x, width: Math.ceil(count * LETTER.width) + 2 * FRAME }
    x += column.width + channels[wave]!.width
    return column
  })
}

/** The label has the width of the first column: lines go up and down behind it. */
function drawStream(
  { stream, tasks, first, last, rows }: Group,
  picture: Picture,
  columns: readonly Column[],
  boxOf: (task: number) => Rectangle,
): DrawnStream {
  const { x, width } = columns[first]!
  const end = columns[last]!
  const y = Math.min(...tasks.map((task) => boxOf(task).y)) - FRAME_LABEL
  const frame = {
    x: x - FRAME,
    y,
    width: end.x + end.width + FRAME - (x - FRAME),
    height: heightOf({ stream, rows, tasks, first, last }),
  }
  return { stream, frame, label: labelAt(x, y + 2, width, streamText(stream, picture)) }
}

function drawTask(task: number, picture: Picture, box: Rectangle): DrawnTask {
  const { x, y, width } = box
  const texts = textsOf(task, picture)
  const above = (BOX_HEIGHT - texts.length * LETTER.height) / 2
  const labels = texts.map((text, line) =>
    labelAt(x + FRAME, y + above + line * LETTER.height, width - 2 * FRAME, text),
  )
  return { task, box, labels }
}

function legendOf({ tasks, points }: Picture, bottom: number): Label {
  const parts = [
    'An arrow leads to what waits; what others imply is left out.',
    ...(tasks.some(({ isCritical }) => isCritical) ? ['Thick: the critical path.'] : []),
    ...(points.some(({ kind }) => kind === 'some') ? ['Dashed: not all of it must be done.'] : []),
  ]
  return labelAt(MARGIN, bottom + MARGIN, Number.POSITIVE_INFINITY, parts.join(' '))
}

function streamText(stream: number, { streams }: Picture): string {
  const { id, title } = streams[stream]!
  return title === null ? id : `${id} ${title}`
}

/** What is written in a box: its name, and below it what there is to say of it. */
function textsOf(task: number, { tasks }: Picture): readonly string[] {
  const { name, title, estimateMs, kind } = tasks[task]!
  const about = [
    ...(kind === 'task' ? [] : [kind]),
    ...(title === null ? [] : [title]),
    ...(estimateMs > 0 ? [formatDuration(estimateMs)] : []),
  ]
  return about.length === 0 ? [name] : [name, about.join(' · ')]
}

function labelAt(x: number, y: number, width: number, text: string): Label {
  const columns = Math.floor(width / LETTER.width)
  const shown = textWidth(text) <= columns ? escapeText(text) : inColumns(text, columns).trimEnd()
  return { text: shown, bounds: { x, y, width: textWidth(shown) * LETTER.width, height: LETTER.height } }
}
