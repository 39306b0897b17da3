/** Which headings are units of work: decided for a whole document before its lines are read. */
import { plain } from './inline.js'
import { labelsOf } from './labels.js'
import { kindOf, type Naming, namingInTitle, namingOf } from './naming.js'
import type { Block, FieldName, UnitKind } from './types.js'
import { EVIDENCE, fieldOf } from './vocabulary.js'

/** A heading that names a unit. */
export interface HeadingUnit {
  readonly naming: Naming
  readonly kind: UnitKind
  /** It is where the unit is defined; else the unit is spoken of again. */
  readonly defines: boolean
}

interface Candidate {
  readonly block: Block
  readonly level: number
  readonly naming: Naming | null
  /** Fields directly below it, and not below a unit inside it. */
  readonly fields: Set<FieldName>
  checks: number
  holdsUnits: boolean
}

/** Level of a line that is bold from end to end, below every heading. */
export const BOLD_LEVEL = 7

/** The level of a block that heads others; null: it heads none. */
export function levelOf(block: Block): number | null {
  if (block.kind === 'heading') return block.level
  if (block.kind !== 'text' || !/^\*\*[^*]{2,120}\*\*$/.test(block.piece.text)) return null
  const naming = namingOf(block.piece.text)
  return naming === null || naming.form === 'number' || /:\*\*$/.test(block.piece.text) ? null : BOLD_LEVEL
}

/** The headings of a document that name units, with what they are. O(blocks). */
export function surveyHeadings(blocks: readonly Block[]): ReadonlyMap<Block, HeadingUnit> {
  const candidates = collect(blocks)
  const titles = candidates.filter(({ level }) => level === 1)
  const accepted = candidates.filter((candidate) => candidate.level > 1 && isUnit(candidate, candidates))
  const found = new Map<Block, HeadingUnit>()
  for (const candidate of accepted) {
    const naming = candidate.naming as Naming
    const same = accepted.filter((other) => other.naming?.key === naming.key && other.naming.word === naming.word)
    const first = same.find(({ fields, checks }) => fields.size + checks > 0) ?? same[0]
    const sections = same.length > 1 && isRepeated(candidate, first as Candidate)
    found.set(candidate.block, { naming, kind: kindOfCandidate(candidate, accepted), defines: !sections })
  }
  const whole = accepted.some(({ level }) => level < BOLD_LEVEL) ? null : wholeDocument(titles)
  if (whole !== null) found.set(whole.block, { naming: whole.naming as Naming, kind: 'stream', defines: true })
  return found
}

function collect(blocks: readonly Block[]): readonly Candidate[] {
  const all: Candidate[] = []
  const open: Candidate[] = []
  for (const block of blocks) {
    const level = levelOf(block)
    if (level !== null) {
      while ((open.at(-1)?.level ?? 0) >= level) open.pop()
      const naming = namingOf(block.piece.text)
      const candidate = { block, level, naming, fields: new Set<FieldName>(), checks: 0, holdsUnits: false }
      const field = naming === null ? fieldOf(block.piece.text) : null
      const said = field ?? labelsOf(block.piece)[0]?.field ?? null
      if (naming === null && said !== null) note(open, (owner) => owner.fields.add(said))
      if (naming !== null && !naming.joined) for (const above of open) above.holdsUnits = true
      open.push(candidate)
      all.push(candidate)
    } else if (block.kind === 'item' && block.check !== null) {
      note(open, (owner) => owner.checks++)
    } else if (block.kind === 'item' || block.kind === 'text') {
      for (const { field } of labelsOf(block.piece)) {
        if (field !== null && EVIDENCE.has(field)) note(open, (owner) => owner.fields.add(field))
      }
    }
  }
  return all
}

/** Tells the headings above, up to the nearest that may be a unit. */
function note(open: readonly Candidate[], tell: (candidate: Candidate) => void): void {
  for (let at = open.length - 1; at >= 0; at--) {
    const candidate = open[at] as Candidate
    tell(candidate)
    if (candidate.naming !== null && !candidate.naming.joined) return
  }
}

const FIRM: readonly FieldName[] = ['dependsOn', 'estimate', 'files', 'owns', 'blocks', 'canStart']

function isUnit({ naming, fields, checks, holdsUnits }: Candidate, all: readonly Candidate[]): boolean {
  if (naming === null || naming.joined) return false
  const hasEvidence = fields.size > 0 || checks > 0
  if (kindOf(naming) === 'phase') return holdsUnits || (hasEvidence && !all.some(isWorkUnit))
  if (naming.form === 'number') return checks > 0 || FIRM.some((field) => fields.has(field))
  if (naming.form === 'word') return naming.title !== '' || hasEvidence || naming.attributes.length > 0
  return hasEvidence || (naming.form === 'code' && holdsUnits)
}

function isWorkUnit({ naming, fields, checks, level }: Candidate): boolean {
  if (naming === null || naming.joined || level === 1 || kindOf(naming) === 'phase') return false
  return naming.form === 'word' || naming.form === 'code' || fields.size + checks > 0
}

/** A phase without units inside is one itself. */
function kindOfCandidate({ naming, holdsUnits }: Candidate, accepted: readonly Candidate[]): UnitKind {
  const kind = kindOf(naming as Naming)
  if (kind !== 'phase' || holdsUnits) return kind
  return accepted.some(({ naming: other }) => other !== null && kindOf(other) !== 'phase') ? 'phase' : 'stream'
}

/** Whether a heading with the name of an earlier unit is about that unit: same title, or none, or no fields of its own. */
function isRepeated(candidate: Candidate, first: Candidate): boolean {
  if (candidate === first) return false
  const title = (of: Candidate): string => plain(of.naming?.title ?? '').toLowerCase()
  const [a, b] = [title(candidate), title(first)]
  const alike = a === '' || b === '' || a === b || a.includes(b) || b.includes(a)
  return alike || !FIRM.some((field) => candidate.fields.has(field))
}

/** A document that is one unit: its title names it, and it has fields. */
function wholeDocument(titles: readonly Candidate[]): Candidate | null {
  const [title] = titles
  if (title === undefined || titles.length > 1) return null
  const naming = namingInTitle(title.block.piece.text)
  const own = ['owns', 'files', 'forbidden', 'dependsOn', 'branch'] satisfies readonly FieldName[]
  return naming !== null && own.some((field) => title.fields.has(field)) ? { ...title, naming } : null
}
