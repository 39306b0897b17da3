import { expect, it } from 'vitest'
import { EXAMPLES, exampleOf, pictureFor } from '../reporters/graph/pictures.js'

/** `a → b` for each edge; points by their ids, `*` where the line is critical. */
function edgesOf(document: object): readonly string[] {
  const { tasks, points, edges } = pictureFor(document)
  const nameOf = (node: number): string => tasks[node]?.id ?? `(${points[node - tasks.length]!.id})`
  return edges.map(({ from, to, isCritical }) => `${nameOf(from)} → ${nameOf(to)}${isCritical ? ' *' : ''}`)
}

it('leaves out what other dependencies imply', () => {
  expect(
    edgesOf({
      tasks: { a: {}, b: { dependsOn: ['a'] }, c: { dependsOn: ['a', 'b'] }, d: { dependsOn: ['a', 'c', 'b'] } },
    }),
  ).toEqual(['a → b *', 'b → c *', 'c → d *'])
})

it('stands for a stream with what ends it, and joins many with many in one point', () => {
  const chain = { tasks: { one: {}, two: { dependsOn: ['one'] } } }
  expect(edgesOf({ streams: { s: chain }, tasks: { after: { dependsOn: ['s'] } } })).toEqual([
    's/one → s/two *',
    's/two → after *',
  ])
  const wide = { tasks: { one: {}, two: {} } }
  expect(edgesOf({ streams: { s: wide, t: { dependsOn: ['s'], tasks: { x: {}, y: {} } } } }).toSorted()).toEqual([
    '(s) → t/x *',
    '(s) → t/y',
    's/one → (s) *',
    's/two → (s)',
  ])
})

it('shows what is less than all, and lets it imply nothing', () => {
  const document = {
    tasks: {
      a: { milestones: ['half'] },
      b: { dependsOn: ['a#half', 'a'] },
      c: { dependsOn: [{ anyOf: ['a', 'b'] }, 'a'] },
      d: { dependsOn: [{ on: 'b', when: 'finish' }, 'a'] },
    },
  }
  const { points } = pictureFor(document)
  expect(points).toEqual([
    { kind: 'some', id: 'a#half' },
    { kind: 'some', id: 'one of a, b' },
    { kind: 'some', id: 'end of b' },
  ])
  expect(edgesOf(document)).toEqual(
    expect.arrayContaining(['a → b *', 'a → c', 'a → d', '(a#half) → b', '(one of a, b) → c']),
  )
})

it('leaves out points that nobody waits for, and streams keep the places of their tasks', () => {
  const { points, streams, tasks } = pictureFor({
    streams: { empty: {}, s: { title: 'A stream', tasks: { one: { milestones: ['never'] } } } },
    gates: { go: { kind: 'approval', dependsOn: ['s'] } },
  })
  expect(points).toEqual([])
  expect(streams).toEqual([
    { id: 'empty', title: null, tasks: [] },
    { id: 's', title: 'A stream', tasks: [0] },
  ])
  expect(tasks).toMatchObject([
    { kind: 'task', id: 's/one', name: 'one', stream: 1, wave: 0, isCritical: true },
    { kind: 'approval', id: 'go', name: 'go', stream: -1, wave: 1 },
  ])
})

it.each(EXAMPLES)('keeps in %s who comes after whom', (name) => {
  // A dumb closure over what is drawn, and over what the plan says.
  const { tasks, edges, points } = exampleOf(name)
  const after = new Map<number, Set<number>>()
  const closure = (node: number): ReadonlySet<number> => {
    const known = after.get(node)
    if (known !== undefined) return known
    const all = new Set<number>()
    after.set(node, all)
    for (const { from, to } of edges) {
      if (from !== node) continue
      all.add(to)
      for (const each of closure(to)) all.add(each)
    }
    return all
  }
  expect(points.length).toBeLessThan(tasks.length)
  for (const [task, { wave }] of tasks.entries()) {
    for (const each of closure(task))
      if (tasks[each] !== undefined && points.length === 0) expect(tasks[each].wave).toBeGreaterThan(wave)
    if (wave > 0) expect(edges.some(({ to }) => to === task)).toBe(true)
  }
})
