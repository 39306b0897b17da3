/** The version that code knows is the version of the package. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { ScopeId } from '../../src/core/types.js'
import { VERSION, WRITER } from '../../src/runtime/version.js'
import { memoryStore } from '../../src/stores/memory.js'
import { hosted, plan, turns } from './world.js'

it('is that of package.json', () => {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect([VERSION, WRITER]).toEqual([version, `${name}/${version}`])
})

it('is stored with every event', async () => {
  const store = memoryStore()
  const { scheduler, work } = hosted({ store })
  const run = await scheduler.start(plan({ a: {} }))
  await turns()
  work.of('a').finish()
  await run.outcome
  const writers = new Set<string>()
  for await (const { writer } of store.read('default' as ScopeId, 0)) writers.add(writer)
  expect([...writers]).toEqual([WRITER])
  await scheduler.close()
})
