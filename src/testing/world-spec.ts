/** What a simulated world consists of: plain data, and the paths that are claimed in it. */
import type { FailureKind, GateKind, OnFailure } from '../core/types.js'
import type { ResourcesSpec, UsesSpec } from './world-uses.js'

/** Patterns that worlds claim: literals, folders, globs, alternatives, and the whole repository. */
export const VOCABULARY: readonly string[] = [
  'src/a.ts',
  'src/b.ts',
  'src/c.ts',
  'src/d/e.ts',
  'src/d',
  'src/d/',
  'src/*.ts',
  'src/**/*.ts',
  'src/{a,b}.ts',
  'docs/one.md',
  'docs/two.md',
  'docs/???.md',
  'docs/**',
  'db/schema.sql',
  'db/migrations/001.sql',
  'db/migrations/*',
  'app/[id]/page.tsx',
  'app/**',
  'package.json',
  'test/**/*.test.ts',
  'test/core/a.test.ts',
  '{docs,db}/**',
  '**/index.ts',
  '**',
  'hot/lock.jso?',
  'hot/r*.json',
  'hot/*.json',
  'hot/{lock,routes}.jso?',
]
/** `**`: meets everything. */
export const WIDEST = 23
/** The first of the patterns that are integrated; they meet each other, and of the others only `**`. */
export const HOT: number = WIDEST + 1

/** Times in ms; absent means no limit. */
export interface PolicySpec {
  readonly maxAttempts: number
  readonly maxLost: number
  /** Null: attempts that fail verification are counted as tries. */
  readonly maxVerify: number | null
  readonly initialDelay: number
  readonly factor: number
  readonly maxDelay: number
  readonly jitter: number
  readonly on: readonly Exclude<FailureKind, 'lost' | 'cancelled'>[]
  readonly startToClose?: number
  readonly scheduleToStart?: number
  readonly scheduleToClose?: number
  readonly heartbeat?: number
  readonly stall?: number
  readonly close?: number
}

/** What somebody waits for besides the success of tasks and streams. All names are of earlier things. */
export type MemberSpec =
  | { readonly kind: 'outcome'; readonly on: string; readonly when: 'success' | 'failure' | 'finish' }
  | { readonly kind: 'milestone'; readonly task: string; readonly name: string }
  | { readonly kind: 'share'; readonly stream: string; readonly share: number }

export interface WaitSpec {
  /** How many of the members; null: of the only one. */
  readonly needed: number | null
  readonly members: readonly MemberSpec[]
  /** In ms. */
  readonly lag: number
  readonly soft: boolean
}

/** A part of the result of a task. */
export interface AskSpec {
  readonly task: string
  /** Null: the whole. */
  readonly key: string | null
}

export interface SequenceSpec {
  /** Index into `VOCABULARY`. */
  readonly pattern: number
  /** Ids of streams and of tasks of no stream, in the order of the plan. */
  readonly order: readonly string[]
}

export interface TaskSpec extends UsesSpec {
  /** Unique in the plan; the full id is `stream/id`. */
  readonly id: string
  readonly stream: string | null
  /** Full ids of tasks and ids of streams, all of them earlier in the plan. */
  readonly after: readonly string[]
  /** Indexes into `VOCABULARY`. */
  readonly write: readonly number[]
  readonly read: readonly number[]
  readonly integrate: readonly number[]
  readonly advisory: readonly number[]
  readonly pool: string | null
  readonly requires: readonly string[]
  readonly priority: number
  readonly estimate: number
  /** Index into `WorldSpec.policies`. */
  readonly policy: number
  /** The limit of each verification step, in ms; null: none. */
  readonly verify: readonly (number | null)[]
  /** What it is where it is a gate: one belongs to no stream, claims nothing, and has a policy of its own. */
  readonly gate: GateSpec | null
  readonly waits: readonly WaitSpec[]
  readonly asks: AskSpec | null
  readonly milestones: readonly string[]
  readonly optional: boolean
}

export interface GateSpec {
  readonly kind: GateKind
  /** In ms; null: no limit. */
  readonly timeout: number | null
}

export interface StreamSpec {
  readonly id: string
  readonly after: readonly string[]
  readonly waits: readonly WaitSpec[]
  readonly phase: string | null
}

/** In order; the streams of each come no earlier in the plan than those of the one before. */
export interface PhaseSpec {
  readonly id: string
  /** Id of a gate that nothing else depends on. */
  readonly gate: string | null
}

export interface RunSpec {
  readonly id: string
  readonly streams: readonly StreamSpec[]
  readonly phases: readonly PhaseSpec[]
  readonly tasks: readonly TaskSpec[]
  readonly sequences: readonly SequenceSpec[]
  readonly onFailure: OnFailure
  /** What the plan declares. */
  readonly resources: ResourcesSpec
}

export interface WorkerSpec {
  readonly id: string
  readonly pool: string
  readonly slots: number
  readonly capabilities: readonly string[]
}

/** How often something is done or goes wrong, relative to 100 for an attempt that simply succeeds. */
export interface Rates {
  readonly fail: number
  readonly beat: number
  readonly progress: number
  readonly milestone: number
  readonly integrate: number
  readonly claim: number
  /** Time passes: workers dawdle. */
  readonly dawdle: number
  /** Time passes up to the next moment at which the core wants to be woken: workers go silent or get stuck. */
  readonly wake: number
  readonly share: number
  readonly send: number
  readonly sendFromOutside: number
  readonly read: number
  readonly lie: number
  readonly leave: number
  readonly crash: number
  /** A run is asked for that was asked for before, under its key. */
  readonly again: number
  /** The plan of a run is changed. */
  readonly amend: number
  /** Work adds to its plan. */
  readonly extend: number
  /** A task that has ended is done again. */
  readonly reopen: number
  readonly pause: number
  readonly refuse: number
  readonly cancelTask: number
  readonly cancelStream: number
  readonly cancelRun: number
  readonly jump: number
  /** The host gives limits and takes them back. */
  readonly limit: number
  /** Share (0 to 1) of the attempts that would succeed now and take their time. */
  readonly slow: number
  /** Share (0 to 1) of the approvals that are not given while there is chance. */
  readonly absent: number
  /** Share (0 to 1) of inputs that are decided upon together with the next. */
  readonly gather: number
  /** Share (0 to 1) of decisions that wait to be stored together with the next. */
  readonly hold: number
  /** Share (0 to 1) of orders to stop that are not confirmed when it would be their turn. */
  readonly deaf: number
}

export interface WorldSpec {
  readonly runs: readonly RunSpec[]
  readonly workers: readonly WorkerSpec[]
  readonly policies: readonly PolicySpec[]
  readonly rates: Rates
  /** How often a waiting task is passed before its claims are reserved. */
  readonly bypassLimit: number
  /** Whether it was made to starve wide claims, so that passing is counted. */
  readonly isCrowded: boolean
}

export function fullIdOf(task: TaskSpec): string {
  return task.stream === null ? task.id : `${task.stream}/${task.id}`
}
