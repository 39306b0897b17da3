/** The picture of a plan in the language of Graphviz (https://graphviz.org/doc/info/lang.html). */
import type { Picture, PictureTask } from '../../planning/picture.js'
import { escapeText } from '../shared/escape.js'

const CRITICAL = 'color="#c2410c", penwidth=3'

/** The text of the graph: streams as clusters, each wave in a column of its own, the critical path marked. */
export function toDot({ name, waveCount, streams, tasks, points, edges }: Picture): string {
  const waves = Array.from({ length: waveCount }, (): number[] => [])
  for (const [task, { wave }] of tasks.entries()) waves[wave]!.push(task)
  const lines = [
    `digraph ${quoted(name)} {`,
    '  rankdir=LR; newrank=true; fontname="sans-serif"; style=rounded; color="#94a3b8"',
    '  node [shape=box, style=rounded, fontname="sans-serif"]',
    ...streams.flatMap(({ id, title, tasks: own }, stream) =>
      own.length === 0
        ? []
        : [
            `  subgraph cluster_${stream} {`,
            `    label=${quoted(title === null ? id : `${id} ${title}`)}`,
            ...own.map((task) => `    n${task} [${attributesOf(tasks[task]!)}]`),
            '  }',
          ],
    ),
    ...tasks.flatMap((task, index) => (task.stream === -1 ? [`  n${index} [${attributesOf(task)}]`] : [])),
    ...points.map(({ kind, id }, point) => {
      const shape = kind === 'all' ? 'shape=point, label=""' : `shape=ellipse, style=dashed, label=${quoted(id)}`
      return `  n${tasks.length + point} [${shape}]`
    }),
    ...waves.map((own) => `  { rank=same; ${own.map((task) => `n${task}`).join('; ')} }`),
    ...edges.map(({ from, to, isCritical }) => {
      const styles = [
        ...(points[from - tasks.length]?.kind === 'some' ? ['style=dashed'] : []),
        ...(isCritical ? [CRITICAL] : []),
      ]
      return `  n${from} -> n${to}${styles.length === 0 ? '' : ` [${styles.join(', ')}]`}`
    }),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function attributesOf({ kind, name, title, isCritical }: PictureTask): string {
  const shape = kind === 'task' ? [] : ['shape=hexagon']
  const text = title === null ? name : `${name}: ${title}`
  return [`label=${quoted(text)}`, ...shape, ...(isCritical ? [CRITICAL] : [])].join(', ')
}

/** A string of Graphviz; a backslash would begin an escape, an ampersand an entity. */
function quoted(text: string): string {
  return `"${escapeText(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;')}"`
}
