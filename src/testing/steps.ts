/** What can happen in a simulated world, one step at a time: plain data, so that it can be repeated, dropped and printed. */
import type { FailureKind, Limit, MessageTarget } from '../core/types.js'
import { type AmendmentSpec, describeAmendment } from './amendment-spec.js'

/** What a worker says about an attempt. */
export type ReportKind =
  | 'complete'
  | 'fail'
  | 'beat'
  | 'progress'
  | 'milestone'
  | 'share'
  | 'send'
  | 'confirm'
  | 'integrate'
  | 'claim'

/**
 * Whose fence a lie carries: `old`, that of an attempt of this task that is over or fenced; `other`, that of a live attempt
 * of another task; `none`, one that was never given.
 */
export type LieKind = 'old' | 'other' | 'none'

export interface Crash {
  /** Before: what this step decided, and what was held back before it, is lost. After: it is stored, but not acted upon. */
  readonly when: 'before' | 'after'
  /** While recovering, the host crashes again after this many decisions; -1: it does not. */
  readonly again: number
}

export type Step =
  /** `again`: another run asks to be opened under the key of this one. */
  (
    | { readonly kind: 'open' | 'again'; readonly run: string }
    | { readonly kind: 'join' | 'drain' | 'leave'; readonly worker: string }
    /** A report on the live attempt of a task, or on the closing one (`confirm`). */
    | {
        readonly kind: 'report'
        readonly report: ReportKind
        readonly run: string
        readonly task: string
        readonly failure?: FailureSpec
        readonly claim?: ClaimSpec
        readonly to?: MessageTarget
        /** What comes with a result. */
        readonly extension?: AmendmentSpec
      }
    | {
        readonly kind: 'lie'
        readonly lie: LieKind
        readonly report: ReportKind
        readonly run: string
        readonly task: string
        readonly to?: MessageTarget
        readonly extension?: AmendmentSpec
      }
    | { readonly kind: 'amend'; readonly run: string; readonly amendment: AmendmentSpec }
    | { readonly kind: 'reopen'; readonly run: string; readonly task: string; readonly downstream: boolean }
    /** A message from outside of the run. */
    | { readonly kind: 'send'; readonly run: string; readonly to: MessageTarget }
    /** Whoever works on the task looks at what was handed over to it. */
    | { readonly kind: 'read'; readonly run: string; readonly task: string }
    | { readonly kind: 'cancel'; readonly run: string; readonly target: 'run' | 'stream' | 'task'; readonly id: string }
    | { readonly kind: 'approve' | 'refuse'; readonly run: string; readonly gate: string }
    | { readonly kind: 'pause' | 'resume'; readonly run: string }
    /** The host gives a limit, or takes it back. */
    | { readonly kind: 'limit'; readonly name: string; readonly limit: Limit | null }
    /** Time passes, and the host looks at the clock. */
    | { readonly kind: 'wait'; readonly ms: number }
    /** Time passes up to the moment the core asked for. */
    | { readonly kind: 'wake' }
    /** The clock is set, forth or back; nobody notices yet. */
    | { readonly kind: 'jump'; readonly ms: number }
  ) & {
    /** It is decided upon together with the next, which comes at once. */
    readonly gather?: boolean
    /** What it decides waits to be stored together with the next. */
    readonly hold?: boolean
    readonly crash?: Crash
  }

export interface FailureSpec {
  readonly kind: FailureKind
  readonly retryable?: boolean
  readonly retryAfterMs?: number
}

/** What is asked for: texts, some of which are no patterns. */
export interface ClaimSpec {
  readonly write: readonly string[]
  readonly read: readonly string[]
}

/** One line for people. */
export function describeStep(step: Step): string {
  const end = `${step.gather === true ? ', together with' : ''}${step.hold === true ? ', not stored yet' : ''}${describeCrash(step.crash)}`
  switch (step.kind) {
    case 'open':
      return `open ${step.run}${end}`
    case 'again':
      return `open another run under the key of ${step.run}${end}`
    case 'join':
    case 'drain':
    case 'leave':
      return `${step.kind} ${step.worker}${end}`
    case 'report':
      return `${describeReport(step.report, step.failure)}${describeClaim(step.claim)} ${step.run}/${step.task}${describeTarget(step.to)}${describeExtension(step.extension)}${end}`
    case 'lie':
      return `lie: ${describeReport(step.report)} ${step.run}/${step.task} with ${LIES[step.lie]}${describeExtension(step.extension)}${end}`
    case 'amend':
      return `amend ${step.run}: it ${describeAmendment(step.amendment)}${end}`
    case 'reopen':
      return `reopen ${step.run}/${step.task}${step.downstream ? ', with all that came after it' : ''}${end}`
    case 'send':
      return `send in ${step.run}${describeTarget(step.to)}${end}`
    case 'read':
      return `read ${step.run}/${step.task}`
    case 'cancel':
      return `cancel ${step.target} ${step.target === 'run' ? step.run : `${step.run}/${step.id}`}${end}`
    case 'approve':
    case 'refuse':
      return `${step.kind} ${step.run}/${step.gate}${end}`
    case 'pause':
    case 'resume':
      return `${step.kind} ${step.run}${end}`
    case 'limit':
      return `limit ${step.name} ${JSON.stringify(step.limit)}${end}`
    case 'wait':
      return `wait ${step.ms} ms${end}`
    case 'wake':
      return `wait until woken${end}`
    case 'jump':
      return `the clock is set ${step.ms < 0 ? 'back' : 'forth'} by ${Math.abs(step.ms)} ms`
    default:
      return step satisfies never
  }
}

const LIES: Readonly<Record<LieKind, string>> = {
  old: 'the fence of an earlier attempt',
  other: 'the fence of another task',
  none: 'a fence nobody was given',
}

function describeReport(report: ReportKind, failure?: FailureSpec): string {
  if (report !== 'fail' || failure === undefined) return report
  const retryable = failure.retryable === false ? ' for good' : ''
  const after = failure.retryAfterMs === undefined ? '' : ` retry-after ${failure.retryAfterMs} ms`
  return `fail (${failure.kind}${retryable}${after})`
}

function describeTarget(to: MessageTarget | undefined): string {
  return to === undefined ? '' : ` to ${Object.entries(to).flat().join(' ')}`
}

function describeExtension(extension: AmendmentSpec | undefined): string {
  return extension === undefined ? '' : `, which ${describeAmendment(extension)}`
}

function describeClaim(claim: ClaimSpec | undefined): string {
  return claim === undefined ? '' : ` (write ${claim.write.join(' ')}; read ${claim.read.join(' ')})`
}

function describeCrash(crash: Crash | undefined): string {
  if (crash === undefined) return ''
  const again = crash.again < 0 ? '' : `, and once more while recovering (after ${crash.again} decisions)`
  return `; then the host crashes, ${crash.when === 'before' ? 'before anything of it was' : 'when it was just'} stored${again}`
}
