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
    ['3', { kind: 'stream', id: 'db' }],
    ['4', { kind: 'stream', id: 'idle' }],
  ])
  expect(graph.mapEdges((_edge, _fields, from, to) => `${from} → ${to}`)).toEqual(['0 → 1', '0 → 3', '1 → 3', '3 → 2'])
})

it('gives waves, in which streams take no place', () => {
  expect(graphWaves(planGraph(compiled!))).toEqual([['db/schema'], ['db/seed'], ['ship']])
})
