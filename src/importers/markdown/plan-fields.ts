/** Fields of a stream or task, each from the values that a unit has for it. */
import { quote } from '../../plan/text.js'
import { type Estimate, readEstimate, readPriority } from '../shared/estimates.js'
import { comparable, plain, unmarked } from '../shared/inline.js'
import type { Notes } from '../shared/notes.js'
import { firstValue } from './crew.js'
import type { FieldValue, Found, State, Unit } from './types.js'

export function titleOf({ title, key }: Unit): { readonly title: string } | object {
  const text = plain(title).replace(/^(?:\[[^\]]{1,12}\]\s*)+/, '')
  return text === '' || comparable(text) === comparable(key) ? {} : { title: text.slice(0, 500) }
}

export function estimateOf(unit: Unit, notes: Notes): Estimate | null {
  const values = unit.fields.filter(({ field, lines }) => field === 'estimate' && lines === undefined)
  for (const { piece, again, label } of values) {
    const reading = readEstimate(withUnit(piece.text, label))
    if (reading.kind === 'duration') {
      if (reading.inferred)
        notes.add(
          'INFERRED',
          'info',
          piece,
          `${quote(piece.text)} was taken as weeks of five days.`,
          'Write days or hours.',
        )
      return reading.estimate
    }
    if (again || /^\W*(?:n\/a|tbd|-|done|⭐+.*)?$/i.test(piece.text)) continue
    notes.add(
      'UNREAD_ESTIMATE',
      'info',
      piece,
      `The estimate ${quote(piece.text)} of ${quote(unit.id)} was not used: ${reading.why}.`,
      'Write "3-5 days", "1.5h" or "30min".',
    )
  }
  return null
}

/** "6" below "Est. hours" are six hours. */
function withUnit(text: string, label: string): string {
  const unit = /\b(hours?|hrs?|days?|minutes?|mins?)\b/i.exec(label)?.[1]
  return unit !== undefined && /^\W*\d[\d.\s]*(?:[-–—]\s*\d[\d.]*)?\s*$/.test(text) ? `${text} ${unit}` : text
}

export function priorityOf(unit: Unit): { readonly priority: number } | object {
  const value = firstValue(unit, 'priority')
  const priority = value === null ? null : readPriority(value.piece.text)
  return priority === null ? {} : { priority }
}

const BRANCH = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|[./](?![./])){0,254}$/

export function branchOf(unit: Unit, found: Found, notes: Notes): { readonly branch: string } | object {
  const value = firstValue(unit, 'branch')
  if (value === null) return branchOfComment(unit, found)
  const branch = unmarked(value.piece.text)
    .replace(/^recommended:\s*/i, '')
    .split(' ')[0] as string
  if (BRANCH.test(branch) && !(value.label.startsWith('column') && !/[/-]/.test(branch))) return { branch }
  if (!value.label.startsWith('column') && branch.length > 2)
    notes.add(
      'BAD_VALUE',
      'info',
      value.piece,
      `${quote(branch)} was not taken as a branch.`,
      'Write the name of a branch.',
    )
  return {}
}

/** `# Track 1 …` above `git checkout -b …` in a code block. */
function branchOfComment(unit: Unit, { drawings }: Found): { readonly branch: string } | object {
  if (unit.word === null) return {}
  const comment = new RegExp(`^#\\s*${unit.word}\\s+#?${unit.key.replaceAll('.', '\\.')}\\b`, 'i')
  for (const { lines, language } of drawings) {
    if (!/^(?:bash|sh|shell|console|zsh)?$/.test(language)) continue
    const at = lines.findIndex(({ text }) => comment.test(text))
    const branch = at === -1 ? undefined : /^git (?:checkout -b|switch -c) (\S+)/.exec(lines[at + 1]?.text ?? '')?.[1]
    if (branch !== undefined && BRANCH.test(branch)) return { branch }
  }
  return {}
}

export function optionalOf(unit: Unit): { readonly optional: true } | object {
  return unit.fields.some(({ field }) => field === 'optional') ? { optional: true } : {}
}

export function deliverablesOf(unit: Unit): { readonly deliverables: readonly string[] } | object {
  const texts = textsOf(unit, (value) => value.field === 'deliverables' && value.depth === 0)
  return texts.length === 0 ? {} : { deliverables: texts }
}

/** Most characters of a prompt. */
const LONGEST_PROMPT = 60_000

/** For whoever does the work: the prompt, what to do, what must hold in the end. */
export function inputOf(unit: Unit): { readonly input: Readonly<Record<string, string | readonly string[]>> } | object {
  const prompts = unit.fields.filter(({ field }) => field === 'prompt')
  const prompt = prompts
    .flatMap(({ lines, piece }) => (lines === undefined ? [piece.text] : lines.map(({ text }) => text)))
    .join('\n')
  const input: Record<string, string | readonly string[]> = {}
  if (prompt !== '') input.prompt = prompt.slice(0, LONGEST_PROMPT)
  const notes = textsOf(unit, ({ field, label }) => field === 'description' && label !== 'text')
  if (notes.length > 0) input.notes = notes
  const steps = unit.kind === 'task' ? textsOf(unit, ({ field }) => field === 'tasks') : []
  if (steps.length > 0) input.steps = steps
  for (const field of ['criteria', 'tests'] as const) {
    const texts = textsOf(unit, (value) => value.field === field)
    if (texts.length > 0) input[field] = texts
  }
  return Object.keys(input).length === 0 ? {} : { input }
}

function textsOf(unit: Unit, wanted: (value: FieldValue) => boolean): readonly string[] {
  return unit.fields
    .filter((value) => wanted(value) && value.lines === undefined)
    .map(({ piece }) => plain(piece.text))
    .filter((text) => text !== '')
}

export function statusOf(unit: Unit): State {
  if (unit.state !== 'open') return unit.state
  const value = unit.fields.find(({ field }) => field === 'status')
  if (value === undefined) return 'open'
  if (/^\W*(?:✅\s*)?(?:complete|completed|done|finished|merged)\b/iu.test(value.piece.text)) return 'done'
  return /\b(?:in[ _-]progress|active|started)\b/i.test(value.piece.text) && !/\bnot\b/i.test(value.piece.text)
    ? 'active'
    : 'open'
}
