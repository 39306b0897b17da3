import { describe, expect, it } from 'vitest'
import { program } from '../../src/cli/program.js'
import { fileWith, world } from './world.js'

const VERSION = /^\d+\.\d+\.\d+$/

describe('help', () => {
  it.each([['--help'], ['-h'], ['help'], ['help', '--json']])('%s %s tells of the verbs', async (...words) => {
    const { call, stdout, stderr } = world()
    expect(await call(words)).toBe(0)
    const text = stdout.sent + stderr.sent
    for (const part of ['Usage', 'check', 'run', '--json', 'Exit codes', '130']) expect(text).toContain(part)
  })

  it.each([
    ['check', '--help'],
    ['check', '-h'],
    ['help', 'check'],
    ['--help', 'check'],
    ['check', 'a', 'b', '--help'],
  ])('%s %s tells of the verb', async (...words) => {
    const { call, stdout } = world()
    expect(await call(words)).toBe(0)
    expect(stdout.sent).toContain('signalbox check <plan> [options]')
    expect(stdout.sent).toContain('--strict')
    expect(stdout.sent).toContain('Examples')
  })

  it('is one document with --json', async () => {
    const { call, stdout } = world()
    expect(await call(['help', 'run', '--json'])).toBe(0)
    expect(JSON.parse(stdout.sent)).toEqual({
      ok: true,
      help: expect.arrayContaining(['  signalbox run <plan> [options]']),
    })
  })

  it('goes to stderr when nothing was asked for', async () => {
    const { call, stdout, stderr } = world()
    expect(await call([])).toBe(2)
    expect(stdout.sent).toBe('')
    expect(stderr.sent).toContain('Verbs')
  })

  it('is shown in colour on a terminal, and not with NO_COLOR or a dumb one', async () => {
    const terminal = { columns: 100, rows: 30 }
    const colour = world({ terminal })
    await colour.call(['--help'])
    expect(colour.stdout.sent).toContain('\u001b[1mUsage')
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const plain = world({ terminal, env })
      await plain.call(['--help'])
      expect(plain.stdout.sent).not.toContain('\u001b')
    }
  })
})

describe('the version', () => {
  it.each(['--version', '-V'])('is printed by %s', async (word) => {
    const { call, stdout } = world()
    expect(await call([word])).toBe(0)
    expect(stdout.sent.trim()).toMatch(VERSION)
  })

  it('is one document with --json', async () => {
    const { call, stdout, stderr } = world()
    expect(await call(['--version', '--json'])).toBe(0)
    expect(JSON.parse(stdout.sent)).toEqual({ ok: true, version: expect.stringMatching(VERSION) })
    expect(stderr.sent).toBe('')
  })
})

describe('wrong usage', () => {
  it.each([
    [['chekc', 'p.yaml'], 'There is no verb "chekc".', 'Did you mean check?'],
    [
      ['deploy'],
      'There is no verb "deploy".',
      'The verbs are check, import, graph, run, resume, list, status, explain, report, approve, cancel, retry, completion; see: signalbox --help',
    ],
    [['help', 'rum'], 'There is no verb "rum".', 'Did you mean run?'],
    [['--quick'], 'There is no option "--quick".', 'See: signalbox --help'],
    [['check', 'p', '--strickt'], '"check" has no option "--strickt".', 'Did you mean --strict?'],
    [['check', 'p', '--constructor'], '"check" has no option "--constructor".', 'See: signalbox check --help'],
    [['check', 'p', '-x'], '"check" has no option "-x".', 'See: signalbox check --help'],
    [['check', 'p', '--strict=yes'], '"--strict" takes no value, but "yes" was given.', 'Write --strict alone.'],
    [['run', 'p', '--id'], '"--id" needs a value.', 'Write --id <id>: What the run is called. Default r1.'],
    [['run', 'p', '--id='], '"--id" needs a value.', 'Write --id <id>: What the run is called. Default r1.'],
    [['check'], '"check" needs <plan>.', 'Usage: signalbox check <plan>'],
    [['check', 'a', 'b\u001b[2J'], '"check" does not take "b\\u{1b}[2J".', 'Usage: signalbox check <plan>'],
  ])('%j is answered with what was meant, and exit 2', async (words, message, hint) => {
    const people = world()
    expect(await people.call(words)).toBe(2)
    expect(people.stderr.sent).toBe(`signalbox: ${message}\n  ${hint}\n`)
    expect(people.stdout.sent).toBe('')

    const json = world()
    expect(await json.call(['--json', ...words])).toBe(2)
    expect(JSON.parse(json.stdout.sent)).toEqual({ ok: false, error: { code: 'USAGE', message, hint } })
  })

  it('is a document also where nothing but --json is said', async () => {
    const { call, stdout } = world()
    expect(await call(['--json'])).toBe(2)
    expect(JSON.parse(stdout.sent)).toMatchObject({ ok: false, error: { code: 'USAGE', message: 'There is no verb.' } })
  })

  it('a --json behind -- is no option', async () => {
    const { call, stdout } = world()
    expect(await call(['check', '--', '--json'])).toBe(2)
    expect(stdout.sent).toBe('')
  })
})

describe('the unexpected', () => {
  it('is reported as a bug, also as JSON', async () => {
    const { io, stdout, stderr } = world()
    const broken = {
      ...io,
      onInterrupt: () => {
        throw new Error('boom\u009b')
      },
    }
    const file = fileWith('plan.json', '{"tasks":{"a":{}}}')
    expect(await program(['run', file, '--json'], broken)).toBe(1)
    const report = 'This is a bug in signalbox: please report it with the call and the plan.'
    expect(JSON.parse(stdout.sent)).toEqual({
      ok: false,
      error: { code: 'INTERNAL', message: 'boom\u009b', hint: report },
    })
    expect(stdout.sent + stderr.sent).not.toContain('\u009b')
  })
})
