// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the places of templates are written so.
/** Streams stamped out from templates are the streams that somebody would have written by hand. */
import { describe, expect, it } from 'vitest'
import { checkPlan } from '../../src/plan/check.js'
import { parsePlan } from '../../src/plan/parse.js'

const service = {
  parameters: ['name', 'port'],
  title: 'Service ${name}',
  owns: ['services/${name}/**'],
  priority: '${port}',
  tasks: {
    build: { handler: 'build', input: { port: '${port}', url: 'http://${name}:${port}' } },
    'test-${name}': { dependsOn: ['build'] },
  },
}

function parsed(value: unknown): unknown {
  const result = parsePlan(value)
  if (!result.ok) throw new Error(result.diagnostics.map(({ at, message }) => `${at} ${message}`).join('\n'))
  const { templates: _, ...plan } = result.plan
  return plan
}

function problems(value: unknown): readonly string[] {
  return checkPlan(value).diagnostics.map(({ code, at, message }) => `${code} ${at} ${message}`)
}

const stamped = (name: string, port: number): object => ({
  id: `svc-${name}`,
  title: `Service ${name}`,
  owns: [`services/${name}/**`],
  priority: port,
  tasks: [
    { id: 'build', handler: 'build', input: { port, url: `http://${name}:${port}` } },
    { id: `test-${name}`, dependsOn: ['build'] },
  ],
})

describe('a stream from a template', () => {
  it('is stamped out for each item, between the streams that are written by hand', () => {
    const each = [
      { name: 'billing', port: 80 },
      { name: 'search', port: 81 },
    ]
    const plan = {
      templates: { service },
      streams: { first: {}, 'svc-${name}': { template: 'service', each }, last: {} },
    }
    expect(parsed(plan)).toEqual({
      streams: [{ id: 'first' }, stamped('billing', 80), stamped('search', 81), { id: 'last' }],
    })
    const listed = { templates: { service }, streams: [{ id: 'svc-${name}', template: 'service', each }] }
    expect(parsed(listed)).toEqual({ streams: [stamped('billing', 80), stamped('search', 81)] })
  })

  it('takes what the stream says itself, and its tasks after those of the template', () => {
    const plan = {
      templates: { t: { title: 'old', pool: 'p', tasks: [{ id: 'a' }] } },
      streams: {
        s: { template: 't', title: 'new ${x}', with: { x: 5 }, tasks: { b: { dependsOn: ['a'], title: '${x}${x}' } } },
      },
    }
    expect(parsed(plan)).toEqual({
      streams: [
        { id: 's', title: 'new 5', pool: 'p', tasks: [{ id: 'a' }, { id: 'b', dependsOn: ['a'], title: '55' }] },
      ],
    })
  })

  it('a place that is the whole text becomes the value, whatever it is; "$${" stands for "${"', () => {
    const templates = { t: { tasks: { a: { input: ['${list}', '$${list}', 'x$${y}'], dependsOn: '${none}' } } } }
    expect(
      parsed({ templates, streams: { s: { template: 't', with: { list: [1, { a: null }], none: [] } } } }),
    ).toEqual({
      streams: [{ id: 's', tasks: [{ id: 'a', input: [[1, { a: null }], '${list}', 'x${y}'], dependsOn: [] }] }],
    })
  })

  it('is parsed once: parsing the parsed plan changes nothing', () => {
    const plan = {
      templates: { service },
      streams: { 'svc-${name}': { template: 'service', each: [{ name: 'a', port: 1 }] } },
    }
    const once = parsePlan(plan)
    expect(once.ok && parsePlan(once.plan)).toEqual(once)
  })
})

describe('what is wrong is said where it was written', () => {
  it.each<[string, object, readonly string[]]>([
    [
      'an unknown template',
      { s: { template: 'servce', with: {} } },
      ['UNKNOWN_ID /streams/s/template "servce" is no template of this plan.'],
    ],
    [
      'a value that is missing',
      { s: { template: 'service', with: { name: 'a' } } },
      ['BAD_TEMPLATE /streams/s The template "service" needs a value for "port".'],
    ],
    [
      'a value for no place',
      { s: { template: 'service', each: [{ name: 'a', port: 1, prt: 2 }] } },
      ['BAD_TEMPLATE /streams/s/each/0 The template "service" has no parameter "prt".'],
    ],
    [
      'a place without a value',
      { 's-${who}': { template: 'service', with: { name: 'a', port: 1 } } },
      ['BAD_TEMPLATE /streams/s-${who} There is no value for "${who}".'],
    ],
    [
      'a value that no text can hold',
      { s: { template: 'service', with: { name: {}, port: 1 } } },
      ['BAD_TEMPLATE /streams/s "${name}" stands inside a text, and its value is an object.'],
    ],
    [
      'both ways at once',
      { s: { template: 'service', with: {}, each: [] } },
      ['BAD_TEMPLATE /streams/s A stream is stamped out with "with" or with "each", not both.'],
    ],
    [
      'a wrong field of the template',
      { s: { template: 'service', with: { name: 'a', port: 'high' } } },
      ['BAD_VALUE /templates/service/priority "priority" must be a number from -1000 to 1000, not "high".'],
    ],
    [
      'values that are none',
      { s: { template: 'service', each: [5] } },
      ['BAD_TEMPLATE /streams/s/each/0 The values must be an object, not 5.'],
    ],
    [
      'one id twice',
      {
        s: {
          template: 'service',
          each: [
            { name: 'a', port: 1 },
            { name: 'b', port: 2 },
          ],
        },
      },
      [
        'DUPLICATE_ID /streams/s/each/1 The stream id "s" is used before.',
        'DUPLICATE_ID /templates/service/tasks/build The task id "s/build" is used before.',
      ],
    ],
  ])('%s', (_, streams, expected) => {
    expect(problems({ templates: { service }, streams })).toEqual(expected)
  })

  it('a dependency on nothing inside a template points at the template', () => {
    const templates = { t: { tasks: { a: { dependsOn: ['nothing'] } } } }
    expect(problems({ templates, streams: { s: { template: 't' } } })).toEqual([
      'UNKNOWN_ID /templates/t/tasks/a/dependsOn/0 "nothing" in task "s/a" is no task, stream or gate of this plan.',
    ])
  })

  it('a template that grows without bound is refused before it has', () => {
    const big = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`t${n}`, { title: '${x}'.repeat(20) }]))
    const each = Array.from({ length: 5000 }, (_, n) => ({ n, x: 'x'.repeat(1000) }))
    const found = checkPlan({
      templates: { big: { tasks: big } },
      streams: { 's${n}': { template: 'big', each } },
    }).diagnostics
    expect(found[0]).toMatchObject({ code: 'TOO_LARGE', at: '/streams/s${n}' })
  })
})
