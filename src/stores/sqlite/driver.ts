/** The two libraries that open SQLite files, as one. */
import { schedulerError } from '../../runtime/errors.js'

/** `node:sqlite` comes with Node 22.13 and later; `better-sqlite3` is a package. */
export type SqliteDriver = 'node:sqlite' | 'better-sqlite3'

export type SqliteValue = string | number | null

/** What both libraries offer of a statement, and all that is used. */
export interface SqliteStatement {
  all(...values: readonly SqliteValue[]): readonly unknown[]
  get(...values: readonly SqliteValue[]): unknown
  run(...values: readonly SqliteValue[]): { readonly changes: number | bigint }
}

export interface SqliteFile {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
}

type Opener = new (file: string) => SqliteFile

/** The oldest Node on which better-sqlite3 13 and later work; on older ones opening a file ends the process. */
const BETTER_SQLITE3_13_NODE = 22
const INSTALL = 'npm install better-sqlite3'
const INSTALL_OLD = 'npm install better-sqlite3@12'

/** @throws SchedulerError STORE_FAILED where neither library is there, or the file cannot be opened. */
export async function openFile(file: string, driver: SqliteDriver | undefined): Promise<SqliteFile> {
  const Opener =
    driver === 'better-sqlite3' ? await betterSqlite() : ((await nodeSqlite()) ?? (await otherwise(driver)))
  return new Opener(file)
}

async function nodeSqlite(): Promise<Opener | null> {
  try {
    const { DatabaseSync } = await import('node:sqlite')
    return DatabaseSync
  } catch {
    return null
  }
}

async function otherwise(driver: SqliteDriver | undefined): Promise<Opener> {
  if (driver === undefined) return betterSqlite()
  const hint = `Use Node 22.13 or later, or leave \`driver\` out and run \`${INSTALL}\`.`
  throw schedulerError('STORE_FAILED', `This runtime has no "node:sqlite" (${runtime()}).`, hint)
}

async function betterSqlite(): Promise<Opener> {
  // Not a literal: bundlers must not ask for a package that is optional, nor the compiler for its types.
  const name: string = 'better-sqlite3'
  const isOldNode = Number(process.versions.node.split('.')[0]) < BETTER_SQLITE3_13_NODE
  const install = isOldNode ? INSTALL_OLD : INSTALL
  try {
    // The wrong version would end the process instead of throwing.
    if (isOldNode) await refuseNewerThan12(name)
    const { default: Opener } = (await import(/* @vite-ignore */ name)) as { readonly default: Opener }
    return Opener
  } catch (cause) {
    const story = `SQLite files need "node:sqlite" or the package "better-sqlite3", and this runtime (${runtime()}) has neither.`
    throw schedulerError('STORE_FAILED', story, `Run \`${install}\`, or use Node 22.13 or later.`, cause)
  }
}

async function refuseNewerThan12(name: string): Promise<void> {
  const { createRequire } = await import('node:module')
  // Looked for from the program, which is whose package it is.
  const require = createRequire(process.argv[1] ?? `${process.cwd()}/`)
  const { version } = require(`${name}/package.json`) as { readonly version: string }
  if (Number(version.split('.')[0]) > 12) throw new Error(`Version ${version} of ${name} needs Node 22.`)
}

function runtime(): string {
  return `Node ${process.versions.node}`
}
