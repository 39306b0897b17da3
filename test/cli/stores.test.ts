/** Runs that a store keeps: started by one call of the program, looked at, changed and ended by others. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createScheduler } from '../../src/embedded.js'
import { definePlan } from '../../src/runtime/handlers.js'
import { fileStore } from '../../src/stores/file.js'
import { sqliteStore } from '../../src/stores/sqlite/index.js'
import { fileWith, START, world } from './world.js'

const PLAN = `
name: release
pools: { backend: { slots: 2 } }
streams:
  api:
    tasks:
      routes: { estimate: 2h, claims: { write: [src/app.ts] } }
      auth: { estimate: 2h, claims: { write: [src/app.ts] }, dependsOn: [routes] }
tasks:
  notes: { estimate: 1h, dependsOn: [api/auth] }
`
const KINDS = ['file', 'sqlite'] as const

/** A store of its own, gone after the test. */
function storeIn(kind: (typeof KINDS)[number]): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return `${kind}:${join(folder, 'store')}`
}

async function json(words: readonly string[], env = {}) {
  const { call, stdout } = world({ env })
  const code = await call([...words, '--json'])
  return { code, document: JSON.parse(stdout.sent) }
}

/** When `api/routes` ends, at this speed; from there on the clock stands still until the store has done its part. */
const SPEED = '10000x'
const ROUTES_MS = (2 * 3_600_000) / 10_000

/** Interrupts a run when its first task has succeeded and the second has started. */
async function leaveOpen(store: string, plan = PLAN, more: readonly string[] = []) {
  const { call, clock, stdout, interrupt, exits } = world()
  let interrupts = 0
  const code = await call(['run', fileWith('plan.yaml', plan), '--store', store, '--speed', SPEED, ...more], () => {
    if (clock.now() < START + ROUTES_MS) return
    if (interrupts === 0 && stdout.sent.includes('started    api/auth#1')) {
      interrupts += 1
      interrupt()
    }
    return 'hold'
  })
  expect({ code, exits }).toEqual({ code: 130, exits: [] })
  return stdout.sent
}

describe.each(KINDS)('a run in a %s store', (kind) => {
  it('stays open when it is interrupted, and goes on where it was', async () => {
    const store = storeIn(kind)
    const said = await leaveOpen(store)
    expect(said).toContain(`Run r1 stays open. To go on: signalbox resume r1 --store ${store}`)
    expect((await json(['list', '--store', store])).document).toEqual({
      ok: true,
      runs: [expect.objectContaining({ id: 'r1', name: 'release', status: 'open', closedAt: null, verdict: null })],
    })
    const { code, document } = await json(['resume', 'r1', '--store', store])
    expect(code).toBe(0)
    expect(document).toMatchObject({ ok: true, verdict: 'succeeded', counts: { total: 3, succeeded: 3 }, retries: 1 })
    const attempts = document.tasks.map(({ id, attempts }: { id: string; attempts: number }) => [id, attempts])
    expect(attempts).toEqual([
      ['api/routes', 1],
      ['api/auth', 2],
      ['notes', 1],
    ])
    const again = await json(['resume', 'r1', '--store', store])
    expect(again).toMatchObject({ code: 0, document: { verdict: 'succeeded', attempts: 4 } })
  })

  it('is written as a page, open or closed', async () => {
    const store = storeIn(kind)
    await leaveOpen(store)
    const open = await json(['report', 'r1', '--store', store])
    expect(open).toMatchObject({ code: 0, document: { ok: true, run: 'r1', file: null } })
    expect(open.document.text).toContain('still open')
    const pages = ['resumed.html', 'again.html', 'stored.html'].map((name) => fileWith(name, ''))
    await json(['resume', 'r1', '--store', store, '--report', pages[0]!])
    await json(['resume', 'r1', '--store', store, '--report', pages[1]!])
    const { document } = await json(['report', 'r1', '--store', store, '-o', pages[2]!])
    expect(document).toEqual({ ok: true, run: 'r1', file: pages[2], text: null })
    const [first, ...others] = pages.map((page) => readFileSync(page, 'utf8'))
    expect(first).toContain('api/auth, attempt 2')
    for (const other of others) expect(other).toBe(first)
    expect(await json(['report', 'r2', '--store', store])).toMatchObject({
      code: 1,
      document: { error: { code: 'RUN_UNKNOWN' } },
    })
  })

  it('tells how it stands, and why a task waits, without changing anything', async () => {
    const store = storeIn(kind)
    await leaveOpen(store)
    const { document } = await json(['status', 'r1', '--store', store])
    expect(document).toMatchObject({
      ok: true,
      run: { id: 'r1', status: 'open', progress: { total: 3, succeeded: 1 } },
    })
    expect(document.run.tasks).toEqual([
      { id: 'api/routes', status: 'succeeded', attempts: 1 },
      { id: 'api/auth', status: 'ready', attempts: 1 },
      { id: 'notes', status: 'waiting', attempts: 0 },
    ])
    expect((await json(['status'], { SIGNALBOX_STORE: store })).document.runs).toMatchObject([{ id: 'r1' }])
    const explained = await json(['explain', 'r1', 'notes', '--store', store])
    expect(explained).toEqual({
      code: 0,
      document: {
        ok: true,
        run: 'r1',
        task: 'notes',
        status: 'waiting',
        reasons: [{ kind: 'dependency', on: 'api/auth', status: 'ready' }],
      },
    })
    const { call, stdout } = world()
    await call(['explain', 'r1', 'notes', '--store', store])
    expect(stdout.sent).toBe('notes  waiting\n  waits for api/auth, which is ready\n')
    expect((await json(['status', 'r1', '--store', store])).document).toEqual(document)
  })

  it('is cancelled, whole or in part, and has a task tried again', async () => {
    const store = storeIn(kind)
    await leaveOpen(store)
    const part = await json(['cancel', 'r1', 'notes', '--store', store])
    expect(part.document).toMatchObject({ ok: true, run: { status: 'open', progress: { cancelled: 1 } } })
    const retried = await json(['retry', 'r1', 'notes', '--store', store])
    expect(retried.document).toMatchObject({
      ok: true,
      run: { status: 'open', progress: { cancelled: 0, waiting: 1 } },
    })
    const done = await json(['retry', 'r1', 'api/routes', '--store', store])
    expect(done).toMatchObject({ code: 1, document: { error: { code: 'TASK_FINISHED' } } })
    const whole = await json(['cancel', 'r1', '--store', store])
    expect(whole.document).toMatchObject({ ok: true, run: { status: 'closed', verdict: 'cancelled' } })
    expect(await json(['cancel', 'r1', '--store', store])).toMatchObject({
      document: { error: { code: 'RUN_CLOSED' } },
    })
    expect(await json(['resume', 'r1', '--store', store])).toMatchObject({
      code: 1,
      document: { verdict: 'cancelled' },
    })
    expect((await json(['explain', 'r1', 'notes', '--store', store])).document.reasons).toEqual([
      { kind: 'cancelled', reason: 'cancelled by request' },
    ])
  })

  it('counts a task that was tried again once', async () => {
    const store = storeIn(kind)
    await leaveOpen(store)
    await json(['cancel', 'r1', 'notes', '--store', store])
    await json(['retry', 'r1', 'notes', '--store', store])
    const { call, stdout, stderr } = world()
    expect(await call(['resume', 'r1', '--store', store, '--json'])).toBe(0)
    expect(stderr.sent).toMatch(/reopened +notes: retried by request {2}\(1\/3\)/)
    expect(stderr.sent).toMatch(/succeeded +notes#1 after 1h.* {2}\(3\/3\)/)
    const document = JSON.parse(stdout.sent)
    expect(document.counts).toEqual({ total: 3, succeeded: 3, failed: 0, cancelled: 0, skipped: 0 })
  })

  const GATED = `${PLAN}  deploy: { estimate: 1h, dependsOn: [ship] }
gates: { ship: { kind: approval, title: Somebody has read it, dependsOn: [api/routes] } }
`

  it('goes on as far as it can without approval, is approved, and resumed', async () => {
    const store = storeIn(kind)
    const { call, stdout } = world()
    expect(await call(['run', fileWith('plan.yaml', GATED), '--store', store])).toBe(1)
    expect(stdout.sent).toContain('succeeded  notes#1')
    expect(stdout.sent.split('\n').slice(-6)).toEqual([
      '',
      'Run r1 stays open: it awaits approval.',
      '  ship  Somebody has read it',
      `To give it: signalbox approve r1 ship --store ${store}`,
      `Then: signalbox resume r1 --store ${store}`,
      '',
    ])
    const again = await json(['resume', 'r1', '--store', store])
    expect(again).toMatchObject({ code: 1, document: { ok: false, verdict: null, run: 'r1', awaits: ['ship'] } })
    const status = world()
    await status.call(['status', 'r1', '--store', store])
    expect(status.stdout.sent).toContain('gate ship awaits approval: Somebody has read it')
    expect(await json(['approve', 'r1', 'notes', '--store', store])).toMatchObject({
      code: 1,
      document: { error: { code: 'GATE_UNKNOWN' } },
    })
    const by = ['--by', 'ann', '--note', 'go ahead']
    const approved = await json(['approve', 'r1', 'ship', ...by, '--store', store])
    expect(approved).toMatchObject({ code: 0, document: { ok: true, run: { id: 'r1', progress: { gates: [] } } } })
    expect(await json(['approve', 'r1', 'ship', '--store', store])).toMatchObject({
      document: { error: { code: 'GATE_ANSWERED' } },
    })
    const resumed = world()
    expect(await resumed.call(['resume', 'r1', '--store', store])).toBe(0)
    expect(resumed.stdout.sent).toContain('passed     gate ship by ann: go ahead')
    expect(resumed.stdout.sent).toContain('5 of 5 tasks succeeded')
  })

  it('that awaits approval can be refused, and approved by --yes', async () => {
    const store = storeIn(kind)
    await world().call(['run', fileWith('plan.yaml', GATED), '--store', store])
    const refused = await json(['approve', 'r1', 'ship', '--refuse', '--store', store], { USER: 'bob' })
    expect(refused).toMatchObject({ code: 0, document: { run: { verdict: 'failed' } } })
    const two = ['--store', store, '--id', 'r2']
    await world().call(['run', fileWith('plan.yaml', GATED), ...two])
    const { code, document } = await json(['resume', 'r2', '--store', store, '--yes'])
    expect({ code, verdict: document.verdict }).toEqual({ code: 0, verdict: 'succeeded' })
  })

  it('simulates what checks and verifies too, whatever names the plan gives', async () => {
    const store = storeIn(kind)
    const more = `defaults: { handler: mine }\ngates: { ci: { kind: check, handler: mine, dependsOn: [notes] } }\n`
    await leaveOpen(store, `${PLAN.replace('estimate: 1h,', 'estimate: 1h, verify: [mine],')}${more}`)
    expect(await json(['resume', 'r1', '--store', store])).toMatchObject({
      code: 0,
      document: { verdict: 'succeeded' },
    })
  })

  it('has an id that is used once, and what is refused starts nothing', async () => {
    const store = storeIn(kind)
    await leaveOpen(store)
    const before = await json(['status', 'r1', '--store', store])
    const again = await json(['run', fileWith('plan.yaml', PLAN), '--store', store])
    expect(again).toMatchObject({ code: 1, document: { error: { code: 'RUN_EXISTS' } } })
    expect(await json(['status', 'r1', '--store', store])).toEqual(before)
  })

  it('is not simulated when a program of its own has started it', async () => {
    const store = storeIn(kind)
    const path = store.slice(kind.length + 1)
    const scheduler = createScheduler({ store: kind === 'file' ? fileStore(path) : sqliteStore(path) })
    const never = new Promise<never>(() => undefined)
    await scheduler.start(definePlan({ tasks: { a: { handler: () => never } } }), { id: 'mine' })
    await scheduler.close({ graceMs: 0 })
    expect(await json(['resume', 'mine', '--store', store])).toMatchObject({
      code: 1,
      document: { error: { code: 'HANDLER_UNKNOWN' } },
    })
    const beside = await json(['run', fileWith('plan.yaml', PLAN), '--store', store, '--speed', '1000000x'])
    expect(beside.code).toBe(0)
    const keyed = await json([
      'run',
      fileWith('k.yaml', 'tasks: { a: { idempotencyKey: k } }'),
      '--store',
      store,
      '--id',
      'k',
    ])
    expect(keyed.document.verdict).toBe('succeeded')
    const journal = kind === 'file' ? fileStore(path, { readOnly: true }) : sqliteStore(path)
    for await (const { event } of journal.read('default' as never, 0)) {
      // A key of a real task must not be given what was made up.
      expect(JSON.stringify(event)).not.toContain('"idempotencyKey":"k"')
    }
    await journal.close()
    const { document } = await json(['status', 'mine', '--store', store])
    expect(document.run.tasks).toEqual([{ id: 'a', status: 'ready', attempts: 1 }])
  })
})

describe('a store that is in use', () => {
  it('is not changed: a folder is locked by who writes to it', async () => {
    const store = storeIn('file')
    const { call, clock, stdout } = world()
    const answers: Promise<{ code: number; document: unknown }>[] = []
    let answered = 0
    await call(['run', fileWith('plan.yaml', PLAN), '--store', store, '--speed', SPEED], () => {
      if (clock.now() < START + ROUTES_MS || answered === 2) return
      if (answers.length === 0 && stdout.sent.includes('started    api/auth#1')) {
        answers.push(json(['cancel', 'r1', '--store', store]), json(['list', '--store', store]))
        for (const answer of answers) void answer.finally(() => (answered += 1))
      }
      return 'hold'
    })
    const [cancelled, listed] = await Promise.all(answers)
    expect(cancelled).toMatchObject({ code: 1, document: { error: { code: 'STORE_LOCKED' } } })
    expect(listed).toMatchObject({ code: 0, document: { runs: [{ id: 'r1' }] } })
    expect(stdout.sent).toContain('closed     run r1: succeeded')
  })

  it('is not changed while workers are there, unless somebody knows better', async () => {
    const store = storeIn('sqlite')
    const started = sqliteStore(store.slice('sqlite:'.length))
    const at = 1_700_000_000_000
    const joined = {
      type: 'worker.joined',
      at,
      worker: 'backend',
      pool: 'backend',
      slots: 2,
      capabilities: [],
    } as const
    const plan = { name: 'release', tasks: [{ id: 'a', handler: 'x' }] }
    const opened = { type: 'run.opened', at, run: 'r1', plan } as const
    await started.append('default' as never, 0, { id: 'b', events: [joined, opened] as never, writer: 'test/1' })
    await started.close()
    const refused = await json(['cancel', 'r1', '--store', store])
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'SCOPE_TAKEN' } } })
    expect((await json(['list', '--store', store])).document.runs).toMatchObject([{ status: 'open' }])
    const sure = await json(['cancel', 'r1', '--store', store, '--yes'])
    expect(sure).toMatchObject({ code: 0, document: { run: { verdict: 'cancelled' } } })
  })
})

describe('--store', () => {
  it.each([
    [['list'], 'USAGE', 'There is no store to look into.'],
    [['list', '--store', 'memory'], 'USAGE', 'There is no store to look into.'],
    [['list', '--store', 'nfs:x'], 'USAGE', '"nfs:x" names no store.'],
    [
      ['resume', 'r1', '--store', 'file:/no/such'],
      'FILE_UNREADABLE',
      'There is no store in "/no/such": it is no folder.',
    ],
    [['list', '--store', 'sqlite:/no/such'], 'FILE_UNREADABLE', 'There is no store in "/no/such": it is no file.'],
  ])('%j is answered with what is wrong', async (words, code, message) => {
    expect(await json(words)).toMatchObject({ code: 2, document: { error: { code, message } } })
  })

  it('shows nothing of a database but where it is', async () => {
    const url = 'postgres://user:secret@127.0.0.1:1/runs?password=secret'
    const { call, stdout, stderr } = world()
    expect(await call(['list', '--store', url, '--json'])).toBe(1)
    expect(stdout.sent + stderr.sent).toContain('STORE_FAILED')
    expect(stdout.sent + stderr.sent).not.toContain('secret')
  })

  it('asks for runs and tasks that are there', async () => {
    const store = storeIn('file')
    await leaveOpen(store)
    const codeOf = async (...words: string[]) => (await json([...words, '--store', store])).document.error.code
    expect(await codeOf('status', 'r2')).toBe('RUN_UNKNOWN')
    expect(await codeOf('resume', 'r2')).toBe('RUN_UNKNOWN')
    expect(await codeOf('cancel', 'r2')).toBe('RUN_UNKNOWN')
    expect(await codeOf('explain', 'r1', 'auth')).toBe('TASK_UNKNOWN')
    expect(await codeOf('cancel', 'r1', 'auth')).toBe('TASK_UNKNOWN')
    expect(await codeOf('explain', 'r1')).toBe('USAGE')
    expect(await codeOf('cancel', 'r1', 'a', 'b')).toBe('USAGE')
  })
})
