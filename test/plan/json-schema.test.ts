import { expect, it } from 'vitest'
import { planJsonSchema } from '../../src/plan/json-schema.js'

interface Json {
  readonly [key: string]: Json
}
const schema = planJsonSchema() as unknown as Json
const definitions = schema.$defs as Json

it('is plain JSON, the same each time', () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  expect(JSON.stringify(planJsonSchema())).toBe(JSON.stringify(schema))
})

it('knows every field of DESIGN section 3, and no others but "x-"', () => {
  const fields = (of: Json | undefined): readonly string[] => Object.keys(of?.properties ?? {})
  expect(fields(schema)).toEqual([
    '$schema',
    'name',
    'pools',
    'resources',
    'templates',
    'sequences',
    'protect',
    'defaults',
    'onFailure',
    'streams',
    'tasks',
    'gates',
    'phases',
  ])
  expect(fields(definitions.stream)).toEqual([
    'id',
    'title',
    'dependsOn',
    'owns',
    'mergeAfter',
    'phase',
    'priority',
    'pool',
    'requires',
    'template',
    'with',
    'each',
    'branch',
    'defaults',
    'tasks',
  ])
  expect(fields(definitions.task)).toEqual([
    'id',
    'title',
    'handler',
    'input',
    'dependsOn',
    'if',
    'claims',
    'pool',
    'requires',
    'uses',
    'priority',
    'estimate',
    'retry',
    'timeouts',
    'heartbeat',
    'verify',
    'milestones',
    'idempotencyKey',
    'deliverables',
    'optional',
  ])
  for (const record of [schema, ...Object.values(definitions)]) {
    expect(record).toMatchObject({ additionalProperties: false, patternProperties: { '^x-': {} } })
  }
})

it('collections are lists with ids, or mappings without', () => {
  expect(schema.properties?.tasks).toEqual({
    anyOf: [
      { type: 'array', items: { $ref: '#/$defs/task' } },
      { type: 'object', additionalProperties: { $ref: '#/$defs/taskById' } },
    ],
  })
  expect(definitions.stream?.properties?.tasks).toEqual(schema.properties?.tasks)
  expect(definitions.streamById?.properties?.tasks).toEqual(schema.properties?.tasks)
  expect(definitions.task).toMatchObject({ required: ['id'] })
  expect(definitions.taskById).toMatchObject({ required: [] })
  expect(definitions.gateById).toMatchObject({ required: ['kind'] })
})

it('every reference leads to a definition', () => {
  const names = [...JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)].map(([, name]) => name as string)
  expect(names.length).toBeGreaterThan(8)
  expect(names.filter((name) => definitions[name] === undefined)).toEqual([])
})
