/** Programs as attempts: what they are given, and what becomes of what they say. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createScheduler } from '../../../src/embedded.js'
import { type CommandOptions, commandExecutor, EXIT_MEANINGS } from '../../../src/executors/command/index.js'
import { defineHandlers, handler } from '../../../src/runtime/handlers.js'
import { Line } from '../../../src/testing/executor-conformance/bench.js'
import { requestFor, run, sh, tempFolder } from './world.js'

afterEach(() => vi.unstubAllEnvs())

const result = async (...args: Parameters<typeof run>): Promise<unknown> => {
  const { outcome } = await run(...args)
  return outcome.ok ? outcome.result : outcome.failure
}

describe('what a command is given', () => {
  it('arguments as they are: nothing of them is read by a shell', async () => {
    const argv = ['/bin/echo', '$HOME', '`id`', '; rm -rf x', '*', 'a b', "'"]
    expect(await result({ argv, result: 'text' })).toBe("$HOME `id` ; rm -rf x * a b '")
  })

  it('what a function makes of its attempt', async () => {
    const options: CommandOptions<{ name: string }> = {
      argv: ({ input, attempt }) => ['/bin/echo', input.name, String(attempt)],
      result: 'text',
    }
    expect(await result(options as never, { name: '$(id)' })).toBe('$(id) 1')
  })

  it('its input on stdin: as JSON, as text, as a function says, or not at all', async () => {
    const argv = ['/bin/cat']
    expect(await result({ argv, result: 'json' }, { a: ['漢', null] })).toEqual({ a: ['漢', null] })
    expect(await result({ argv, result: 'text', stdin: 'text' }, '$HOME')).toBe('$HOME')
    expect(await result({ argv, result: 'text', stdin: () => 'mine' }, 1)).toBe('mine')
    expect(await result({ argv, result: 'text', stdin: 'none' }, 1)).toBe('')
    expect(await result({ argv, stdin: 'text' }, 1)).toMatchObject({
      message: 'The input is number, not a string.',
      retryable: false,
    })
  })

  it('an environment that is empty but for a few names, those the host lists, and who it is', async () => {
    vi.stubEnv('SECRET_TOKEN', 'do not tell')
    vi.stubEnv('LISTED', 'yes')
    vi.stubEnv('LC_ALL', 'C')
    const env = { pass: ['LISTED', 'ABSENT'], set: ({ input }: { input: unknown }) => ({ WHAT: String(input) }) }
    const printed = (await result({ argv: ['/usr/bin/env'], result: 'text', env }, 'a=b\nc')) as string
    const names = printed.split('\n').map((line) => line.split('=')[0])
    const usual = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TERM']
    const ours = ['LISTED', 'WHAT', 'c', 'SIGNALBOX', 'SIGNALBOX_ATTEMPT', 'SIGNALBOX_RUN', 'SIGNALBOX_TASK']
    expect(names.filter((name) => !usual.includes(name!)).sort()).toEqual(ours.sort())
    expect(printed).toMatch(/^SIGNALBOX_ATTEMPT=r\/t\d+#1$/m)
  })

  it('the folder that the host says', async () => {
    const folder = tempFolder()
    const argv = ['/bin/pwd', '-P']
    expect(await result({ argv, cwd: folder, result: 'text' })).toMatch(/signalbox-command-/)
    expect(await result({ argv, cwd: () => folder, result: 'text' })).toMatch(/signalbox-command-/)
    rmSync(folder, { recursive: true })
    expect(await result({ argv, cwd: folder })).toMatchObject({
      message: `There is no folder "${folder}".`,
      retryable: false,
    })
  })
})

describe('what is refused before anything is started', () => {
  const refused: readonly (readonly [string, Partial<CommandOptions<never>>, string])[] = [
    ['no program', { argv: [] }, '"argv" is no list of 1 to 10000 strings.'],
    ['an empty program', { argv: [''] }, 'argv[0] is empty: it names the program.'],
    ['an argument that the input lacks', { argv: () => ['echo', undefined] }, 'argv[1] is undefined, not a string.'],
    ['a number', { argv: () => ['echo', 1] }, 'argv[1] is number, not a string.'],
    ['NUL in an argument', { argv: () => ['echo', 'a\0b'] }, 'argv[1] contains NUL.'],
    [
      'an argument that is too long',
      { argv: () => ['echo', 'x'.repeat(200_000)] },
      'argv[1] has 200000 bytes, and the system takes 131071. Hand it over on stdin.',
    ],
    ['what is no list', { argv: () => 'echo hi' as never }, '"argv" is no list of 1 to 10000 strings.'],
    [
      'a function that throws',
      {
        argv: () => {
          throw new Error('no target')
        },
      },
      'no target',
    ],
    [
      'a variable without a name',
      { argv: ['true'], env: { set: () => ({ 'a=b': 'c' }) } },
      '"a=b" is no name of an environment variable.',
    ],
    [
      'a variable that is no text',
      { argv: ['true'], env: { set: () => ({ A: 1 as never }) } },
      '"A" is number, not a string.',
    ],
    ...['LD_PRELOAD', 'NODE_OPTIONS', 'GIT_SSH_COMMAND', 'PATH', 'BASH_ENV', 'SIGNALBOX'].map(
      (name) =>
        [
          `${name} by a function of the attempt`,
          { argv: ['true'], env: { set: () => ({ [name]: 'x' }) } },
          `"${name}" can be set for all attempts alike, not by a function of the attempt.`,
        ] as const,
    ),
  ]
  for (const [name, options, message] of refused) {
    it(name, async () => {
      const { outcome } = await run({ argv: ['true'], ...options } as never)
      expect(outcome).toEqual({ ok: false, failure: { kind: 'error', message, retryable: false } })
    })
  }

  it('options that are none', () => {
    const wrong: readonly (readonly [object, string])[] = [
      [
        { argv: 'rm -rf /' },
        '"argv" is a list of the program and its arguments, or a function that returns one: no shell reads it.',
      ],
      [{ argv: ['x'], graceMs: -1 }, '"graceMs" is -1; use 0 to 3600000.'],
      [{ argv: ['x'], stdin: 'yaml' }, '"stdin" is yaml; use one of json, text, none.'],
      [{ argv: ['x'], result: 'last' }, '"result" is last; use one of reported, required, text, json.'],
      [{ argv: ['x'], heartbeat: 'no' }, '"heartbeat" is no; use one of alive, reported.'],
      [{ argv: ['x'], limits: { logBytes: 1 } }, '"limits.logBytes" is 1; use a whole number of bytes, 1024 or more.'],
      [
        { argv: ['x'], outlives: true, folder: null },
        'What "outlives" its host needs a "folder", and a system with /bin/sh.',
      ],
    ]
    for (const [options, message] of wrong) expect(() => commandExecutor(options as never)).toThrow(message)
  })

  it('a program that is not there, or is none', async () => {
    expect(await result({ argv: ['no-such-program-here'] })).toEqual({
      kind: 'error',
      message: '"no-such-program-here" could not be started: there is no such program.',
      retryable: false,
    })
    expect(await result({ argv: ['/etc/passwd'] })).toMatchObject({ retryable: false })
  })
})

describe('how a command ends', () => {
  const said = (line: string): readonly string[] => sh(`echo talk; echo "$SIGNALBOX ${line}"`)

  it('with 0: the result that it reported, else null, or what its output is to be', async () => {
    expect(await result({ argv: sh('echo hi') })).toBe(null)
    expect(await result({ argv: said('result {\\"a\\":1}') })).toEqual({ a: 1 })
    expect(await result({ argv: said('result 1'), result: 'text' })).toBe(1)
    expect(await result({ argv: sh('echo " hi "; echo you >&2'), result: 'text' })).toBe('hi')
    expect(await result({ argv: sh('echo "[1]"'), result: 'json' })).toEqual([1])
    const made: CommandOptions['result'] = ({ stdout, stderr }) => [stdout, stderr]
    expect(await result({ argv: sh('echo out; echo err >&2'), result: made })).toEqual(['out\n', 'err'])
    expect(await result({ argv: sh('echo one; echo "$SIGNALBOX result 1"; echo "$SIGNALBOX result 2"') })).toBe(2)
  })

  it('with 0 and without the result that it owes: failed', async () => {
    const message = '"sh" ended with 0 and has reported no result.'
    expect(await result({ argv: sh('echo hi'), result: 'required' })).toEqual({ kind: 'error', message })
    expect(await result({ argv: sh('echo hi'), result: 'json' })).toMatchObject({
      message: expect.stringContaining('What "sh" printed is no result: '),
    })
    const bad = () => {
      throw new Error('it says: no')
    }
    expect(await result({ argv: sh('true'), result: bad })).toMatchObject({
      message: 'What "sh" printed is no result: it says: no',
    })
    expect(await result({ argv: said('result {oops') })).toMatchObject({
      message: '"sh" has reported a result that cannot be read: what follows is not JSON.',
    })
  })

  it('with another code: failed, with the end of what it said, and the kind that the code means', async () => {
    const exit = (code: number) => ({ argv: sh(`echo first >&2; echo "no such ref" >&2; exit ${code}`) })
    expect(await result(exit(3))).toEqual({
      kind: 'error',
      message: '"sh" ended with 3: no such ref',
      details: { exitCode: 3, stderr: 'first\nno such ref' },
    })
    for (const [code, meaning] of Object.entries(EXIT_MEANINGS)) {
      expect(await result(exit(Number(code)))).toMatchObject(meaning)
    }
    const exitCodes = { 3: { kind: 'rate-limited' }, 64: { kind: 'verify', retryable: true } } as const
    expect(await result({ ...exit(3), exitCodes })).toMatchObject({ kind: 'rate-limited' })
    expect(await result({ ...exit(64), exitCodes })).toMatchObject({ kind: 'verify', retryable: true })
  })

  it('with what it says of its failure itself, also where it ends with 0', async () => {
    const fail = '{\\"kind\\":\\"rate-limited\\",\\"message\\":\\"busy\\",\\"retryAfterMs\\":500}'
    expect(await result({ argv: said(`fail ${fail}`) })).toMatchObject({
      kind: 'rate-limited',
      message: 'busy',
      retryAfterMs: 500,
    })
    expect(await result({ argv: said('fail it broke') })).toMatchObject({ kind: 'error', message: 'it broke' })
    expect(await result({ argv: said('fail {\\"kind\\":\\"lost\\",\\"retryable\\":false}') })).toMatchObject({
      kind: 'error',
      retryable: false,
    })
  })

  it('by a signal of others: lost; by one of its own: failed', async () => {
    expect(await result({ argv: sh('kill -KILL $$') })).toMatchObject({
      kind: 'lost',
      message: '"sh" was ended by SIGKILL.',
    })
    expect(await result({ argv: sh('kill -SEGV $$') })).toMatchObject({
      kind: 'error',
      message: '"sh" was ended by SIGSEGV.',
    })
    const outlives = { argv: sh('kill -KILL $$'), outlives: true }
    expect(await result(outlives)).toMatchObject({ kind: 'lost' })
  })
})

describe('what a command says while it runs', () => {
  it('its output is told line by line, as it is printed', async () => {
    const told: [string | undefined, string][] = []
    const line = new Line()
    line.context.log = (text, stream) => told.push([stream, text])
    await run({ argv: sh('echo one; echo two >&2; printf "three\\r\\nhalf"') }, null, line)
    expect(told.filter(([stream]) => stream === 'stdout')).toEqual(
      ['one', 'three', 'half'].map((text) => ['stdout', text]),
    )
    expect(told.filter(([stream]) => stream === 'stderr')).toEqual([['stderr', 'two']])
  })

  it('lines that look like the protocol and have not its marker are output', async () => {
    const { outcome, logs } = await run({
      argv: sh('echo "signalbox:000 result 1"; echo "x$SIGNALBOX result 2"; echo "$SIGNALBOX"result'),
    })
    expect(outcome).toEqual({ ok: true, result: null })
    expect(logs).toHaveLength(3)
  })

  it('the marker of two attempts is never the same', async () => {
    const one = await result({ argv: sh('echo "$SIGNALBOX" | tr : -'), result: 'text' })
    expect(one).toMatch(/^signalbox-[0-9a-f]{24}$/)
    expect(await result({ argv: sh('echo "$SIGNALBOX" | tr : -'), result: 'text' })).not.toBe(one)
  })

  it('claims and integrations are answered on descriptor 3, a line for each question', async () => {
    const script = [
      'echo "$SIGNALBOX claim write docs/a b.md"; read -r one <&3',
      'echo "$SIGNALBOX claim read x"; read -r two <&3',
      'echo "$SIGNALBOX integrate"; read -r three <&3',
      'echo "$SIGNALBOX claim nonsense"; read -r four <&3',
      'echo "$one|$two|$three|$four"',
    ]
    const line = new Line()
    const running = run({ argv: sh(script.join('\n')), result: 'text' }, null, line)
    const first = await line.question(0)
    expect(first.paths).toEqual({ write: ['docs/a b.md'] })
    first.answer({ granted: true })
    const reason = '"x" is held\nby r/other#1.'
    ;(await line.question(1)).answer({ granted: false, path: 'x', heldBy: null, reason })
    expect((await running).outcome).toMatchObject({
      result:
        'granted|refused "x" is held\ufffdby r/other#1.|granted|refused what follows is neither "write" or "read" and a path, nor JSON with lists of them',
    })
  })

  it('with `heartbeat: reported` it gives its signs of life itself', async () => {
    const folder = tempFolder()
    const line = new Line()
    const executor = commandExecutor({
      argv: sh('echo "$SIGNALBOX heartbeat"; echo "$SIGNALBOX claim read a"; read -r x <&3'),
      folder,
      heartbeat: 'reported',
    })
    const ended = executor.execute(requestFor(null, { heartbeatMs: 1 }), line.context)
    ;(await line.question()).answer({ granted: true })
    await ended
    expect(line.heard.beats).toBe(1)
    rmSync(folder, { recursive: true })
  })

  it('secrets are hidden, wherever it says them', async () => {
    vi.stubEnv('API_KEY', 'k"e&y-1234')
    const say = [
      'echo "key $API_KEY and other-secret"',
      'echo "$API_KEY" >&2',
      'echo "$SIGNALBOX progress \\"other-secret\\""',
      'echo "$SIGNALBOX result {\\"k\\":\\"my other-secret\\"}"',
      'echo k%22e%26y-1234',
    ]
    const options = { env: { secrets: ['API_KEY'] }, secrets: ['other-secret', 'abc'] }
    const { outcome, logs, line } = await run({ argv: sh(say.join('\n')), ...options })
    expect([...logs].sort()).toEqual(['***', '***', 'key *** and ***'])
    expect(line.heard.progress).toEqual(['***'])
    expect(outcome).toEqual({ ok: true, result: { k: 'my ***' } })
    expect(await result({ argv: sh('echo "bad $API_KEY" >&2; exit 1'), ...options })).toMatchObject({
      message: '"sh" ended with 1: bad ***',
      details: { stderr: 'bad ***' },
    })
    expect(await result({ argv: sh('echo "$API_KEY abc"'), result: 'text', ...options })).toBe('*** abc')
  })
})

it('carries out plans: as a handler, with what its host logs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-command-'))
  const handlers = defineHandlers({
    'agent.code': handler({
      via: commandExecutor({ argv: ({ input }) => ['/bin/echo', 'did:', input.prompt], result: 'text', folder }),
    }),
  })
  const lines: string[] = []
  const scheduler = createScheduler({
    handlers,
    onLog: ({ attempt, stream, text }) => lines.push(`${attempt} ${stream} ${text}`),
  })
  const plan = handlers.plan('p', (p) => ({ docs: p.task('docs', 'agent.code', { prompt: 'write' }) }))
  const started = await scheduler.start(plan, { id: 'r1' })
  expect((await started.outcome).results).toEqual({ docs: 'did: write' })
  expect(lines).toEqual(['r1/docs#1 stdout did: write'])
  await scheduler.close()
  rmSync(folder, { recursive: true })
})
