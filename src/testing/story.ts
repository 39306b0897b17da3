/** Tells a failing script: what is wrong, the plans, and what happened, step by step. */
import type { RunEvent } from '../core/types.js'
import type { Machine, SimulatedCore } from './machine-state.js'
import { START_AT } from './machine-state.js'
import { printEvent } from './print-event.js'
import type { Script } from './script.js'
import { playScript } from './script.js'
import { describeStep } from './steps.js'
import { policyOf } from './world-gates.js'
import type { PolicySpec, RunSpec, TaskSpec, WaitSpec, WorldSpec } from './world-spec.js'
import { fullIdOf, VOCABULARY } from './world-spec.js'

export interface Story {
  readonly story: string
  readonly step: number
}

export function tellStory(script: Script, core: SimulatedCore): Story {
  const lines: string[] = []
  let seen: Machine | null = null
  let told = 0
  /** Tells the events that the last step led to. A crash may have taken some back. */
  const tellEvents = (): void => {
    if (seen === null) return
    const events: readonly RunEvent[] = [...seen.journal, ...seen.events]
    for (const event of events.slice(told)) lines.push(`       ${printEvent(event, START_AT)}`)
    told = events.length
  }
  const end = script.calmFrom <= script.steps.length ? 'calm' : 'stop'
  let count = 0
  const ending = playScript(script, core, end, (machine, step) => {
    seen = machine
    tellEvents()
    count += 1
    lines.push(`  ${String(count).padStart(2)}. ${describeStep(step)}`)
  })
  tellEvents()
  const step = ending?.step ?? count
  const wrong = ending?.message ?? 'It fails only with everything that came before.'
  const shown =
    lines.length <= MOST_LINES ? lines : [`  … ${lines.length - MOST_LINES} lines …`, ...lines.slice(-MOST_LINES)]
  const story = [wrong, 'World:', ...describeWorld(script.world), 'What happened:', ...shown, `Step ${step} shows it.`]
  return { story: story.join('\n'), step }
}

const MOST_LINES = 120

function describeWorld(world: WorldSpec): readonly string[] {
  const lines = world.workers.map(({ id, pool, slots, capabilities }) => {
    return `  worker ${id}: pool ${pool}, slots ${slots}${capabilities.length === 0 ? '' : `, can ${capabilities.join(' ')}`}`
  })
  for (const run of world.runs) lines.push(...describeRun(world, run))
  return lines
}

function describeRun(world: WorldSpec, run: RunSpec): readonly string[] {
  const streams = run.streams.filter(({ after, waits }) => after.length + waits.length > 0)
  return [
    `  run ${run.id}${run.onFailure === 'continue' ? '' : ` (onFailure: ${run.onFailure})`}`,
    ...streams.map(({ id, after, waits }) => `    stream ${id}: ${[...after, ...waits.map(describeWait)].join(', ')}`),
    ...run.sequences.map(({ pattern, order }) => `    sequence ${VOCABULARY[pattern]}: ${order.join(' ')}`),
    ...Object.entries(run.resources).map(([name, { capacity, perMinute }]) => {
      return `    resource ${name}: ${capacity}${perMinute === null ? '' : `, ${perMinute} per minute`}`
    }),
    ...run.phases.map(({ id, gate }) => {
      const own = run.streams.filter(({ phase }) => phase === id).map((stream) => stream.id)
      return `    phase ${id}: ${own.join(' ')}${gate === null ? '' : `, gate ${gate}`}`
    }),
    ...run.tasks.map((task) => `    ${describeTask(task, policyOf(world, task))}`),
  ]
}

function describeTask(task: TaskSpec, policy: PolicySpec): string {
  const texts = (patterns: readonly number[]): string => patterns.map((pattern) => VOCABULARY[pattern]).join(' ')
  const parts = [task.gate === null ? fullIdOf(task) : `gate ${task.id} (${task.gate.kind})`]
  if (task.after.length > 0) parts.push(`after ${task.after.join(' ')}`)
  for (const wait of task.waits) parts.push(describeWait(wait))
  if (task.asks !== null) parts.push(`if ${task.asks.task}${task.asks.key === null ? '' : `.${task.asks.key}`}`)
  if (task.milestones.length > 0) parts.push(`milestones ${task.milestones.join(' ')}`)
  if (task.optional) parts.push('optional')
  if (task.write.length > 0) parts.push(`writes ${texts(task.write)}`)
  if (task.read.length > 0) parts.push(`reads ${texts(task.read)}`)
  const uses = Object.entries(task.uses)
  if (uses.length > 0) parts.push(`uses ${uses.map(([name, ask]) => `${name} ${ask}`).join(' ')}`)
  if (task.key !== null) parts.push(`key ${task.key}`)
  if (task.handler !== null) parts.push(`handler ${task.handler}`)
  if (task.integrate.length > 0) parts.push(`integrates ${texts(task.integrate)}`)
  if (task.advisory.length > 0) parts.push(`is advised of ${texts(task.advisory)}`)
  if (task.pool !== null) parts.push(`pool ${task.pool}`)
  if (task.requires.length > 0) parts.push(`requires ${task.requires.join(' ')}`)
  if (task.priority !== 0) parts.push(`priority ${task.priority}`)
  if (task.verify.length > 0) parts.push(`verified in ${task.verify.map((limit) => limit ?? 'any').join(', ')} ms`)
  const { on: _on, ...limits } = policy
  const set = Object.entries(limits).filter(([name, value]) => DEFAULTS[name] !== value)
  if (set.length > 0) parts.push(set.map(([name, value]) => `${name}=${value}`).join(' '))
  return parts.join(', ')
}

function describeWait({ needed, members, lag, soft }: WaitSpec): string {
  const names = members.map((member) => {
    if (member.kind === 'milestone') return `${member.task}#${member.name}`
    return member.kind === 'share' ? `${member.share} of ${member.stream}` : `${member.when} of ${member.on}`
  })
  const how = needed === null ? '' : `${needed} of `
  return `waits for ${how}${names.join(' | ')}${lag === 0 ? '' : ` and ${lag} ms`}${soft ? ' (soft)' : ''}`
}

/** What a policy looks like when nothing about it matters. */
const DEFAULTS: Readonly<Record<string, number | null>> = {
  maxAttempts: 1,
  maxLost: 3,
  maxVerify: null,
  initialDelay: 0,
  factor: 1,
  maxDelay: 1000,
  jitter: 0,
}
