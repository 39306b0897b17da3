/** Cases of the executor kit: what work says while it works. */
import type { JsonValue } from '../../core/types.js'
import { must, mustBe } from '../must.js'
import { type ExecutorCheck, executorCheck, Line, mustSucceed } from './bench.js'

const granted = { granted: true } as const
const refused = { granted: false, path: 'a', heldBy: null, reason: 'It is protected.' } as const

export const reportingChecks: readonly ExecutorCheck[] = [
  executorCheck(
    'reporting: a sign of life',
    async ({ begin }) => {
      const one = begin([{ do: 'heartbeat' }, { do: 'claim', paths: { read: ['a'] } }])
      await one.line.until(({ beats }) => beats > 0)
      const question = await one.line.question()
      question.answer(granted)
      await mustSucceed(one, 'The work')
    },
    'lines',
  ),
  executorCheck(
    'reporting: progress comes in order, the last of it in any case',
    async ({ begin }) => {
      const values = Array.from({ length: 20 }, (_, n) => n)
      const one = begin([...values.map((value) => ({ do: 'progress', value }) as const), { do: 'result', value: 1 }])
      await mustSucceed(one, 'The work')
      const { progress } = one.line.heard
      mustBe(progress.at(-1), 19, 'The last progress')
      mustBe(
        progress,
        [...(progress as number[])].sort((a, b) => a - b),
        'Progress',
      )
    },
    'lines',
  ),
  ...(
    [
      ['a text', 'half of it'],
      ['an object', { done: 3, of: 7, '': null }],
      ['a list', [1, [2, [3]]]],
      ['text that looks like an escape', 'a\u001b[31mb'],
      ['two lines', 'a\nb'],
      ['false', false],
    ] as readonly (readonly [string, JsonValue])[]
  ).map(([name, value]) =>
    executorCheck(
      `reporting: ${name} as progress`,
      async ({ begin }) => {
        const one = begin([{ do: 'progress', value }])
        await mustSucceed(one, 'The work')
        mustBe(one.line.heard.progress, [value], 'Progress')
      },
      'lines',
    ),
  ),
  executorCheck(
    'reporting: milestones, in order',
    async ({ begin }) => {
      const one = begin([
        { do: 'milestone', name: 'schema' },
        { do: 'milestone', name: 'done.half-way' },
      ])
      await mustSucceed(one, 'The work')
      mustBe(one.line.heard.milestones, ['schema', 'done.half-way'], 'Milestones')
    },
    'lines',
  ),
  executorCheck(
    'reporting: a milestone that is refused does not end the work',
    async ({ request, execute }) => {
      const line = new Line()
      line.milestoneError = new Error('It declares none.')
      const one = execute(
        request([
          { do: 'milestone', name: 'x' },
          { do: 'result', value: 'on' },
        ]),
        line,
      )
      mustBe(await mustSucceed(one, 'The work'), 'on', 'Its result')
    },
    'lines',
  ),
  executorCheck(
    'claims: granted',
    async ({ begin }) => {
      const one = begin([{ do: 'claim', paths: { write: ['docs/a b.md'], read: ['src/**'] } }, { do: 'answers' }])
      const question = await one.line.question()
      mustBe(question.paths, { write: ['docs/a b.md'], read: ['src/**'] }, 'What was asked')
      question.answer(granted)
      mustBe(await mustSucceed(one, 'The work'), [true], 'What it was answered')
    },
    'lines',
  ),
  executorCheck(
    'claims: refused',
    async ({ begin }) => {
      const one = begin([{ do: 'claim', paths: { write: ['a'] } }, { do: 'answers' }])
      ;(await one.line.question()).answer(refused)
      mustBe(await mustSucceed(one, 'The work'), [false], 'What it was answered')
    },
    'lines',
  ),
  executorCheck(
    'claims: a question that cannot be answered is no grant, and keeps nobody waiting',
    async ({ begin }) => {
      const one = begin([{ do: 'claim', paths: { write: ['a'] } }, { do: 'answers' }])
      ;(await one.line.question()).fail(new Error('The scheduler has failed.'))
      mustBe(await mustSucceed(one, 'The work'), [false], 'What it was answered')
    },
    'lines',
  ),
  executorCheck(
    'claims: several answers, in the order of the questions',
    async ({ begin }) => {
      const paths = { write: ['a'] }
      const one = begin([{ do: 'claim', paths }, { do: 'claim', paths }, { do: 'claim', paths }, { do: 'answers' }])
      ;(await one.line.question(0)).answer(granted)
      ;(await one.line.question(1)).answer(refused)
      ;(await one.line.question(2)).answer(granted)
      mustBe(await mustSucceed(one, 'The work'), [true, false, true], 'What it was answered')
    },
    'lines',
  ),
  executorCheck(
    'claims: of two attempts, each gets its own answer',
    async ({ begin }) => {
      const both = ['a', 'b'].map((path) => begin([{ do: 'claim', paths: { write: [path] } }, { do: 'answers' }]))
      const questions = await Promise.all(both.map(({ line }) => line.question()))
      questions.forEach((question, n) => {
        question.answer(n === 0 ? granted : refused)
      })
      const results = await Promise.all(both.map((one) => mustSucceed(one, 'The work')))
      mustBe(results, [[true], [false]], 'What they were answered')
    },
    'lines',
  ),
  executorCheck(
    'integration: granted',
    async ({ begin }) => {
      const one = begin([{ do: 'integrate' }, { do: 'answers' }], { claims: { integrate: ['lock'] } })
      mustBe(await mustSucceed(one, 'The work'), [true], 'What it was answered')
      mustBe(one.line.heard.integrations, 1, 'How often it asked')
    },
    'lines',
  ),
  executorCheck(
    'integration: refused',
    async ({ request, execute }) => {
      const line = new Line()
      line.integrateError = new Error('It was told to stop.')
      const one = execute(request([{ do: 'integrate' }, { do: 'answers' }], { claims: { integrate: ['lock'] } }), line)
      mustBe(await mustSucceed(one, 'The work'), [false], 'What it was answered')
    },
    'lines',
  ),
  executorCheck(
    'output: lines come in order',
    async ({ begin }) => {
      const one = begin([
        { do: 'log', text: 'one' },
        { do: 'log', text: '' },
        { do: 'log', text: 'two 漢字' },
      ])
      await mustSucceed(one, 'The work')
      mustBe(
        one.line.heard.logs.filter((text) => text !== ''),
        ['one', 'two 漢字'],
        'The lines',
      )
    },
    'lines',
  ),
  executorCheck(
    'life: an executor whose work is elsewhere gives signs of life for it while it is silent',
    async ({ begin }) => {
      const one = begin([{ do: 'wait' }], { heartbeatMs: 30 })
      await one.line.until(({ beats }) => beats >= 3)
      one.line.stop()
      await one.outcome
    },
    'beats',
  ),
  executorCheck(
    'life: no signs of life where nobody asked for any',
    async ({ begin }) => {
      const one = begin([{ do: 'claim', paths: { read: ['a'] } }])
      ;(await one.line.question()).answer(granted)
      await mustSucceed(one, 'The work')
      must(one.line.heard.beats === 0, `There were ${one.line.heard.beats}.`)
    },
    'lines',
  ),
]
