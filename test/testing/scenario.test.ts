// Behaviour as transcripts: each file under test/scenarios tells why it is there, and its output is reviewed like code.
// `UPDATE=1 npx vitest run test/testing/scenario.test.ts` writes the files anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runScenario } from 'signalbox/testing'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const { UPDATE } = process.env
const folder = join(import.meta.dirname, '../scenarios')
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))

describe('scenarios', () => {
  it.each(files)('%s is as written', (name) => {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    const output = runScenario(text, { readPlan: (plan) => parse(plan) as unknown })
    if (UPDATE === '1') writeFileSync(path, output)
    else expect(output).toBe(text)
  })

  it('say where a step cannot be read', () => {
    const plan = 'plan\n  { "tasks": [{ "id": "a" }] }\n\n'
    const messages = [
      ['> juggle', 'Line 4, "> juggle": Expected a step, got "juggle".'],
      ['> open', 'Line 4, "> open": Expected a run after "open".'],
      ['> open r1 other', 'Line 4, "> open r1 other": There is no plan "other".'],
      ['> after soon', 'Line 4, "> after soon": Expected a duration, got "soon".'],
      ['> explain r1', 'Line 4, "> explain r1": Expected "run/task", got "r1".'],
      ['> explain r1/a', 'Line 4, "> explain r1/a": There is no run "r1".'],
      ['> open r1\n> explain r1/b', 'Line 5, "> explain r1/b": Run "r1" has no task "b".'],
      ['> complete r1/a', 'Line 4, "> complete r1/a": No attempt of "r1/a" is live or closing: give a fence.'],
    ]
    for (const [steps, message] of messages) expect(() => runScenario(plan + steps)).toThrow(message)
    expect(() => runScenario('plan\n  { "tasks": [{ "id": "a", "dependsOn": ["a"] }] }\n')).toThrow(/^Line 1, "plan": /)
    expect(() => runScenario('plan\n  { "tasks": 5 }\n')).toThrow(/^Line 1, "plan": /)
  })

  it('keep everything that is not output', () => {
    const text =
      '# Why.\n\nplan\n  { "tasks":\n\n    [{ "id": "a" }] }\n\n# A note.\n> open r1\n  old output\n\nThe end.\n'
    const output = runScenario(text)
    expect(output).toBe(text.replace('  old output', '  +0s run.opened r1'))
    expect(runScenario(output)).toBe(output)
  })

  it.each(files)('%s opens with a sentence why', (name) => {
    expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^# \S.{20}/)
  })
})
