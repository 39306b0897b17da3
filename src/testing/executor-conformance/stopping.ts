/** Cases of the executor kit: told to stop before, during and after the work; begun twice. */
import { must, mustBe } from '../must.js'
import { type ExecutorCheck, executorCheck, Line, mustSucceed, type UnderWay } from './bench.js'
import type { Step } from './script.js'

/** Work that says that it has begun, and waits until it is told to stop. */
const waiting: readonly Step[] = [{ do: 'progress', value: 'begun' }, { do: 'wait' }]
const deaf: readonly Step[] = [{ do: 'progress', value: 'begun' }, { do: 'deaf' }]
const asking: readonly Step[] = [{ do: 'claim', paths: { write: ['a'] } }, { do: 'answers' }]
const hasBegun = ({ progress }: Line['heard']): boolean => progress.length > 0
const MANY = 6

export const stoppingChecks: readonly ExecutorCheck[] = [
  executorCheck(
    'stopping: told before it is begun, it is not begun, and says so at once',
    async ({ request, execute }) => {
      const line = new Line()
      line.stop()
      await execute(
        request([
          { do: 'progress', value: 1 },
          { do: 'result', value: 1 },
        ]),
        line,
      ).outcome
      mustBe(line.heard.progress, [], 'What was heard of it')
    },
    'stop',
  ),
  executorCheck('stopping: told in the same moment, it ends', async ({ begin }) => {
    const one = begin(waiting)
    one.line.stop()
    await one.outcome
  }),
  executorCheck(
    'stopping: told while it works, it ends',
    async ({ begin }) => {
      const one = begin(waiting)
      await one.line.until(hasBegun)
      one.line.stop()
      await one.outcome
    },
    'lines',
  ),
  executorCheck(
    'stopping: work that does not listen is ended',
    async ({ begin }) => {
      const one = begin(deaf)
      await one.line.until(hasBegun)
      one.line.stop()
      await one.outcome
    },
    'stop',
    'lines',
  ),
  executorCheck(
    'stopping: nothing is heard of it afterwards',
    async ({ begin }) => {
      const one = begin([{ do: 'progress', value: 'begun' }, { do: 'deaf' }], { heartbeatMs: 3 })
      await one.line.until(hasBegun)
      one.line.stop()
      await one.outcome
      const { beats, progress } = one.line.heard
      const heard = beats + progress.length
      mustBe(await mustSucceed(begin([{ do: 'result', value: 1 }]), 'The next one'), 1, 'The next result')
      mustBe(one.line.heard.beats + one.line.heard.progress.length, heard, 'What was heard')
    },
    'stop',
    'lines',
  ),
  executorCheck(
    'stopping: one of two, the other goes on',
    async ({ begin }) => {
      const one = begin(deaf)
      const other = begin([{ do: 'claim', paths: { read: ['a'] } }, { do: 'answers' }])
      await one.line.until(hasBegun)
      const question = await other.line.question()
      one.line.stop()
      await one.outcome
      question.answer({ granted: true })
      mustBe(await mustSucceed(other, 'The other one'), [true], 'Its result')
    },
    'stop',
    'lines',
  ),
  executorCheck(`stopping: ${MANY} at once end, all of them`, async ({ begin }) => {
    const all = Array.from({ length: MANY }, () => begin(waiting))
    for (const { line } of all) line.stop()
    await Promise.all(all.map(({ outcome }) => outcome))
  }),
  executorCheck('stopping: told when it has ended, nothing changes', async ({ begin }) => {
    const one = begin([{ do: 'result', value: 1 }])
    const before = await one.outcome
    one.line.stop()
    mustBe(await one.outcome, before, 'Its outcome')
  }),
  executorCheck(
    'stopping: told while its answer is under way, it ends in one way',
    async ({ begin }) => {
      const one = begin([
        { do: 'claim', paths: { write: ['a'] } },
        { do: 'result', value: 1 },
      ])
      const question = await one.line.question()
      question.answer({ granted: true })
      one.line.stop()
      const { ok } = await one.outcome
      must(typeof ok === 'boolean', 'Its outcome is none.')
    },
    'lines',
  ),
  executorCheck(
    'stopping: told while it waits for an answer, it ends',
    async ({ begin }) => {
      const one = begin([{ do: 'claim', paths: { write: ['a'] } }, { do: 'wait' }])
      await one.line.question()
      one.line.stop()
      await one.outcome
    },
    'stop',
    'lines',
  ),
  executorCheck('stopping: what was stopped leaves room for the next', async ({ begin }) => {
    for (let n = 0; n < 3; n += 1) {
      const one = begin(waiting)
      one.line.stop()
      await one.outcome
    }
    mustBe(await mustSucceed(begin([{ do: 'result', value: 'room' }]), 'The next one'), 'room', 'Its result')
  }),
  executorCheck(
    'twice: asked again while it works, it tells the same, and works once',
    async ({ begin, execute }) => {
      const one = begin(asking)
      const question = await one.line.question()
      const again = execute(one.request)
      question.answer({ granted: true })
      await mustTellTheSame(one, again)
    },
    'once',
    'lines',
  ),
  executorCheck(
    'twice: asked in the same moment',
    async ({ request, execute }) => {
      const attempt = request(asking)
      const [one, other] = [execute(attempt), execute(attempt)]
      const first = await Promise.race([one.line.question(), other.line.question()])
      first.answer({ granted: true })
      const isFirst = one.line.heard.questions.length > 0
      await (isFirst ? mustTellTheSame(one, other) : mustTellTheSame(other, one))
    },
    'once',
    'lines',
  ),
]

/** `one` has asked its question. */
async function mustTellTheSame(one: UnderWay, other: UnderWay): Promise<void> {
  const begun = other.line.question().then(() => Promise.reject(new Error('The work was begun a second time.')))
  mustBe(await Promise.race([other.outcome, begun]), await one.outcome, 'The second outcome')
}
