#!/usr/bin/env node
/** The entry point: the program in the real world. */
import { createInterface } from 'node:readline'
import { systemClock } from '../runtime/clock.js'
import { EXIT, type Io } from './io.js'
import { program } from './program.js'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Whoever reads may stop reading (`| head`): then the rest is for nobody, and the exit code still says how it went. */
function ignoreBrokenPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = EXIT.failed
  })
}

/** The terminal itself edits the line and sends SIGINT, so that Ctrl-C does here what it does everywhere. */
function ask(question: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, terminal: false })
    const end = (): void => lines.close()
    signal.addEventListener('abort', end)
    lines.once('line', (line) => {
      resolve(line)
      end()
    })
    lines.once('close', () => {
      signal.removeEventListener('abort', end)
      resolve(null)
    })
    process.stdout.write(question)
    if (signal.aborted) end()
  })
}

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  clock: systemClock(),
  onInterrupt: (listener) => {
    for (const signal of SIGNALS) process.on(signal, listener)
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener)
    }
  },
  onExit: (listener) => {
    process.on('exit', listener)
    return () => process.off('exit', listener)
  },
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : null,
  exit: (code) => process.exit(code),
}

ignoreBrokenPipe(process.stdout)
ignoreBrokenPipe(process.stderr)
// No `process.exit`: what was written to a pipe is still on its way.
process.exitCode = await program(process.argv.slice(2), io)
