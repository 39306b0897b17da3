/**
 * Writes `dist/schema.json`, the JSON Schema of a plan, for editors and other languages.
 * It asks the built library, so what is published is what the library checks.
 */
import { writeFileSync } from 'node:fs'

const { planJsonSchema } = await import('../dist/index.js')
writeFileSync(new URL('../dist/schema.json', import.meta.url), `${JSON.stringify(planJsonSchema(), null, 2)}\n`)
