/** Commands that misbehave, each as somebody has seen it. */
import { rmSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commandExecutor } from '../../../src/executors/command/index.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { isThere, requestFor, run, sh, tempFolder } from './world.js'

/** Begins a script that says who is there as progress, and stops it. */
async function stopped(script: string, outlives: boolean): Promise<{ pids: number[]; line: Line }> {
  const line = new Line()
  const running = run({ argv: sh(script), outlives, graceMs: 50 }, null, line)
  await line.until(({ progress }) => progress.length > 0)
  line.stop()
  expect((await running).outcome).toMatchObject({ ok: false, failure: { kind: 'cancelled' } })
  return { pids: line.heard.progress[0] as number[], line }
}

for (const outlives of [false, true]) {
  describe(outlives ? 'through files' : 'through pipes', () => {
    it('a command that ignores SIGTERM is killed', async () => {
      const { pids } = await stopped(
        'trap "" TERM; echo "$SIGNALBOX progress [$$]"; while :; do sleep 0.02; done',
        outlives,
      )
      expect(pids.map(isThere)).toEqual([false])
    })

    it('one that tidies up after SIGTERM has the time for it', async () => {
      const folder = tempFolder()
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const line = new Line()
      const script = 'trap "echo tidy; exit 0" TERM; echo "$SIGNALBOX progress 1"; while :; do sleep 0.02; done'
      const executor = commandExecutor({ argv: sh(script), outlives, graceMs: 20_000, folder })
      const ended = executor.execute(requestFor(null), line.context)
      await line.until(({ progress }) => progress.length > 0)
      line.stop()
      await ended
      expect(line.heard.logs).toContain('tidy')
    })

    it('one that starts grandchildren and is stopped leaves none of them', async () => {
      const { pids } = await stopped(
        '(trap "" TERM; sleep 1000) & (sleep 1000 & wait) & echo "$SIGNALBOX progress [$$,$!]"; wait',
        outlives,
      )
      expect(pids.map(isThere)).toEqual([false, false])
    })

    it('one that ends and leaves a child behind: the child is ended, and its result counts', async () => {
      const line = new Line()
      const script = 'sleep 1000 & echo "$SIGNALBOX progress [$!]"; echo "$SIGNALBOX result 1"'
      const { outcome } = await run({ argv: sh(script), outlives }, null, line)
      expect(outcome).toEqual({ ok: true, result: 1 })
      expect((line.heard.progress[0] as number[]).map(isThere)).toEqual([false])
    })

    it('half a line of the protocol is none: a result that was cut off is a failure', async () => {
      const { outcome, logs } = await run({ argv: sh('printf "%s result 12" "$SIGNALBOX"'), outlives })
      const message = '"sh" has reported a result that cannot be read: it ended in the middle of it.'
      expect(outcome).toEqual({ ok: false, failure: { kind: 'error', message } })
      expect(logs).toEqual(['A line of the protocol ("result") is not understood: it ended in the middle of it.'])
    })

    it('nonsense after the marker is told, and changes nothing', async () => {
      const script = 'for word in dance "" "milestone" "claim {" "PROGRESS 1"; do echo "$SIGNALBOX $word"; done'
      const { outcome, logs } = await run({ argv: sh(script), outlives })
      expect(outcome).toEqual({ ok: true, result: null })
      expect(logs).toHaveLength(5)
      for (const text of logs) expect(text).toMatch(/^A line of the protocol \("[a-zA-Z]*"\) is not understood: /)
    })

    it('escapes for terminals are taken out of output, messages and answers', async () => {
      const script =
        'printf "\\033[2Ja\\033]0;title\\007b\\033[31mc\\033c\\b\\r\\n"; printf "\\033[31mred\\033[0m\\n" >&2; exit 1'
      const { outcome, logs } = await run({ argv: sh(script), outlives })
      expect(logs.filter((text) => text !== 'red')).toEqual(['abc\ufffd'])
      expect(outcome).toMatchObject({ failure: { message: '"sh" ended with 1: red', details: { stderr: 'red' } } })
    })

    it('one that ends with 0 and without a result has none: null', async () => {
      expect((await run({ argv: ['true'], outlives })).outcome).toEqual({ ok: true, result: null })
    })

    it('one that closes its output and goes on is waited for', async () => {
      const line = new Line()
      const script = 'echo "$SIGNALBOX progress [$$]"; exec >&- 2>&- 3>&-; while :; do sleep 0.02; done'
      const running = run({ argv: sh(script), outlives }, null, line)
      await line.until(({ progress }) => progress.length > 0)
      const [pid] = line.heard.progress[0] as number[]
      expect(isThere(pid!)).toBe(true)
      line.stop()
      await running
      expect(isThere(pid!)).toBe(false)
    })

    it('one that does not read its large input ends as it likes', async () => {
      expect((await run({ argv: ['true'], outlives }, 'x'.repeat(5_000_000))).outcome).toEqual({
        ok: true,
        result: null,
      })
    })

    it('more questions at once than may wait are left out', async () => {
      const line = new Line()
      const script =
        'for n in $(seq 100); do echo "$SIGNALBOX claim read a"; done; echo "$SIGNALBOX progress 1"; read -r x <&3'
      const running = run({ argv: sh(script), outlives }, null, line)
      await line.until(({ progress }) => progress.length > 0)
      expect(line.heard.questions).toHaveLength(64)
      for (const question of line.heard.questions) question.answer({ granted: true })
      await running
    })
  })
}

it('a grandchild that has left the group, and keeps the output open, is ended when the command has ended', {
  timeout: 30_000,
}, async () => {
  if (process.platform !== 'linux') return skipped()
  const line = new Line()
  const script =
    'setsid sh -c \'echo "$SIGNALBOX progress [$$]"; exec sleep 1000\' & sleep 0.2; echo "$SIGNALBOX result 1"'
  const { outcome } = await run({ argv: sh(script) }, null, line)
  expect(outcome).toEqual({ ok: true, result: 1 })
  expect((line.heard.progress[0] as number[]).map(isThere)).toEqual([false])
})

describe('a flood of output', () => {
  const GIGABYTE = 1_000_000_000
  /** As little as can be had: a gigabyte must not be kept. */
  const MOST_BYTES = 200_000_000

  for (const [name, bytes, source] of [
    ['a gigabyte in one line', GIGABYTE, 'cat /dev/zero | tr "\\000" "x"'],
    ['a million lines', 100_000_000, `yes ${'y'.repeat(99)}`],
  ] as const) {
    it(`of ${name} is read to its end in bounded memory, and told up to the limit`, {
      timeout: 120_000,
    }, async () => {
      const before = process.memoryUsage().rss
      let most = before
      const line = new Line()
      const { log } = line.context
      line.context.log = (text, stream) => {
        most = Math.max(most, process.memoryUsage().rss)
        log(text, stream)
      }
      const script = `${source} | head -c ${bytes}; echo; echo "$SIGNALBOX result 1"`
      const { outcome, logs } = await run({ argv: sh(script), limits: { logBytes: 10_000 } }, null, line)
      expect(outcome).toEqual({ ok: true, result: 1 })
      expect(logs.join('').length).toBeLessThan(30_000)
      expect(logs).toContain('There is more output than 10000 bytes (limits.logBytes); the rest is not told.')
      expect(Math.max(most, process.memoryUsage().rss) - before).toBeLessThan(MOST_BYTES)
    })
  }

  it('that is to be the result fails the attempt, for good', async () => {
    const { outcome } = await run({ argv: sh('yes | head -c 3000'), result: 'text', limits: { outputBytes: 1024 } })
    const message =
      '"sh" printed more than 1024 bytes (limits.outputBytes). Have it write a file, and report where that is.'
    expect(outcome).toEqual({ ok: false, failure: { kind: 'error', message, retryable: false } })
  })

  it('of progress is told now and then, and the last of it at the end', async () => {
    const script = 'for n in $(seq 20000); do echo "$SIGNALBOX progress $n"; done'
    const { line } = await run({ argv: sh(script) })
    expect(line.heard.progress.length).toBeLessThan(200)
    expect(line.heard.progress.at(-1)).toBe(20_000)
  })

  it('into a file ends the attempt where it is larger than the limit', async () => {
    const argv = sh('yes | head -c 300000; sleep 1000')
    const { outcome } = await run({ argv, outlives: true, limits: { fileBytes: 100_000 } })
    const message = 'It printed more than 100000 bytes (limits.fileBytes).'
    expect(outcome).toEqual({ ok: false, failure: { kind: 'error', message, retryable: false } })
  })

  it('a line of the protocol that is too long is none', async () => {
    const script = 'printf "%s result \\"" "$SIGNALBOX"; yes x | tr -d "\\n" | head -c 5000; echo "\\""'
    const { outcome } = await run({ argv: sh(script), limits: { lineBytes: 1024 } })
    const problem = 'it has more than 1024 bytes (limits.lineBytes)'
    expect(outcome).toMatchObject({
      failure: { message: `"sh" has reported a result that cannot be read: ${problem}.` },
    })
  })
})

it('a folder that cannot be used is said, and nothing is started', async () => {
  const executor = commandExecutor({ argv: ['true'], folder: '/dev/null/nothing' })
  const { ok } = await executor.execute(requestFor(null), new Line().context)
  expect(ok).toBe(false)
})

function skipped(): void {
  process.stdout.write('Skipped: only Linux tells what environment a process has.\n')
}
