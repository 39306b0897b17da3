/** A world as the library sees it: plans to compile. */
import type { Dependency, Gate, OutcomeOf, Phase, Plan, ShareOf, Stream, Task } from '../plan/types.js'
import type {
  MemberSpec,
  PhaseSpec,
  PolicySpec,
  RunSpec,
  StreamSpec,
  TaskSpec,
  WaitSpec,
  WorldSpec,
} from './world-spec.js'
import { VOCABULARY } from './world-spec.js'

/** The plan of one run, in parsed form. */
export function planOf(world: WorldSpec, run: RunSpec): Plan {
  const fields = world.policies.map(fieldsOf)
  const toOwn = (task: TaskSpec): Task => toTask(task, fields[task.policy]!)
  return {
    name: run.id,
    pools: Object.fromEntries(world.workers.map(({ pool, slots, capabilities }) => [pool, { slots, capabilities }])),
    onFailure: run.onFailure,
    resources: Object.fromEntries(
      Object.entries(run.resources).map(([name, { capacity, perMinute }]) => [
        name,
        perMinute === null ? capacity : { capacity, perMinute },
      ]),
    ),
    streams: run.streams.map((stream) => ({
      ...streamOf(stream),
      tasks: run.tasks.filter((task) => task.stream === stream.id).map(toOwn),
    })),
    tasks: run.tasks.filter((task) => task.stream === null && task.gate === null).map(toOwn),
    gates: run.tasks.flatMap(toGate),
    phases: run.phases.map(phaseOf),
    sequences: run.sequences.map(({ pattern, order }) => ({ path: textOf(pattern), order })),
  }
}

/** A task as its plan has it. */
export function taskOf({ policies }: WorldSpec, task: TaskSpec): Task {
  return toTask(task, fieldsOf(policies[task.policy]!))
}

/** A stream as its plan has it, without its tasks. */
export function streamOf({ id, after, waits, phase }: StreamSpec): Omit<Stream, 'tasks'> {
  return { id, ...(phase === null ? {} : { phase }), dependsOn: [...after, ...waits.map(toDependency)] }
}

export function phaseOf({ id, gate }: PhaseSpec): Phase {
  return gate === null ? { id } : { id, gate }
}

/** A gate as its plan has it; nothing for a task. */
export function toGate({ id, after, waits, gate }: TaskSpec): readonly Gate[] {
  if (gate === null) return []
  const { kind, timeout } = gate
  const limit = timeout === null ? {} : { timeout }
  const dependsOn = [...after, ...waits.map(toDependency)]
  return [{ id, kind, dependsOn, ...(kind === 'check' ? { handler: 'check' } : {}), ...limit }]
}

function toTask(task: TaskSpec, policy: Pick<Task, 'retry' | 'timeouts'>): Task {
  const { id, stream, after, write, read, integrate, advisory, pool, requires, priority, estimate } = task
  const { waits, asks, milestones, optional, uses, key, handler, verify } = task
  const here = `${stream}/`
  return {
    id,
    dependsOn: [
      ...after.map((id) => (stream !== null && id.startsWith(here) ? id.slice(here.length) : id)),
      ...waits.map(toDependency),
    ],
    ...(asks === null ? {} : { if: asks.key === null ? { $from: asks.task } : { $from: asks.task, path: [asks.key] } }),
    ...(milestones.length === 0 ? {} : { milestones }),
    ...(optional ? { optional } : {}),
    claims: {
      write: write.map(textOf),
      read: read.map(textOf),
      integrate: integrate.map(textOf),
      advisory: advisory.map(textOf),
    },
    ...(pool === null ? {} : { pool }),
    ...(key === null ? {} : { idempotencyKey: key }),
    ...(handler === null ? {} : { handler }),
    uses,
    requires,
    priority,
    estimate,
    verify: verify.map((timeout) => (timeout === null ? 'lint' : { handler: 'lint', timeout })),
    ...policy,
  }
}

function toDependency({ needed, members, lag, soft }: WaitSpec): Dependency {
  const edge = { ...(lag === 0 ? {} : { lag }), ...(soft ? { soft } : {}) }
  if (needed === null) return { ...toMember(members[0]!), ...edge }
  return needed === 1
    ? { anyOf: members.map(toMember), ...edge }
    : { quorum: needed, of: members.map(toMember), ...edge }
}

function toMember(member: MemberSpec): OutcomeOf | ShareOf {
  switch (member.kind) {
    case 'outcome':
      return { on: member.on, when: member.when }
    case 'milestone':
      return { on: `${member.task}#${member.name}` }
    case 'share':
      return { stream: member.stream, progress: member.share }
    default:
      return member satisfies never
  }
}

function fieldsOf(policy: PolicySpec): Pick<Task, 'retry' | 'timeouts'> {
  const { maxAttempts, maxLost, maxVerify, initialDelay, factor, maxDelay, jitter, on, ...timeouts } = policy
  const counts = { maxAttempts, maxLost, ...(maxVerify === null ? {} : { maxVerify }) }
  return { retry: { ...counts, initialDelay, factor, maxDelay, jitter, on }, timeouts }
}

function textOf(pattern: number): string {
  return VOCABULARY[pattern]!
}
