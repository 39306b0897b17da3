/** A program that plays the script on its stdin, and speaks the line protocol: see `Step` of the executor kit. */
import { readFileSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'

const steps = JSON.parse(readFileSync(0, 'utf8'))
const answers = []
let lines = null
const idle = setInterval(() => undefined, 60_000)
process.on('SIGTERM', () => {
  if (!steps.some((step) => step.do === 'deaf')) process.exit(0)
})

for (const step of steps) if (await play(step)) break
clearInterval(idle)
process.exit(process.exitCode)

async function play(step) {
  switch (step.do) {
    case 'heartbeat':
      return say('heartbeat')
    case 'progress':
      return say(`progress ${JSON.stringify(step.value)}`)
    case 'milestone':
      return say(`milestone ${step.name}`)
    case 'claim':
      say(`claim ${JSON.stringify(step.paths)}`)
      return void answers.push(await answer())
    case 'integrate':
      say('integrate')
      return void answers.push(await answer())
    case 'log':
      return print(`${step.text}\n`)
    case 'chatter':
      return print(`${'x'.repeat(100)}\n`.repeat(step.lines))
    case 'wait':
    case 'deaf':
      return new Promise(() => undefined)
    case 'die':
      process.kill(process.pid, 'SIGKILL')
      return new Promise(() => undefined)
    case 'result':
      say(`result ${JSON.stringify(step.value)}`)
      return true
    case 'large':
      say(`result ${JSON.stringify('x'.repeat(step.characters))}`)
      return true
    case 'answers':
      say(`result ${JSON.stringify(answers)}`)
      return true
    case 'throw':
      process.stderr.write(`${step.message}\n`)
      process.exitCode = 1
      return true
    case 'fail': {
      const { message, retryable, retryAfterMs } = step
      say(`fail ${JSON.stringify({ kind: 'rate-limited', message, retryable, retryAfterMs })}`)
      process.exitCode = 1
      return true
    }
  }
}

function say(text) {
  print(`${process.env.SIGNALBOX} ${text}\n`)
}

/** All of it, though the pipe may be full. */
function print(text) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

async function answer() {
  lines ??= createInterface({ input: new Socket({ fd: 3 }) })[Symbol.asyncIterator]()
  const { value } = await lines.next()
  return value === 'granted'
}
