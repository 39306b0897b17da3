/** The store that `--store` or SIGNALBOX_STORE names, opened for what a verb does with it. */
import { stat } from 'node:fs/promises'
import { quote } from '../plan/text.js'
import type { Store } from '../runtime/ports.js'
import { programError, usageError } from './problem.js'
import type { OptionSpec, VerbContext } from './verb.js'

export const STORE_OPTION: OptionSpec = {
  kind: 'value',
  value: '<store>',
  about: 'file:<folder>, sqlite:<file>, postgres://… or memory. Default: SIGNALBOX_STORE.',
  offers: ['file:.signalbox', 'memory'],
}

/** `read`: leaves it as it is · `change`: it must be there · `create`: made where it is not. */
export type StoreUse = 'read' | 'change' | 'create'

export interface NamedStore {
  /** As it was given; a database without whoever asks and how: fit to be shown. */
  readonly name: string
  readonly store: Store
}

const VARIABLE = 'SIGNALBOX_STORE'
const HINT = `Write --store file:.signalbox, sqlite:runs.db or postgres://user@host/database, or set ${VARIABLE}.`

/** Whether one is named that keeps anything. */
export function namesStore({ args, io }: VerbContext): boolean {
  return namedStore(args, io) !== null
}

function namedStore(args: VerbContext['args'], io: VerbContext['io']): string | null {
  const given = args.value('store') ?? io.env[VARIABLE] ?? ''
  return given === '' || given === 'memory' ? null : given
}

/** Null: none is named, or `memory`, which keeps nothing. @throws ProgramError USAGE, FILE_UNREADABLE */
export async function openStore({ args, io }: VerbContext, use: StoreUse): Promise<NamedStore | null> {
  const given = namedStore(args, io)
  if (given === null) return null
  if (/^postgres(?:ql)?:\/\//.test(given)) return postgres(given)
  const [, kind, path = ''] = /^(file|sqlite):(.+)$/s.exec(given) ?? []
  if (kind === undefined) throw usageError(`${quote(given)} names no store.`, HINT)
  if (use !== 'create') await mustBeThere(path, kind)
  if (kind === 'file') {
    const { fileStore } = await import('../stores/file.js')
    return { name: given, store: fileStore(path, { readOnly: use === 'read' }) }
  }
  const { sqliteStore } = await import('../stores/sqlite/index.js')
  return { name: given, store: sqliteStore(path) }
}

/**
 * Lends `use` the store, and closes it whatever happens.
 *
 * @throws ProgramError USAGE where none is named, FILE_UNREADABLE; and whatever `use` throws
 */
export async function withStore<T>(
  context: VerbContext,
  access: Exclude<StoreUse, 'create'>,
  use: (named: NamedStore) => Promise<T>,
): Promise<T> {
  const named = await openStore(context, access)
  if (named === null) throw usageError('There is no store to look into.', HINT)
  try {
    return await use(named)
  } finally {
    await named.store.close?.()
  }
}

async function postgres(url: string): Promise<NamedStore> {
  const { postgresStore } = await import('../stores/postgres/index.js')
  return { name: withoutSecrets(url), store: postgresStore(url) }
}

/** Users, passwords and parameters are nobody's business who looks at the screen. */
function withoutSecrets(url: string): string {
  return URL.canParse(url) ? `postgres://${new URL(url).host}${new URL(url).pathname}` : 'postgres://…'
}

/** A mistyped path must not answer with an empty store. */
async function mustBeThere(path: string, kind: string): Promise<void> {
  const stats = await stat(path).catch(() => null)
  const isRight = kind === 'file' ? stats?.isDirectory() : stats?.isFile()
  if (isRight === true) return
  const what = kind === 'file' ? 'folder' : 'file'
  const hint = 'Check the path; signalbox run --store makes a store where there is none.'
  throw programError('FILE_UNREADABLE', `There is no store in ${quote(path)}: it is no ${what}.`, hint)
}
