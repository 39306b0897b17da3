/** Cases of the executor kit: what becomes of attempts whose host was killed. */
import { must, mustBe } from '../must.js'
import { type Bench, type Ended, type ExecutorCheck, executorCheck, Line, mustSucceed } from './bench.js'
import type { Step } from './script.js'

const waiting: readonly Step[] = [{ do: 'progress', value: 'begun' }, { do: 'wait' }]
const deaf: readonly Step[] = [{ do: 'progress', value: 'begun' }, { do: 'deaf' }]

/** Begins work, and has its host killed when it has begun. */
async function left({ begin, crash }: Bench, steps: readonly Step[]) {
  const one = begin(steps)
  await one.line.until(({ progress }) => progress.length > 0)
  return { request: one.request, old: one.line, next: await crash() }
}

function mustBeOver(ended: Ended, what: string): void {
  const isOne = ended === 'unknown' || ended?.ok === true || ended?.ok === false
  must(isOne, `${what}: expected an outcome or "unknown", found ${JSON.stringify(ended)}.`)
}

export const attachingChecks: readonly ExecutorCheck[] = [
  executorCheck(
    'attaching: what nobody has begun is unknown',
    async ({ executor, attach, request }) => {
      mustBe(await attach(request(waiting), new Line(), executor), 'unknown', 'The answer')
    },
    'attach',
  ),
  executorCheck(
    'attaching: what has ended, and was told, is unknown or as it was',
    async ({ begin, crash, attach }) => {
      const one = begin([{ do: 'result', value: 1 }])
      const before = await one.outcome
      const ended = await attach(one.request, new Line(), await crash())
      if (ended !== 'unknown') mustBe(ended, before, 'The outcome')
    },
    'attach',
  ),
  executorCheck(
    'attaching: told to stop from the start, it is over, and nothing of it works on',
    async (bench) => {
      const { request, next } = await left(bench, deaf)
      const line = new Line()
      line.stop()
      mustBeOver(await bench.attach(request, line, next), 'Stopped while it was taken up')
    },
    'attach',
    'lines',
  ),
  executorCheck(
    'attaching: it goes on and ends when it is told to, or is unknown',
    async (bench) => {
      const { request, next } = await left(bench, waiting)
      const line = new Line()
      const ended = bench.attach(request, line, next)
      line.stop()
      mustBeOver(await ended, 'Taken up, then stopped')
    },
    'attach',
    'lines',
  ),
  executorCheck(
    'attaching: once more in the same moment, it tells the same',
    async (bench) => {
      const { request, next } = await left(bench, waiting)
      const lines = [new Line(), new Line()]
      const both = lines.map((line) => bench.attach(request, line, next))
      for (const line of lines) line.stop()
      const [a, b] = await Promise.all(both)
      mustBe(a, b, 'The second outcome')
    },
    'attach',
    'lines',
  ),
  executorCheck(
    'attaching: the next host carries out other attempts meanwhile',
    async (bench) => {
      const { request, next } = await left(bench, deaf)
      const line = new Line()
      const ended = bench.attach(request, line, next)
      const other = bench.execute(bench.request([{ do: 'result', value: 'other' }]), new Line(), next)
      mustBe(await mustSucceed(other, 'The other one'), 'other', 'Its result')
      line.stop()
      mustBeOver(await ended, 'Taken up, then stopped')
    },
    'attach',
    'lines',
  ),
  executorCheck(
    'attaching: what is over can be begun as another attempt',
    async (bench) => {
      const { request, next } = await left(bench, waiting)
      const line = new Line()
      line.stop()
      mustBeOver(await bench.attach(request, line, next), 'Stopped while it was taken up')
      const again = bench.execute(bench.request([{ do: 'result', value: 2 }]), new Line(), next)
      mustBe(await mustSucceed(again, 'The second attempt'), 2, 'Its result')
    },
    'attach',
    'lines',
  ),
]
