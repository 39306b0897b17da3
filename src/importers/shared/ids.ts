/** Ids of records, from whatever a document calls its units. */
import { isId } from '../../plan/ids.js'
import { slug } from './inline.js'

/** An id that the plan language allows, from one that it may not. */
export function safeId(text: string): string {
  if (isId(text)) return text
  const made = slug(text)
  return isId(made) ? made : `unit-${made}`.slice(0, LONGEST_MADE)
}

const LONGEST_MADE = 60
