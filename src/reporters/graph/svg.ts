/** The picture of a plan as SVG: one file, no script, light and dark. */
import type { Picture } from '../../planning/picture.js'
import { escapeText } from '../shared/escape.js'
import { escapeMarkup } from '../shared/markup.js'
import { formatDuration } from '../shared/quantity.js'
import { draw } from './svg/drawing.js'
import { type DrawnNet, type Label, LETTER, type Rectangle, type Segment } from './svg/shapes.js'

const STYLE = `
  svg { --paper: #ffffff; --ink: #0f172a; --faint: #64748b; --frame: #f1f5f9; --edge: #cbd5e1; --line: #94a3b8; --hot: #c2410c; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0b1120; --ink: #e2e8f0; --faint: #94a3b8; --frame: #172033; --edge: #334155; --line: #64748b; --hot: #fb923c; }
  }
  text { font: ${LETTER.size}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink); white-space: pre; }
  .paper { fill: var(--paper); }
  .frame { fill: var(--frame); stroke: var(--edge); }
  .box { fill: var(--paper); stroke: var(--line); }
  .gate { stroke-dasharray: 4 2; }
  .hot { stroke: var(--hot); stroke-width: 2; }
  .about { fill: var(--faint); }
  .net { fill: none; stroke: var(--line); stroke-linejoin: round; }
  .net.some { stroke-dasharray: 4 3; }
  .net.hot { stroke: var(--hot); }
  .head { fill: var(--line); }
  .head.hot { fill: var(--hot); stroke: none; }
`

/** Length of an arrow's head, and half its width. */
const HEAD = 6
const HALF = 3

/** The text of the file. Everything that came from the plan is escaped. */
export function toSvg(picture: Picture): string {
  const { width, height, legend, waves, streams, tasks, nets } = draw(picture)
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}" width="${number(width)}" height="${number(height)}" role="img">`,
    `<title>${safe(picture.name)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="100%" height="100%"/>`,
    ...streams.map(({ frame }) => rectangle(frame, 'frame', 6)),
    ...nets.flatMap(netLines),
    ...nets.flatMap(criticalLines),
    ...streams.map(({ label, stream }) => textLine(label, '', `${picture.streams[stream]!.id}`)),
    ...[...waves, legend].map((label) => textLine(label, 'about')),
    ...tasks.flatMap(({ task, box, labels }) => {
      const { kind, isCritical, id, title, estimateMs } = picture.tasks[task]!
      const classes = ['box', ...(kind === 'task' ? [] : ['gate']), ...(isCritical ? ['hot'] : [])]
      const about = [id, ...(title === null ? [] : [title]), ...(estimateMs > 0 ? [formatDuration(estimateMs)] : [])]
      return [
        `<g><title>${safe(about.join(' · '))}</title>`,
        rectangle(box, classes.join(' '), 4),
        ...labels.map((label, line) => textLine(label, line === 0 ? '' : 'about')),
        '</g>',
      ]
    }),
    '</svg>',
  ]
  return `${lines.join('\n')}\n`
}

function netLines({ net, segments, heads }: DrawnNet): readonly string[] {
  const isSome = net.condition !== null
  const title = isSome ? `<title>${safe(net.condition)}</title>` : ''
  const classes = isSome ? 'net some' : 'net'
  return [
    `<path class="${classes}" d="${pathOf(segments)}">${title}</path>`,
    `<path class="head" d="${headsOf(heads.filter(({ isCritical }) => !isCritical))}"/>`,
  ]
}

function criticalLines({ critical, heads }: DrawnNet): readonly string[] {
  if (critical.length === 0) return []
  return [
    `<path class="net hot" d="${pathOf(critical)}"/>`,
    `<path class="head hot" d="${headsOf(heads.filter(({ isCritical }) => isCritical))}"/>`,
  ]
}

function pathOf(segments: readonly Segment[]): string {
  return segments
    .filter(({ x1, y1, x2, y2 }) => x1 !== x2 || y1 !== y2)
    .map(({ x1, y1, x2, y2 }) => `M${number(x1)} ${number(y1)}${y1 === y2 ? `H${number(x2)}` : `V${number(y2)}`}`)
    .join('')
}

function headsOf(heads: readonly { readonly x: number; readonly y: number }[]): string {
  return heads.map(({ x, y }) => `M${number(x)} ${number(y)}l-${HEAD}-${HALF}v${2 * HALF}z`).join('')
}

function rectangle({ x, y, width, height }: Rectangle, classes: string, round: number): string {
  const place = `x="${number(x)}" y="${number(y)}" width="${number(width)}" height="${number(height)}"`
  return `<rect class="${classes}" ${place} rx="${round}"/>`
}

function textLine({ text, bounds: { x, y, height } }: Label, classes: string, title = ''): string {
  const kind = classes === '' ? '' : ` class="${classes}"`
  const about = title === '' ? '' : `<title>${safe(title)}</title>`
  return `<text${kind} x="${number(x)}" y="${number(y + height - 3)}">${about}${escapeMarkup(text)}</text>`
}

function safe(text: string): string {
  return escapeMarkup(escapeText(text))
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10)
}
