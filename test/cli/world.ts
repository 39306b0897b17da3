/** The program in a world of its own: streams that remember, and a clock that nobody waits for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Io } from '../../src/cli/io.js'
import { program } from '../../src/cli/program.js'
import type { Clock } from '../../src/runtime/ports.js'
import { type FakeTerminal, fakeTerminal } from '../reporters/fake-terminal.js'

export interface TestClock extends Clock {
  /** Lets the clock go on to the next armed moment; false: there is none. */
  next(): boolean
}

/** A moment that has nothing special. */
export const START = Date.UTC(2026, 0, 5, 9)

export function testClock(): TestClock {
  let time = START
  let alarms: { readonly at: number; readonly wake: () => void }[] = []
  return {
    now: () => time,
    arm: (at, wake) => {
      const alarm = { at, wake }
      alarms.push(alarm)
      return () => {
        alarms = alarms.filter((other) => other !== alarm)
      }
    },
    next: () => {
      const first = alarms.reduce<(typeof alarms)[number] | null>((a, b) => (a === null || b.at < a.at ? b : a), null)
      if (first === null) return false
      alarms = alarms.filter((other) => other !== first)
      time = Math.max(time, first.at)
      first.wake()
      return true
    },
  }
}

export interface World {
  readonly stdout: FakeTerminal
  readonly stderr: FakeTerminal
  readonly clock: TestClock
  readonly io: Io
  /** Exit codes of ends at once. */
  readonly exits: number[]
  interrupt(): void
  /** How many listeners there are for interrupts and for the end of the program. */
  listeners(): number
  /** Runs the program to its end; `each` is called before each step of the clock, and has it stand still by answering `hold`. */
  call(words: readonly string[], each?: () => unknown): Promise<number>
}

export interface WorldOptions {
  /** Default: stdout is a pipe. */
  readonly terminal?: { readonly columns: number; readonly rows: number }
  readonly env?: { readonly [name: string]: string }
  /** What is answered when the program asks; null: nobody is there. Default: there is no terminal to ask at. */
  readonly answers?: (question: string) => string | null | Promise<string | null>
}

export function world({ terminal, env = {}, answers }: WorldOptions = {}): World {
  const stdout = terminal === undefined ? pipe() : fakeTerminal(terminal.columns, terminal.rows)
  const stderr = pipe()
  const clock = testClock()
  const interrupts = new Set<() => void>()
  const ends = new Set<() => void>()
  const exits: number[] = []
  const io: Io = {
    stdout,
    stderr,
    env,
    clock,
    onInterrupt: (listener) => listenTo(interrupts, listener),
    onExit: (listener) => listenTo(ends, listener),
    ask: answers === undefined ? null : (question, signal) => askIn(question, signal, answers),
    exit: (code) => {
      exits.push(code)
    },
  }
  return {
    stdout,
    stderr,
    clock,
    io,
    exits,
    interrupt: () => {
      for (const listener of [...interrupts]) listener()
    },
    listeners: () => interrupts.size + ends.size,
    call: async (words, each = () => {}) => {
      let code: number | null = null
      const ended = program(words, io).then((result) => {
        code = result
      })
      while (code === null) {
        await settle()
        if (each() !== 'hold') clock.next()
      }
      await ended
      return code
    },
  }
}

/** As the real one does, answers null when it is told to stop. */
function askIn(
  question: string,
  signal: AbortSignal,
  answers: NonNullable<WorldOptions['answers']>,
): Promise<string | null> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(null))
    void Promise.resolve(answers(question)).then(resolve)
  })
}

function listenTo(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function pipe(): FakeTerminal {
  return Object.assign(fakeTerminal(), { isTTY: false })
}

/** Lets everything happen that waits for nothing but the event loop. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A file with this text, gone after the test. */
export function fileWith(name: string, content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}
