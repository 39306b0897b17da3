/** What docs/reference/cli.md shows is what the program prints, and it tells of every option. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { COMMON_OPTIONS } from '../../src/cli/verb.js'
import { VERBS } from '../../src/cli/verbs.js'
import { blocksOf } from '../docs/markdown.js'
import { fileWith, world } from './world.js'

const page = 'docs/reference/cli.md'
const text = readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), 'utf8')
const blocks = blocksOf(page, text)
const plan = blocks.find(({ words }) => words.includes('file=plan.yaml'))?.text ?? ''

/** What the program prints for the page's plan. */
async function printed(...words: readonly string[]): Promise<string> {
  const file = fileWith('plan.yaml', plan)
  const { call, stdout } = world()
  expect(await call([...words, file])).toBe(0)
  return stdout.sent.replaceAll(file, 'plan.yaml')
}

it('the report of the page is the one that is printed', async () => {
  const shown = blocks.find((block) => block.text.startsWith('release: fine'))
  expect(await printed('check')).toBe(shown?.text)
})

it('the drawing of the page is the one that is made', async () => {
  const shown = blocks.find(({ language }) => language === 'mermaid')
  expect(await printed('graph')).toBe(shown?.text)
})

it('the lines and the summary of the page are those that are printed', async () => {
  const lines = blocks.find((block) => block.text.includes('opened     run r1'))
  const summary = blocks.find((block) => block.text.startsWith('succeeded in'))
  expect(await printed('run')).toContain(`\n\n${lines?.text}\n${summary?.text}`)
})

it('the document of the page has the parts of the one that is printed', async () => {
  const shown = JSON.parse(blocks.find((block) => block.text.includes('"coverage"'))?.text ?? '')
  const document = JSON.parse(await printed('check', '--json'))
  expect(document.diagnostics).toEqual(shown.diagnostics)
  const [stream] = shown.plan.streams
  expect(document.plan.streams[0]).toMatchObject({ ...stream, tasks: expect.arrayContaining(stream.tasks) })
  expect(Object.keys(document)).toEqual(Object.keys(shown))
  expect(Object.keys(document.plan)).toEqual(expect.arrayContaining(Object.keys(shown.plan)))
  expect(document.overview).toEqual(shown.overview)
  expect(document.plan.mergeOrder).toEqual(expect.arrayContaining(shown.plan.mergeOrder))
})

it('the page tells of every verb and option', async () => {
  for (const entry of VERBS) {
    const { options } = await entry.load()
    expect(text).toContain(`## ${entry.name}`)
    for (const option of [...Object.keys(options), ...Object.keys(COMMON_OPTIONS)])
      expect(text).toContain(`--${option}`)
  }
})
