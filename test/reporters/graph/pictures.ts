/** Pictures of the plans in `examples/`, and of random ones. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { parse } from 'yaml'
import { checkPlan } from '../../../src/plan/check.js'
import { overviewOf } from '../../../src/planning/overview.js'
import { type Picture, pictureOf } from '../../../src/planning/picture.js'

export const EXAMPLES = [
  'forty-five-workstreams',
  'four-agents',
  'three-tracks',
  'twelve-streams',
  'worker-pool',
] as const

export function pictureFor(document: object): Picture {
  const { plan, compiled, diagnostics } = checkPlan(document)
  if (compiled === undefined || plan === undefined) throw new Error(JSON.stringify(diagnostics))
  const streamTitles = (plan.streams ?? []).map(({ title = null }) => title)
  return pictureOf(compiled, { streamTitles, criticalPath: overviewOf(compiled, plan).criticalPath })
}

export function exampleOf(name: (typeof EXAMPLES)[number]): Picture {
  const file = fileURLToPath(new URL(`../../../examples/plans/${name}.yaml`, import.meta.url))
  return pictureFor(parse(readFileSync(file, 'utf8')) as object)
}

/** What is not fit for any of the languages. */
export const HOSTILE = '"]; end\n<script>&amp;`$x`\\" --> %% 日本 \u202e\u0007 #quot; {{a}} \ud800 </title>'

/** Up to 40 tasks in up to 6 streams, with dependencies of all kinds on tasks that were declared before. */
export const randomPlan: fc.Arbitrary<object> = fc
  .array(
    fc.record({
      stream: fc.integer({ min: -1, max: 5 }),
      title: fc.option(fc.oneof(fc.string({ maxLength: 40, unit: 'grapheme' }), fc.constant(HOSTILE)), {
        nil: undefined,
      }),
      estimate: fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined }),
      before: fc.array(fc.nat(), { maxLength: 4 }),
      kind: fc.constantFrom('all', 'all', 'all', 'any', 'quorum', 'lag', 'end'),
    }),
    { maxLength: 40 },
  )
  .map((drafts) => {
    const streams = Array.from({ length: 6 }, (_, at) => ({ id: `s${at}`, title: HOSTILE, tasks: [] as object[] }))
    const tasks: object[] = []
    const ids: string[] = []
    for (const [at, { stream, title, estimate, before, kind }] of drafts.entries()) {
      const on = [...new Set(at === 0 ? [] : before.map((place) => ids[place % at]!))]
      const dependsOn =
        on.length < 2 || kind === 'all'
          ? on
          : kind === 'any'
            ? [{ anyOf: on }]
            : kind === 'quorum'
              ? [{ quorum: on.length - 1, of: on }]
              : on.map((each) => (kind === 'lag' ? { on: each, lag: 1000 } : { on: each, when: 'finish' }))
      const task = { id: `t${at}`, title, estimate, dependsOn }
      ids.push(stream === -1 ? `t${at}` : `s${stream}/t${at}`)
      if (stream === -1) tasks.push(task)
      else streams[stream]!.tasks.push(task)
    }
    return { name: HOSTILE, streams, tasks }
  })
