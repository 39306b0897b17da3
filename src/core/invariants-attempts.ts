/** The sentences about attempts, the slots they occupy and the claims they hold (S2, S3, S7, S12). */
import { attemptsConflict, checkHeld, checkIntegrations } from './invariants-claims.js'
import type { Attempt, RunState, ScopeState, Worker } from './state.js'
import { STATUS } from './state.js'
import { broken, brokenBy } from './violation.js'

/** Checks every attempt that is live or closing, and returns them: live ones by run, then closing ones. */
export function checkAttempts(state: ScopeState): readonly Attempt[] {
  const attempts: Attempt[] = []
  for (const run of state.runs.values()) {
    if (run.live.size !== run.counts[STATUS.running]) broken('"live" has one attempt for each running task', run)
    for (const attempt of run.live.values()) {
      checkLive(run, attempt)
      attempts.push(attempt)
    }
  }
  checkClosing(state, attempts)
  for (const attempt of attempts) checkAttempt(state, attempt)
  if (state.attempts.size !== attempts.length) broken('"attempts" has all and only live and closing attempts')
  checkPairs(state, attempts)
  checkSlots(state, attempts)
  checkHeld(state, attempts)
  checkIntegrations(state, attempts)
  return attempts
}

function checkLive(run: RunState, attempt: Attempt): void {
  const { task } = attempt
  if (attempt.run !== run || run.live.get(task) !== attempt)
    brokenBy('"live" has attempts of its run, by task', attempt)
  if (run.status[task] !== STATUS.running) brokenBy('The task of a live attempt is running (S5)', attempt)
  if (attempt.closing !== null) brokenBy('A live attempt is not closing', attempt)
  if (attempt.number !== run.attempts[task]) brokenBy('The live attempt is the last one of its task (S3)', attempt)
  if (attempt.startedAt !== run.startedAt[task]) brokenBy('"startedAt" of a task is that of its last attempt', attempt)
}

/** Adds the closing attempts to `attempts`. */
function checkClosing(state: ScopeState, attempts: Attempt[]): void {
  if (state.closing.size > 0) {
    const byRun = new Map<RunState, number>()
    for (const [fence, attempt] of state.closing) {
      const { run } = attempt
      if (attempt.fence !== fence || attempt.closing === null)
        brokenBy('"closing" has closing attempts by fence', attempt)
      if (state.runs.get(run.id) !== run) brokenBy('A run is open while an attempt of it is closing', attempt)
      if (attempt.number > run.attempts[attempt.task]!) brokenBy('A closing attempt was started', attempt)
      byRun.set(run, (byRun.get(run) ?? 0) + 1)
      attempts.push(attempt)
    }
    for (const run of state.runs.values()) {
      if (run.closing !== (byRun.get(run) ?? 0)) broken('"closing" of a run counts its closing attempts', run)
    }
    return
  }
  for (const run of state.runs.values()) if (run.closing !== 0) broken('"closing" counts closing attempts', run)
}

function checkAttempt(state: ScopeState, attempt: Attempt): void {
  const { worker, slot, fence, startedAt, beatAt, progressAt } = attempt
  if (state.attempts.get(fence) !== attempt) brokenBy('"attempts" has live and closing attempts by fence', attempt)
  if (fence < 1 || fence > state.fence) brokenBy(`A fence is at most the newest one, ${state.fence} (S3)`, attempt)
  if (state.workers.get(worker.id) !== worker) brokenBy('The worker of an attempt has joined and not left', attempt)
  const isExcess = slot > worker.slots && worker.excess > 0
  if (slot < 1 || (slot > worker.slots && !isExcess))
    brokenBy(`A slot is one of the ${worker.slots} of its worker (S7)`, attempt)
  checkVerifying(attempt)
  if (beatAt < progressAt || progressAt < startedAt || beatAt > state.clock) {
    brokenBy('Start, progress and beat follow each other: a new attempt has a fresh heartbeat clock', attempt)
  }
}

function checkVerifying(attempt: Attempt): void {
  const { verifying, run, task, startedAt, progressAt } = attempt
  if (verifying === null) return
  const { step, since } = verifying
  const steps = run.plan.verify.get(task)?.length ?? 0
  if (step < 1 || step > steps) brokenBy(`What is verified is one of the ${steps} steps of the plan`, attempt)
  if (since < startedAt || since > progressAt) brokenBy('That a step begins is progress of its attempt', attempt)
}

/** No two attempts share a slot or a path; that they share no fence is known by now. */
function checkPairs(state: ScopeState, attempts: readonly Attempt[]): void {
  for (let i = 1; i < attempts.length; i += 1) {
    const a = attempts[i]!
    for (let j = 0; j < i; j += 1) {
      const b = attempts[j]!
      if (a.worker === b.worker && a.slot === b.slot)
        brokenBy(`No slot is used twice (S7), also by fence ${b.fence}`, a)
      if (!attemptsConflict(state, a, b)) continue
      const other = `"${b.run.id}/${b.run.plan.taskIds[b.task]}#${b.number}"`
      brokenBy(`Attempts with conflicting claims do not run side by side (S2), but ${other} does`, a)
    }
  }
}

/** Free and occupied slots together are all slots of a worker, none of them twice. */
function checkSlots(state: ScopeState, attempts: readonly Attempt[]): void {
  let occupied = 0
  for (const worker of state.workers.values()) {
    if (state.workers.get(worker.id) !== worker) broken(`"workers" has workers by id, and not "${worker.id}"`)
    checkFreeSlots(worker)
    occupied += worker.slots - worker.freeSlots.length + worker.excess
  }
  if (occupied !== attempts.length) {
    broken(`Each slot is free or occupied (S7): ${occupied} are not free, ${attempts.length} attempts occupy one`)
  }
  // As many are occupied as are not free, and none is occupied twice: if no occupied one is free, all agree.
  for (const attempt of attempts) {
    if (attempt.worker.freeSlots.includes(attempt.slot)) brokenBy('An occupied slot is not free (S7, S12)', attempt)
  }
}

function checkFreeSlots({ id, slots, freeSlots }: Worker): void {
  const isTwice = freeSlots.length > FEW ? new Set(freeSlots).size < freeSlots.length : hasTwice(freeSlots)
  if (isTwice) broken(`No slot of worker "${id}" is free twice (S12): ${freeSlots.join(', ')}`)
  for (const slot of freeSlots) if (slot < 1 || slot > slots) broken(`Worker "${id}" has no slot ${slot} (S7)`)
}

/** Comparing all pairs of so few is cheaper than a set. */
const FEW = 8

function hasTwice(list: readonly number[]): boolean {
  for (let i = 1; i < list.length; i += 1) if (list.indexOf(list[i]!) < i) return true
  return false
}
