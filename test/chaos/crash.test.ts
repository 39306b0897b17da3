/** Real processes, killed with SIGKILL: a short form of `npm run chaos`. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunEvent, ScopeId } from 'signalbox'
import { memoryStore } from 'signalbox/stores/memory'
import { expect, it, onTestFinished } from 'vitest'
import { accountOf } from './account.js'

const script = fileURLToPath(new URL('../../scripts/chaos.mjs', import.meta.url))

it.each(['file', 'sqlite'])(
  'five kills on the %s store lose nothing and commit nothing twice',
  { timeout: 120_000 },
  (store) => {
    const words = [script, '--store', store, '--kills', '5', '--tasks', '60', '--seed', '3']
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^kills {2}5,/m)
    expect(stdout).toMatch(/^lost {2}0$/m)
    expect(stdout).toMatch(/^committed twice {2}0$/m)
    expect(stdout).toMatch(/^recovery {2}p50 \d+ ms, p99 \d+ ms$/m)
  },
)

it('what is lost or committed twice is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'effects'))
  writeFileSync(join(folder, 'effects', 'task-0'), 'r1/task-0#1\nr1/task-0#2\n')
  writeFileSync(join(folder, 'acknowledged.log'), 'r1/task-0#1\nr1/task-1#1\nr1/task-')
  const store = memoryStore()
  const success = (attempt: number) => {
    const ids = { run: 'r1', task: 'task-0', attempt, fence: attempt }
    return { type: 'attempt.succeeded', at: 1, ...ids, result: `r1/task-0#${attempt}` }
  }
  const events = [{ type: 'run.opened', at: 1, run: 'r1', plan: {} }, success(1), success(2)]
  const batch = { id: 'b', writer: 'test/1', events: events as unknown as RunEvent[] }
  await store.append('default' as ScopeId, 0, batch)
  expect(await accountOf(store, folder, 2)).toMatchObject({
    events: 3,
    runs: 1,
    lost: ['the end of run r1', 'r1/task-1', 'r1/task-1#1, which had been acknowledged'],
    twice: ['r1/task-0#1 and r1/task-0#2'],
  })
  writeFileSync(join(folder, 'effects', 'task-0'), 'r1/task-0#1\n')
  expect((await accountOf(store, folder, 1)).lost).toContain('the side effect of r1/task-0#2')
})
