/** How the plans of a simulated world change while they run, by chance: mostly as they may, sometimes as they must not. */
import type { AmendmentSpec } from './amendment-spec.js'
import { awaitedBy } from './history-facts.js'
import type { RunPast } from './history-past.js'
import { isOver } from './history-past.js'
import type { Random } from './random.js'
import { type Draws, drawAdded, drawClaims } from './world.js'
import { drawGate } from './world-gates.js'
import type { PhaseSpec, StreamSpec, TaskSpec, WaitSpec, WorldSpec } from './world-spec.js'
import { fullIdOf, WIDEST } from './world-spec.js'
import { drawUses } from './world-uses.js'
import { drawWaits, type Sources } from './world-waits.js'

const NOTHING: AmendmentSpec = { streams: [], phases: [], tasks: [], remove: [], change: [] }

/** Any change of a run. */
export function drawAmendment(random: Random, world: WorldSpec, run: RunPast): AmendmentSpec {
  const kind = random.int(10)
  const added = kind < 4 || kind === 9 ? drawAdditions(random, world, run) : NOTHING
  const removed = kind >= 4 && kind < 6 ? drawRemoval(random, run) : NOTHING
  const changed = kind >= 6 ? drawChanges(random, world, run) : NOTHING
  return { ...added, remove: removed.remove, change: [...removed.change, ...changed.change] }
}

/** What work adds to its plan: its parts, which wait for nothing, and what joins them; or any change. */
export function drawExtension(random: Random, world: WorldSpec, run: RunPast, task: string): AmendmentSpec {
  if (random.chance(0.3)) return drawAmendment(random, world, run)
  const own = run.facts.tasks.get(task)?.spec.stream ?? null
  const stream = random.chance(0.8) ? own : null
  const draws = { ...drawsOf(world, run), done: [task], edges: 0.3 }
  const parts = Array.from({ length: random.between(1, 3) }, (_, at) => drawNew(random, run, at, stream, draws, 0))
  if (random.chance(0.4)) return { ...NOTHING, tasks: parts }
  const join = drawNew(random, run, parts.length, stream, { ...draws, edges: 0 }, 0)
  const members = parts.map((part) => ({ kind: 'outcome', on: fullIdOf(part), when: 'success' }) as const)
  const wait = { needed: random.between(1, parts.length), members, lag: 0, soft: false }
  const joined = random.chance(0.5) ? { ...join, after: parts.map(fullIdOf) } : { ...join, waits: [wait] }
  return { ...NOTHING, tasks: [...parts, joined] }
}

/** How tasks of the run are drawn: those that integrate and those that do not must not meet. */
function drawsOf(world: WorldSpec, { facts }: RunPast): Draws {
  const pools = [...new Map(world.workers.map(({ pool, capabilities }) => [pool, { id: pool, capabilities }])).values()]
  const integrates = facts.spec.tasks.some(({ integrate }) => integrate.length > 0) ? 0.4 : 0
  // Of what a run does not declare there is one.
  const uses = Object.keys(facts.resources).length > 0 ? 0.4 : 0
  const shares = { uses, keys: 0.1, handlers: 0.4 }
  const done = [...facts.tasks.keys(), ...facts.streams]
  return {
    done,
    edges: 0.6,
    claims: 0.5,
    wide: 0.02,
    integrates,
    advised: 0.1,
    pools,
    shape: 'mixed',
    shares,
    verified: 0.15,
  }
}

/** One to three new tasks; the id is one that nobody has, but seldom. */
function drawAdditions(random: Random, world: WorldSpec, run: RunPast): AmendmentSpec {
  const all = [...run.facts.streams]
  const inTurn = run.facts.spec.sequences.flatMap(({ order }) => order).filter((id) => all.includes(id))
  const ids = inTurn.length > 0 && random.chance(0.5) ? inTurn : all
  const isNew = random.chance(0.15)
  const fresh = `s${run.facts.tasks.size}x`
  const stream = isNew ? fresh : ids.length > 0 && random.chance(0.6) ? random.pick(ids) : null
  const draws = { ...drawsOf(world, run), done: [...drawsOf(world, run).done] }
  const tasks: TaskSpec[] = []
  for (let left = random.between(1, 3); left > 0; left -= 1) {
    const task = drawNew(random, run, tasks.length, stream, draws, 0.3)
    tasks.push(isNew && tasks.length === 0 ? { ...task, optional: false } : task)
    draws.done.push(fullIdOf(tasks.at(-1)!))
  }
  const phases = isNew && random.chance(0.2) ? [drawNewPhase(random, run)] : []
  const streams = isNew ? [drawStream(random, run, phases, fresh, drawsOf(world, run))] : []
  if (random.chance(0.15)) tasks.push(drawNewGate(random, run, draws.done))
  tasks.push(...phases.flatMap(({ gate }) => (gate === null ? [] : [drawGate(random, gate, [], [])])))
  return { ...NOTHING, streams, phases, tasks }
}

function drawNewPhase(random: Random, { facts }: RunPast): PhaseSpec {
  const number = facts.tasks.size
  return { id: `ph${number}x`, gate: random.chance(0.5) ? `pg${number}x` : null }
}

function drawNewGate(random: Random, run: RunPast, done: readonly string[]): TaskSpec {
  const after = random.chance(0.7) ? [random.pick(done)] : []
  return drawGate(random, `g${run.facts.tasks.size}x`, after, drawWaits(random, sourcesOf(run), 0.2))
}

function drawStream(
  random: Random,
  run: RunPast,
  added: readonly PhaseSpec[],
  id: string,
  { done }: Draws,
): StreamSpec {
  const after = random.chance(0.3) ? [random.pick(done)] : []
  const phases = [...run.facts.spec.phases, ...added]
  const phase = phases.length > 0 && random.chance(0.5) ? random.pick(phases).id : null
  return { id, after, waits: drawWaits(random, sourcesOf(run), 0.2), phase }
}

function drawNew(
  random: Random,
  run: RunPast,
  at: number,
  stream: string | null,
  draws: Draws,
  forms: number,
): TaskSpec {
  const beside = run.facts.spec.tasks.filter((task) => task.stream === stream)
  const taken = beside.length > 0 && random.chance(0.02) ? random.pick(beside).id : null
  const task = drawAdded(random, taken ?? `t${run.facts.tasks.size + 1 + at}x`, stream, draws, sourcesOf(run), forms)
  const after = random.chance(0.1) ? { ...task, waits: [drawLag(random, run)] } : task
  return random.chance(0.5) ? withTurn(run, after) : after
}

/** A while after the end of one task. */
function drawLag(random: Random, run: RunPast): WaitSpec {
  const done = [...run.tasks.values()].filter(({ status }) => status === 'succeeded')
  const on = random.pick(done.length === 0 ? [...run.tasks.values()] : done).facts.id
  return {
    needed: null,
    members: [{ kind: 'outcome', on, when: 'success' }],
    lag: random.pick([20, 500, 2000]),
    soft: false,
  }
}

/** It claims what its stream takes in turn with others. */
function withTurn({ facts }: RunPast, task: TaskSpec): TaskSpec {
  const sequence = facts.spec.sequences.find(({ order }) => order.includes(task.stream ?? task.id))
  if (sequence === undefined) return task
  // What meets everything meets what others integrate.
  return { ...task, write: [sequence.pattern === WIDEST ? 0 : sequence.pattern], read: [] }
}

function sourcesOf({ facts }: RunPast): Sources {
  return { tasks: facts.spec.tasks, streams: [...facts.streams], top: [] }
}

/** Tasks that have not begun, mostly; those who wait for them wait for something else, or go with them. */
function drawRemoval(random: Random, run: RunPast): Pick<AmendmentSpec, 'remove' | 'change'> {
  const gates = run.facts.spec.phases.map(({ gate }) => gate)
  const remove = pickPending(random, run, random.pick([1, 1, 2, 3]))
    .map(fullIdOf)
    .filter((id) => !gates.includes(id))
  if (random.chance(0.5)) return { remove, change: [] }
  const waiting = run.facts.spec.tasks.filter(
    (task) => !remove.includes(fullIdOf(task)) && task.after.some((id) => remove.includes(id)),
  )
  const change = waiting.map((task) => ({ ...task, after: task.after.filter((id) => !remove.includes(id)) }))
  return { remove, change }
}

function drawChanges(random: Random, world: WorldSpec, run: RunPast): Pick<AmendmentSpec, 'change'> {
  const draws = drawsOf(world, run)
  const sources = sourcesOf(run)
  return {
    change: pickPending(random, run, random.pick([1, 1, 2])).map((task) => {
      if (task.gate !== null) return drawChangedGate(random, task, draws, sources)
      const changed = drawChanged(random, run, task, draws)
      // A retry that was granted is made, and has to be allowed by the new rules too.
      const isFresh = run.tasks.get(fullIdOf(task))!.attempts === 0
      return isFresh ? changed : { ...changed, policy: task.policy }
    }),
  }
}

function drawChangedGate(random: Random, gate: TaskSpec, { done }: Draws, sources: Sources): TaskSpec {
  const after = random.chance(0.5) ? gate.after : [random.pick(done)]
  const waits = random.chance(0.5) ? gate.waits : drawWaits(random, sources, 0.5)
  return drawGate(random, gate.id, after, waits)
}

function drawChanged(random: Random, run: RunPast, task: TaskSpec, draws: Draws): TaskSpec {
  const sources = sourcesOf(run)
  const beside = sources.tasks.filter(
    ({ stream, optional, id }) => stream === task.stream && !optional && id !== task.id,
  )
  switch (random.int(7)) {
    case 0:
      return { ...task, priority: random.pick([-1, 0, 1, 2]), policy: random.int(4) }
    case 1:
      return { ...task, estimate: random.pick([1, 10, 100]), optional: beside.length > 0 && random.chance(0.5) }
    case 2:
      return { ...task, after: Array.from({ length: random.int(3) }, () => random.pick(draws.done)) }
    case 3:
      return { ...task, waits: drawWaits(random, sources, 0.7), asks: null }
    case 4:
      return withTurn(run, { ...task, ...drawClaims(random, draws) })
    case 5:
      return { ...task, ...drawUses(random, draws.shares), milestones: random.pick([[], ['m'], task.milestones]) }
    default:
      return { ...task, after: [], waits: [], asks: null }
  }
}

function pickPending(random: Random, run: RunPast, count: number): readonly TaskSpec[] {
  const all = run.facts.spec.tasks
  const pending = all.filter((task) => run.tasks.get(fullIdOf(task))!.status === 'idle')
  const list = pending.length === 0 || random.chance(0.05) ? all : pending
  return [...new Set(Array.from({ length: count }, () => random.pick(list)))]
}

/** A task of an open run that has ended, mostly, and rather one that somebody has gone on after. */
export function drawEnded(random: Random, run: RunPast): string {
  const tasks = [...run.tasks.values()]
  const ended = tasks.filter(({ status }) => isOver(status))
  const running = tasks.filter(({ status }) => status === 'running')
  // Who has failed and is to be tried again waits twice: for its time, and for what is done again.
  const failed = tasks.filter(({ status, retryAt }) => status === 'idle' && retryAt > 0)
  const begun = failed.length > 0 && random.chance(0.5) ? failed : running
  const behind = new Set(begun.flatMap(({ facts }) => awaitedBy(run.facts, facts.id)))
  const before = ended.filter(({ facts }) => behind.has(facts.id))
  const list = before.length > 0 && random.chance(0.5) ? before : ended
  return random.pick(list.length === 0 || random.chance(0.05) ? tasks : list).facts.id
}

/**
 * A task that is done again and has not ended, rather one that somebody runs on after: who learns late that it has to wait,
 * and that it does so in vain. Null: there is none.
 */
export function drawBegunAnew(random: Random, run: RunPast): string | null {
  const tasks = [...run.tasks.values()]
  const again = tasks.filter(({ generation, status }) => generation > 1 && !isOver(status))
  if (again.length === 0) return null
  const running = tasks.filter(({ status }) => status === 'running')
  const behind = new Set(running.flatMap(({ facts }) => awaitedBy(run.facts, facts.id)))
  const before = again.filter(({ facts }) => behind.has(facts.id))
  return random.pick(before.length > 0 ? before : again).facts.id
}
