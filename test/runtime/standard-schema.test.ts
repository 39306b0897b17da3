/** Schemas by their shape: any library that speaks Standard Schema, and some that only pretend to. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { type StandardResult, type StandardSchema, validateWith } from '../../src/runtime/standard-schema.js'

function schemaThat(validate: (value: unknown) => unknown): StandardSchema {
  return {
    '~standard': { version: 1, vendor: 'test', validate: validate as (value: unknown) => StandardResult<unknown> },
  }
}

const refusing = (...issues: readonly unknown[]): StandardSchema => schemaThat(() => ({ issues }))

async function problemOf(schema: StandardSchema): Promise<string> {
  const checked = await validateWith(schema, null)
  if (checked.ok) throw new Error('It was valid.')
  return checked.problem
}

describe('a value', () => {
  it('is valid as it is where there is no schema', async () => {
    const value = { any: 'thing' }
    expect(await validateWith(undefined, value)).toEqual({ ok: true, value })
  })

  it('gets the form its schema gives it, at once or later', async () => {
    expect(
      await validateWith(
        schemaThat((value) => ({ value: [value] })),
        1,
      ),
    ).toEqual({ ok: true, value: [1] })
    expect(
      await validateWith(
        schemaThat(async (value) => ({ value: [value] })),
        1,
      ),
    ).toEqual({ ok: true, value: [1] })
    expect(await validateWith(z._default(z.string(), 'x'), undefined)).toEqual({ ok: true, value: 'x' })
  })

  it('has all its problems told in one line, each with its place', async () => {
    const schema = z.object({ a: z.number(), b: z.array(z.string()), c: z.strictObject({}) })
    const checked = await validateWith(schema, { a: 'x', b: [1], c: { d: 1 } })
    expect(checked).toEqual({
      ok: false,
      problem: 'Invalid input at /a; Invalid input at /b/0; Invalid input at /c',
    })
  })
})

describe('a problem', () => {
  it('says where: keys, positions, symbols, segments with a key, and the characters of a pointer', async () => {
    expect(await problemOf(refusing({ message: 'no' }))).toBe('no at the top')
    expect(await problemOf(refusing({ message: 'no', path: [] }))).toBe('no at the top')
    expect(await problemOf(refusing({ message: 'no', path: ['a/b', 0, { key: 'c~d' }, Symbol('s')] }))).toBe(
      'no at /a~1b/0/c~0d/Symbol(s)',
    )
  })

  it('is one line, without the full stop of its library, and not endless', async () => {
    expect(await problemOf(refusing({ message: ' two\n lines. ' }))).toBe('two lines at the top')
    expect(await problemOf(refusing({ message: 'x'.repeat(999) }))).toBe(`${'x'.repeat(300)}… at the top`)
    const many = Array.from({ length: 12 }, (_, n) => ({ message: 'no', path: [n] }))
    expect(await problemOf(refusing(...many))).toMatch(/^no at \/0; .*no at \/9, and 2 more$/)
    expect(await problemOf(refusing())).toBe('the schema refused it without saying why')
  })

  it('is also a schema that throws, rejects, or answers nonsense: nothing of it comes out as an error', async () => {
    const throwing = (error: unknown): StandardSchema =>
      schemaThat(() => {
        throw error
      })
    expect(await problemOf(throwing(new Error('out of order.')))).toBe('the schema threw: out of order')
    expect(await problemOf(throwing('text'))).toBe('the schema threw: text')
    expect(await problemOf(throwing(Object.create(null)))).toBe('the schema threw: a thrown object')
    expect(await problemOf(schemaThat(() => Promise.reject(new Error('later'))))).toBe('the schema threw: later')
    for (const nonsense of [undefined, null, { issues: 5 }, { issues: [null] }]) {
      expect(await problemOf(schemaThat(() => nonsense))).toMatch(/^the schema threw: /)
    }
    expect(await problemOf({} as StandardSchema)).toMatch(/^the schema threw: /)
  })
})
