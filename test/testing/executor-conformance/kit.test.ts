/** The kit finds what is wrong with an executor, and says what. */
import { describe, expect, it } from 'vitest'
import type { AttemptContext, AttemptOutcome, AttemptRequest, Executor } from '../../../src/runtime/ports.js'
import {
  type ExecutorPlace,
  type ExecutorTrait,
  executorConformance,
  playScript,
  type Step,
} from '../../../src/testing/executor-conformance/index.js'

type Play = (attempt: AttemptRequest, context: AttemptContext) => Promise<AttemptOutcome>

const play: Play = async ({ input }, context) => ({
  ok: true,
  result: await playScript(input as unknown as Step[], context),
})
const without: readonly ExecutorTrait[] = ['attach', 'stop', 'death', 'beats']

/** An executor that begins nothing twice. */
function executorOf(work: Play): Executor {
  const underWay = new Map<string, Promise<AttemptOutcome>>()
  return {
    inProcess: true,
    execute(attempt, context) {
      const ended = underWay.get(attempt.id) ?? work(attempt, context)
      underWay.set(attempt.id, ended)
      return ended
    },
  }
}

/** Hears of the work what `change` lets through. */
function heardBy(change: Partial<AttemptContext>): Play {
  return (attempt, context) => play(attempt, { ...context, signal: context.signal, ...change })
}

const place = (executor: Executor): ExecutorPlace => ({ open: () => executor })

const broken: readonly (readonly [string, Executor, string, string])[] = [
  [
    'forgets results',
    executorOf(async (...args) => ({ ...(await play(...args)), result: null }) as AttemptOutcome),
    'value: false',
    'What came back',
  ],
  [
    'calls failures successes',
    executorOf((...args) => play(...args).catch(() => ({ ok: true, result: null }))),
    'ending: work that throws',
    'expected a failure with a message',
  ],
  [
    'says nothing of why',
    executorOf((...args) => play(...args).catch(() => Promise.reject(new Error('failed')))),
    'ending: work that throws',
    'does not say why it failed',
  ],
  [
    'says both',
    executorOf(async (...args) => ({ ...(await play(...args)), failure: null }) as never),
    'ending: an outcome has nothing',
    'A success is',
  ],
  ['begins twice', { inProcess: true, execute: play }, 'twice: asked again', 'The work was begun a second time.'],
  [
    'changes what it is given',
    executorOf((attempt, context) => {
      Object.assign(attempt, { handler: 'mine' })
      return play(attempt, context)
    }),
    'ending: an attempt changes nothing',
    'The attempt afterwards',
  ],
  [
    'cuts large results',
    executorOf(async (...args) => {
      const { result } = (await play(...args)) as { result: unknown }
      return { ok: true, result: typeof result === 'string' ? result.slice(0, 65_536) : result }
    }),
    'large: a result',
    'Not all of its result has come.',
  ],
  ['loses progress', executorOf(heardBy({ heartbeat: () => undefined })), 'reporting: a text as progress', 'Progress'],
  [
    'grants what was refused',
    executorOf((attempt, context) =>
      play(attempt, {
        ...context,
        signal: context.signal,
        claim: async (paths) => {
          await context.claim(paths)
          return { granted: true }
        },
      }),
    ),
    'claims: refused',
    'What it was answered',
  ],
  ['loses output', executorOf(heardBy({ log: () => undefined })), 'output: lines', 'The lines'],
  [
    'beats though nobody asked',
    executorOf((attempt, context) => {
      context.heartbeat()
      return play(attempt, context)
    }),
    'life: no signs of life',
    'There were 1.',
  ],
  [
    'loses milestones',
    executorOf(heardBy({ milestone: async () => undefined })),
    'reporting: milestones',
    'Milestones',
  ],
  [
    'does not say where it works',
    { ...executorOf(play), inProcess: undefined as never },
    'the executor has what',
    'does not say whether it works in this process',
  ],
  [
    'has what it is said to lack',
    { ...executorOf(play), attach: async () => 'unknown' },
    'the executor has what',
    'The executor has "attach", but "attach" is named in `without`.',
  ],
]

describe('an executor that', () => {
  for (const [flaw, executor, foundBy, says] of broken) {
    it(`${flaw} is found by "${foundBy}"`, async () => {
      const cases = executorConformance(() => place(executor), { without }).filter(({ name }) =>
        name.startsWith(foundBy),
      )
      expect(cases).toHaveLength(1)
      await expect(cases[0]!.run()).rejects.toThrow(says)
    })
  }

  it('knows of attempts that nobody has begun is found', async () => {
    const knowing: Executor = { ...executorOf(play), inProcess: false, attach: async () => ({ ok: true, result: 1 }) }
    const [first] = executorConformance(() => place(knowing)).filter(({ name }) =>
      name.startsWith('attaching: what nobody'),
    )
    await expect(first!.run()).rejects.toThrow('The answer: expected "unknown"')
  })
})

describe('the list of cases', () => {
  const names = executorConformance(() => place(executorOf(play))).map(({ name }) => name)

  it('has at least sixty, each with a name of its own', () => {
    expect(names.length).toBeGreaterThanOrEqual(60)
    expect(new Set(names).size).toBe(names.length)
  })

  it('leaves out what an executor is said to lack, and nothing else', () => {
    const few = executorConformance(() => place(executorOf(play)), { without }).map(({ name }) => name)
    const left = names.filter((name) => !few.includes(name))
    expect(few.every((name) => names.includes(name))).toBe(true)
    expect(few.some((name) => name.startsWith('attaching'))).toBe(false)
    expect(left.every((name) => /^(attaching|stopping|life)|died|dies/.test(name))).toBe(true)
  })

  it('passes where nothing is wrong', async () => {
    for (const { run } of executorConformance(() => place(executorOf(play)), { without })) await run()
  })
})
