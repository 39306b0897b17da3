/**
 * Makes a failing script smaller while it keeps failing in the same way: fewer steps, then fewer tasks and simpler ones,
 * and again, until nothing more can go. After delta debugging (Zeller, 1999).
 */
import type { AmendmentSpec } from './amendment-spec.js'
import type { SimulatedCore } from './machine-state.js'
import type { Script } from './script.js'
import { playScript } from './script.js'
import type { Step } from './steps.js'
import { CALM } from './world.js'
import type { MemberSpec, RunSpec, TaskSpec, WaitSpec, WorldSpec } from './world-spec.js'
import { fullIdOf } from './world-spec.js'

/** The smallest failing script that at most `replays` replays can find. `message` is what went wrong. */
export function shrink(script: Script, core: SimulatedCore, message: string, replays: number): Script {
  const kind = kindOf(message)
  let left = replays
  /** Whether it fails in the same way, with the calm after it if that is where it failed. */
  const fails = (candidate: Script): boolean => {
    if (left <= 0) return false
    left -= 1
    const ending = playScript(candidate, core, candidate.calmFrom <= candidate.steps.length ? 'calm' : 'stop')
    return ending !== null && kindOf(ending.message) === kind
  }
  let best = withoutCalm(script, fails)
  for (;;) {
    const before = sizeOf(best)
    best = fewerSteps(best, fails)
    best = smallerWorld(best, fails)
    if (sizeOf(best) >= before || left <= 0) return best
  }
}

type Fails = (candidate: Script) => boolean

/** What went wrong, without the names and numbers in it. */
function kindOf(message: string): string {
  const [sentence = ''] = message.split('\n')
  return sentence
    .replace(/"[^"]*"/g, '""')
    .replace(/-?\d+(\.\d+)?/g, '0')
    .slice(0, 60)
}

function sizeOf({ world, steps }: Script): number {
  return steps.length + JSON.stringify(world).length / 1000
}

/** A script that fails without the calm after it is easier to read; else only what chance did is kept. */
function withoutCalm(script: Script, fails: Fails): Script {
  const all: Script = { ...script, calmFrom: Number.POSITIVE_INFINITY }
  if (fails(all)) return all
  const chance = script.steps.slice(0, script.calmFrom)
  return { ...script, steps: chance, calmFrom: chance.length }
}

function fewerSteps(script: Script, fails: Fails): Script {
  const isCalm = script.calmFrom <= script.steps.length
  const withSteps = (steps: readonly Step[]): Script => ({
    ...script,
    steps,
    calmFrom: isCalm ? steps.length : Number.POSITIVE_INFINITY,
  })
  let best = withSteps(dropChunks(script.steps, (steps) => fails(withSteps(steps))))
  best.steps.forEach((step, at) => {
    for (const simpler of simplerSteps(step)) {
      const candidate = withSteps(best.steps.with(at, simpler))
      if (fails(candidate)) best = candidate
    }
  })
  return best
}

/** Drops ever smaller chunks of a list while `fails` holds. */
function dropChunks<T>(list: readonly T[], fails: (list: readonly T[]) => boolean): readonly T[] {
  let best = list
  for (let size = Math.ceil(list.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = best.length - size; at > -size; at -= size) {
      const from = Math.max(0, at)
      const candidate = [...best.slice(0, from), ...best.slice(at + size)]
      if (candidate.length < best.length && fails(candidate)) best = candidate
    }
  }
  return best
}

function simplerSteps(step: Step): readonly Step[] {
  const simpler: Step[] = []
  if (step.crash !== undefined) {
    const { crash, ...calm } = step
    simpler.push(
      calm as Step,
      { ...step, crash: { when: 'after', again: -1 } },
      { ...step, crash: { ...crash, again: -1 } },
    )
  }
  if (step.gather === true) {
    const { gather: _gather, ...alone } = step
    simpler.push(alone as Step)
  }
  if (step.hold === true) {
    const { hold: _hold, ...stored } = step
    simpler.push(stored as Step)
  }
  if (step.kind === 'wait' && step.ms > 1) simpler.push({ ...step, ms: 1 })
  if (step.kind === 'reopen' && step.downstream) simpler.push({ ...step, downstream: false })
  if (step.kind === 'amend')
    simpler.push(...simplerAmendments(step.amendment).map((each) => ({ ...step, amendment: each })))
  if ('extension' in step && step.extension !== undefined) {
    const { extension, ...plain } = step
    simpler.push(plain, ...simplerAmendments(extension).map((each) => ({ ...step, extension: each })))
  }
  return simpler
}

/** The amendment without one of its parts, and with one of its tasks as plain as can be. */
function simplerAmendments(amendment: AmendmentSpec): readonly AmendmentSpec[] {
  const parts = ['streams', 'phases', 'tasks', 'remove', 'change'] as const
  const fewer = parts.flatMap((part) =>
    amendment[part].map((_, at) => ({ ...amendment, [part]: amendment[part].filter((__, place) => place !== at) })),
  )
  const plain = amendment.tasks.map((task, at) => ({
    ...amendment,
    tasks: amendment.tasks.with(at, { ...task, ...PLAIN }),
  }))
  return [...fewer, ...plain]
}

const PLAIN: Partial<TaskSpec> = {
  after: [],
  waits: [],
  asks: null,
  write: [],
  read: [],
  integrate: [],
  advisory: [],
  requires: [],
  uses: {},
  key: null,
  handler: null,
  pool: null,
  verify: [],
  milestones: [],
}

function smallerWorld(script: Script, fails: Fails): Script {
  let best: Script = script
  const attempt = (world: WorldSpec): boolean => {
    const candidate = { ...best, world }
    if (!fails(candidate)) return false
    best = candidate
    return true
  }
  attempt({ ...best.world, rates: CALM })
  dropChunks(best.world.runs, (runs) => runs.length > 0 && attempt({ ...best.world, runs }))
  dropChunks(best.world.workers, (workers) => attempt({ ...best.world, workers }))
  for (const { id } of best.world.runs) {
    const find = (): RunSpec => best.world.runs.find((run) => run.id === id)!
    const change = (run: RunSpec): boolean => attempt(withRun(best.world, run))
    dropChunks(find().tasks, (tasks) => change(withTasks(find(), tasks)))
    dropChunks(find().streams, (streams) =>
      change(
        withStreams(
          find(),
          streams.map((stream) => stream.id),
        ),
      ),
    )
    if (find().sequences.length > 0) change({ ...find(), sequences: [] })
    if (Object.keys(find().resources).length > 0) change({ ...find(), resources: {} })
    if (find().phases.length > 0) change(withoutPhases(find()))
    if (find().onFailure !== 'continue') change({ ...find(), onFailure: 'continue' })
    for (const { id: task } of find().tasks) simplifyTask(task, find, change)
  }
  for (const policy of best.world.policies.keys()) simplifyPolicy(policy, () => best.world, attempt)
  return best
}

function withRun(world: WorldSpec, run: RunSpec): WorldSpec {
  return { ...world, runs: world.runs.map((each) => (each.id === run.id ? run : each)) }
}

/** The run with these tasks only; what waited for the others waits no more. */
function withTasks(run: RunSpec, tasks: readonly TaskSpec[]): RunSpec {
  // A stream without a task that it needs means something else than one with.
  const known = new Set([
    ...tasks.map(fullIdOf),
    ...tasks.flatMap(({ stream, optional }) => (optional ? [] : [stream])),
  ])
  const milestones = new Set(tasks.flatMap((task) => task.milestones.map((name) => `${fullIdOf(task)}#${name}`)))
  const isKnown = (member: MemberSpec): boolean => {
    if (member.kind === 'milestone') return milestones.has(`${member.task}#${member.name}`)
    return known.has(member.kind === 'share' ? member.stream : member.on)
  }
  const kept = <Spec extends { readonly after: readonly string[]; readonly waits: readonly WaitSpec[] }>(
    spec: Spec,
  ): Spec => ({
    ...spec,
    after: spec.after.filter((id) => known.has(id)),
    waits: spec.waits.filter(({ members }) => members.every(isKnown)),
  })
  return {
    ...run,
    tasks: tasks.map((task) => ({
      ...kept(task),
      asks: task.asks !== null && known.has(task.asks.task) ? task.asks : null,
    })),
    streams: run.streams.map(kept),
    sequences: run.sequences.map((each) => ({ ...each, order: each.order.filter((id) => known.has(id)) })),
  }
}

/** The run with these streams only; tasks of the others are gone with them. */
function withStreams(run: RunSpec, ids: readonly string[]): RunSpec {
  const streams = run.streams.filter(({ id }) => ids.includes(id))
  const tasks = run.tasks.filter(({ stream }) => stream === null || ids.includes(stream))
  return withTasks({ ...run, streams }, tasks)
}

function withoutPhases(run: RunSpec): RunSpec {
  return { ...run, phases: [], streams: run.streams.map((stream) => ({ ...stream, phase: null })) }
}

function simplifyTask(id: string, find: () => RunSpec, change: (run: RunSpec) => boolean): void {
  const tryFields = (fields: Partial<TaskSpec>): void => {
    const run = find()
    const task = run.tasks.find((each) => each.id === id)
    if (task === undefined) return
    const next = { ...task, ...fields }
    if (JSON.stringify(next) === JSON.stringify(task)) return
    change({ ...run, tasks: run.tasks.map((each) => (each === task ? next : each)) })
  }
  tryFields({
    after: [],
    write: [],
    read: [],
    integrate: [],
    advisory: [],
    pool: null,
    requires: [],
    priority: 0,
    estimate: 1,
    policy: 0,
  })
  tryFields({ pool: null, requires: [] })
  tryFields({ verify: [] })
  tryFields({ priority: 0, estimate: 1 })
  tryFields({ policy: 0 })
  tryFields({ uses: {}, key: null, handler: null })
  tryFields({ uses: {} })
  tryFields({ key: null })
  tryFields({ handler: null })
  tryFields({ waits: [], asks: null })
  tryFields({ asks: null })
  tryFields({ optional: false })
  for (const list of ['after', 'write', 'read', 'integrate', 'advisory', 'waits'] as const) {
    const task = find().tasks.find((each) => each.id === id)
    for (const item of task?.[list] ?? []) {
      const now = find().tasks.find((each) => each.id === id)?.[list] ?? []
      tryFields({ [list]: (now as readonly unknown[]).filter((each) => each !== item) })
    }
  }
}

function simplifyPolicy(index: number, world: () => WorldSpec, attempt: (world: WorldSpec) => boolean): void {
  for (const limit of ['startToClose', 'scheduleToStart', 'scheduleToClose', 'heartbeat', 'stall', 'close'] as const) {
    const policy = world().policies[index]!
    if (policy[limit] === undefined) continue
    const { [limit]: _limit, ...others } = policy
    attempt({ ...world(), policies: world().policies.with(index, others) })
  }
  const simple = { maxAttempts: 1, maxLost: 3, initialDelay: 0, factor: 1, maxDelay: 1000, jitter: 0 }
  for (const [field, value] of Object.entries(simple)) {
    const policy = world().policies[index]!
    if (policy[field as keyof typeof policy] === value) continue
    attempt({ ...world(), policies: world().policies.with(index, { ...policy, [field]: value }) })
  }
}
