/**
 * Looks at the package as its users get it: packs the tarball, lints it (publint), resolves its types as each kind of
 * project would (attw), installs it in an empty folder, and there imports and requires every subpath.
 * Run it after `npm run build`; `npm run package` does both.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { libraryEntries, programEntries } from './entries.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const folder = mkdtempSync(join(tmpdir(), 'signalbox-package-'))
let failed = 0

/** Names users import: `signalbox`, `signalbox/testing`, … */
const specifiers = Object.keys(libraryEntries).map((name) => (name === 'index' ? 'signalbox' : `signalbox/${name}`))

try {
  step('exports agree with scripts/entries.mjs', checkExports)
  const tarball = pack()
  // publint first: attw passes when declarations are missing altogether.
  step('publint', () => run(join(bin, 'publint'), ['run', tarball, '--strict']))
  // Profile node16: the old `node10` resolution knows no subpath exports, and TypeScript has given it up.
  step('are the types wrong', () =>
    run(join(bin, 'attw'), [
      tarball,
      '--profile',
      'node16',
      '--no-emoji',
      '--no-color',
      '--exclude-entrypoints',
      'schema.json',
    ]),
  )
  step('npm install of the tarball', () => install(tarball))
  for (const specifier of specifiers) {
    step(`import ${specifier}`, () => load('mjs', `import * as all from '${specifier}'\nmust(all)`))
    step(`require ${specifier}`, () => load('cjs', `const all = require('${specifier}')\nmust(all)`))
  }
  step('import and require give the same names', () => specifiers.forEach(compareNames))
  step('signalbox/schema.json', () => load('cjs', `must(require('signalbox/schema.json'))`))
  step('signalbox/package.json', () => load('cjs', `must(require('signalbox/package.json'))`))
  step('signalbox/stores/sqlite opens a file with node:sqlite', openSqlite)
  step('signalbox --help', () => run(join(folder, 'node_modules', '.bin', 'signalbox'), ['--help'], folder))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(failed === 0 ? 'package: all checks passed' : `package: ${failed} check(s) failed`)
process.exitCode = failed === 0 ? 0 : 1

function step(name, action) {
  try {
    action()
    console.log(`ok   ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAIL ${name}\n${error.message}`)
  }
}

function checkExports() {
  const { exports, bin: programs } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const expected = Object.keys(libraryEntries).map((name) => (name === 'index' ? '.' : `./${name}`))
  const found = Object.keys(exports).filter((name) => !name.endsWith('.json'))
  if (found.join() !== expected.join()) throw new Error(`Expected exports ${expected.join()}; found ${found.join()}.`)
  for (const name of Object.keys(libraryEntries)) {
    const conditions = exports[name === 'index' ? '.' : `./${name}`]
    const expectedFiles = ['d.ts', 'js', 'd.cts', 'cjs'].map((extension) => `./dist/${name}.${extension}`)
    const files = [...Object.values(conditions.import), ...Object.values(conditions.require)]
    if (files.join() !== expectedFiles.join())
      throw new Error(`The files of "${name}" are not ${expectedFiles.join()}.`)
  }
  for (const file of [...Object.keys(programEntries).map((name) => `dist/${name}.js`), ...Object.values(programs)]) {
    if (!existsSync(join(root, file))) throw new Error(`"${file}" was not built.`)
  }
}

function pack() {
  // The scripts of npm must not run here: the build is what is being looked at.
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root })
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  )
}

function install(tarball) {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball], folder)
}

function load(extension, code) {
  const file = join(folder, `load.${extension}`)
  const must = 'function must(all) { if (Object.keys(all).length === 0) throw new Error("It exports nothing.") }'
  writeFileSync(file, `${code}\n${must}\n`)
  return run(process.execPath, [file], folder)
}

/** The bundler must leave `node:sqlite` its whole name: it has no other. */
function openSqlite() {
  const open = `sqliteStore(${JSON.stringify(join(folder, 'x.db'))}, { driver: 'node:sqlite' })`
  load('mjs', `import { sqliteStore } from 'signalbox/stores/sqlite'\nawait ${open}.scopes()`)
  load('cjs', `const { sqliteStore } = require('signalbox/stores/sqlite')\n${open}.scopes()`)
}

function compareNames(specifier) {
  const print = 'console.log(Object.keys(all).filter((name) => name !== "default").sort().join())'
  const imported = load('mjs', `import * as all from '${specifier}'\n${print}`)
  const required = load('cjs', `const all = require('${specifier}')\n${print}`)
  if (imported !== required) throw new Error(`"${specifier}": import gives ${imported}, require gives ${required}.`)
}

function run(program, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${stdout}${stderr}`)
  return stdout
}
