/** The options of `run` and `resume`, read. */
import type { DurationMs } from '../core/types.js'
import { nearest } from '../plan/nearest.js'
import { quote, quoteAll } from '../plan/text.js'
import type { Plan, Pool } from '../plan/types.js'
import type { Logger } from '../runtime/logging.js'
import { loggerOf, pooledByEnvironment } from './environment.js'
import { usageError } from './problem.js'
import type { OptionTable, VerbContext } from './verb.js'
import { REPORT_OPTION } from './write-report.js'

export interface PaceOptions {
  /** How many times as fast as real time. */
  readonly speed: number | 'auto'
  readonly failShare: number
  readonly seed: number
  /** Whatever awaits approval is approved. */
  readonly yes: boolean
  /** Undefined: nothing is written. */
  readonly logger: Logger | undefined
}

export interface RunOptions extends PaceOptions {
  readonly id: string
  /** Slots by pool. */
  readonly slots: ReadonlyMap<string, number>
  /** Slots by pool, for plans that have these pools. */
  readonly usualSlots: ReadonlyMap<string, number>
}

/** What `run` and `resume` are told of the work that they simulate. */
export const PACE_OPTIONS: OptionTable = {
  speed: {
    kind: 'value',
    value: '<n>x',
    about: 'Times as fast as real time. Default auto: about ten seconds in all.',
  },
  fail: { kind: 'value', value: '<share>', about: 'Share of the attempts that fail, such as 5%. Default 0.' },
  seed: { kind: 'value', value: '<n>', about: 'Decides which attempts fail and how long each takes. Default 1.' },
  yes: { kind: 'flag', about: 'Approve whatever awaits approval. Default: ask, where there is a terminal.' },
  report: REPORT_OPTION,
}

/** As in a plan. */
const MOST_SLOTS = 100_000
const FASTEST = 1e12
const DEFAULT_ID = 'r1'
const DEFAULT_SEED = 1
/** Real time that `--speed auto` aims at, in ms. */
const AIM_MS = 10_000

/** @throws ProgramError USAGE */
export function readRunOptions({ args, io }: Pick<VerbContext, 'args' | 'io'>): RunOptions {
  return {
    ...readPaceOptions({ args, io }),
    id: args.value('id') ?? DEFAULT_ID,
    slots: new Map(args.values('pool').map(readPool)),
    usualSlots: new Map(pooledByEnvironment(io).map(readPool)),
  }
}

/** @throws ProgramError USAGE */
export function readPaceOptions({ args, io }: Pick<VerbContext, 'args' | 'io'>): PaceOptions {
  return {
    logger: loggerOf(io),
    speed: readSpeed(args.value('speed') ?? 'auto'),
    failShare: readShare(args.value('fail') ?? '0'),
    seed: readSeed(args.value('seed')),
    yes: args.has('yes'),
  }
}

/** The speed for a run that takes `atBestMs` at best. */
export function speedFor(speed: PaceOptions['speed'], atBestMs: DurationMs): number {
  return speed === 'auto' ? Math.max(1, Number((atBestMs / AIM_MS).toPrecision(2))) : speed
}

/**
 * The pools to run on: those of the plan with the slots given by hand, else by the environment. A plan without pools gets
 * those given by hand, else by the environment, or one pool `local`; they have whatever capabilities its tasks require.
 *
 * @throws ProgramError USAGE
 */
export function poolsFor(
  plan: Plan,
  { slots, usualSlots }: Pick<RunOptions, 'slots' | 'usualSlots'>,
  localSlots: number,
): { readonly [name: string]: Pool } {
  const declared = Object.entries(plan.pools ?? {})
  const names = declared.map(([name]) => name)
  if (names.length === 0) {
    const capabilities = requiredBy(plan)
    const given: readonly (readonly [string, number])[] =
      slots.size > 0 ? [...slots] : usualSlots.size > 0 ? [...usualSlots] : [['local', localSlots]]
    return Object.fromEntries(given.map(([name, count]) => [name, { slots: count, capabilities }]))
  }
  const unknown = [...slots.keys()].find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const near = nearest(unknown, names)
    const hint = near === null ? `Its pools are ${quoteAll(names)}.` : `Did you mean ${quote(near)}?`
    throw usageError(`The plan has no pool ${quote(unknown)}.`, hint)
  }
  const slotsOf = (name: string, pool: Pool): number => slots.get(name) ?? usualSlots.get(name) ?? pool.slots
  return Object.fromEntries(declared.map(([name, pool]) => [name, { ...pool, slots: slotsOf(name, pool) }]))
}

function requiredBy({ streams = [], tasks = [] }: Plan): readonly string[] {
  const all = [...streams, ...streams.flatMap((stream) => stream.tasks ?? []), ...tasks]
  return [...new Set(all.flatMap(({ requires = [] }) => requires))].sort()
}

function readSpeed(text: string): number | 'auto' {
  if (text === 'auto') return 'auto'
  const match = /^(\d+(?:\.\d+)?)x?$/.exec(text)
  const speed = Number(match?.[1])
  if (speed > 0 && speed <= FASTEST) return speed
  throw usageError(
    `${quote(text)} is no speed.`,
    'Write --speed 1000x for a thousand times as fast as real time, or --speed auto.',
  )
}

function readShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text)
  const share = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1)
  if (share >= 0 && share <= 1) return share
  throw usageError(`${quote(text)} is no share of the attempts.`, 'Write --fail 5%, or --fail 0.05.')
}

function readSeed(text: string | undefined): number {
  const seed = text === undefined ? DEFAULT_SEED : Number(text)
  if (Number.isSafeInteger(seed)) return seed
  throw usageError(`${quote(text ?? '')} is no seed.`, 'Write a whole number, such as --seed 7.')
}

function readPool(text: string): readonly [string, number] {
  const match = /^([^=]+)=(\d{1,6})$/.exec(text)
  const slots = Number(match?.[2])
  if (match?.[1] !== undefined && slots >= 1 && slots <= MOST_SLOTS) return [match[1], slots]
  throw usageError(
    `${quote(text)} does not say how many slots a pool has.`,
    'Write --pool backend=6, with 1 to 100,000 slots.',
  )
}
