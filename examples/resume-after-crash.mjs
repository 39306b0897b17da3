// Kills the process that runs a plan three times in the middle, as nothing but a power cut could do worse. What is done twice?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createScheduler, defineHandlers, handler } from 'signalbox'
import { fileStore } from 'signalbox/stores/file'

const KILLS = 3
const [, , role, given] = process.argv
if (role === 'run') await run(given)
else await watch()

/** Starts the run, or goes on with it: the same call. */
async function run(folder) {
  const handlers = defineHandlers({
    write: handler({
      run: async (page, { attempt }) => {
        await sleep(20)
        // The side effect. A kill between here and the commit has it done again, under another attempt id.
        appendFileSync(join(folder, 'effects.log'), `${attempt.id}\n`)
        return `page ${page}`
      },
    }),
  })
  const book = handlers.plan('book', (p) => {
    const pages = Array.from({ length: 11 }, (_, n) => p.task(`page-${n + 1}`, 'write', n + 1))
    p.task('index', 'write', 0, { dependsOn: pages })
  })
  const scheduler = createScheduler({
    store: fileStore(join(folder, 'store')),
    handlers,
    pools: { local: { slots: 2 } },
  })
  const started = await scheduler.start(book, { id: 'r1', idempotencyKey: 'the book' })
  started.on('attempt.succeeded', () => console.log('succeeded'))
  await started.outcome
  await scheduler.close()
}

async function watch() {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-example-'))
  for (let kills = 0; kills < KILLS; kills += 1) await child(folder, 2)
  await child(folder, Number.POSITIVE_INFINITY)
  console.log(`killed ${KILLS} times, resumed ${KILLS} times`)
  await compare(folder)
  rmSync(folder, { recursive: true })
}

/** A process that is killed once it has seen so many tasks succeed. */
async function child(folder, successes) {
  const program = spawn(process.execPath, [fileURLToPath(import.meta.url), 'run', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let seen = 0
  program.stdout.setEncoding('utf8').on('data', (text) => {
    seen += text.split('succeeded').length - 1
    if (seen >= successes) program.kill('SIGKILL')
  })
  const [, signal] = await once(program, 'close')
  if ((signal === 'SIGKILL') !== Number.isFinite(successes))
    throw new Error('The process ended otherwise than expected.')
}

/** What the journal says, and what happened outside. */
async function compare(folder) {
  const store = fileStore(join(folder, 'store'), { readOnly: true })
  const committed = []
  for await (const { event } of store.read('default', 0)) {
    if (event.type === 'attempt.succeeded') committed.push(`${event.run}/${event.task}#${event.attempt}`)
  }
  const tasks = new Set(committed.map((id) => id.slice(0, id.indexOf('#'))))
  const effects = new Set(readFileSync(join(folder, 'effects.log'), 'utf8').split('\n'))
  const isOnce = tasks.size === committed.length
  const hasHappened = committed.every((id) => effects.has(id))
  console.log(`${tasks.size} of 12 tasks succeeded, ${isOnce ? 'each committed once' : 'SOME COMMITTED TWICE'}`)
  console.log(hasHappened ? 'whatever was committed had happened outside' : 'SOMETHING NEVER HAPPENED')
}
