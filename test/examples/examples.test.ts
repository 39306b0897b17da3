/** The programs in examples/ print what the pages say they print. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, vi } from 'vitest'
import { findBlocks } from '../docs/markdown.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = findBlocks(root, 'README.md')

afterEach(() => vi.restoreAllMocks())

it('quickstart.mjs is the first code of the README, and prints what its comment says', async () => {
  const [first] = readme.filter(({ language }) => language === 'ts')
  expect(first?.text).toBe(readFileSync(new URL('../../examples/quickstart.mjs', import.meta.url), 'utf8'))
  expect(await outputOf('quickstart.mjs')).toEqual(['4096'])
})

it('explain.mjs prints what the README shows', async () => {
  const shown = readme.find(({ text }) => text.startsWith('while draft runs'))?.text
  expect(await outputOf('explain.mjs')).toEqual(shown?.trimEnd().split('\n'))
})

it('from-markdown/run.mjs prints what the page on Markdown shows', async () => {
  const shown = findBlocks(root, 'docs/importers/markdown.md').find(({ text }) => text.startsWith('4 units'))?.text
  expect(await outputOf('from-markdown/run.mjs')).toEqual(shown?.trimEnd().split('\n'))
})

it('pull-worker.mjs: one worker falls silent, another does its task, and what the first reports is refused', async () => {
  expect(await outputOf('pull-worker.mjs')).toEqual([
    'ann has r1/schema#1, and falls silent.',
    'The run has succeeded; schema took 2 attempts.',
    'ann wakes and reports: ATTEMPT_STALE.',
    'What counts is not hers.',
    'ann is dead.',
  ])
})

/** The lines that a program prints until its last statement is done. */
async function outputOf(program: string): Promise<readonly string[]> {
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((text: unknown) => {
    lines.push(...String(text).split('\n'))
  })
  // By a name the compiler does not follow: the examples are JavaScript for the built package.
  const file: string = `../../examples/${program}`
  await import(/* @vite-ignore */ file)
  return lines
}
