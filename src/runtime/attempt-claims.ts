/** What an attempt asks about claims while it runs, as promises. */
import type { Input, Rejection } from '../core/types.js'
import type { Done } from './host-options.js'
import type { AttemptRequest, ClaimAnswer, ClaimRequest } from './ports.js'

/** The claims of one attempt, as its work sees them. */
export interface ClaimLine {
  integrate(): Promise<void>
  claim(paths: ClaimRequest): Promise<ClaimAnswer>
  /** Its turn to integrate has come. */
  granted(): void
  /** It was told to stop: it will not integrate, and gets nothing more. */
  stop(reason: Error): void
}

export function createClaimLine(attempt: AttemptRequest, post: (input: Input, done?: Done) => void): ClaimLine {
  const { run, task, fence } = attempt
  let integrating: Turn | null = null
  /** Its turn had come before it asked: it asked an earlier host. */
  let isGranted = false
  let stopped: Error | null = null

  function integrate(): Promise<void> {
    if (integrating !== null) return integrating.promise
    const turn = createTurn()
    integrating = turn
    if (stopped !== null) turn.reject(stopped)
    else if (isGranted || attempt.claims.integrate.length === 0) turn.resolve()
    else
      post({ type: 'integrate', run, task, fence }, (rejection, error) => {
        if (error !== undefined) turn.reject(error)
        else if (rejection !== null) turn.reject(new Error(rejection.message))
      })
    return turn.promise
  }

  function claim(paths: ClaimRequest): Promise<ClaimAnswer> {
    // What a handler gives may be anything; what is no list is refused where the patterns are read.
    const { write = [], read = [] } = paths ?? {}
    if (stopped !== null) return Promise.resolve({ granted: false, path: '', heldBy: null, reason: stopped.message })
    return new Promise((resolve, reject) => {
      post({ type: 'claim', run, task, fence, write: copied(write), read: copied(read) }, (rejection, error) => {
        if (error === undefined) resolve(answerOf(rejection))
        else reject(error)
      })
    })
  }

  return {
    integrate,
    claim,
    granted() {
      isGranted = true
      integrating?.resolve()
    },
    stop(reason) {
      stopped = reason
      integrating?.reject(reason)
    },
  }
}

/** It is looked at later: until then nobody may change it. */
function copied(paths: readonly string[]): readonly string[] {
  return Array.isArray(paths) ? [...paths] : paths
}

function answerOf(rejection: Rejection | null): ClaimAnswer {
  if (rejection === null) return { granted: true }
  const { path, heldBy } = rejection.refused ?? { path: '', heldBy: null }
  return { granted: false, path, heldBy, reason: rejection.message }
}

interface Turn {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

function createTurn(): Turn {
  let resolve!: () => void
  let reject!: (error: Error) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Whoever does not await it must not be ended by it.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
