/**
 * Documents that people worked from, compared with what somebody wrote down who read them: units, edges, files, estimates.
 * They are not part of the repository. SIGNALBOX_DOCUMENTS names the folder they are in; without it, nothing is compared.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { factsOf } from './facts.js'

interface Gold {
  readonly streams: readonly string[]
  readonly tasks: readonly string[]
  readonly taskCounts?: Readonly<Record<string, number>>
  readonly edges: readonly string[]
  readonly mergeAfter: readonly string[]
  readonly estimates: Readonly<Record<string, string>>
  readonly priorities: Readonly<Record<string, number>>
  readonly files: Readonly<Record<string, readonly string[]>>
  readonly protect: readonly string[]
  readonly pools: Readonly<Record<string, number>>
  readonly poolOf?: Readonly<Record<string, string>>
  readonly branches?: Readonly<Record<string, string>>
  readonly sequences: readonly string[]
  /** A word of each disagreement. */
  readonly disagreements: readonly string[]
  readonly freeTextLines?: readonly number[]
  readonly calendarLines?: readonly number[]
  readonly satisfiedLines?: readonly number[]
  readonly sharedPaths?: readonly string[]
}

const folder = process.env.SIGNALBOX_DOCUMENTS
const names = ['S000', 'S001', 'S002', 'S003', 'S004']
const present = names.filter((name) => folder !== undefined && existsSync(join(folder, `${name}.md`)))

function read(name: string) {
  const text = readFileSync(join(folder as string, `${name}.md`), 'utf8')
  const gold = JSON.parse(readFileSync(new URL(`../gold/${name}.json`, import.meta.url), 'utf8')) as Gold
  const result = importMarkdown(text, { file: `${name}.md` })
  return { gold, result, facts: factsOf(result.plan) }
}

const sorted = (texts: Iterable<string>): readonly string[] => [...texts].sort()

const why = folder === undefined ? 'SIGNALBOX_DOCUMENTS names no folder' : `some are not in ${folder}`
const notCompared = `the documents are not compared with what was read by hand: ${why}`
if (present.length < names.length) process.stdout.write(`${notCompared}\n`)

it(present.length < names.length ? notCompared : 'all documents are compared', () => {
  expect(present.length === names.length || present.length === 0).toBe(true)
})

describe.each(present)('%s', (name) => {
  it('has every unit, and no other', () => {
    const { gold, facts } = read(name)
    expect(facts.streams).toEqual(gold.streams)
    expect(facts.tasks).toEqual(gold.tasks)
    for (const [stream, count] of Object.entries(gold.taskCounts ?? {})) expect(facts.taskCounts[stream]).toBe(count)
  })

  it('has every edge, and no other', () => {
    const { gold, facts } = read(name)
    expect(sorted(facts.edges)).toEqual(sorted(gold.edges))
    expect(sorted(facts.mergeAfter)).toEqual(sorted(gold.mergeAfter))
    expect(facts.sequences).toEqual(gold.sequences)
  })

  it('has every file of every unit, and every protected path', () => {
    const { gold, facts } = read(name)
    const files = (from: Readonly<Record<string, readonly string[]>>) =>
      Object.fromEntries(Object.entries(from).map(([unit, paths]) => [unit, sorted(paths)]))
    expect(files(facts.files)).toEqual(files(gold.files))
    expect(facts.protect).toEqual(gold.protect)
  })

  it('has the estimates, priorities, pools and branches', () => {
    const { gold, facts } = read(name)
    expect(facts.estimates).toEqual(gold.estimates)
    expect(facts.priorities).toEqual(gold.priorities)
    expect(facts.pools).toEqual(gold.pools)
    if (gold.poolOf !== undefined) expect(facts.poolOf).toEqual(gold.poolOf)
    if (gold.branches !== undefined) expect(facts.branches).toEqual(gold.branches)
  })

  it('says what contradicts itself, what is no unit, and what is done already', () => {
    const { gold, result } = read(name)
    const linesOf = (code: string) =>
      result.diagnostics.filter((diagnostic) => diagnostic.code === code).map(({ line }) => line)
    const disagreements = result.diagnostics.filter(({ code }) => code === 'DISAGREEMENT').map(({ message }) => message)
    for (const word of gold.disagreements) expect(disagreements.join('\n')).toContain(word)
    if (gold.disagreements.length === 0) expect(disagreements).toEqual([])
    if (gold.freeTextLines !== undefined) expect(linesOf('FREE_TEXT_DEPENDENCY')).toEqual(gold.freeTextLines)
    if (gold.calendarLines !== undefined) expect(linesOf('UNREAD_ESTIMATE')).toEqual(gold.calendarLines)
    if (gold.satisfiedLines !== undefined) expect(linesOf('ALREADY_SATISFIED')).toEqual(gold.satisfiedLines)
    for (const path of gold.sharedPaths ?? []) {
      expect(result.diagnostics.some(({ code, message }) => code === 'SHARED_PATH' && message.includes(path))).toBe(
        true,
      )
    }
  })
})
