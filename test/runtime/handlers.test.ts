/** Handlers, and the plans that code makes of them. What does not compile is in test/types. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { parsePlan } from '../../src/plan/parse.js'
import type { TaskRef } from '../../src/plan/refs.js'
import { isTypedPlan } from '../../src/plan/typed-plan.js'
import { defineHandlers, definePlan, handler } from '../../src/runtime/handlers.js'

const fetch = handler({ run: (input: { ref: string }) => ({ sha: input.ref, files: [{ name: 'a' }] }) })
const build = handler({ run: (input: { sha: string; name?: string }) => ({ bytes: input.sha.length }), version: 2 })
const noop = handler({ run: () => {} })
const handlers = defineHandlers({ 'repo.fetch': fetch, 'repo.build': build, noop })

describe('handlers', () => {
  it('are found by name, and inherited names are not', () => {
    expect(handlers.get('repo.fetch')).toBe(fetch)
    expect(handlers.get('repo.build')?.version).toBe(2)
    expect(handlers.get('constructor')).toBeUndefined()
    expect(handlers.has('noop')).toBe(true)
    expect(handlers.has('toString')).toBe(false)
    expect([...handlers.names()]).toEqual(['repo.fetch', 'repo.build', 'noop'])
  })
})

describe('a plan made by code', () => {
  it('is plain JSON, with references in place of results', () => {
    const release = handlers.plan('release', (p) => {
      const fetch = p.task('fetch', 'repo.fetch', { ref: 'main' }, { retry: { maxAttempts: 4 } })
      const docs = p.task('docs', 'noop', undefined, { claims: { write: ['docs/**'] }, requires: ['writer'] })
      const build = p.task(
        'build',
        'repo.build',
        { sha: fetch.out.sha, name: fetch.out.files[0]!.name },
        { dependsOn: [docs, 'fetch', { on: 'docs' }], estimate: '4m' },
      )
      return { build, sha: fetch.out.sha }
    })
    expect(JSON.parse(JSON.stringify(release))).toEqual({
      name: 'release',
      tasks: [
        { id: 'fetch', handler: 'repo.fetch', input: { ref: 'main' }, retry: { maxAttempts: 4 } },
        { id: 'docs', handler: 'noop', claims: { write: ['docs/**'] }, requires: ['writer'] },
        {
          id: 'build',
          handler: 'repo.build',
          input: { sha: { $from: 'fetch', path: ['sha'] }, name: { $from: 'fetch', path: ['files', '0', 'name'] } },
          dependsOn: ['docs', 'fetch', { on: 'docs' }],
          estimate: '4m',
        },
      ],
    })
    expect(release.results).toEqual(
      new Map([
        ['build', { task: 'build', path: [] }],
        ['sha', { task: 'fetch', path: ['sha'] }],
      ]),
    )
    const { ok, compiled } = checkPlan(release)
    expect(ok).toBe(true)
    expect([...(compiled?.predecessors.targets ?? [])]).toEqual([0, 1])
  })

  it('has streams; their tasks are named in full', () => {
    const plan = handlers.plan('p', (p) => {
      const fetch = p.task('fetch', 'repo.fetch', { ref: 'x' })
      const db = p.stream('db', { owns: ['db/**'], dependsOn: [fetch] }, (s) => {
        const schema = s.task('schema', 'repo.fetch', { ref: 'y' })
        s.task('seed', 'repo.build', { sha: schema.out.sha })
        return { schema }
      })
      const ui = p.stream('ui', { dependsOn: ['db'] }, (s) =>
        s.task('page', 'noop', undefined, { dependsOn: [db.tasks.schema] }),
      )
      p.task('ship', 'noop', undefined, { dependsOn: [db, ui, ui.tasks] })
      return { schema: db.tasks.schema }
    })
    expect(plan.plan).toEqual({
      name: 'p',
      streams: [
        {
          id: 'db',
          owns: ['db/**'],
          dependsOn: ['fetch'],
          tasks: [
            { id: 'schema', handler: 'repo.fetch', input: { ref: 'y' } },
            { id: 'seed', handler: 'repo.build', input: { sha: { $from: 'db/schema', path: ['sha'] } } },
          ],
        },
        { id: 'ui', dependsOn: ['db'], tasks: [{ id: 'page', handler: 'noop', dependsOn: ['db/schema'] }] },
      ],
      tasks: [
        { id: 'fetch', handler: 'repo.fetch', input: { ref: 'x' } },
        { id: 'ship', handler: 'noop', dependsOn: ['db', 'ui', 'ui/page'] },
      ],
    })
    expect(plan.results?.get('schema')).toEqual({ task: 'db/schema', path: [] })
    expect(checkPlan(plan).ok).toBe(true)
  })

  it('has gates, after those of its options; they are waited for, and their results used, as tasks are', () => {
    const build = (gates: object) =>
      handlers.plan(
        'p',
        (p) => {
          const fetch = p.task('fetch', 'repo.fetch', { ref: 'x' })
          const tests = p.gate('tests', { kind: 'check', handler: 'repo.build', input: { sha: fetch.out.sha } })
          const review = p.gate('review', { kind: 'approval', title: 'Read', timeout: '2d', dependsOn: [tests, 'go'] })
          p.task('ship', 'noop', review.out.by, { dependsOn: [review] })
          return { review }
        },
        { gates: gates as never },
      )
    const go = { kind: 'approval' }
    const plan = build({ go })
    expect(plan.plan).toEqual({
      name: 'p',
      gates: [
        { id: 'go', ...go },
        { id: 'tests', kind: 'check', handler: 'repo.build', input: { sha: { $from: 'fetch', path: ['sha'] } } },
        { id: 'review', kind: 'approval', title: 'Read', timeout: '2d', dependsOn: ['tests', 'go'] },
      ],
      tasks: [
        { id: 'fetch', handler: 'repo.fetch', input: { ref: 'x' } },
        { id: 'ship', handler: 'noop', input: { $from: 'review', path: ['by'] }, dependsOn: ['review'] },
      ],
    })
    expect(build([{ id: 'go', ...go }]).plan).toEqual(plan.plan)
    expect(plan.results?.get('review')).toEqual({ task: 'review', path: [] })
    expect(checkPlan(plan).ok).toBe(true)
  })

  it('may have a function for a handler: it is known by the full id of its task', () => {
    const one = (): number => 1
    const two = ({ n }: { n: number }): number => n
    const plan = handlers.plan('p', (p) => {
      const a = p.task('a', one)
      p.stream('s', {}, (s) => s.task('b', two, { n: a.out }))
      p.task('c', (list: readonly number[]) => list, [1, a.out])
    })
    expect(plan.functions).toEqual(
      new Map<string, unknown>([
        ['a', one],
        ['s/b', two],
        ['c', expect.any(Function)],
      ]),
    )
    expect(plan.plan).toMatchObject({
      streams: [{ tasks: [{ handler: 's/b', input: { n: { $from: 'a' } } }] }],
      tasks: [{ handler: 'a' }, { input: [1, { $from: 'a' }] }],
    })
    expect(checkPlan(plan, { handlers: [] }).ok).toBe(true)
    expect(checkPlan(plan.plan, { handlers: [] }).ok).toBe(false)
  })

  it('says whatever else a plan may say by options', () => {
    const plan = handlers.plan('p', () => undefined, { pools: { local: { slots: 2 } }, onFailure: 'abort' })
    expect(plan.plan).toEqual({ name: 'p', pools: { local: { slots: 2 } }, onFailure: 'abort', tasks: [] })
    expect(plan.results).toEqual(new Map())
  })

  it('has no limit for documents', () => {
    const plan = handlers.plan('wide', (p) => {
      for (let i = 0; i < 10_001; i++) p.task(`t${i}`, 'noop')
    })
    expect(checkPlan(plan).ok).toBe(true)
    expect(parsePlan(plan).ok).toBe(true)
    expect(checkPlan(plan, { limits: { tasks: 10 } }).ok).toBe(false)
    expect(checkPlan(plan.plan).ok).toBe(false)
  })

  it('refuses references of another plan', () => {
    let foreign: TaskRef<{ sha: string; files: { name: string }[] }> | undefined
    const other = handlers.plan('other', (p) => {
      foreign = p.task('fetch', 'repo.fetch', { ref: 'x' })
    })
    expect(isTypedPlan(other)).toBe(true)
    const task = foreign as NonNullable<typeof foreign>
    const message = 'The task "fetch" belongs to another plan: a reference only leads to tasks of its own plan.'
    expect(() => handlers.plan('p', (p) => p.task('a', 'repo.build', { sha: task.out.sha }))).toThrow(
      new TypeError(message),
    )
    expect(() => handlers.plan('p', (p) => p.task('a', 'noop', undefined, { dependsOn: [task] }))).toThrow(message)
    expect(() => handlers.plan('p', () => ({ task }))).toThrow(message)
    expect(() => handlers.plan('p', () => ({ part: task.out.sha }))).toThrow(message)
  })

  it('refuses results that are none', () => {
    expect(() => handlers.plan('p', () => ({ a: 3 }))).toThrow(
      new TypeError('The result "a" is neither a task nor a part of a task\'s result.'),
    )
    expect(() => handlers.plan('p', () => ({ a: { kind: 'task' } }))).toThrow(TypeError)
  })

  it('leaves inputs alone that have no references, also those that contain themselves', () => {
    const input = { ref: 'x', deep: [{ list: [1] }] }
    const loop: { ref: string; self?: unknown } = { ref: 'x' }
    loop.self = loop
    const plan = handlers.plan('p', (p) => {
      p.task('a', 'repo.fetch', input)
      p.task('b', 'repo.fetch', loop)
    })
    const { tasks } = plan.plan as unknown as { tasks: { input: unknown }[] }
    expect(tasks[0]?.input).toBe(input)
    expect(tasks[1]?.input).toBe(loop)
    expect(checkPlan(plan).diagnostics.map(({ code }) => code)).toEqual(['TOO_DEEP'])
  })

  it('references can be printed and looked at without harm', () => {
    handlers.plan('p', (p) => {
      const { out } = p.task('fetch', 'repo.fetch', { ref: 'x' })
      expect(JSON.stringify({ sha: out.sha, all: out })).toBe(
        '{"sha":{"$from":"fetch","path":["sha"]},"all":{"$from":"fetch"}}',
      )
      expect(Object.prototype.toString.call(out)).toBe('[object Object]')
    })
  })
})

describe('definePlan', () => {
  it('takes functions out of the data, in lists and in mappings', () => {
    const one = (): number => 1
    const plan = definePlan({
      name: 'p',
      tasks: [
        { id: 'a', handler: one },
        { id: 'b', handler: 'noop' },
      ],
      streams: { s: { tasks: { c: { handler: one, dependsOn: ['a'] } } }, t: { title: 'T' } },
    })
    expect(plan.plan).toEqual({
      name: 'p',
      tasks: [
        { id: 'a', handler: 'a' },
        { id: 'b', handler: 'noop' },
      ],
      streams: { s: { tasks: { c: { handler: 's/c', dependsOn: ['a'] } } }, t: { title: 'T' } },
    })
    expect(plan.functions).toEqual(
      new Map([
        ['a', one],
        ['s/c', one],
      ]),
    )
    expect(plan.results).toBeNull()
    expect(checkPlan(plan).ok).toBe(true)
  })

  it('leaves what is no plan to the check', () => {
    const wrong = { tasks: [3, null, { id: 'a' }], streams: 7 } as never
    expect(checkPlan(definePlan(wrong)).diagnostics.map(({ at }) => at)).toEqual(['/streams', '/tasks/0', '/tasks/1'])
    expect(checkPlan(definePlan({})).ok).toBe(true)
  })
})
