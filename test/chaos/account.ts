/** What the journal says, beside what happened outside: what was lost, and what was committed twice. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ScopeId, Store } from 'signalbox'

export interface Account {
  readonly events: number
  readonly runs: number
  readonly attempts: number
  /** Attempts that were lost with their process. */
  readonly taken: number
  /** Promises that were broken, in words; at most a few of each. */
  readonly lost: readonly string[]
  readonly twice: readonly string[]
}

/** Reads the journal and the marks in `folder`; every run must have ended, with each of its tasks. */
export async function accountOf(store: Store, folder: string, tasks: number): Promise<Account> {
  const committed = new Map<string, string[]>()
  const runs = new Set<string>()
  const succeeded = new Set<string>()
  const lost: string[] = []
  let events = 0
  let attempts = 0
  let taken = 0
  for await (const { revision, event } of store.read('default' as ScopeId, 0)) {
    events += 1
    if (revision !== events) lost.push(`event ${events} of the journal`)
    if (event.type === 'run.opened') runs.add(event.run)
    if (event.type === 'run.closed' && event.verdict === 'succeeded') succeeded.add(event.run)
    if (event.type === 'attempt.started') attempts += 1
    if (event.type === 'attempt.failed') taken += 1
    if (event.type !== 'attempt.succeeded') continue
    const task = `${event.run}/${event.task}`
    committed.set(task, [...(committed.get(task) ?? []), `${task}#${event.attempt}`])
    if (event.result !== `${task}#${event.attempt}`) lost.push(`the result of ${task}`)
  }
  const ids = new Set([...committed.values()].flat())
  for (const run of runs) {
    if (!succeeded.has(run)) lost.push(`the end of run ${run}`)
    for (let n = 0; n < tasks; n += 1) if (!committed.has(`${run}/task-${n}`)) lost.push(`${run}/task-${n}`)
  }
  for (const id of linesOf(join(folder, 'acknowledged.log'))) {
    if (!ids.has(id)) lost.push(`${id}, which had been acknowledged`)
  }
  const happened = new Set(
    Array.from({ length: tasks }, (_, n) => linesOf(join(folder, 'effects', `task-${n}`))).flat(),
  )
  for (const id of ids) if (!happened.has(id)) lost.push(`the side effect of ${id}`)
  const twice = [...committed.values()].filter((each) => each.length > 1).map((each) => each.join(' and '))
  return { events, runs: runs.size, attempts, taken, lost, twice }
}

/** Whole lines: the last one may have been cut off by a kill. */
export function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
}
