/** A world as the library sees it: plans to compile. */
import type { Plan, Stream, Task } from '../plan/types.js'
import type { PolicySpec, RunSpec, TaskSpec, WorldSpec } from './world-spec.js'
import { VOCABULARY } from './world-spec.js'

/** The plan of one run, in parsed form. */
export function planOf(world: WorldSpec, run: RunSpec): Plan {
  const fields = world.policies.map(fieldsOf)
  const taskOf = (task: TaskSpec): Task => toTask(task, fields[task.policy]!)
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
    streams: run.streams.map(
      ({ id, after }): Stream => ({
        id,
        dependsOn: after,
        tasks: run.tasks.filter((task) => task.stream === id).map(taskOf),
      }),
    ),
    tasks: run.tasks.filter((task) => task.stream === null).map(taskOf),
  }
}

function toTask(task: TaskSpec, policy: Pick<Task, 'retry' | 'timeouts'>): Task {
  const { id, stream, after, write, read, integrate, advisory, pool, requires, priority, estimate } = task
  const { uses, key, handler } = task
  const here = `${stream}/`
  return {
    id,
    dependsOn: after.map((id) => (stream !== null && id.startsWith(here) ? id.slice(here.length) : id)),
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
    ...policy,
  }
}

function fieldsOf(policy: PolicySpec): Pick<Task, 'retry' | 'timeouts'> {
  const { maxAttempts, maxLost, initialDelay, factor, maxDelay, jitter, on, ...timeouts } = policy
  return { retry: { maxAttempts, maxLost, initialDelay, factor, maxDelay, jitter, on }, timeouts }
}

function textOf(pattern: number): string {
  return VOCABULARY[pattern]!
}
