/** Commands whose output comes through pipes: the usual way. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { Lines } from './lines.js'
import type { Exit } from './outcome.js'
import { markOf } from './processes.js'
import { endMarked, type Running } from './running.js'
import type { CommandSpec } from './spec.js'
import type { Voice } from './voice.js'

/** How long nothing may come through a pipe that somebody still holds when all of the group are gone, in ms. */
const SILENCE_MS = 1000

/** Starts it. Null with the error where it could not be started. */
export async function startPiped(
  { file, args, cwd, env, stdin }: CommandSpec,
  marker: string,
  lineBytes: number,
  graceMs: number,
): Promise<{
  readonly running: Running
  readonly hear: (voice: Voice) => void
  readonly answer: (line: string) => void
}> {
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  })
  await begun(child)
  const input = child.stdin!
  const answers = child.stdio[3] as Writable & Readable
  // Whoever does not read has ended, or does not care.
  for (const pipe of [input, answers]) pipe.on('error', () => undefined)
  answers.resume()
  input.end(stdin)
  const output = { at: performance.now() }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  return {
    running: {
      mark: markOf(child.pid!),
      exited,
      trouble: null,
      async drained() {
        if (await isOver(closed, output)) return
        await endMarked(marker, graceMs)
        if (await isOver(closed, output)) return
        for (const pipe of [child.stdout!, child.stderr!, answers]) pipe.destroy()
        await closed
      },
    },
    hear(voice) {
      hear(child.stdout!, new Lines(lineBytes, (line) => voice.stdout(line, false)), output)
      hear(child.stderr!, new Lines(lineBytes, (line) => voice.stderr(line, false)), output)
    },
    answer: (line) => answers.writable && answers.write(`${line}\n`),
  }
}

function begun(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    if (child.pid === undefined) return
    resolve()
    // Not heard of again, but it must not end the process.
    child.on('error', () => undefined)
  })
}

function hear(pipe: Readable, lines: Lines, output: { at: number }): void {
  pipe.on('data', (chunk: Buffer) => {
    output.at = performance.now()
    lines.push(chunk)
  })
  pipe.on('close', () => lines.end())
  pipe.on('error', () => undefined)
}

/** Waits for the end of all output; false: somebody holds it who is silent. */
async function isOver(closed: Promise<void>, output: { readonly at: number }): Promise<boolean> {
  let isClosed = false
  void closed.then(() => {
    isClosed = true
  })
  for (let from = performance.now(); !isClosed; from = output.at) {
    let timer: ReturnType<typeof setTimeout> | undefined
    await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, SILENCE_MS)))])
    clearTimeout(timer)
    // A host that was busy has yet to read what is there.
    if (!isClosed) await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    if (!isClosed && output.at <= from) return false
  }
  return true
}
