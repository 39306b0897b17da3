/** Folders for SQLite files, and programs that use the store from processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'signalbox-sqlite-'))
let files = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The name of a file that is not there yet. */
export function freshFile(): string {
  files += 1
  return join(folder, `${files}.db`)
}

/** The store in one file, for a Node of its own. Inside the repository, so that it finds its packages. */
export async function bundleStore(): Promise<string> {
  const parent = join(root, '.vitest')
  mkdirSync(parent, { recursive: true })
  const outfile = join(mkdtempSync(join(parent, 'sqlite-')), 'store.mjs')
  const entryPoints = [join(root, 'src/stores/sqlite/index.ts')]
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' })
  return outfile
}

/** A process that runs `code` after importing the store; it prints lines. */
export function startProgram(store: string, code: string): ChildProcess {
  const text = `import { sqliteStore } from ${JSON.stringify(store)}\n${code}`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', text]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** All that a process prints until it ends: by itself and without an error, or by the signal that it should. */
export async function linesOf(child: ChildProcess, end: NodeJS.Signals | null = null): Promise<readonly string[]> {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const [code, signal] = await once(child, 'close')
  if (signal !== end || (end === null && code !== 0)) throw new Error(`The program ended with ${code ?? signal}.`)
  return text.split('\n').slice(0, -1)
}
