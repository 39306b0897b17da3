/** The sentences about what is handed over, and about the keys that runs were opened under. */
import { MESSAGES_LIMIT, SHARED_KEYS_LIMIT } from './handed-over.js'
import type { RunState, ScopeState } from './state.js'
import { broken, brokenBy } from './violation.js'

export function checkHandedOver(state: ScopeState): void {
  for (const [key, id] of state.runKeys) {
    if (!state.runs.has(id) && !state.closedRuns.has(id)) broken(`"runKeys" names runs; key "${key}" names "${id}"`)
  }
  for (const run of state.runs.values()) {
    const { idempotencyKey: key } = run
    if (key !== null && state.runKeys.get(key) !== run.id) broken('"runKeys" has the key of every run', run)
    if (run.shared.size > 0) checkShared(run)
    if (run.messages.length > 0) checkMessages(state, run)
  }
  for (const attempt of state.attempts.values()) {
    for (const [stream, seen] of attempt.shared) {
      const shared = attempt.run.shared.get(stream)
      if (shared === undefined || seen.size > shared.size) brokenBy('An attempt sees only what was shared', attempt)
    }
  }
}

function checkShared(run: RunState): void {
  for (const [stream, values] of run.shared) {
    if (stream !== null && !run.plan.streamIndex.has(stream)) broken('"shared" has streams of the plan', run)
    if (values.size < 1 || values.size > SHARED_KEYS_LIMIT) broken('"shared" has its limits', run)
  }
}

function checkMessages(state: ScopeState, run: RunState): void {
  let before = 0
  run.messages.forEach(({ seq, revision, from, to }, i) => {
    if (seq !== i + 1 || seq > MESSAGES_LIMIT) broken('"messages" are numbered from 1', run)
    if (revision <= before || revision > state.revision) broken('"messages" are in the order of the journal', run)
    before = revision
    if (from !== null && from.fence > state.fence) broken('A message is from an attempt that was started', run)
    const isOfRun =
      'task' in to ? run.plan.taskIndex.has(to.task) : 'worker' in to || run.plan.streamIndex.has(to.stream)
    if (!isOfRun) broken('A message is for a task or stream of its run', run)
  })
}
