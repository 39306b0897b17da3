/**
 * What the pages show is true: every fenced code block of README.md, CONTRIBUTING.md and docs/ is checked by its kind.
 *
 *   ts, js           type-checked (ts), then run as a module that imports `signalbox`
 *   ts continued     as above, after the text of the page's ts blocks before it
 *   json, yaml       must parse; with `plan` the result goes to checkPlan(), with `plan refused` checkPlan() must refuse it
 *   sh, bash         must be well-formed; with `run`, its lines `npx signalbox …` and `npm run …` are executed
 *   mermaid          must begin with the name of a kind of diagram
 *   text             output and drawings; not looked at
 *
 * Any kind may add `file=NAME`: the text is saved under that name in the page's working folder, where its modules and
 * programs run. Every other language, and a block that names none, is a failure: nothing escapes by accident.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { type Block, blocksOf, findBlocks, findPages } from './markdown.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside the repository, so that the modules find their packages, and hidden from every other check. It holds a program
// of its own too, as deep as `dist/` is: the real one may be in use by another test.
const modules = join(root, '.blocks')
const scripts = new Set(Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as object))
const pages = findPages(root).map((page) => ({ page, blocks: findBlocks(root, page) }))
const blocks = pages.flatMap((page) => page.blocks)
const start = process.cwd()

beforeAll(() => {
  rmSync(modules, { recursive: true, force: true })
  mkdirSync(modules, { recursive: true })
  for (const block of blocks.filter(isModule)) writeFileSync(moduleFile(block), moduleText(block))
  if (blocks.some(runs)) buildProgram()
}, 120_000)

afterAll(() => rmSync(modules, { recursive: true, force: true }))

describe('the reader of pages', () => {
  it('finds blocks in lists, quotations and longer fences', () => {
    const page = ['- a', '  ```ts continued', '  one()', '  ```', '> ~~~', '> two', '> ~~~', '````text', '```', '````']
    expect(blocksOf('page.md', page.join('\n')).map(({ line, language, text }) => [line, language, text])).toEqual([
      [2, 'ts', 'one()\n'],
      [5, '', 'two\n'],
      [8, 'text', '```\n'],
    ])
  })

  it('refuses a fence that is never closed', () => {
    expect(() => blocksOf('page.md', 'text\n```ts\none()')).toThrow(
      'page.md:2 opens a code block that is never closed.',
    )
  })
})

it('every ts block passes the compiler', { timeout: 60_000 }, () => {
  if (!blocks.some((block) => block.language === 'ts')) return
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: 'force' }
  const paths = {
    signalbox: ['../src/index.ts'],
    'signalbox/*': ['../src/*.ts', '../src/*/index.ts'],
  }
  const config = {
    extends: '../tsconfig.test.json',
    compilerOptions: { ...compilerOptions, paths },
    include: ['./*.ts'],
  }
  writeFileSync(join(modules, 'tsconfig.json'), JSON.stringify(config))
  mustPass(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', modules, '--pretty', 'false'], root)
})

describe.each(pages)('$page', ({ page, blocks: pageBlocks }) => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'signalbox-docs-'))
    for (const name of ['examples', 'docs']) {
      if (existsSync(join(root, name))) symlinkSync(join(root, name), join(folder, name), 'dir')
    }
    for (const block of pageBlocks) {
      const name = block.words.find((word) => word.startsWith('file='))?.slice('file='.length)
      if (name !== undefined) writeFileSync(join(folder, name), block.text)
    }
  })

  afterAll(() => {
    process.chdir(start)
    rmSync(folder, { recursive: true, force: true })
  })

  it('has only blocks of known kinds', () => {
    expect(pageBlocks.map(complaintAbout).filter((complaint) => complaint !== undefined)).toEqual([])
  })

  for (const block of pageBlocks) {
    const name = `${page}:${block.line} ${[block.language, ...block.words].join(' ')}`
    if (isModule(block)) it(`${name} runs`, { timeout: 30_000 }, () => runModule(block, folder))
    if (isData(block)) it(`${name} holds`, () => checkData(block))
    if (isShell(block)) it(`${name} works`, { timeout: 120_000 }, () => checkShell(block, folder))
  }
})

function isModule(block: Block): boolean {
  return block.language === 'ts' || block.language === 'js'
}

function isData(block: Block): boolean {
  return block.language === 'json' || block.language === 'yaml'
}

function isShell(block: Block): boolean {
  return block.language === 'sh' || block.language === 'bash'
}

function runs(block: Block): boolean {
  return isShell(block) && block.words.includes('run')
}

const DIAGRAM = /^(?:flowchart|graph|stateDiagram-v2|sequenceDiagram|classDiagram|gantt|timeline)\b/

function complaintAbout(block: Block): string | undefined {
  const where = `${block.page}:${block.line}`
  const kinds = [
    isModule(block),
    isData(block),
    isShell(block),
    block.language === 'text',
    block.language === 'mermaid',
  ]
  if (!kinds.includes(true)) return `${where} is of no known kind: "${block.language}".`
  if (block.language === 'mermaid' && !DIAGRAM.test(block.text)) return `${where} begins with no kind of diagram.`
  const allowed = isModule(block) ? ['continued'] : isData(block) ? ['plan', 'refused'] : isShell(block) ? ['run'] : []
  const stray = block.words.find((word) => !allowed.includes(word) && !/^file=[\w.-]+$/.test(word))
  return stray === undefined ? undefined : `${where} carries an unknown word: "${stray}".`
}

function moduleFile(block: Block): string {
  return join(modules, `${block.page.replaceAll(/[/.]/g, '-')}-${block.line}.${block.language}`)
}

/** Continued blocks of a page follow the text they continue; without that word a block stands alone. */
function moduleText(block: Block): string {
  const before = blocks.filter((other) => other.page === block.page && other.line < block.line && isModule(other))
  const first = before.findLastIndex((other) => !other.words.includes('continued'))
  const earlier = block.words.includes('continued') ? before.slice(first) : []
  return [...earlier, block].map((part) => part.text).join('\n')
}

async function runModule(block: Block, folder: string): Promise<void> {
  process.chdir(folder)
  await import(/* @vite-ignore */ pathToFileURL(moduleFile(block)).href)
}

async function checkData(block: Block): Promise<void> {
  const value = block.language === 'json' ? JSON.parse(block.text) : parseYaml(block.text)
  if (!block.words.includes('plan')) return
  // By a name the compiler does not follow, so that this page reader works before the library does.
  const library = 'signalbox'
  const { checkPlan } = await import(/* @vite-ignore */ library)
  const { ok, diagnostics } = checkPlan(value)
  expect({ ok, diagnostics }).toMatchObject(block.words.includes('refused') ? { ok: false } : { ok: true })
}

function parseYaml(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true })
  expect(document.errors).toEqual([])
  return document.toJS({ maxAliasCount: 0 })
}

function checkShell(block: Block, folder: string): void {
  mustPass('bash', ['-n', '-c', block.text], folder)
  for (const line of block.text.split('\n')) {
    const script = /^npm run (?:--silent )?([\w:-]+)/.exec(line)?.[1]
    if (script !== undefined) expect([...scripts]).toContain(script)
    if (!runs(block)) continue
    if (line.startsWith('npm run ')) mustPass('bash', ['-c', line], root)
    if (line.startsWith('npx signalbox')) {
      const program = `"${process.execPath}" "${join(modules, 'cli.js')}"`
      mustPass('bash', ['-c', line.replaceAll('npx signalbox', program)], folder)
    }
  }
}

function buildProgram(): void {
  const bundler = join(root, 'node_modules/tsup/dist/cli-default.js')
  const options = ['--no-config', '--silent', '--format', 'esm', '--target', 'es2022', '--out-dir', modules]
  mustPass(process.execPath, [bundler, '--entry.cli', 'src/cli/main.ts', ...options], root)
}

function mustPass(program: string, args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}.\n${stdout}${stderr}`)
}
