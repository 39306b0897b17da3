/** Faulty limiters. */
import { bug, type PlantedBug } from './bug.js'

export const LIMIT_BUGS: readonly PlantedBug[] = [
  // Limits.
  bug('units are not given back', 'core/uses.ts', 'for (const { limiter } of uses) giveBack(limiter, attempt)', ''),
  bug(
    'units are given back while an attempt still stops',
    'core/reduce.ts',
    'state.closing.set(fence, attempt)',
    'state.closing.set(fence, attempt); if (attempt.uses !== null) letGoOfUses(state, attempt, attempt.uses)',
  ),
  bug(
    'one unit too many is had',
    'core/limiters.ts',
    'units + ask + (kept ?? 0) > capacity',
    'units + ask > capacity + 1',
  ),
  bug(
    'shared goes with units',
    'core/limiters.ts',
    'if (ask === SHARED) return exclusive > 0 || units > 0',
    'if (ask === SHARED) return exclusive > 0',
  ),
  bug(
    'a rate is off by one',
    'core/limiters.ts',
    'kept === null ? perMinute : perMinute - 1',
    'kept === null ? perMinute + 1 : perMinute',
  ),
  bug('a minute is too short', 'core/limit.ts', 'RATE_WINDOW_MS = 60_000', 'RATE_WINDOW_MS = 59_999'),
  bug(
    'the breaker lets two probes through',
    'core/limiters.ts',
    '(now < openUntil || probe !== null || kept !== null)',
    '(now < openUntil || kept !== null)',
  ),
  bug('a breaker never opens', 'core/limiters.ts', 'limiter.openUntil = at + rule.cooldownMs', ''),
  bug('a success of the probe is not heard', 'core/uses.ts', 'countSuccess(limiter, attempt)', ';'),
  bug(
    'a probe that was cancelled is waited for',
    'core/limiters.ts',
    'if (limiter.probe === holder) limiter.probe = null',
    '',
  ),
  bug('any failure opens a breaker again', 'core/limiters.ts', 'else if (limiter.probe !== holder) return', ''),
  bug(
    'nobody looks when a limiter may be free by time',
    'core/parking.ts',
    'if (!state.parked.has(limiter)) return',
    'return',
  ),
  bug('a limit that changes wakes nobody', 'core/uses.ts', 'state.claims.refresh()\n  wakeLimiter(state, limiter)', ''),
  bug('a limit holds for what starts later alone', 'core/uses.ts', 'else hold(limiter, attempt, 1)', ''),
  bug('what a closed run declares goes on to hold', 'core/uses.ts', 'limiter.declared.splice(place, 1)', ''),
  bug('nobody is passed at a limiter', 'core/uses.ts', 'addShort(limiter, waiter, at, isHeldBack, passed)', ''),
  bug(
    'a reservation keeps no units',
    'core/parking.ts',
    'return reserved.uses.find((each) => each.limiter === limiter)?.ask ?? null',
    'return null',
  ),
  bug(
    'a key does not keep tasks apart',
    'plan/uses.ts',
    'if (key !== undefined) used.push({ limiter: keyLimiter(key), ask: EXCLUSIVE })',
    '',
  ),
  bug(
    'who waits with a key does not hear of its result',
    'core/uses.ts',
    'if (waiter.waiting) waiter.run.reusable.add(waiter.task)',
    ';',
  ),
  bug(
    'a key whose result is known is ignored',
    'core/ready.ts',
    "if (state.keyed.size > 0 && state.keyed.has(run.plan.keys.get(task) ?? '')) run.reusable.add(task)",
    '',
  ),
]
