/** A real Redis for tests and figures: one of our own, from PATH, which can be ended and started again on the same data. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface OwnRedis {
  readonly url: string
  /** Unless it runs. */
  start(): Promise<void>
  /** As a person would, or as a power cut would. */
  end(how: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Ends it for good. */
  remove(): Promise<void>
}

/** How often a server that starts is asked whether it is there; 50 ms apart. */
const KNOCKS = 600
const KNOCK_MS = 50

/** A new server, or why there is none. `always`: it syncs every write before it answers. */
export async function ownRedis(appendfsync: 'always' | 'everysec' = 'always'): Promise<OwnRedis | string> {
  const { error } = spawnSync('redis-server', ['--version'])
  if (error) return 'There is no `redis-server` on PATH (Debian and Ubuntu: `apt-get install redis-server`).'
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-redis-'))
  const port = await freePort()
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', appendfsync }
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  let running: ChildProcess | null = null
  const kill = (): void => void running?.kill('SIGKILL')

  async function start(): Promise<void> {
    if (running !== null) return
    const child = spawn('redis-server', words, { stdio: 'ignore' })
    running = child
    process.once('exit', kill)
    await isAnswering(port, child)
  }

  async function end(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (running === null) return
    const ended = once(running, 'exit')
    running.kill(how)
    await ended
    running = null
    process.off('exit', kill)
  }

  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    end,
    async remove() {
      await end('SIGTERM')
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

/** It answers when it has read its data, too. */
async function isAnswering(port: number, child: ChildProcess): Promise<void> {
  for (let knocks = 0; knocks < KNOCKS && child.exitCode === null; knocks += 1) {
    if (await pings(port)) return
    await new Promise((resolve) => setTimeout(resolve, KNOCK_MS))
  }
  throw new Error('redis-server does not answer.')
}

function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const end = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('data', (text) => end(String(text).startsWith('+PONG')))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}
