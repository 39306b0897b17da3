/** The JSON Schema of plan documents, for editors and other languages. */
import * as z from 'zod/mini'
import type { JsonValue } from '../core/types.js'
import { gateSchema, phaseSchema, planSchema, taskSchema, wholeStreamSchema } from './schema.js'

type Json = { [key: string]: JsonValue | undefined }

/** Where collections are, and of what. */
const COLLECTIONS = { streams: 'stream', tasks: 'task', gates: 'gate', phases: 'phase' } as const

/**
 * The JSON Schema (draft 2020-12) of a plan document, made from the schema that checks plans. It allows what that allows,
 * and a little more: reserved ids, and all that has to do with several parts of a plan together.
 */
export function planJsonSchema(): JsonValue {
  const metadata = z.registry<{ id: string }>()
  metadata.add(wholeStreamSchema, { id: 'stream' })
  metadata.add(taskSchema, { id: 'task' })
  metadata.add(gateSchema, { id: 'gate' })
  metadata.add(phaseSchema, { id: 'phase' })
  const schema = z.toJSONSchema(planSchema, {
    io: 'input',
    metadata,
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties !== false) return
      // Everybody's own fields.
      jsonSchema.patternProperties = { '^x-': {} }
    },
  }) as Json
  const definitions = schema.$defs as Record<string, Json>
  for (const definition of [...Object.values(definitions), schema]) allowMappings(definition, definitions)
  return { ...schema, title: 'signalbox plan' }
}

/** Lets collections be mappings from id to record too. */
function allowMappings(definition: Json, definitions: Record<string, Json>): void {
  const properties = definition.properties as Json
  for (const [field, kind] of Object.entries(COLLECTIONS)) {
    if (properties[field] === undefined) continue
    const record = definitions[kind] as Json
    const named = `${kind}ById`
    definitions[named] ??= { ...record, required: (record.required as string[]).filter((key) => key !== 'id') }
    properties[field] = {
      anyOf: [
        { type: 'array', items: { $ref: `#/$defs/${kind}` } },
        { type: 'object', additionalProperties: { $ref: `#/$defs/${named}` } },
      ],
    }
  }
}
