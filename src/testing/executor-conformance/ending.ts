/** Cases of the executor kit: how attempts end, and what they are given and give. */
import type { JsonValue } from '../../core/types.js'
import { must, mustBe } from '../must.js'
import { HOSTILE_VALUES } from '../store-conformance/hostile.js'
import { type ExecutorCheck, executorCheck, mustFail, mustSucceed } from './bench.js'

const LARGE = 1_000_000
const MANY = 12

export const endingChecks: readonly ExecutorCheck[] = [
  executorCheck('ending: work that says nothing succeeds with null, or nothing', async ({ begin }) => {
    const result = await mustSucceed(begin([]), 'Work without a result')
    must(result === null || result === undefined, `Expected null, found ${JSON.stringify(result)}.`)
  }),
  executorCheck('ending: work that throws fails, and says what it threw', async ({ begin }) => {
    const { kind, message } = await mustFail(begin([{ do: 'throw', message: 'no such ref' }]), 'Work that throws')
    mustBe(kind, 'error', 'Its kind')
    must(message.includes('no such ref'), `Its message does not say why it failed: "${message}".`)
  }),
  executorCheck('ending: an outcome has nothing that could be mistaken for another', async ({ begin }) => {
    const succeeded = await begin([{ do: 'result', value: 1 }]).outcome
    must(succeeded.ok === true && !('failure' in succeeded), `A success is ${JSON.stringify(succeeded)}.`)
    const failed = await begin([{ do: 'throw', message: 'x' }]).outcome
    must(failed.ok === false && !('result' in failed), `A failure is ${JSON.stringify(failed)}.`)
  }),
  executorCheck(
    'ending: a worker that dies is told of as a failure',
    async ({ begin }) => {
      await mustFail(begin([{ do: 'die' }]), 'Work whose worker died')
    },
    'death',
  ),
  executorCheck(
    'ending: after a worker has died, others go on, and the next attempt finds one',
    async ({ begin }) => {
      const other = begin([{ do: 'claim', paths: { write: ['a'] } }, { do: 'answers' }])
      const question = await other.line.question()
      await mustFail(begin([{ do: 'die' }]), 'Work whose worker died')
      question.answer({ granted: true })
      mustBe(await mustSucceed(other, 'The other one'), [true], 'Its result')
      mustBe(await mustSucceed(begin([{ do: 'result', value: 2 }]), 'The next one'), 2, 'Its result')
    },
    'death',
    'lines',
  ),
  executorCheck(`ending: ${MANY} attempts at once have their own results`, async ({ begin }) => {
    const all = Array.from({ length: MANY }, (_, n) => begin([{ do: 'result', value: { n } }]))
    const results = await Promise.all(all.map((one) => mustSucceed(one, 'One of many')))
    mustBe(
      results,
      all.map((_, n) => ({ n })),
      'Their results',
    )
  }),
  executorCheck(`ending: ${MANY} attempts, one after the other, of which every second fails`, async ({ begin }) => {
    for (let n = 0; n < MANY; n += 1) {
      if (n % 2 === 0) mustBe(await mustSucceed(begin([{ do: 'result', value: n }]), 'One'), n, 'Its result')
      else await mustFail(begin([{ do: 'throw', message: 'odd' }]), 'One')
    }
  }),
  executorCheck('ending: an attempt changes nothing of what it was given', async ({ request, execute }) => {
    const attempt = request([{ do: 'result', value: { list: [1, 2] } }])
    const before = JSON.stringify(attempt)
    await mustSucceed(execute(attempt), 'The work')
    mustBe(JSON.parse(JSON.stringify(attempt)), JSON.parse(before), 'The attempt afterwards')
  }),
  executorCheck('large: a result of a million characters', async ({ begin }) => {
    const result = await mustSucceed(begin([{ do: 'large', characters: LARGE }]), 'Work with a large result')
    must(typeof result === 'string' && result.length === LARGE, 'Not all of its result has come.')
  }),
  executorCheck('large: an input of a million characters', async ({ begin }) => {
    const text = '漢'.repeat(LARGE / 4)
    const result = await mustSucceed(
      begin([
        { do: 'log', text: '' },
        { do: 'result', value: text },
      ]),
      'Work with a large input',
    )
    must(result === text, 'Not all of its input has come.')
  }),
  executorCheck('large: ten thousand lines of output', async ({ begin }) => {
    const one = begin([
      { do: 'chatter', lines: 10_000 },
      { do: 'result', value: 'said' },
    ])
    mustBe(await mustSucceed(one, 'Work that talks a lot'), 'said', 'Its result')
  }),
  executorCheck('failure: what work knows of its failure comes with it', async ({ begin }) => {
    const step = { do: 'fail', message: 'Too many requests.', retryable: true, retryAfterMs: 1500 } as const
    // A failure that is thrown is one only the host can read, so it may come as it is.
    const failure = await begin([step]).outcome.catch((error: unknown) => error)
    must(JSON.stringify(failure).includes('Too many requests.'), `It came as ${JSON.stringify(failure)}.`)
  }),
  ...HOSTILE_VALUES.filter(([, value]) => JSON.stringify(value).length < LARGE).map(([name, value]) =>
    executorCheck(`value: ${name}, in and out`, async ({ begin }) => {
      const result = await mustSucceed(begin([{ do: 'result', value }]), 'Work that returns it')
      mustBe(result, JSON.parse(JSON.stringify(value)) as JsonValue, 'What came back')
    }),
  ),
]
