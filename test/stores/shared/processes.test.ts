/** What a store knows of the processes that may open it: nothing, or what is certain. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { peerProcesses } from '../../../src/stores/shared/processes.js'

const { self, isGone } = peerProcesses()
/** Start of the machine, namespace, number, start. */
const [boot, space, pid, started] = (self ?? '').split(' ')

it.runIf(process.platform !== 'linux')('SKIPPED beside Linux, where nothing is known: no process has a name', () => {
  expect(self).toBeNull()
})

it.runIf(process.platform === 'linux')('this one has a name, and lives', () => {
  expect([boot !== '', space, pid]).toEqual([true, expect.stringMatching(/^pid:/), String(process.pid)])
  expect(isGone(self!)).toBe(false)
})

it.runIf(process.platform === 'linux')('one that was killed is gone, also before it is buried', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'])
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
  const name = [boot, space, child.pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]].join(' ')
  expect(isGone(name)).toBe(false)
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(isGone(name)).toBe(true)
})

it.runIf(process.platform === 'linux')('a number that was given to another process says that the first is gone', () => {
  expect(isGone([boot, space, pid, Number(started) - 1].join(' '))).toBe(true)
})

it.each([
  ['of another machine, or before it was started again', ['b', space, '999999999', '1'].join(' ')],
  ['in another container', [boot, 'pid:[1]', '999999999', '1'].join(' ')],
  ['whose name is cut off', [boot, space, '999999999'].join(' ')],
  ['whose name is longer', [boot, space, '999999999', '1', '2'].join(' ')],
  ['with no number', [boot, space, '-1', '1'].join(' ')],
  ['without a name', ''],
])('of one %s nothing is certain', (_, name) => {
  expect(isGone(name)).toBe(false)
})
