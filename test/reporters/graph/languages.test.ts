/** What is written for Mermaid and Graphviz is read by Mermaid and Graphviz themselves. */
import { instance } from '@viz-js/viz'
import DOMPurify from 'dompurify'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toDot } from '../../../src/reporters/graph/dot.js'
import { toMermaid } from '../../../src/reporters/graph/mermaid.js'
import { EXAMPLES, exampleOf, HOSTILE, pictureFor, randomPlan } from './pictures.js'

// Mermaid cleans labels with a library that needs a page; what it parses does not depend on that.
Object.assign(DOMPurify, { addHook: () => undefined, sanitize: (text: string) => text })
const { default: mermaid } = await import('mermaid')
const viz = await instance()

/** The vertices, edges and subgraphs that Mermaid reads. */
async function readMermaid(text: string) {
  // Throws what is wrong with it, and makes the diagrams known.
  await mermaid.parse(text)
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text)
  const { getVertices, getEdges, getSubGraphs } = db as unknown as {
    getVertices(): ReadonlyMap<string, { readonly text?: string; readonly classes: readonly string[] }>
    getEdges(): readonly { readonly start: string; readonly end: string; readonly style?: readonly string[] }[]
    getSubGraphs(): readonly { readonly title: string; readonly nodes: readonly string[] }[]
  }
  return { vertices: getVertices.call(db), edges: getEdges.call(db), subgraphs: getSubGraphs.call(db) }
}

interface DotGraph {
  readonly objects?: readonly {
    readonly name: string
    readonly pos?: string
    readonly label?: string
    readonly nodes?: readonly number[]
  }[]
  readonly edges?: readonly { readonly tail: number; readonly head: number; readonly penwidth?: string }[]
}

function readDot(text: string): DotGraph {
  const result = viz.render(text, { format: 'json' })
  if (result.status === 'failure') throw new Error(JSON.stringify(result.errors))
  return JSON.parse(result.output) as DotGraph
}

describe('Mermaid', () => {
  it.each(EXAMPLES)('reads %s: its tasks, streams and dependencies, the critical path marked', async (name) => {
    const picture = exampleOf(name)
    const { vertices, edges, subgraphs } = await readMermaid(toMermaid(picture))
    expect(vertices.size).toBe(picture.tasks.length + picture.points.length)
    expect(edges.map(({ start, end }) => `${start} ${end}`)).toEqual(
      picture.edges.map(({ from, to }) => `n${from} n${to}`),
    )
    const nodes = subgraphs.map((each) => [...each.nodes].sort())
    const expected = picture.streams.map(({ tasks }) => tasks.map((task) => `n${task}`).sort())
    expect(nodes.toSorted()).toEqual(expected.filter((own) => own.length > 0).toSorted())
    const marked = [...vertices].filter(([, { classes }]) => classes.includes('critical')).length
    expect(marked).toBe(picture.tasks.filter(({ isCritical }) => isCritical).length)
    const bold = edges.flatMap(({ style = [] }, edge) => (style.length > 0 ? [edge] : []))
    expect(bold).toEqual(picture.edges.flatMap(({ isCritical }, edge) => (isCritical ? [edge] : [])))
  })

  it('reads any plan', async () => {
    await fc.assert(
      fc.asyncProperty(randomPlan, async (plan) => {
        const picture = pictureFor(plan)
        const { vertices } = await readMermaid(toMermaid(picture))
        expect(vertices.size).toBe(picture.tasks.length + picture.points.length)
      }),
      { numRuns: 50 },
    )
  })

  it('is given nothing of a title that it could obey', async () => {
    const text = toMermaid(pictureFor({ name: HOSTILE, tasks: { a: { title: HOSTILE } } }))
    const [, comment, ...lines] = text.split('\n')
    expect(comment).toMatch(/^ {2}%% [^{}]*$/)
    for (const line of lines) expect(line.replaceAll(/^ *n0\["|"\]$/g, '')).not.toMatch(/[<>"`&[\]{}()]/)
    expect([...(await readMermaid(text)).vertices.keys()]).toEqual(['n0'])
  })
})

describe('Graphviz', () => {
  it.each(EXAMPLES)('reads %s: its tasks, streams and dependencies, each wave in its column', (name) => {
    const picture = exampleOf(name)
    const { objects = [], edges = [] } = readDot(toDot(picture))
    const nodes = new Map(objects.filter(({ name: id }) => /^n\d+$/.test(id)).map((object) => [object.name, object]))
    expect(nodes.size).toBe(picture.tasks.length + picture.points.length)
    expect(edges.map(({ tail, head }) => `${objects[tail]!.name} ${objects[head]!.name}`).toSorted()).toEqual(
      picture.edges.map(({ from, to }) => `n${from} n${to}`).toSorted(),
    )
    expect(objects.filter(({ name: id }) => id.startsWith('cluster_'))).toHaveLength(
      picture.streams.filter(({ tasks }) => tasks.length > 0).length,
    )
    expect(edges.filter(({ penwidth }) => penwidth === '3')).toHaveLength(
      picture.edges.filter(({ isCritical }) => isCritical).length,
    )
    const columns = new Map<number, Set<string>>()
    for (const [task, { wave }] of picture.tasks.entries()) {
      const x = nodes.get(`n${task}`)!.pos!.split(',')[0]!
      columns.set(wave, (columns.get(wave) ?? new Set()).add(x))
    }
    expect([...columns.values()].map((xs) => xs.size)).toEqual([...columns].map(() => 1))
  })

  it('reads any plan, and what is in it is text', () => {
    fc.assert(
      fc.property(randomPlan, (plan) => {
        const picture = pictureFor(plan)
        const { objects = [] } = readDot(toDot(picture))
        expect(objects.filter(({ name }) => /^n\d+$/.test(name))).toHaveLength(
          picture.tasks.length + picture.points.length,
        )
      }),
      { numRuns: 30 },
    )
  })
})
