import { expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { graphWaves, planGraph } from '../../src/plan/graph.js'

const { compiled } = checkPlan({
  streams: {
    db: { tasks: { schema: { title: 'Schema', estimate: '1s' }, seed: { dependsOn: ['schema'] } } },
    idle: {},
  },
  tasks: { ship: { dependsOn: ['db'] } },
})

it('has tasks and streams as nodes with integer keys, and an edge to each that waits', () => {
  const graph = planGraph(compiled!)
  expect(graph.mapNodes((key, node) => [key, node])).toEqual([
    ['0', { kind: 'task', id: 'db/schema', title: 'Schema', estimateMs: 1_000 }],
    ['1', { kind: 'task', id: 'db/seed', title: null, estimateMs: 0 }],
    ['2', { kind: 'task', id: 'ship', title: null, estimateMs: 0 }],
    ['3', { kind: 'stream', id: 'db', needed: 2 }],
    ['4', { kind: 'stream', id: 'idle', needed: 0 }],
  ])
  expect(graph.mapEdges((_edge, _fields, from, to) => `${from} → ${to}`)).toEqual(['0 → 1', '0 → 3', '1 → 3', '3 → 2'])
})

it('has the other points as nodes too, and weighs the edges to a share', () => {
  const share = checkPlan({
    streams: { s: { tasks: { a: { estimate: 1 }, b: { estimate: 3 } } } },
    tasks: { t: { dependsOn: [{ stream: 's', progress: 0.5 }] }, u: { dependsOn: [{ anyOf: ['s/a', 't'] }] } },
  })
  const graph = planGraph(share.compiled!)
  expect(graph.getNodeAttributes(6)).toEqual({ kind: 'choice', id: 'one of s/a, t', needed: 1 })
  const [a, b] = [graph.getEdgeAttribute('0', '5', 'weight'), graph.getEdgeAttribute('1', '5', 'weight')]
  expect(b / a).toBe(3)
  expect(graphWaves(graph)).toEqual([
    ['s/a', 's/b'],
    ['t', 'u'],
  ])
})

it('gives waves, in which streams take no place', () => {
  expect(graphWaves(planGraph(compiled!))).toEqual([['db/schema'], ['db/seed'], ['ship']])
})
