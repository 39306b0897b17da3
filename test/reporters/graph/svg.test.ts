import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Picture } from '../../../src/planning/picture.js'
import { draw } from '../../../src/reporters/graph/svg/drawing.js'
import type { Rectangle, Segment } from '../../../src/reporters/graph/svg/shapes.js'
import { toSvg } from '../../../src/reporters/graph/svg.js'
import { EXAMPLES, exampleOf, HOSTILE, pictureFor, randomPlan } from './pictures.js'

/** What touches does not overlap. */
const HAIR = 0.05
/** Half of how thick a line is, here. */
const THIN = 0.02

function overlap(a: Rectangle, b: Rectangle): boolean {
  return (
    a.x < b.x + b.width - HAIR &&
    b.x < a.x + a.width - HAIR &&
    a.y < b.y + b.height - HAIR &&
    b.y < a.y + a.height - HAIR
  )
}

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.x >= outer.x - HAIR &&
    inner.y >= outer.y - HAIR &&
    inner.x + inner.width <= outer.x + outer.width + HAIR &&
    inner.y + inner.height <= outer.y + outer.height + HAIR
  )
}

function areaOf({ x1, y1, x2, y2 }: Segment): Rectangle {
  const [x, y] = [Math.min(x1, x2), Math.min(y1, y2)]
  return { x: x - THIN, y: y - THIN, width: Math.abs(x2 - x1) + 2 * THIN, height: Math.abs(y2 - y1) + 2 * THIN }
}

function thick(segment: Segment): Rectangle {
  const { x, y, width, height } = areaOf(segment)
  return { x: x - 1, y: y - 1, width: width + 2, height: height + 2 }
}

/** Everything that must hold of a drawing, as sentences about what does not. */
function faultsOf(picture: Picture): readonly string[] {
  const { width, height, tasks, streams, nets, waves, legend } = draw(picture)
  const faults: string[] = []
  const paper = { x: 0, y: 0, width, height }
  const boxes = tasks.map(({ box, task }) => ({
    area: box,
    name: picture.tasks[task]!.id,
    stream: picture.tasks[task]!.stream,
  }))
  const labels = [...tasks.flatMap((each) => each.labels), ...streams.map(({ label }) => label), ...waves, legend]
  for (const [at, one] of boxes.entries()) {
    if (!contains(paper, one.area)) faults.push(`${one.name} is not on the paper`)
    for (const two of boxes.slice(at + 1))
      if (overlap(one.area, two.area)) faults.push(`${one.name} and ${two.name} overlap`)
    for (const { frame, stream } of streams) {
      const isInside = one.stream === stream
      if (isInside ? !contains(frame, one.area) : overlap(frame, one.area))
        faults.push(`${one.name} and frame ${stream}`)
    }
  }
  for (const [at, { frame }] of streams.entries()) {
    if (!contains(paper, frame)) faults.push(`frame ${at} is not on the paper`)
    for (const other of streams.slice(at + 1))
      if (overlap(frame, other.frame)) faults.push(`frames ${at} and ${other.stream}`)
  }
  for (const { box, labels: own, task } of tasks) {
    for (const { bounds, text } of own) if (!contains(box, bounds)) faults.push(`${text} sticks out of box ${task}`)
  }
  for (const { frame, label } of streams) if (!contains(frame, label.bounds)) faults.push(`${label.text} sticks out`)
  for (const [at, one] of labels.entries()) {
    if (!contains(paper, one.bounds)) faults.push(`${one.text} is not on the paper`)
    for (const two of labels.slice(at + 1))
      if (overlap(one.bounds, two.bounds)) faults.push(`${one.text} on ${two.text}`)
    for (const { area, name } of boxes) {
      if (overlap(one.bounds, area) && !contains(area, one.bounds)) faults.push(`${one.text} crosses ${name}`)
    }
  }
  for (const { segments, critical } of nets) {
    for (const segment of [...segments, ...critical]) {
      const area = areaOf(segment)
      if (!contains(paper, area)) faults.push('a line leaves the paper')
      for (const { area: box, name } of boxes) if (overlap(area, box)) faults.push(`a line goes through ${name}`)
      for (const { bounds, text } of labels) if (overlap(area, bounds)) faults.push(`a line goes through "${text}"`)
    }
  }
  return [...faults, ...foreignTouches(picture)]
}

/** Lines of nets with nothing in common never lie on each other: who looks could not tell them apart. */
function foreignTouches(picture: Picture): readonly string[] {
  const { nets } = draw(picture)
  const all = nets.flatMap(({ segments, net }) => segments.map((segment) => ({ segment, net })))
  return all.flatMap(({ segment: one, net }, at) =>
    all.slice(at + 1).flatMap(({ segment: two, net: other }) => {
      const isShared =
        net.sources.some((task) => other.sources.includes(task)) ||
        net.targets.some((task) => other.targets.includes(task))
      if (net === other || isShared) return []
      const areParallel =
        one.y1 === one.y2
          ? two.y1 === two.y2 && one.y1 === two.y1
          : two.x1 === two.x2 && one.x1 === two.x1 && one.x1 === one.x2
      return areParallel && overlap(thick(one), thick(two)) ? [`lines lie on each other at ${one.x1},${one.y1}`] : []
    }),
  )
}

describe('a drawing', () => {
  it.each(EXAMPLES)('of %s has no two boxes that overlap, and no line or label that crosses a box', (name) => {
    expect(faultsOf(exampleOf(name))).toEqual([])
  })

  it('of any plan is like that', () => {
    fc.assert(
      fc.property(randomPlan, (plan) => {
        expect(faultsOf(pictureFor(plan))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it('has a column for each wave, streams in frames, and the critical path from end to end', () => {
    const picture = exampleOf('forty-five-workstreams')
    const { tasks, streams, waves, nets } = draw(picture)
    const columns = new Map<number, Set<number>>()
    for (const { box, task } of tasks) {
      const { wave } = picture.tasks[task]!
      columns.set(wave, (columns.get(wave) ?? new Set()).add(box.x))
    }
    expect(waves).toHaveLength(picture.waveCount)
    const xs = [...columns].sort(([a], [b]) => a - b).map(([, own]) => [...own])
    expect(xs.every((own) => own.length === 1)).toBe(true)
    expect(xs.flat()).toEqual(xs.flat().toSorted((a, b) => a - b))
    expect(streams).toHaveLength(49)
    const critical = picture.tasks.filter(({ isCritical }) => isCritical).length
    expect(nets.flatMap(({ heads }) => heads).filter(({ isCritical }) => isCritical)).toHaveLength(critical - 1)
  })

  it('draws every dependency: each end of each net is met by a line', () => {
    const picture = exampleOf('forty-five-workstreams')
    const { nets, tasks } = draw(picture)
    const ends = nets.flatMap(({ net, segments }) => {
      const meets = (x: number, task: number): boolean =>
        segments.some(
          ({ x1, x2, y1 }) => (x1 === x || x2 === x) && y1 > tasks[task]!.box.y && y1 < tasks[task]!.box.y + 36,
        )
      return [
        ...net.sources.map((task) => meets(tasks[task]!.box.x + tasks[task]!.box.width, task)),
        ...net.targets.map((task) => meets(tasks[task]!.box.x, task)),
      ]
    })
    expect(ends.every(Boolean)).toBe(true)
    const drawn = new Set(
      nets.flatMap(({ net: { sources, targets } }) => sources.flatMap((from) => targets.map((to) => `${from} ${to}`))),
    )
    /** The tasks that a node is, or lets go on: a point is drawn as the lines that meet there. */
    const behind = (node: number): readonly number[] =>
      node < picture.tasks.length
        ? [node]
        : picture.edges.filter(({ from }) => from === node).flatMap(({ to }) => behind(to))
    for (const { from, to } of picture.edges.filter((edge) => edge.from < picture.tasks.length)) {
      for (const task of behind(to)) expect(drawn).toContain(`${from} ${task}`)
    }
  })
})

describe('the svg', () => {
  it('is the same each time, without script, link or import', () => {
    const svg = toSvg(exampleOf('twelve-streams'))
    expect(svg).toBe(toSvg(exampleOf('twelve-streams')))
    expect(svg).not.toMatch(/<script|href|@import|url\(|<image|foreignObject/)
    expect(svg).toContain('prefers-color-scheme: dark')
  })

  it('escapes what comes from the plan', () => {
    const svg = toSvg(
      pictureFor({ name: HOSTILE, streams: { s: { title: HOSTILE, tasks: { t: { title: HOSTILE } } } } }),
    )
    for (const part of ['<script', '\u202e', '\u0007']) expect(svg).not.toContain(part)
    expect(Buffer.from(svg).toString()).toBe(svg)
    // Nothing is left that opens or closes an element we did not write.
    const names = new Set([...svg.matchAll(/<\/?(\w+)/g)].map(([, name]) => name))
    expect([...names].toSorted()).toEqual(['g', 'rect', 'style', 'svg', 'text', 'title'])
    expect((svg.match(/<g>/g) ?? []).length).toBe((svg.match(/<\/g>/g) ?? []).length)
  })

  it('of nothing is a picture too', () => {
    expect(toSvg(pictureFor({}))).toContain('viewBox')
  })

  it('of 2,000 tasks is drawn without a long wait', () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, at) => [
        `t${at}`,
        { dependsOn: at < 20 ? [] : [`t${at - 20}`, `t${(at * 7) % (at - 1)}`] },
      ]),
    )
    expect(toSvg(pictureFor({ tasks })).length).toBeGreaterThan(100_000)
  })
})
