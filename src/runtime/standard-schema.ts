/**
 * Schemas of any library that speaks Standard Schema v1 (https://standardschema.dev), known by their shape alone: zod,
 * valibot, arktype and others fit without being imported.
 */

/** A schema: what `input` and `output` of a handler may be. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
    /** Never there at run time: carries the types. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a value turned out to be: the schema's own form of it, or what is wrong, in one line without a full stop. */
export type Validated<Value = unknown> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string }

/** How many problems are told at most, and how much of each, in characters. */
const MAX_ISSUES = 10
const MAX_MESSAGE = 300

/**
 * Checks `value`; without a schema, anything is valid. Never rejects: a schema that throws, or answers something else than
 * the standard says, is a problem of the value.
 */
export async function validateWith<Output>(
  schema: StandardSchema<unknown, Output> | undefined,
  value: unknown,
): Promise<Validated<Output>> {
  if (schema === undefined) return { ok: true, value: value as Output }
  try {
    const result = await schema['~standard'].validate(value)
    if (result.issues === undefined) return { ok: true, value: result.value }
    return { ok: false, problem: inOneLine(result.issues) }
  } catch (error) {
    const thrown =
      error instanceof Error ? error.message : typeof error === 'string' ? error : `a thrown ${typeof error}`
    return { ok: false, problem: `the schema threw: ${textOf(thrown)}` }
  }
}

/** An empty list still says that the value is wrong. */
function inOneLine(issues: readonly StandardIssue[]): string {
  const told = issues.slice(0, MAX_ISSUES).map(({ message, path }) => `${textOf(message)} ${place(path)}`)
  const more = issues.length > MAX_ISSUES ? `, and ${issues.length - MAX_ISSUES} more` : ''
  return told.length === 0 ? 'the schema refused it without saying why' : told.join('; ') + more
}

function textOf(message: unknown): string {
  const line = String(message).replaceAll(/\s+/g, ' ').trim().replace(/\.+$/, '')
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line
}

/** A JSON pointer. */
function place(path: StandardIssue['path'] = []): string {
  if (path.length === 0) return 'at the top'
  const keys = path.map((step) => String(typeof step === 'object' ? step.key : step))
  return `at ${keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`
}
