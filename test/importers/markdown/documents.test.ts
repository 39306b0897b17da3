/**
 * More documents that people worked from, by their numbers. What waits for what was written down by somebody who read them, and
 * so were the lines of dependencies that are free text. The documents are not part of the repository: see `documents.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { importMarkdown } from '../../../src/importers/markdown/index.js'
import { documentsIn, readDocuments } from '../documents.js'
import { factsOf } from './facts.js'

interface Gold {
  readonly units: number
  readonly edges: readonly string[]
  /** Lines. */
  readonly freeText: readonly number[]
}

const gold = JSON.parse(readFileSync(new URL('../gold/markdown.json', import.meta.url), 'utf8')) as Record<string, Gold>
const folder = documentsIn('markdown')
const files = folder === null ? [] : readdirSync(folder).filter((name) => gold[name.slice(0, 3)] !== undefined)

const read = (name: string) => {
  const imported = importMarkdown(readDocuments(folder as string, name))
  const freeText = imported.diagnostics.filter(({ code }) => code === 'FREE_TEXT_DEPENDENCY').map(({ line }) => line)
  return { ...imported, freeText }
}

describe.runIf(files.length > 0)('documents', () => {
  it.each(files)('%s has every unit, every edge and no other; what is left is free text', (name) => {
    const { units, edges, freeText } = gold[name.slice(0, 3)] as Gold
    const imported = read(name)
    expect(imported.coverage.units).toBe(units)
    expect([...factsOf(imported.plan).edges].sort()).toEqual([...edges].sort())
    expect(imported.freeText).toEqual(freeText)
  })

  it('have at least nine of ten dependency values resolved, or rightly called free text', () => {
    let values = 0
    let resolved = 0
    for (const name of files) {
      const { coverage, freeText } = read(name)
      const rightly = freeText.filter((line) => gold[name.slice(0, 3)]?.freeText.includes(line as number))
      values += coverage.dependencies.values
      resolved += coverage.dependencies.values - coverage.dependencies.notUnderstood + rightly.length
    }
    expect(values).toBeGreaterThan(30)
    expect(resolved / values).toBeGreaterThanOrEqual(0.9)
  })
})

it(folder === null ? 'documents are not compared: see what was printed' : 'documents are compared', () => {
  expect(folder === null || files.length === Object.keys(gold).length).toBe(true)
})
