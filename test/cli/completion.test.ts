/** What the scripts offer, asked of the shells themselves. */
import { spawnSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMON_OPTIONS } from '../../src/cli/verb.js'
import { VERBS } from '../../src/cli/verbs.js'
import { fileWith, world } from './world.js'

async function scriptFor(shell: string): Promise<string> {
  const { call, stdout, stderr } = world()
  expect(await call(['completion', shell])).toBe(0)
  expect(stderr.sent).toBe('')
  return stdout.sent
}

/** What bash offers for the last of the words, in a folder with one file. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const script = fileWith('plan.yaml', await scriptFor('bash'))
  const list = words.map((word) => `'${word}'`).join(' ')
  const ask = `source ./plan.yaml; COMP_WORDS=(signalbox ${list}); COMP_CWORD=${words.length}; _signalbox; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', ask], {
    cwd: dirname(script),
    encoding: 'utf8',
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return stdout.split('\n').filter((line) => line !== '')
}

describe('bash', () => {
  it('offers the verbs', async () => {
    expect(await offered('')).toEqual([...VERBS.map(({ name }) => name), 'help', '--help', '--version', '--json'])
    expect(await offered('re')).toEqual(['resume', 'report', 'retry'])
    expect(await offered('help', 'gr')).toEqual(['graph'])
  })

  it('offers every option of every verb', async () => {
    for (const { name, load } of VERBS) {
      const { options } = await load()
      const all = Object.keys({ ...options, ...COMMON_OPTIONS }).map((option) => `--${option}`)
      expect(await offered(name, '--')).toEqual(all)
    }
  })

  it.each([
    [['check', ''], ['plan.yaml']],
    [['check', '--strict', 'pl'], ['plan.yaml']],
    [
      ['graph', 'plan.yaml', '--format', ''],
      ['mermaid', 'dot', 'svg'],
    ],
    [['graph', 'plan.yaml', '-o', 'p'], ['plan.yaml']],
    [['check', '--from', 'mark'], ['markdown']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['status', ''], []],
    [['run', 'plan.yaml', '--seed', ''], []],
    [['list', '--store', 'm'], ['memory']],
    [['nothing', ''], []],
  ])('%j is completed by %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected)
  })
})

describe.each([
  ['zsh', ['-f', '-n']],
  ['fish', ['--no-config', '-n']],
] as const)('%s', (shell, check) => {
  it('is given every verb and option', async () => {
    const script = await scriptFor(shell)
    for (const { name, load } of VERBS) {
      expect(script).toContain(name)
      for (const option of Object.keys((await load()).options))
        expect(script).toMatch(new RegExp(`(?:--|-l )${option}\\b`))
    }
  })

  it('can read its script', async (context) => {
    const script = await scriptFor(shell)
    const { error, status, stderr } = spawnSync(shell, [...check, fileWith('script', script)], { encoding: 'utf8' })
    if (error !== undefined) {
      writeSync(2, `\nSKIPPED ${shell} is not installed: nobody has read its script\n`)
      context.skip(`${shell} is not installed`)
    }
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

it('is a document with --json, and knows no other shell', async () => {
  const good = world()
  expect(await good.call(['completion', 'fish', '--json'])).toBe(0)
  expect(JSON.parse(good.stdout.sent)).toEqual({ ok: true, shell: 'fish', text: await scriptFor('fish') })
  const bad = world()
  expect(await bad.call(['completion', 'toString', '--json'])).toBe(2)
  expect(JSON.parse(bad.stdout.sent).error).toEqual({
    code: 'USAGE',
    message: 'There is no script for "toString".',
    hint: 'The shells are bash, zsh, fish.',
  })
})
