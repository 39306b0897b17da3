/** Builds a throw-away copy of the project around given sources, and runs the project's checks on it. */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tool } from './modules.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const configuration = [
  'package.json',
  'tsconfig.json',
  'tsconfig.core.json',
  'biome.jsonc',
  '.dependency-cruiser.cjs',
  '.gitignore',
]

export function createTree(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-rules-'))
  for (const name of configuration) copyFileSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

export function removeTree(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** What each check complains of, one complaint per line; the empty string where it passes. */
export async function runTools(folder: string): Promise<ReadonlyMap<Tool, string>> {
  const typescript = 'node_modules/typescript/bin/tsc'
  const [lint, purity, types, coreTypes, layers] = await Promise.all([
    complaints(folder, 'node_modules/@biomejs/biome/bin/biome', [
      'lint',
      '--reporter=github',
      '--max-diagnostics=none',
      'src',
    ]),
    complaints(folder, 'scripts/purity.mjs', ['.']),
    complaints(folder, typescript, ['-p', 'tsconfig.json', '--pretty', 'false']),
    complaints(folder, typescript, ['-p', 'tsconfig.core.json', '--pretty', 'false']),
    complaints(folder, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', [
      'src',
      '--config',
      '.dependency-cruiser.cjs',
    ]),
  ])
  return new Map([
    ['lint', lint],
    ['purity', purity],
    ['types', types + coreTypes],
    ['layers', layers],
  ])
}

function complaints(folder: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, program), ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    child.stderr.on('data', (chunk) => {
      output += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve(code === 0 ? '' : output))
  })
}
