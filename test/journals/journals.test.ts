/**
 * Journals that this and earlier versions have written fold to what they meant, for ever: who upgrades in the middle of a
 * run goes on with it. `npm run record-journals` records those of a new version; what is recorded is never changed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { STATE_FORMAT } from '../../src/core/saved-state.js'
import type { JsonValue, RunEvent } from '../../src/core/types.js'
import { VERSION } from '../../src/runtime/version.js'
import { type Folded, foldJournal, snapshotAfter, stateAfter, stateFrom } from './fold.js'

const versions = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

function eventsIn(version: string, name: string): readonly RunEvent[] {
  const text = readFileSync(join(import.meta.dirname, version, `${name}.jsonl`), 'utf8')
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as RunEvent)
}

type Snapshot = JsonValue & { readonly state: { readonly format: number } }

function snapshotsOf(version: string): { readonly [name: string]: Snapshot } {
  return JSON.parse(readFileSync(join(import.meta.dirname, version, 'snapshots.json'), 'utf8'))
}

function foldedOf(version: string): { readonly [name: string]: Folded } {
  return JSON.parse(readFileSync(join(import.meta.dirname, version, 'folded.json'), 'utf8'))
}

describe.each(versions)('the journals of %s', (version) => {
  const expected = foldedOf(version)

  it.each(Object.keys(expected))('%s folds to what it meant', (name) => {
    expect(foldJournal(eventsIn(version, name))).toEqual(expected[name])
  })

  const snapshots = snapshotsOf(version)
  const isOurs = (name: string): boolean => snapshots[name]!.state.format === STATE_FORMAT
  it.each(Object.keys(snapshots).filter(isOurs))('%s goes on from the snapshot in its middle', (name) => {
    const events = eventsIn(version, name)
    expect(stateFrom(snapshots[name]!, events)).toBe(stateAfter(events))
  })

  it.each(Object.keys(snapshots).filter((name) => !isOurs(name)))('the snapshot of %s is not read', (name) => {
    expect(() => stateFrom(snapshots[name]!, [])).toThrow(/format/)
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

it('a snapshot of this version has what its format says, and every journal that is long enough has one', () => {
  const snapshots = snapshotsOf(VERSION)
  expect(Object.keys(snapshots).length).toBeGreaterThan(40)
  for (const [name, snapshot] of Object.entries(snapshots)) {
    const events = eventsIn(VERSION, name)
    const { revision } = snapshot.state as unknown as { readonly revision: number }
    // What is written down now is what was recorded: whoever changes one of the two raises the format.
    expect(JSON.parse(JSON.stringify(snapshotAfter(events, revision)))).toEqual(snapshot)
  }
})

it('every event of a simple run changes the facts', () => {
  const events = eventsIn(VERSION, 'happy-diamond')
  const facts = events.map((_, at) => JSON.stringify({ ...foldJournal(events.slice(0, at + 1)), events: 0 }))
  expect(new Set(facts).size).toBe(events.length)
})
