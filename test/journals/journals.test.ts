/**
 * Journals that this and earlier versions have written fold to what they meant, for ever: who upgrades in the middle of a
 * run goes on with it. `npm run record-journals` records those of a new version; what is recorded is never changed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/core/types.js'
import { VERSION } from '../../src/runtime/version.js'
import { type Folded, foldJournal } from './fold.js'

const versions = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

function eventsIn(version: string, name: string): readonly RunEvent[] {
  const text = readFileSync(join(import.meta.dirname, version, `${name}.jsonl`), 'utf8')
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as RunEvent)
}

function foldedOf(version: string): { readonly [name: string]: Folded } {
  return JSON.parse(readFileSync(join(import.meta.dirname, version, 'folded.json'), 'utf8'))
}

describe.each(versions)('the journals of %s', (version) => {
  const expected = foldedOf(version)

  it.each(Object.keys(expected))('%s folds to what it meant', (name) => {
    expect(foldJournal(eventsIn(version, name))).toEqual(expected[name])
  })

  it('are all compared', () => {
    const files = readdirSync(join(import.meta.dirname, version)).filter((name) => name.endsWith('.jsonl'))
    expect(files.map((name) => name.slice(0, -'.jsonl'.length)).sort()).toEqual(Object.keys(expected).sort())
  })
})

it('the journals of this version have every type of event', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/reference/events.md'), 'utf8')
  // A test compares the headings of that page with the sources.
  const types = [...page.matchAll(/^### (\S+)$/gm)].map(([, type]) => type)
  const recorded = Object.keys(foldedOf(VERSION)).flatMap((name) => eventsIn(VERSION, name).map(({ type }) => type))
  expect([...new Set(recorded)].sort()).toEqual([...types].sort())
})

it('one event more or less gives other facts', () => {
  const events = eventsIn(VERSION, 'happy-diamond')
  const { sha256 } = foldedOf(VERSION)['happy-diamond']!
  expect(foldJournal(events.slice(0, -1)).sha256).not.toBe(sha256)
})
