/** What the published suites demand with: errors that say what was expected and what came. */

/** Longest time one case may take: what never answers is what fails. */
const LIMIT_MS = 60_000

/** @throws Error where `work` takes too long. */
export async function inTime(work: Promise<void>, who: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const story = `${who} has not answered within ${LIMIT_MS / 1000} s.`
    timer = setTimeout(() => reject(new Error(story)), LIMIT_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** JSON with sorted keys: two values that JSON holds for the same have the same text. */
export function textOf(value: unknown): string {
  const sorted = (_: string, item: unknown): unknown => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  return JSON.stringify(value, sorted) ?? 'undefined'
}

/** Longest text that a message repeats. */
const SHOWN = 300

/** @throws Error unless both are the same to JSON. */
export function mustBe(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [textOf(found), textOf(wanted)]
  if (a !== b) throw new Error(`${what}: expected ${cut(b, a)}, found ${cut(a, b)}.`)
}

/** The part of a long text where it begins to differ from another. */
function cut(text: string, other: string): string {
  if (text.length <= SHOWN) return text
  let at = 0
  while (at < text.length && text[at] === other[at]) at += 1
  const from = Math.max(0, at - SHOWN / 2)
  return `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}… (${text.length} characters)`
}

export function must(holds: boolean, story: string): void {
  if (!holds) throw new Error(story)
}
