/**
 * What a plan looks like: as people write it (`PlanDocument`) and as everything else reads it (`Plan`).
 *
 * Both are plain JSON. The written form allows durations as text and collections as mappings from id to record; the
 * parsed form has numbers of milliseconds and lists with ids, in the order of declaration. Absent fields stay absent
 * in both: `compile` fills in the defaults. A parsed plan is itself a valid document, and parsing it changes nothing.
 */
import type { DurationMs, FailureKind, JsonValue, OnFailure } from '../core/types.js'

/** `"500ms"`, `"30s"`, `"5m"`, `"1.5h"`, `"3d"`. */
export type DurationText = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`
/** A duration as written: text with a unit, or a non-negative number of milliseconds. At most 100 years. */
export type Duration = DurationText | number

/** Kinds of failure a plan may ask to retry; `lost` has `maxLost` instead, `cancelled` is never tried again. */
export type RetryableKind = Exclude<FailureKind, 'lost' | 'cancelled'>

/** When and how often failed work is tried again. */
export interface RetryFields<Time> {
  /** Tries, the first one counted: 1 to 1000, default 1 (no retry). */
  readonly maxAttempts?: number | undefined
  /** Wait before the second try. Default 1 s. */
  readonly initialDelay?: Time | undefined
  /** Each wait is the one before times this: 1 to 100, default 2. */
  readonly factor?: number | undefined
  /** Longest wait. Default 5 min. */
  readonly maxDelay?: Time | undefined
  /** Share of the wait that chance may take away: 0 to 1, default 0.2. */
  readonly jitter?: number | undefined
  /** Default: error, timeout, stalled, rate-limited, verify. */
  readonly on?: readonly RetryableKind[] | undefined
  /** Attempts that may be lost with their worker, not counted as tries: 0 to 1000, default 3. */
  readonly maxLost?: number | undefined
  /** Attempts that may fail verification, not counted as tries: 0 to 1000. Default: they are counted as tries. */
  readonly maxVerify?: number | undefined
}

/** Absent means: no limit. All longer than 0. */
export interface TimeoutFields<Time> {
  /** One attempt. */
  readonly startToClose?: Time | undefined
  /** Waiting to start, once it may. */
  readonly scheduleToStart?: Time | undefined
  /** All attempts together, waiting included. */
  readonly scheduleToClose?: Time | undefined
  /** Silence. Default: three times `heartbeat`, where that is given. */
  readonly heartbeat?: Time | undefined
  /** No progress. */
  readonly stall?: Time | undefined
  /** How long an attempt told to stop keeps its claims without confirmation. */
  readonly close?: Time | undefined
}

/** What holds for tasks that say nothing themselves, field by field. */
export interface DefaultsFields<Time, Work = string> {
  readonly handler?: Work | undefined
  readonly retry?: RetryFields<Time> | undefined
  readonly timeouts?: TimeoutFields<Time> | undefined
  readonly heartbeat?: Time | undefined
}

/** Path patterns an attempt holds while it runs. */
export interface Claims {
  /** Excludes both readers and writers. */
  readonly write?: readonly string[] | undefined
  readonly read?: readonly string[] | undefined
  /** Never blocks: of tasks of equal priority, those start first whose advisory patterns meet nothing that is held. */
  readonly advisory?: readonly string[] | undefined
  /**
   * Hot shared files, held from when the attempt asks to integrate until it has ended, by one attempt at a time. They may
   * meet other integrate claims only.
   */
  readonly integrate?: readonly string[] | undefined
}

/** What holds for a dependency as a whole. */
export interface EdgeFields<Time> {
  /** How long after it holds the task may start. Default 0. */
  readonly lag?: Time | undefined
  /** Order preferred among ready tasks, never waited for. Default `false`. */
  readonly soft?: boolean | undefined
}

/** How a task or stream, or a milestone, ended. */
export interface OutcomeOf {
  /** A task, a stream, or `X#milestone`. A stream means all its tasks that are not optional. */
  readonly on: string
  /** `success` (default), `failure` for good, or `finish`: an end of whatever kind. Milestones only have a success. */
  readonly when?: 'success' | 'failure' | 'finish' | undefined
}

/** How far a stream is. */
export interface ShareOf {
  readonly stream: string
  /** Share of its work that is done, weighed by estimates: above 0, at most 1. */
  readonly progress: number
}

/** A member of a choice. `lag` and `soft` belong to the choice as a whole. */
export type MemberOf = string | OutcomeOf | ShareOf

/** One of several, or some of several. */
export type ChoiceOf =
  | { readonly anyOf: readonly MemberOf[] }
  | { /** How many of them must succeed. */ readonly quorum: number; readonly of: readonly MemberOf[] }

/** What a task or stream waits for: an id, or a condition. */
export type DependencyOf<Time> = string | ((OutcomeOf | ShareOf | ChoiceOf) & EdgeFields<Time>)

/** A part of a task's result. */
export interface Condition {
  readonly $from: string
  /** Keys and positions that lead to the part. Default: the whole result. */
  readonly path?: readonly (string | number)[] | undefined
}

/** A step that must pass before a task counts as done: it does unless its result is `false` or `{ passed: false }`. */
export interface VerifyFields<Time> {
  readonly handler: string
  /** JSON, with references; `{ "$from": "$result" }` is what the task itself returned. */
  readonly input?: JsonValue | undefined
  /** How long the step may take. Default: no limit. */
  readonly timeout?: Time | undefined
}

/**
 * What a task uses, by resource: units from 1, or `shared` (with other shared uses only), or `exclusive` (with nobody).
 * Units, shared and exclusive use of one resource exclude each other.
 */
export type TaskUses = Readonly<Record<string, number | 'shared' | 'exclusive'>>

/** A task without its id. */
export interface TaskFields<Time, Work = string> {
  readonly title?: string | undefined
  /** Name of a handler the host registered. Default: that of the stream, then of the plan. */
  readonly handler?: Work | undefined
  /** JSON. `{ "$from": "fetch", "path": ["sha"] }` stands for a part of another task's result, and makes the edge. */
  readonly input?: JsonValue | undefined
  readonly dependsOn?: readonly DependencyOf<Time>[] | undefined
  /** A part of another task's result, which it waits for: skipped where that is `false`, `null` or not there. */
  readonly if?: Condition | undefined
  /** Default: what the stream owns, as writes. `{}` claims nothing. */
  readonly claims?: Claims | undefined
  /** Only workers of this pool. Default: the stream's, else any. */
  readonly pool?: string | undefined
  /** Capabilities the worker must have, the stream's included. */
  readonly requires?: readonly string[] | undefined
  /** Resources it holds while an attempt runs, all or none. One that is declared nowhere is a lock of size one. */
  readonly uses?: TaskUses | undefined
  /** -1000 to 1000, higher first. Default: the stream's, then 0. */
  readonly priority?: number | undefined
  readonly estimate?: Time | { readonly min: Time; readonly max: Time } | undefined
  readonly retry?: RetryFields<Time> | undefined
  readonly timeouts?: TimeoutFields<Time> | undefined
  /** How often a running attempt gives a sign of life. */
  readonly heartbeat?: Time | undefined
  /** What must pass, in this order, before a completed attempt counts as succeeded; a name is a step without input. */
  readonly verify?: readonly (string | VerifyFields<Time>)[] | undefined
  /** Points inside the task that others may wait for, as `task#milestone`. */
  readonly milestones?: readonly string[] | undefined
  /**
   * Tasks of one scope with equal keys never run side by side, and the first result stands for all of them: they are not
   * done again, in this run or another. Up to 256 characters.
   */
  readonly idempotencyKey?: string | undefined
  readonly deliverables?: readonly string[] | undefined
  /** Neither its stream nor the run depends on how it ends. Default `false`. */
  readonly optional?: boolean | undefined
}

/** A stream without its id and tasks. */
export interface StreamFields<Time, Work = string> {
  readonly title?: string | undefined
  readonly dependsOn?: readonly DependencyOf<Time>[] | undefined
  /** Paths only this stream may write. */
  readonly owns?: readonly string[] | undefined
  /** Streams that merge before this one: see `CompiledPlan.mergeOrder`. Does not order their tasks. */
  readonly mergeAfter?: readonly string[] | undefined
  /** The phase it belongs to: it starts when the phases before that are done, and their gates passed. */
  readonly phase?: string | undefined
  readonly priority?: number | undefined
  readonly pool?: string | undefined
  readonly requires?: readonly string[] | undefined
  readonly branch?: string | undefined
  readonly defaults?: DefaultsFields<Time, Work> | undefined
}

/** How a stream is made from a template. */
export interface StampFields {
  /** Made from this template of the plan; what the stream says itself comes on top, its tasks after those of the template. */
  readonly template?: string | undefined
  /** The values of the template's places. */
  readonly with?: Readonly<Record<string, JsonValue>> | undefined
  /** Values for several streams: one is stamped out for each, so the stream's id has a place in it. */
  readonly each?: readonly Readonly<Record<string, JsonValue>>[] | undefined
}

/**
 * A gate without its id: a checkpoint that something outside must pass. It is named wherever a task may be; who waits for it
 * starts once it is passed.
 */
export interface GateFields<Time> {
  readonly title?: string | undefined
  readonly dependsOn?: readonly DependencyOf<Time>[] | undefined
  /** `approval`: somebody says so (`run.approve`) · `check`: a handler finds out. */
  readonly kind: 'approval' | 'check'
  /** Of a check: it passes unless the result is `false` or `{ passed: false }`. */
  readonly handler?: string | undefined
  /** Of a check. */
  readonly input?: JsonValue | undefined
  /** Of a check: one attempt. Of an approval: how long an answer may take, once it is ready. Default: no limit. */
  readonly timeout?: Time | undefined
}

/** A phase without its id: streams that start when the phases before it in the plan are done. */
export interface PhaseFields {
  readonly title?: string | undefined
  /** A gate of the plan: it waits for the streams of the phase, and the next phase waits for it. */
  readonly gate?: string | undefined
}

/** Identical workers. */
export interface Pool {
  /** Attempts at once: 1 to 100,000. */
  readonly slots: number
  readonly capabilities?: readonly string[] | undefined
}

/**
 * A counted thing: how many units there are, 1 to 1,000,000,000, and how many attempts that use it may start in any 60 s, 1 to
 * 100,000 (default: any number). Runs of one scope share it; what the host gives wins, then the first open run that says.
 */
export type Resource = number | { readonly capacity: number; readonly perMinute?: number | undefined }

/** Orders the claimants of a shared path: those of an entry start when those of the entries before it have ended. */
export interface Sequence {
  /** A path pattern. */
  readonly path: string
  /** Streams and tasks; of a stream, those of its tasks that claim the path. */
  readonly order: readonly string[]
}

/**
 * A stream with places to fill in, written `${name}`, in any text or key of it. A text that is nothing but one place becomes
 * the value, whatever it is; `$${` stands for `${`.
 */
export type Template = Readonly<Record<string, unknown>> & {
  /** The names of the places; others are refused then. */
  readonly parameters?: readonly string[] | undefined
}

/** The parts of a plan that are not collections of records. */
export interface HeaderFields<Time, Work = string> {
  readonly $schema?: string | undefined
  /** For people: up to 256 characters. Default `plan`. */
  readonly name?: string | undefined
  /** Absent or empty: one pool `local` with as many slots as the host gives. */
  readonly pools?: Readonly<Record<string, Pool>> | undefined
  readonly resources?: Readonly<Record<string, Resource>> | undefined
  readonly sequences?: readonly Sequence[] | undefined
  /** Streams with places to fill in: see `Template`. */
  readonly templates?: Readonly<Record<string, Template>> | undefined
  /** Paths nobody may claim. */
  readonly protect?: readonly string[] | undefined
  readonly defaults?: DefaultsFields<Time, Work> | undefined
  /** Default `continue`. */
  readonly onFailure?: OnFailure | undefined
}

interface Identified {
  readonly id: string
}

/** A dependency in parsed form. */
export type Dependency = DependencyOf<DurationMs>
/** `retry` in parsed form. */
export type Retry = RetryFields<DurationMs>
/** `timeouts` in parsed form. */
export type Timeouts = TimeoutFields<DurationMs>
/** `defaults` in parsed form. */
export type Defaults = DefaultsFields<DurationMs>
/** A task in parsed form. */
export type Task = TaskFields<DurationMs> & Identified
/** A gate in parsed form. */
export type Gate = GateFields<DurationMs> & Identified
/** A phase in parsed form. */
export type Phase = PhaseFields & Identified
/** A stream in parsed form, with its tasks. */
export type Stream = StreamFields<DurationMs> & Identified & { readonly tasks?: readonly Task[] | undefined }

/** A parsed plan. Shares the objects of the value it was parsed from: change neither afterwards. */
export type Plan = HeaderFields<DurationMs> & {
  readonly streams?: readonly Stream[] | undefined
  readonly tasks?: readonly Task[] | undefined
  readonly gates?: readonly Gate[] | undefined
  readonly phases?: readonly Phase[] | undefined
}

/**
 * A list of records with ids, or a mapping from id to record. JavaScript moves keys that look like integers to the
 * front of a mapping: use the list where order matters and ids are numbers.
 */
export type Collection<Fields> = readonly (Fields & Identified)[] | { readonly [id: string]: Fields }

/** Names with records; a `Map` will do. */
export type Named<Value> = Readonly<Record<string, Value>> | ReadonlyMap<string, Value>

/** A task as written, without its id. */
export type TaskDocument<Work = string> = TaskFields<Duration, Work>
/** A stream as written, without its id. */
export type StreamDocument<Work = string> = StreamFields<Duration, Work> &
  StampFields & {
    readonly tasks?: Collection<TaskDocument<Work>> | undefined
  }

/** A plan as written, in code or in a file. Keys that begin with `x-` are kept and ignored, anywhere. */
export type PlanDocument<Work = string> = Omit<HeaderFields<Duration, Work>, 'pools' | 'resources'> & {
  readonly pools?: Named<Pool> | undefined
  readonly resources?: Named<Resource> | undefined
  readonly streams?: Collection<StreamDocument<Work>> | undefined
  /** Tasks of no stream. */
  readonly tasks?: Collection<TaskDocument<Work>> | undefined
  readonly gates?: Collection<GateFields<Duration>> | undefined
  readonly phases?: Collection<PhaseFields> | undefined
}
