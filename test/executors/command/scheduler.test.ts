/** A whole host is killed with SIGKILL while its command runs; another is started on the same store. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { bundleInside } from '../../../scripts/bundle.mjs'
import { sh, tempFolder } from './world.js'

let bundle = ''
beforeAll(async () => {
  bundle = await bundleInside({ scheduler: join(import.meta.dirname, 'scheduler.ts') })
})
afterAll(() => rmSync(bundle, { recursive: true, force: true }))

/** Says who it is and whether whoever was there before still lives; waits; tells its number. */
const SCRIPT = [
  'alive=no; last=$(tail -n 1 "$1/who" 2>/dev/null | cut -d " " -f 1)',
  '[ -n "$last" ] && kill -0 "$last" 2>/dev/null && ! grep -q "State:.Z" "/proc/$last/status" && alive=yes',
  'echo "$$" "$alive" >>"$1/who"',
  'until [ -e "$1/go" ]; do sleep 0.05; done',
  'echo "$SIGNALBOX result $$"',
].join('\n')

for (const outlives of [true, false]) {
  it(`a command ${outlives ? 'that outlives its host is taken up' : 'is ended before its task starts again'}`, {
    timeout: 60_000,
  }, async () => {
    const folder = tempFolder()
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const begin = (): ChildProcess => {
      const args = [join(bundle, 'scheduler.mjs'), folder, JSON.stringify(sh(SCRIPT, folder)), String(outlives)]
      const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      onTestFinished(() => void host.kill('SIGKILL'))
      return host
    }
    const first = begin()
    await until(() => whoIn(folder).length === 1)
    first.kill('SIGKILL')
    await new Promise((resolve) => first.once('exit', resolve))
    const second = begin()
    if (!outlives) await until(() => whoIn(folder).length === 2)
    writeFileSync(join(folder, 'go'), '')
    const printed = await textOf(second)
    const who = whoIn(folder)
    expect(who.map(([, alive]) => alive)).toEqual(outlives ? ['no'] : ['no', 'no'])
    const result = Number(who.at(-1)![0])
    expect(JSON.parse(printed)).toEqual({
      verdict: 'succeeded',
      result,
      attempts: outlives ? 1 : 2,
      before: outlives ? null : 'lost',
    })
  })
}

function whoIn(folder: string): readonly (readonly string[])[] {
  const file = join(folder, 'who')
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' '))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

async function textOf(host: ChildProcess): Promise<string> {
  let text = ''
  host.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await new Promise((resolve) => host.once('close', resolve))
  return text
}
