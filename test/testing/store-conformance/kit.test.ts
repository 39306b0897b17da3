/** The kit finds what is wrong with a store, and says what. */
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../src/runtime/ports.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { type StorePlace, storeConformance } from '../../../src/testing/store-conformance/index.js'
import { type BrokenStore, badClosers, brokenStores } from './broken-stores.js'

const memoryPlace = (): StorePlace => {
  const store = memoryStore()
  return { open: () => store }
}

/** What the one case that must find the flaw says. */
async function told({ foundBy, make }: BrokenStore, without: readonly 'close'[]): Promise<string> {
  const cases = storeConformance(make, { without }).filter(({ name }) => name.includes(foundBy))
  expect(cases.map(({ name }) => name)).toHaveLength(1)
  return cases[0]!.run().then(
    () => 'nothing',
    (error: Error) => error.message,
  )
}

describe('a store that', () => {
  for (const broken of brokenStores) {
    it(`${broken.flaw} is found by "${broken.foundBy}"`, { timeout: 30_000 }, async () => {
      expect(await told(broken, ['close'])).toMatch(/expected|found|refused|ended inside|woken|being read|revision/)
    })
  }

  for (const broken of badClosers) {
    it(`${broken.flaw} is found by "${broken.foundBy}"`, async () => {
      expect(await told(broken, [])).toBe('An append: expected a SchedulerError STORE_CLOSED, but it was carried out.')
    })
  }
})

describe('the list of cases', () => {
  it('has at least a hundred, each with a name of its own', () => {
    const names = storeConformance(memoryPlace).map(({ name }) => name)
    expect(names.length).toBeGreaterThanOrEqual(100)
    expect(new Set(names).size).toBe(names.length)
  })

  it('leaves out what a store is said to lack, and nothing else', () => {
    const all = storeConformance(memoryPlace).map(({ name }) => name)
    const without = ['watch', 'snapshots', 'scopes', 'close', 'sharing', 'crash'] as const
    const few = storeConformance(memoryPlace, { without }).map(({ name }) => name)
    const left = all.filter((name) => !few.includes(name))
    expect(few.filter((name) => !all.includes(name))).toEqual([])
    expect(few.some((name) => /^(watch|snapshots|scopes):/.test(name))).toBe(false)
    expect(
      left.every((name) => /^(watch|snapshots|scopes):|another|other|stores?\b|clos|kill|snapshot|listed/.test(name)),
    ).toBe(true)
  })

  it('begins with one that compares what a store has with what it is said to have', async () => {
    const [first] = storeConformance(memoryPlace)
    await expect(first!.run()).rejects.toThrow('The store lacks "close", but "close" is not named in `without`.')
    const [other] = storeConformance(memoryPlace, { without: ['close', 'watch'] })
    await expect(other!.run()).rejects.toThrow('The store has "watch", but "watch" is named in `without`.')
  })
})

describe('a case', () => {
  it('closes every store it has opened, and then removes the place, also where it fails', async () => {
    const log: string[] = []
    const make = (): StorePlace => {
      const inner = memoryStore()
      const open = (): Store => ({
        ...inner,
        append: () => Promise.reject(new Error('no')),
        close: async () => void log.push('close'),
      })
      return { open, remove: () => void log.push('remove') }
    }
    const one = storeConformance(make).find(({ name }) => name.includes('through another store on the same data'))
    await expect(one!.run()).rejects.toThrow('no')
    expect(log).toEqual(['close', 'remove'])
  })
})
