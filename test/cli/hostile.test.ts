/** Whatever a plan or the arguments hold, the terminal gets no control character that is not ours. */
import { describe, expect, it } from 'vitest'
import { fileWith, world } from './world.js'

/** Clears the screen, sets the title, colours, turns the writing round, hides itself; in C0, C1 and by names. */
const TRICKS = '\u001b[2J\u001b]0;owned\u0007\u009b31m\u202etxt\u200b\u2028\u007f\r\n\b'
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

const HOSTILE = {
  name: `plan ${TRICKS}`,
  pools: { p: { slots: 1 } },
  streams: {
    s: { title: `stream ${TRICKS}`, tasks: { a: { title: `task ${TRICKS}`, estimate: '1h' }, b: { estimate: '1h' } } },
  },
}

/** The same, with errors that quote it. */
const BROKEN = {
  ...HOSTILE,
  tasks: {
    [TRICKS]: { dependsOn: [TRICKS], claims: { write: [TRICKS] }, handler: TRICKS, [TRICKS]: 1 },
    ok: { dependsOn: [`no${TRICKS}`], estimate: TRICKS, pool: TRICKS },
  },
}

function lines(text: string): readonly string[] {
  return text.split('\n')
}

describe.each([
  ['a plan with tricks in its titles', JSON.stringify(HOSTILE)],
  ['a plan with tricks in its ids, paths and values', JSON.stringify(BROKEN)],
  ['a document with tricks where it is no JSON', `{"a":${TRICKS}`],
])('%s', (_, content) => {
  it.each([['check'], ['check', '--json'], ['run', '--fail', '100%'], ['run', '--json']])(
    'is harmless to %s %s',
    async (...words) => {
      const { call, stdout, stderr } = world()
      await call([...words, fileWith('plan.json', content)])
      for (const line of [...lines(stdout.sent), ...lines(stderr.sent)]) expect(line).not.toMatch(UNPRINTABLE)
    },
  )
})

it('a hostile plan moves nothing in the live view', async () => {
  // The terminal of the test refuses every sequence that is not one of the reporter's own.
  const { call, stdout } = world({ terminal: { columns: 200, rows: 30 } })
  let seen: readonly string[] = []
  await call(['run', fileWith('plan.json', JSON.stringify(HOSTILE))], () => {
    if (stdout.screen().includes('Running')) seen = stdout.screen()
  })
  expect(seen.join('\n')).toContain('stream \\u{1b}[2J\\u{1b}]0;owned')
  expect(stdout.sent).not.toContain('\u001b]')
  expect(stdout.sent).not.toContain('\u001b[2J')
})

it('a name of a file is harmless too', async () => {
  const { call, stdout, stderr } = world()
  expect(await call(['check', `no${TRICKS}.yaml`])).toBe(2)
  for (const line of [...lines(stdout.sent), ...lines(stderr.sent)]) expect(line).not.toMatch(UNPRINTABLE)
})

it('a reference a hundred thousand steps deep does not end the simulation', async () => {
  const path = Array.from({ length: 100_000 }, () => 0)
  const plan = { tasks: { a: {}, b: { input: { $from: 'a', path } } } }
  const { call, stdout } = world()
  expect(await call(['run', fileWith('plan.json', JSON.stringify(plan)), '--json'])).toBe(1)
  expect(JSON.parse(stdout.sent)).toMatchObject({ verdict: 'failed', failures: [{ task: 'b' }] })
})
