/** Which headings are units of work: decided for a whole document before its lines are read. */
import { plain } from '../shared/inline.js'
import { type Labelled, labelsOf } from './labels.js'
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
  /** Key of the phase it is in; empty: of none. */
  readonly phase: string
}

/** Level of a line that is bold from end to end, below every heading. */
export const BOLD_LEVEL = 7

/** The level of a block that heads others; null: it heads none. */
export function levelOf(block: Block): number | null {
  if (block.kind === 'heading') return block.level
  const { text } = block.piece
  if (block.kind !== 'text' || !text.startsWith('**') || !/^\*\*[^*]{2,120}\*\*:?$/.test(text)) return null
  const naming = namingOf(text)
  if (naming === null || naming.form === 'number') return null
  // A label is no heading, unless it is the name of a unit and tells more: "**Stream A (Core)**:".
  const isLabel = /:\*\*$|\*\*:$/.test(text)
  const isBare = naming.joined || naming.title === '' || kindOf(naming) === 'phase'
  return isLabel && isBare ? null : BOLD_LEVEL
}

/** What a survey finds out about the blocks of a document. */
export interface Survey {
  readonly units: ReadonlyMap<Block, HeadingUnit>
  /** Of lines without a tick box that begin with labels: the labels. */
  readonly labels: ReadonlyMap<Block, readonly Labelled[]>
}

/** The headings of a document that name units, with what they are. O(blocks). */
export function surveyHeadings(blocks: readonly Block[]): Survey {
  const labels = new Map<Block, readonly Labelled[]>()
  const candidates = collect(blocks, labels)
  const titles = candidates.filter(({ level }) => level === 1)
  const facts = factsOf(candidates)
  const sure = candidates.filter((candidate) => candidate.level > 1 && isUnit(candidate, facts))
  const alike = new Set(sure.map(seriesOf))
  const isAccepted = new Set(sure)
  const accepted = candidates.filter((each) => isAccepted.has(each) || (each.level > 1 && isOneOf(each, alike)))
  const found = new Map<Block, HeadingUnit>()
  const firsts = firstsOf(accepted)
  const hasWork = accepted.some(({ naming }) => naming !== null && kindOf(naming) !== 'phase')
  for (const candidate of accepted) {
    const naming = candidate.naming as Naming
    const isRepeat = isRepeated(candidate, firsts.get(nameOf(candidate)) as Candidate)
    found.set(candidate.block, { naming, kind: kindOfCandidate(candidate, hasWork), defines: !isRepeat })
  }
  const whole = accepted.some(({ level }) => level < BOLD_LEVEL) ? null : wholeDocument(titles)
  if (whole !== null) found.set(whole.block, { naming: whole.naming as Naming, kind: 'stream', defines: true })
  return { units: found, labels }
}

/** What codes have in common that count on: "T1", "T2". */
function seriesOf({ naming, level }: Candidate): string {
  return naming?.form === 'code' ? `${level} ${naming.key.replace(/\d+[a-z]?$/, '')}` : ''
}

/** A code with a title, between others of its series that have fields. */
function isOneOf(candidate: Candidate, alike: ReadonlySet<string>): boolean {
  const { naming } = candidate
  return naming?.form === 'code' && !naming.joined && naming.title !== '' && alike.has(seriesOf(candidate))
}

/** By name: the heading that defines the unit, which is the first that has fields below it. */
function firstsOf(accepted: readonly Candidate[]): ReadonlyMap<string, Candidate> {
  const firsts = new Map<string, Candidate>()
  for (const candidate of accepted) {
    const name = nameOf(candidate)
    const first = firsts.get(name)
    const isBare = first !== undefined && first.fields.size + first.checks === 0
    if (first === undefined || (isBare && candidate.fields.size + candidate.checks > 0)) firsts.set(name, candidate)
  }
  return firsts
}

function nameOf({ naming, phase }: Candidate): string {
  return `${phase} ${naming?.word ?? ''} ${naming?.key}`
}

function phaseIn(open: readonly Candidate[]): string {
  const above = open.findLast(({ naming }) => naming !== null && !naming.joined && kindOf(naming) === 'phase')
  return above?.naming?.key ?? ''
}

function collect(blocks: readonly Block[], labels: Map<Block, readonly Labelled[]>): readonly Candidate[] {
  const all: Candidate[] = []
  const open: Candidate[] = []
  for (const block of blocks) {
    const level = levelOf(block)
    if (level !== null) {
      while ((open.at(-1)?.level ?? 0) >= level) open.pop()
      const naming = namingOf(block.piece.text)
      const candidate = {
        block,
        level,
        naming,
        fields: new Set<FieldName>(),
        checks: 0,
        holdsUnits: false,
        phase: phaseIn(open),
      }
      const field = naming === null ? fieldOf(block.piece.text) : null
      const said = field ?? labelsOf(block.piece)[0]?.field ?? null
      if (naming === null && said !== null) note(open, (owner) => owner.fields.add(said))
      if (naming !== null && !naming.joined) for (const above of open) above.holdsUnits = true
      open.push(candidate)
      all.push(candidate)
    } else if (block.kind === 'item' && block.check !== null) {
      note(open, (owner) => owner.checks++)
    } else if (block.kind === 'item' || block.kind === 'text') {
      const found = labelsOf(block.piece)
      if (found.length > 0) labels.set(block, found)
      for (const { field } of found) {
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

/** What the headings of a document are together. */
interface Facts {
  readonly hasWork: boolean
  /** How many headings such as "Epic: Search" there are, by their word. */
  readonly titled: ReadonlyMap<string | null, number>
}

function factsOf(candidates: readonly Candidate[]): Facts {
  const titled = new Map<string | null, number>()
  for (const { naming } of candidates) {
    if (naming?.form === 'titled') titled.set(naming.word, (titled.get(naming.word) ?? 0) + 1)
  }
  return { hasWork: candidates.some(isWorkUnit), titled }
}

const FIRM: readonly FieldName[] = ['dependsOn', 'estimate', 'files', 'owns', 'blocks', 'canStart']

function isUnit({ naming, fields, checks, holdsUnits }: Candidate, { hasWork, titled }: Facts): boolean {
  if (naming === null || naming.joined) return false
  const hasEvidence = fields.size > 0 || checks > 0
  if (kindOf(naming) === 'phase') return holdsUnits || (hasEvidence && !hasWork)
  if (naming.form === 'number' && !naming.key.includes('.'))
    return checks > 0 || fields.has('dependsOn') || fields.has('estimate')
  if (naming.form === 'number') return checks > 0 || FIRM.some((field) => fields.has(field))
  if (naming.form === 'titled') return hasEvidence || (titled.get(naming.word) ?? 0) > 1
  if (naming.form === 'word') return naming.title !== '' || hasEvidence || naming.attributes.length > 0
  return hasEvidence || (naming.form === 'code' && holdsUnits)
}

function isWorkUnit({ naming, fields, checks, level }: Candidate): boolean {
  if (naming === null || naming.joined || level === 1 || kindOf(naming) === 'phase') return false
  return naming.form === 'word' || naming.form === 'code' || fields.size + checks > 0
}

/** A phase without units inside is one itself. */
function kindOfCandidate({ naming, holdsUnits }: Candidate, hasWork: boolean): UnitKind {
  const kind = kindOf(naming as Naming)
  if (kind !== 'phase' || holdsUnits) return kind
  return hasWork ? 'phase' : 'stream'
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
