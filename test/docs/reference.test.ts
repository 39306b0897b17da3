/** The reference pages name what the sources name, no more and no less: every code, every kind, every event with its fields. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

function page(name: string): string {
  return readFileSync(`${root}docs/reference/${name}`, 'utf8')
}

/** The text of a page below a heading of the second level. */
function section(text: string, title: string): string {
  const parts = text.split(/^## /m)
  return parts.find((part) => part.startsWith(`${title}\n`)) ?? ''
}

/** The first cell of each row of the tables in `text`, without its quotes. */
function rows(text: string): readonly string[] {
  return [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name!)
}

function sourceOf(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(`${root}${file}`, 'utf8'), ts.ScriptTarget.ES2023, true)
}

/** The members of a union of string literals. */
function union(file: string, name: string): readonly string[] {
  for (const node of sourceOf(file).statements) {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== name || !ts.isUnionTypeNode(node.type)) continue
    return node.type.types.map((type) => {
      if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return type.literal.text
      throw new Error(`${name} has a member that is no string.`)
    })
  }
  throw new Error(`${file} has no union ${name}.`)
}

/** Fields of each event, `type` included: those of its own, and those of the interfaces it is made of. */
function eventFields(): ReadonlyMap<string, readonly string[]> {
  const source = sourceOf('src/core/events.ts')
  const interfaces = new Map(
    source.statements.filter(ts.isInterfaceDeclaration).map((each) => [each.name.text, each] as const),
  )
  const nameOf = (member: ts.TypeElement): string => (member.name as ts.Identifier | ts.StringLiteral).text
  const fieldsOf = (type: ts.TypeNode): readonly string[] => {
    if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(fieldsOf)
    if (ts.isTypeLiteralNode(type)) return type.members.map(nameOf)
    const declared = interfaces.get(type.getText(source))
    if (declared === undefined) throw new Error(`Nothing is known of ${type.getText(source)}.`)
    const inherited = (declared.heritageClauses ?? []).flatMap(({ types }) => types.flatMap(fieldsOfBase))
    return [...inherited, ...declared.members.map(nameOf)]
  }
  const fieldsOfBase = (base: ts.ExpressionWithTypeArguments): readonly string[] => fieldsOf(base as never)
  const events = interfaces.get('RunEventMap')!.members.filter(ts.isPropertySignature)
  return new Map(events.map((event) => [nameOf(event), fieldsOf(event.type!)]))
}

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort()

it('errors.md lists every code of SchedulerError, InvariantError and Rejection, and every kind of Failure', () => {
  const text = page('errors.md')
  const errors = union('src/runtime/errors.ts', 'SchedulerErrorCode')
  expect(sorted(rows(section(text, 'SchedulerError')))).toEqual(sorted(errors))
  expect(sorted(rows(section(text, 'Rejection')))).toEqual(sorted(union('src/core/inputs.ts', 'RejectionCode')))
  expect(sorted(rows(section(text, 'Failure')))).toEqual(sorted(union('src/core/words.ts', 'FailureKind')))
  expect(rows(section(text, 'InvariantError'))).toEqual(['INVARIANT'])
  const warnings = union('src/runtime/warnings.ts', 'SchedulerWarningCode')
  expect(sorted(rows(section(text, 'Warnings')))).toEqual(sorted(warnings))
})

it('every rejection that a request can meet is a code of SchedulerError', () => {
  const errors = union('src/runtime/errors.ts', 'SchedulerErrorCode')
  const ofAttempts = ['NOTHING_TO_INTEGRATE', 'CLAIM_INVALID', 'CLAIM_FORBIDDEN', 'CLAIM_HELD']
  const internal = ['KEY_USED', 'WORKER_EXISTS', ...ofAttempts]
  const rejections = union('src/core/inputs.ts', 'RejectionCode').filter((code) => !internal.includes(code))
  expect(rejections.filter((code) => !errors.includes(code))).toEqual([])
})

it('events.md lists every event, in the order of the types, each with an example that has all of its fields', () => {
  const fields = eventFields()
  const parts = page('events.md').split(/^### /m).slice(1)
  expect(parts.map((part) => part.slice(0, part.indexOf('\n')))).toEqual([...fields.keys()])
  for (const part of parts) {
    const [, json] = /```json\n([\s\S]*?)```/.exec(part) ?? []
    const example = JSON.parse(json!) as { type: string }
    expect(part.startsWith(`${example.type}\n`)).toBe(true)
    expect(sorted(Object.keys(example))).toEqual(sorted(fields.get(example.type)!))
  }
})
