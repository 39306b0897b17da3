/** The command lines of coding agents, as programs that only say how they were called. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AgentCommand, claudeCode, codex, gemini, openCode } from '../../../src/executors/command/index.js'
import { run, tempFolder } from './world.js'

let folder = ''

beforeAll(() => {
  folder = tempFolder()
  mkdirSync(folder, { recursive: true })
  // Each prints its arguments and what it has read; as its own kind of answer where it has one.
  const called = 'said="$* < $(cat)"'
  fake(
    'claude',
    `${called}; printf '{"type":"result","is_error":%s,"result":"%s","session_id":"s1","num_turns":2,"total_cost_usd":0.5}' "\${FAIL:-false}" "$said"`,
  )
  fake('codex', `${called}; echo "thinking" >&2; echo "$said"`)
  fake(
    'gemini',
    `${called}; [ -z "$FAIL" ] || { echo "bad prompt" >&2; exit 42; }; printf '{"response":"%s","stats":{}}' "$said"`,
  )
  fake('opencode', `${called}; echo "$said"`)
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

function fake(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}

const answer = async (preset: AgentCommand, input: unknown = { prompt: 'fix -p $HOME' }): Promise<unknown> => {
  const { outcome } = await run(preset as never, input)
  return outcome.ok ? outcome.result : outcome.failure
}

describe('presets', () => {
  it('call Claude Code with the prompt on stdin, and take its answer apart', async () => {
    expect(await answer(claudeCode())).toEqual({
      text: '-p --output-format json < fix -p $HOME',
      sessionId: 's1',
      turns: 2,
      costUsd: 0.5,
    })
    const options = { model: 'm1', permissionMode: 'acceptEdits', allowedTools: ['Read', 'Edit'], args: ['--verbose'] }
    expect(await answer(claudeCode(options), 'hi')).toMatchObject({
      text: '-p --output-format json --permission-mode acceptEdits --allowedTools Read,Edit --model m1 --verbose < hi',
    })
  })

  it('tell that Claude Code says that it has failed', async () => {
    const preset = claudeCode()
    const failing = { ...preset, env: { ...preset.env, set: { FAIL: 'true' } } }
    expect(await answer(failing, 'x')).toMatchObject({
      kind: 'error',
      message: 'What "claude" printed is no result: it says: -p --output-format json < x',
    })
  })

  it('call Codex, whose answer is its last message', async () => {
    expect(await answer(codex({ sandbox: 'workspace-write', model: 'm' }))).toBe(
      'exec --sandbox workspace-write --model m - < fix -p $HOME',
    )
  })

  it('call Gemini, and know that a prompt it cannot use is no better the next time', async () => {
    expect(await answer(gemini({ approvalMode: 'auto_edit' }))).toEqual({
      text: '--output-format json --approval-mode auto_edit < fix -p $HOME',
    })
    const preset = gemini()
    expect(await answer({ ...preset, env: { ...preset.env, set: { FAIL: '1' } } })).toMatchObject({
      message: '"gemini" ended with 42: bad prompt',
      retryable: false,
    })
  })

  it('call OpenCode', async () => {
    expect(await answer(openCode({ model: 'a/b' }))).toBe('run --model a/b < fix -p $HOME')
  })

  it('refuse an input without a prompt', async () => {
    for (const preset of [claudeCode(), codex(), gemini(), openCode()]) {
      for (const input of [null, {}, { prompt: 7 }, '  ']) {
        expect(await answer(preset, input)).toMatchObject({
          message: expect.stringContaining('no prompt'),
          retryable: false,
        })
      }
    }
  })
})
