/** Commands that go on without their host: they print into files, and a shell that does nothing else writes down how they end. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { Lines } from './lines.js'
import type { Settings } from './options.js'
import type { Exit } from './outcome.js'
import { isAlive, markOf, type ProcessMark, signalGroup } from './processes.js'
import type { Running } from './running.js'
import type { CommandSpec } from './spec.js'
import type { Voice } from './voice.js'

/**
 * Nothing of a plan is in this text: the program and its arguments come as arguments of their own. It begins when a line
 * says so, and never where the host is gone before: what runs has been written down. A signal to the group ends the program;
 * the shell stays until it has, and writes down its exit code, whole or not at all.
 */
const WAIT = 'trap : HUP INT TERM; place=$1; shift; read -r go <&3 || exit; "$@"; echo $? >"$place/exit"'

/** How often the files are looked at, in ms: soon after there was something, later when there was not. */
const FIRST_LOOK_MS = 20
const LAST_LOOK_MS = 250
const CHUNK_BYTES = 65_536

export interface Followed {
  readonly running: Running
  readonly hear: (voice: Voice) => void
  readonly answer: (line: string) => void
  /** Lets it begin, where it waits for that: called once it is written down that it runs. */
  readonly begin?: () => void
}

export function startOutliving(
  { file, args, cwd, env, stdin }: CommandSpec,
  place: string,
  settings: Settings,
): Followed {
  mkdirSync(place, { recursive: true, mode: 0o700 })
  writeFileSync(join(place, 'stdin'), stdin, { mode: 0o600 })
  const files = [
    openSync(join(place, 'stdin'), 'r'),
    ...['stdout', 'stderr'].map((name) => openSync(join(place, name), 'a', 0o600)),
  ]
  try {
    const argv = ['-c', WAIT, 'signalbox', place, file, ...args]
    const child = spawn('/bin/sh', argv, { cwd, env, detached: true, stdio: [...files, 'pipe'] })
    child.on('error', () => undefined)
    if (child.pid === undefined) throw new Error('"/bin/sh" could not be started.')
    const answers = child.stdio[3] as Writable
    answers.on('error', () => undefined)
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const followed = follow(place, markOf(child.pid), settings, gone)
    const answer = (line: string): void => void (answers.writable && answers.write(`${line}\n`))
    return { ...followed, answer, begin: () => answer('go') }
  } finally {
    files.forEach(closeSync)
  }
}

/**
 * Whether there is anything to be followed: it runs, or it has written down how it ended. In this order: whoever is gone by
 * now has written before.
 */
export function isThere(place: string, mark: ProcessMark): boolean {
  return isAlive(mark) || exitIn(place) !== null
}

/** Follows what was started by this host or an earlier one. Questions that an earlier host has not answered stay so. */
export function follow(place: string, mark: ProcessMark, settings: Settings, gone?: Promise<void>): Followed {
  let voice!: Voice
  const told = toldIn(place)
  const trouble: { story: string | null } = { story: null }
  const { fileBytes, lineBytes } = settings.limits
  const tails = [
    new Tail(join(place, 'stdout'), new Lines(lineBytes, (line) => voice.stdout(line, line.endsAt <= told[0]))),
    new Tail(join(place, 'stderr'), new Lines(lineBytes, (line) => voice.stderr(line, line.endsAt <= told[1]))),
  ] as const
  const readOn = (): boolean => {
    // First, for a program may print faster than anybody reads.
    if (trouble.story === null && tails.some((tail) => tail.size() > fileBytes)) {
      trouble.story = `It printed more than ${fileBytes} bytes (limits.fileBytes).`
      signalGroup(mark.pid, 'SIGKILL')
    }
    const isNews = tails.map((tail) => tail.read(fileBytes)).includes(true)
    if (isNews) writeTold(place, [tails[0].at, tails[1].at])
    return isNews
  }
  async function watch(): Promise<Exit> {
    let pause = FIRST_LOOK_MS
    while (isAlive(mark)) {
      pause = readOn() ? FIRST_LOOK_MS : Math.min(pause * 2, LAST_LOOK_MS)
      await soon(pause, gone)
    }
    return exitIn(place) ?? { code: null, signal: 'SIGKILL' }
  }
  let begin!: () => void
  const heard = new Promise<void>((resolve) => (begin = resolve))
  return {
    running: {
      mark,
      exited: heard.then(watch),
      async drained() {
        readOn()
        for (const tail of tails) tail.end()
      },
      get trouble() {
        return trouble.story
      },
    },
    hear(to) {
      voice = to
      begin()
    },
    answer: () => undefined,
  }
}

async function soon(ms: number, gone: Promise<void> = new Promise(() => undefined)): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([gone, new Promise((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}

/** Reads a file as it grows. */
class Tail {
  at = 0
  private readonly file: string
  private readonly lines: Lines
  private readonly chunk = Buffer.allocUnsafe(CHUNK_BYTES)

  constructor(file: string, lines: Lines) {
    this.file = file
    this.lines = lines
  }

  size(): number {
    return statSync(this.file, { throwIfNoEntry: false })?.size ?? 0
  }

  /** Reads what is there by now, up to `most` in all. Whether there was more. */
  read(most: number): boolean {
    const from = this.at
    const to = Math.min(this.size(), most)
    if (to <= from) return false
    const descriptor = openSync(this.file, 'r')
    try {
      while (this.at < to) {
        const count = readSync(descriptor, this.chunk, 0, Math.min(CHUNK_BYTES, to - this.at), this.at)
        if (count === 0) break
        this.at += count
        this.lines.push(this.chunk.subarray(0, count))
      }
    } finally {
      closeSync(descriptor)
    }
    return this.at > from
  }

  end(): void {
    this.lines.end()
  }
}

/** Null: it runs, or was killed before it could say. */
function exitIn(place: string): Exit | null {
  const text = textOf(join(place, 'exit'))
  if (text === null || !text.endsWith('\n')) return null
  const code = Number(text)
  // How shells tell that a signal has ended a program.
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128)
  return signal === undefined ? { code, signal: null } : { code: null, signal: signal[0] }
}

/** How much of stdout and stderr was told on by an earlier host. */
function toldIn(place: string): readonly [number, number] {
  const [stdout = 0, stderr = 0] = (textOf(join(place, 'told')) ?? '').split(' ').map(Number)
  return [stdout, stderr]
}

function writeTold(place: string, told: readonly [number, number]): void {
  writeFileSync(join(place, 'told.new'), told.join(' '))
  renameSync(join(place, 'told.new'), join(place, 'told'))
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
