/**
 * One writer per folder: files `lock.1`, `lock.2` …, of which the highest counts. Whoever finds that its owner is gone creates
 * the next one, which only one can; numbers are never used again, so that what somebody saw earlier cannot mislead him.
 */
import { type SchedulerError, schedulerError } from '../../runtime/errors.js'
import { BESIDE, type Disk, isMissing, readUpTo, withFile, writeWhole } from './disk.js'
import type { Owner, Processes } from './processes.js'

export interface Lock {
  /** Lets the next one in. */
  release(): Promise<void>
}

const NAME = /^lock\.(\d{1,15})$/
const MAX_OWNER_BYTES = 4096
/** How often others may come first before we give up. */
const MAX_TRIES = 100

/** What a lock says of whoever holds it; empty once it was released. */
interface Holder extends Owner {
  /** Tells the stores of one process apart. */
  readonly store: string
}

/**
 * @param store - Unique; what an earlier try of this store has locked is ours.
 * @throws SchedulerError STORE_LOCKED while another holder lives.
 */
export async function takeLock(disk: Disk, root: string, processes: Processes, store: string): Promise<Lock> {
  const self: Holder = { ...processes.self(), store }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const highest = await highestLock(disk, root)
    const holder = highest === 0 ? 'nobody' : await holderOf(disk, `${root}/lock.${highest}`)
    const isOurs = typeof holder === 'object' && holder.store === store
    if (!isOurs) mustBeFree(`${root}/lock.${highest}`, holder, processes)
    const mine = isOurs ? highest : highest + 1
    if (!isOurs && !(await disk.claim(`${root}/lock.${mine}`, Buffer.from(JSON.stringify(self))))) continue
    if ((await highestLock(disk, root)) > mine) {
      // What we had seen was long out of date.
      await disk.remove(`${root}/lock.${mine}`)
      continue
    }
    await tidy(disk, root, mine)
    return { release: () => writeWhole(disk, root, `lock.${mine}`, Buffer.from('{}')) }
  }
  throw locked(root, 'others, one after the other')
}

async function highestLock(disk: Disk, root: string): Promise<number> {
  const entries = (await disk.list(root)) ?? []
  return Math.max(0, ...entries.map(({ name }) => Number(NAME.exec(name)?.[1] ?? 0)))
}

function mustBeFree(path: string, holder: Holder | 'nobody' | 'unreadable', processes: Processes): void {
  if (holder === 'unreadable') throw locked(path, 'somebody who cannot be told')
  if (holder === 'nobody' || !processes.isAlive(holder)) return
  const self = processes.self()
  const isSibling = holder.pid === self.pid && holder.machine === self.machine
  throw locked(path, isSibling ? 'another store of this process' : `process ${holder.pid} on "${holder.machine}"`)
}

async function holderOf(disk: Disk, path: string): Promise<Holder | 'nobody' | 'unreadable'> {
  try {
    const text = await withFile(disk, path, 'read', async (file) =>
      (await readUpTo(file, 0, MAX_OWNER_BYTES)).toString(),
    )
    return holderIn(text)
  } catch (error) {
    // Somebody has taken the next number meanwhile; trying to take it, too, will tell.
    if (isMissing(error)) return 'nobody'
    throw error
  }
}

function holderIn(text: string): Holder | 'nobody' | 'unreadable' {
  try {
    const holder = JSON.parse(text) as Partial<Holder>
    if (Object.keys(holder).length === 0) return 'nobody'
    const isHolder = typeof holder.pid === 'number' && typeof holder.machine === 'string'
    return isHolder ? (holder as Holder) : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Removes lower locks, and what others that died left beside them. */
async function tidy(disk: Disk, root: string, mine: number): Promise<void> {
  for (const { name } of (await disk.list(root)) ?? []) {
    const number = NAME.exec(name)?.[1]
    const isOld = number !== undefined && Number(number) < mine
    if (isOld || (name.startsWith('lock.') && name.endsWith(BESIDE))) await disk.remove(`${root}/${name}`)
  }
}

function locked(path: string, by: string): SchedulerError {
  const hint = `A folder has one writer: close the other, or open with \`readOnly: true\`. Remove "${path}" if you know that its owner is gone.`
  return schedulerError('STORE_LOCKED', `The store is held by ${by}, says "${path}".`, hint)
}
