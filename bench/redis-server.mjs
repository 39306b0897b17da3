/** A Redis that syncs every write before it answers: our own, from PATH. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const KNOCKS = 200
const KNOCK_MS = 50

/** The server, or why there is none. */
export async function ownRedis() {
  const { error } = spawnSync('redis-server', ['--version'])
  if (error) return 'There is no `redis-server` on PATH (Debian and Ubuntu: `apt-get install redis-server`).'
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-redis-'))
  const port = await freePort()
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', appendfsync: 'always' }
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn('redis-server', words, { stdio: 'ignore' })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'exit')
  await isAnswering(port, child)
  return {
    url: `redis://127.0.0.1:${port}`,
    async remove() {
      child.kill('SIGTERM')
      await ended
      process.off('exit', kill)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function isAnswering(port, child) {
  for (let knocks = 0; knocks < KNOCKS && child.exitCode === null; knocks += 1) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, KNOCK_MS))
  }
  throw new Error('redis-server does not answer.')
}
