/** The documents that docs/reference/cli.md shows of stored runs are the ones that are printed, to the letter. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { blocksOf } from '../docs/markdown.js'
import { fileWith, START, world } from './world.js'

const page = 'docs/reference/cli.md'
const text = readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), 'utf8')
const plan = blocksOf(page, text).find(({ words }) => words.includes('file=plan.yaml'))?.text ?? ''

const HOUR = 3_600_000
const SPEED = 10_000
const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'))
const store = `file:${join(folder, 'store')}`
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A run of the page's plan that is interrupted while its second task is under way. */
async function leaveOpen(): Promise<void> {
  const { call, clock, stdout, interrupt } = world()
  let isInterrupted = false
  await call(['run', fileWith('plan.yaml', plan), '--store', store, '--speed', `${SPEED}x`], () => {
    if (clock.now() < START + (4 * HOUR) / SPEED) return
    if (!isInterrupted && stdout.sent.includes('started    api/auth#1')) {
      isInterrupted = true
      interrupt()
    }
    return 'hold'
  })
}

/** What the page shows below the heading of a verb, and in which order. */
function shown(verb: string): readonly unknown[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${verb}\n`)) ?? ''
  return blocksOf(page, section)
    .filter(({ language }) => language === 'json')
    .map((block) => JSON.parse(block.text))
}

async function printed(...words: readonly string[]): Promise<unknown> {
  const { call, stdout } = world()
  expect(await call([...words, '--store', store, '--json'])).toBe(0)
  return JSON.parse(stdout.sent)
}

it('list, status, explain and cancel', async () => {
  await leaveOpen()
  expect([await printed('list')]).toEqual(shown('list'))
  const one = (await printed('status', 'r1')) as { readonly run: { readonly tasks: unknown } }
  expect([one]).toEqual(shown('status'))
  const { tasks: _, ...run } = one.run
  expect(await printed('status')).toEqual({ ok: true, runs: [run] })
  expect([await printed('explain', 'r1', 'api/routes')]).toEqual(shown('explain'))
  expect([await printed('cancel', 'r1', 'guide')]).toEqual(shown('cancel'))
})
