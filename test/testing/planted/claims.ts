/** Faulty checks, and faulty claims. */
import { bug, type PlantedBug } from './bug.js'

export const CLAIM_BUGS: readonly PlantedBug[] = [
  // The four checks without which there is no scheduler.
  bug(
    'the claim check is deleted',
    'core/parking.ts',
    'state.claims.blocker(waiter)',
    'null as ReturnType<typeof state.claims.blocker>',
  ),
  bug(
    'the dependency check is deleted',
    'core/points.ts',
    'if (run.remaining[task] === 0 && run.status[task] === STATUS.waiting) becomeReady',
    'if (run.status[task] === STATUS.waiting) becomeReady',
  ),
  bug(
    'the fence check is deleted',
    'core/decide.ts',
    'const attempt = draft.state.attempts.get(ref.fence)\n  if (attempt !== undefined && attempt.closing === null) {',
    'const known = draft.state.runs.get(ref.run)\n  const attempt = known?.live.get(known.plan.taskIndex.get(ref.task)!)\n  if (attempt !== undefined) {',
  ),
  bug('the retry bound is deleted', 'core/retry.ts', 'if (spent >= most) return null', ''),
  // Claims and slots.
  bug('readers do not hold up a writer', 'claims/table.ts', "(mode !== 'read' && known.read.length > 0)", 'false'),
  bug(
    'a closing attempt lets go of its claims',
    'core/reduce.ts',
    'state.closing.set(fence, attempt)',
    'state.closing.set(fence, attempt); state.claims.release(attempt)',
  ),
  bug('claims are never released', 'core/reduce.ts', 'state.claims.release(attempt)', ''),
  bug(
    'a slot is given back twice',
    'core/reduce-workers.ts',
    'worker.freeSlots.push(slot)',
    'worker.freeSlots.push(slot, slot)',
  ),
  bug('the slots of a worker are not looked at', 'core/workers.ts', 'freeSlots.length > excess && (', '('),
  bug(
    'pools are not looked at',
    'core/workers.ts',
    'if (need.pool !== null && need.pool !== worker.pool) return false',
    '',
  ),
  bug('a draining worker gets more work', 'core/workers.ts', 'if (worker.isDraining) continue', ''),
  // Claims during an attempt.
  bug(
    'writers start beside those who will integrate',
    'claims/table.ts',
    "if (mode !== 'integrate' && known.integrate.length > 0) return true",
    '',
  ),
  bug(
    'whoever asks to integrate is granted it',
    'core/integration.ts',
    '!patterns.some((pattern) => taken.has(pattern))',
    'patterns.length > 0',
  ),
  bug(
    'whoever waits to integrate is passed',
    'core/integration.ts',
    'for (const pattern of patterns) for (const other of',
    'if (!waitsToIntegrate(attempt) || next.includes(attempt)) for (const pattern of patterns) for (const other of',
  ),
  bug(
    'whoever was stopped before its turn stays in the line',
    'core/reduce.ts',
    'if (waitsToIntegrate(attempt)) state.integrations.delete(fence)',
    '',
  ),
  bug(
    'whoever was stopped while it integrates lets go',
    'core/reduce.ts',
    'if (waitsToIntegrate(attempt)) state.integrations.delete(fence)',
    'state.integrations.delete(fence)',
  ),
  bug('whoever waits to integrate stalls', 'core/expire.ts', 'if (!isLease && waitsToIntegrate(attempt)) return', ''),
  bug(
    'whoever had to wait to integrate never stalls again',
    'core/integration.ts',
    "if (stallMs !== null) state.deadlines.add({ at: at + stallMs, kind: 'stall', run: run.id, task, fence })",
    '',
  ),
  bug(
    'a claim during an attempt does not see readers',
    'claims/table.ts',
    "(mode === 'write' ? known.read.find(isOther) : undefined)",
    'undefined',
  ),
  bug(
    'a claim during an attempt does not see who will integrate',
    'claims/table.ts',
    'other ?? known.integrate[0]',
    'other',
  ),
  bug(
    'a claim during an attempt takes what is reserved',
    'claims/table.ts',
    'if (isReserved(table, pattern, mode, null)) return { pattern, holder: null }',
    '',
  ),
  bug(
    'a claim during an attempt passes nobody',
    'claims/table.ts',
    'seq: Number.POSITIVE_INFINITY, now',
    'seq: -1, now',
  ),
  bug(
    'what was claimed during an attempt is never forgotten',
    'core/reduce.ts',
    'for (const set of attempt.extensions ?? NONE) state.claims.forget(set)',
    '',
  ),
  bug('advice is not heard', 'core/advice.ts', '!state.claims.isAdvisedAgainst(set)', 'set !== null'),
  bug(
    'advice is stronger than nothing else to do',
    'core/advice.ts',
    'if (next === null) return true',
    'if (next === null) return false',
  ),
  bug(
    'whoever stands behind one that is passed over is not looked at',
    'core/advice.ts',
    'wakeNext(state, waiter)\n  return true',
    'return true',
  ),
]
