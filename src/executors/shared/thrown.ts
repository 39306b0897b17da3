/** Errors on their way from where the work is to the host. */

/** An error without what cannot be handed over. */
export interface Thrown {
  readonly name: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Errors lose their own fields on the way, and what is no error may be anything. */
export function packError(error: unknown): Thrown | { readonly value: string } {
  if (!(error instanceof Error)) return { value: String(error) }
  const fields = Object.fromEntries(Object.entries(error).filter(([, value]) => isPlain(value)))
  return { name: error.name, message: error.message, fields }
}

export function unpackError(thrown: unknown): unknown {
  const { name, message, fields, value } = thrown as Partial<Thrown> & { readonly value?: string }
  return name === undefined ? value : Object.assign(new Error(message), { ...fields, name })
}

function isPlain(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
