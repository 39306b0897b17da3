/**
 * The simulated worlds again, now with a journal: the file store keeps it, on a simulated disk that chance is hard on. What the
 * host is told is stored must be there ever after, whatever becomes of the disk, and nothing else but what it offered last.
 */
import type { RunEvent, ScopeId } from '../../../src/core/types.js'
import { isSchedulerError } from '../../../src/runtime/errors.js'
import type { Store } from '../../../src/runtime/ports.js'
import { calmSteps } from '../../../src/testing/calm.js'
import { stepsByChance } from '../../../src/testing/driver.js'
import { act, decideOnMail, recoveryInputs, restart, store as storeAndAct } from '../../../src/testing/machine.js'
import type { Machine } from '../../../src/testing/machine-state.js'
import { createRandom, type Random } from '../../../src/testing/random.js'
import { begin, REAL_CORE } from '../../../src/testing/simulate.js'
import type { Step } from '../../../src/testing/steps.js'
import { SimulatedDisk } from '../../stores/file/simulated-disk.js'
import { storeOn } from '../../stores/file/world.js'
import { foundAfter, OFF, type TroubledDisk, troubled, withFlippedBit } from './troubled-disk.js'

export interface DiskSimulationResult {
  readonly seed: number
  readonly steps: number
  /** Events in the journal at the end. */
  readonly events: number
  /** Calls to the disk. */
  readonly calls: number
  /** Hosts that were started on what another had left. */
  readonly restarts: number
  /** Times that calls of the disk failed for a while. */
  readonly outages: number
  /** Bits that were turned in a copy of what was found, and how many of them the store complained about. */
  readonly flips: number
  readonly flipsDetected: number
  /** A hash of the history: equal on every machine. */
  readonly digest: number
}

/** How hard chance is on this world: shares of the appends, of the restarts for `flip`. */
interface Trouble {
  readonly end: number
  readonly outage: number
  readonly snapshot: number
  readonly flip: number
}

interface World {
  readonly machine: Machine
  readonly random: Random
  trouble: Trouble
  disk: TroubledDisk
  store: Store
  /** Revision of the newest snapshot that was acknowledged. */
  snapshot: number
  batches: number
  calls: number
  counts: { restarts: number; outages: number; flips: number; flipsDetected: number }
}

const SCOPE = 'world' as ScopeId
const WRITER = 'world/1'
/** Calls that the disk answers at most before an end that is coming. */
const MOST_CALLS = 12
const MOST_FAILING_CALLS = 4
/** Of the hosts that end, this share closes its store first, if it gets so far. */
const CLOSED_SHARE = 0.2
/** More tries than an outage lasts. */
const TRIES = MOST_FAILING_CALLS + 4
const NO_TROUBLE: Trouble = { end: 0, outage: 0, snapshot: 0, flip: 0 }

/**
 * Plays the world of a seed to its end. Some 30 milliseconds for 40 tasks.
 *
 * @throws SimulationFailure where a promise is broken.
 */
export async function simulateOnDisk(
  seed: number,
  { tasks = 40 }: { readonly tasks?: number } = {},
): Promise<DiskSimulationResult> {
  const { machine, random } = begin(seed, tasks, REAL_CORE)
  // The chance of the disk is another: what it draws does not change what the world draws.
  const world = newWorld(machine, createRandom(-1 - seed))
  let steps = 0
  const play = async (next: Iterable<Step>): Promise<void> => {
    for (const step of next) {
      steps += 1
      await take(world, step)
    }
  }
  try {
    await play(stepsByChance(machine, random))
    world.trouble = NO_TROUBLE
    world.disk.calm()
    await play(calmSteps(machine))
    await endWell(world)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const repeat = `Repeat: npm run --silent simulate -- --disk --seed ${seed}${tasks === 40 ? '' : ` --tasks ${tasks}`}`
    const failure = new Error(`Seed ${seed}, step ${steps}: ${message}\n${storyOf(world)}\n${repeat}`, { cause: error })
    throw Object.assign(failure, { name: 'SimulationFailure' })
  }
  const { counts, disk } = world
  const calls = world.calls + disk.disk.calls
  return { seed, steps, events: machine.journal.length, calls, ...counts, digest: machine.history.digest() }
}

function newWorld(machine: Machine, random: Random): World {
  const disk = troubled(new SimulatedDisk())
  return {
    machine,
    random,
    trouble: {
      end: random.pick([0, 0.01, 0.05, 0.1]),
      outage: random.pick([0, 0, 0.02, 0.1]),
      snapshot: random.pick([0, 0.02]),
      flip: random.pick([0, 0.5, 1]),
    },
    disk,
    store: storeOn(disk.disk),
    snapshot: 0,
    batches: 0,
    calls: 0,
    counts: { restarts: 0, outages: 0, flips: 0, flipsDetected: 0 },
  }
}

/** Does one step as the machine would, but for its journal and its crashes, which are those of the disk. */
async function take(world: World, step: Step): Promise<void> {
  const { crash, ...rest } = step
  act(world.machine, { ...rest, hold: true } as Step)
  if (step.kind === 'jump' || step.kind === 'read' || step.gather === true) return
  if (crash === undefined && step.hold === true) return
  if (crash !== undefined) world.disk.endAfter(world.random.int(MOST_CALLS))
  if (!(await save(world))) return startAgain(world)
  if (crash === undefined || !world.random.chance(CLOSED_SHARE)) return
  await orEnd(world, close(world.store))
  return startAgain(world)
}

/** Stores what was decided and acts upon it; false where the power failed first. */
async function save(world: World): Promise<boolean> {
  const { machine, random, trouble, disk } = world
  if (random.chance(trouble.end)) disk.endAfter(random.int(MOST_CALLS))
  if (random.chance(trouble.outage)) {
    world.counts.outages += 1
    disk.failAfter(random.int(3), random.between(1, MOST_FAILING_CALLS), random.pick(['ENOSPC', 'EIO']))
  }
  if (machine.events.length > 0 && !(await append(world))) return false
  storeAndAct(machine)
  return !random.chance(trouble.snapshot) || saveSnapshot(world)
}

/** As a host does: what failed is offered again, the same at the same place. */
async function append(world: World): Promise<boolean> {
  const { journal, events } = world.machine
  world.batches += 1
  const batch = { id: `batch-${world.batches}`, events: [...events], writer: WRITER }
  const answer = await insist(world, () => world.store.append(SCOPE, journal.length, batch))
  if (answer === OFF) return false
  if (answer.ok && answer.head === journal.length + events.length) return true
  throw new Error(`An append at ${journal.length} was answered with ${JSON.stringify(answer)}.`)
}

async function saveSnapshot(world: World): Promise<boolean> {
  const revision = world.machine.journal.length
  const snapshot = { revision, writer: WRITER, data: { revision } }
  const answer = await insist(world, () => world.store.saveSnapshot!(SCOPE, snapshot))
  if (answer !== OFF) world.snapshot = revision
  return answer !== OFF
}

async function insist<T>(world: World, call: () => Promise<T>): Promise<T | typeof OFF> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await orEnd(world, call())
    } catch (error) {
      if (!isSchedulerError(error) || error.code !== 'STORE_FAILED' || tries === TRIES) throw error
    }
  }
}

function orEnd<T>({ disk }: World, call: Promise<T>): Promise<T | typeof OFF> {
  return Promise.race([call, disk.isOff])
}

/** The power may have failed, or the process has died, or closed its store: another begins, and perhaps does not get far. */
async function startAgain(world: World): Promise<void> {
  while (!(await takeUp(world)));
}

async function takeUp(world: World): Promise<boolean> {
  const { machine, random, trouble, counts } = world
  counts.restarts += 1
  const found = foundAfter(world.disk.disk, random)
  if (found !== world.disk.disk) world.calls += world.disk.disk.calls
  if (random.chance(trouble.flip)) await mustDetectFlip(world, found)
  world.disk = troubled(found)
  world.store = storeOn(found)
  if (random.chance(trouble.end)) world.disk.endAfter(random.int(MOST_CALLS * 2))
  const events = await insist(world, () => readAll(world.store))
  if (events === OFF) return false
  mustBeAllOf(machine, events)
  const snapshot = await insist(world, () => world.store.loadSnapshot!(SCOPE))
  if (snapshot === OFF) return false
  const revision = snapshot?.revision ?? 0
  if (revision < world.snapshot || revision > events.length) {
    throw new Error(`The snapshot is of ${revision}; there was one of ${world.snapshot}.`)
  }
  if (events.length > machine.journal.length) machine.events = []
  machine.journal.splice(0, machine.journal.length, ...events)
  restart(machine)
  for (const input of recoveryInputs(machine)) {
    machine.mailbox.push(input)
    decideOnMail(machine)
    if (!(await save(world))) return false
  }
  return true
}

async function readAll(store: Store): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = []
  for await (const { revision, event } of store.read(SCOPE, 0)) {
    events.push(event)
    if (revision !== events.length) throw new Error(`Event ${events.length} is read as ${revision}.`)
  }
  return events
}

/** All that was acknowledged (S8), and of what was offered since all or nothing. */
function mustBeAllOf({ journal, events }: Machine, found: readonly RunEvent[]): void {
  const offered = journal.length + events.length
  mustBeOf([...journal, ...events], found)
  if (found.length < journal.length) {
    throw new Error(`Of ${journal.length} acknowledged events ${found.length} are there (S8).`)
  }
  if (found.length > journal.length && found.length < offered) {
    throw new Error(`Of a batch of ${events.length} events ${found.length - journal.length} are there (S8).`)
  }
}

/** Nothing is read that was not written. */
function mustBeOf(written: readonly RunEvent[], found: readonly RunEvent[]): void {
  found.forEach((event, at) => {
    if (JSON.stringify(event) !== JSON.stringify(written[at])) {
      throw new Error(`Event ${at + 1} was never written: ${JSON.stringify(event)}.`)
    }
  })
}

/** A store on a copy with a flipped bit says that it is damaged, or has everything all the same. */
async function mustDetectFlip({ machine, random, counts }: World, found: SimulatedDisk): Promise<void> {
  const flipped = withFlippedBit(found.state, random)
  if (flipped === null) return
  counts.flips += 1
  const read: RunEvent[] = []
  try {
    for await (const { event } of storeOn(new SimulatedDisk(flipped)).read(SCOPE, 0)) read.push(event)
  } catch (error) {
    if (!isSchedulerError(error) || !['STORE_CORRUPT', 'STORE_FORMAT'].includes(error.code)) throw error
    counts.flipsDetected += 1
    return mustBeOf([...machine.journal, ...machine.events], read)
  }
  mustBeAllOf(machine, read)
}

async function close(store: Store): Promise<void> {
  // What fails here loses nothing.
  await store.close?.().catch(() => undefined)
}

async function endWell(world: World): Promise<void> {
  const { machine, disk } = world
  await close(world.store)
  const events = await readAll(storeOn(new SimulatedDisk(disk.disk.state)))
  mustBeAllOf(machine, events)
  if (events.length !== machine.journal.length) throw new Error('The journal has events that nobody offered.')
}

const MOST_LINES = 30

/** What the disk was asked for last. */
function storyOf({ machine, disk, counts }: World): string {
  const { log } = disk.disk
  const lines = log.slice(-MOST_LINES).map((operation) => {
    const { type, ...rest } = operation
    return `  ${type} ${JSON.stringify('bytes' in rest ? { ...rest, bytes: rest.bytes.length } : rest)}`
  })
  const state = `${machine.journal.length} events acknowledged, ${machine.events.length} offered, ${counts.restarts} restarts`
  return [`${state}. What the disk was asked for last:`, ...lines].join('\n')
}
