/** The picture of a plan as a flowchart in Mermaid's language (https://mermaid.js.org). */
import type { Picture, PictureTask } from '../../planning/picture.js'
import { escapeText } from '../shared/escape.js'

/**
 * The text of the flowchart: streams as subgraphs, the critical path in a class of its own. All ids in it are ours; what
 * comes from the plan stands in quotes, with everything that Mermaid or HTML could obey as a character code.
 */
export function toMermaid({ name, streams, tasks, points, edges }: Picture): string {
  const loose = tasks.flatMap(({ stream }, task) => (stream === -1 ? [task] : []))
  const critical = tasks.flatMap(({ isCritical }, task) => (isCritical ? [`n${task}`] : []))
  const bold = edges.flatMap(({ isCritical }, edge) => (isCritical ? [edge] : []))
  const lines = [
    'flowchart LR',
    `  %% ${escapeText(name).replaceAll(/[{}%]/g, '')}`,
    ...streams.flatMap(({ id, title, tasks: own }, stream) =>
      own.length === 0
        ? []
        : [
            `  subgraph s${stream}[${quoted(title === null ? id : `${id} ${title}`)}]`,
            ...own.map((task) => `    n${task}${shapeOf(tasks[task]!)}`),
            '  end',
          ],
    ),
    ...loose.map((task) => `  n${task}${shapeOf(tasks[task]!)}`),
    ...points.map(({ kind, id }, point) => `  n${tasks.length + point}((${quoted(kind === 'all' ? ' ' : id)}))`),
    ...edges.map(
      ({ from, to }) => `  n${from} ${points[from - tasks.length]?.kind === 'some' ? '-.->' : '-->'} n${to}`,
    ),
    ...(critical.length === 0
      ? []
      : ['  classDef critical stroke:#c2410c,stroke-width:3px', `  class ${critical.join(',')} critical`]),
    ...(bold.length === 0 ? [] : [`  linkStyle ${bold.join(',')} stroke:#c2410c,stroke-width:3px`]),
  ]
  return `${lines.join('\n')}\n`
}

function shapeOf({ kind, name, title }: PictureTask): string {
  const text = quoted(title === null ? name : `${name}: ${title}`)
  return kind === 'task' ? `[${text}]` : `{{${text}}}`
}

/** Letters, digits and what means nothing to anybody stay; other ASCII characters become codes. */
function quoted(text: string): string {
  return `"${escapeText(text).replaceAll(/[^\w .,/\u0080-\u{10ffff}-]/gu, (character) => `#${character.codePointAt(0)};`)}"`
}
