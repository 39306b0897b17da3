/**
 * Random plans through the whole runtime: functions that fail, dawdle, are told to stop and take their time to obey. Whatever
 * happens, no two of them are ever inside on one path, every run ends, and nothing is left under way.
 */
import { expect, it } from 'vitest'
import type { RunEvent } from '../../src/core/types.js'
import { createScheduler } from '../../src/embedded.js'
import type { PlanDocument, TaskDocument } from '../../src/plan/types.js'
import { taskFailure } from '../../src/runtime/failure.js'
import { defineHandlers, type HandlerContext } from '../../src/runtime/handlers.js'
import { createRandom, type Random } from '../../src/testing/random.js'
import { virtualClock } from '../../src/testing/virtual-clock.js'
import { START, testStore, watchUnhandled } from './world.js'

watchUnhandled()

const PATHS = ['src/a.ts', 'src/b.ts', 'docs/one.md', 'docs/two.md']
/** Pattern and the paths of the four that it covers. */
const PATTERNS: readonly (readonly [string, readonly number[]])[] = [
  ['src/a.ts', [0]],
  ['src/b.ts', [1]],
  ['docs/one.md', [2]],
  ['docs/*', [2, 3]],
  ['src/**', [0, 1]],
  ['**', [0, 1, 2, 3]],
]

function drawPlan(random: Random, size: number): PlanDocument {
  const tasks: Record<string, TaskDocument> = {}
  for (let n = 0; n < size; n += 1) {
    const [write] = random.pick(PATTERNS)
    const claims = random.chance(0.6) ? (random.chance(0.7) ? { write: [write] } : { read: [write] }) : {}
    tasks[`t${n}`] = {
      claims,
      dependsOn: n > 0 && random.chance(0.4) ? [`t${random.int(n)}`] : [],
      retry: { maxAttempts: random.between(1, 3), initialDelay: random.int(50) },
      timeouts: random.chance(0.3) ? { startToClose: random.between(20, 200) } : {},
      ...(random.chance(0.3) ? { heartbeat: random.between(5, 50) } : {}),
    }
  }
  return { defaults: { handler: 'work' }, tasks, onFailure: random.pick(['continue', 'continue', 'drain', 'abort']) }
}

async function storm(seed: number): Promise<void> {
  const random = createRandom(seed)
  const clock = virtualClock(START)
  const store = testStore()
  const writers = PATHS.map(() => 0)
  const readers = PATHS.map(() => 0)
  const broken: string[] = []
  let inside = 0

  async function work(_: unknown, { attempt, signal }: HandlerContext): Promise<number> {
    const cover = (patterns: readonly string[]): readonly number[] =>
      patterns.flatMap((pattern) => PATTERNS.find(([text]) => text === pattern)![1])
    const [writes, reads] = [cover(attempt.claims.write), cover(attempt.claims.read)]
    inside += 1
    for (const path of writes) writers[path]! += 1
    for (const path of reads) readers[path]! += 1
    for (const path of PATHS.keys()) {
      const isApart = writers[path]! === 0 || (writers[path] === 1 && readers[path] === 0)
      if (!isApart) broken.push(`Seed ${seed}: ${attempt.id} is not alone on ${PATHS[path]}.`)
    }
    await clock.sleep(random.between(1, 300))
    // Whoever is told to stop may still take a while.
    if (signal.aborted) await clock.sleep(random.int(100))
    for (const path of writes) writers[path]! -= 1
    for (const path of reads) readers[path]! -= 1
    inside -= 1
    if (random.chance(0.2)) throw taskFailure('by chance', { retryAfterMs: random.int(30) })
    return seed
  }

  const handlers = defineHandlers({ work: { run: work } })
  const pools = { local: { slots: random.between(1, 6) } }
  const scheduler = createScheduler({ store, clock, handlers, pools })
  const runs = await Promise.all([25, 10].map((size) => scheduler.start(drawPlan(random, size), { id: `r${size}` })))
  if (random.chance(0.3)) void runs[0]!.cancel(`t${random.int(25)}`).catch(() => undefined)
  if (random.chance(0.2)) void clock.sleep(random.int(500)).then(() => runs[1]!.cancel().catch(() => undefined))
  for (const run of runs) {
    await clock.runUntil(run.outcome)
    expect(broken).toEqual([])
    const events: RunEvent[] = []
    for await (const event of run.events()) events.push(event)
    expect(events.at(-1)!.type).toBe('run.closed')
  }
  // Functions without claims that were told to stop may still be on their way out.
  await clock.runUntilIdle()
  expect([inside, ...writers, ...readers].every((count) => count === 0)).toBe(true)
  await scheduler.close()
}

it('sixty random storms', { timeout: 60_000 }, async () => {
  for (let seed = 1; seed <= 60; seed += 1) await storm(seed)
})
