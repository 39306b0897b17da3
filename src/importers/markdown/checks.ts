/** What a document says twice, and not alike: numbers of units and agents, who works on what, what may run at once. */
import { count, quote, quoteAll } from '../../plan/text.js'
import { comparable, plain } from '../shared/inline.js'
import type { Notes } from '../shared/notes.js'
import { type Crew, firstValue, kindName } from './crew.js'
import type { FileReading } from './files.js'
import type { Mentions } from './mentions.js'
import type { Found, Need, Piece, Unit } from './types.js'
import { UNIT_WORD, unitWord } from './vocabulary.js'

/** All that the reader knows when it looks for contradictions. */
export interface Checked {
  readonly found: Found
  readonly mentions: Mentions
  readonly needs: ReadonlyMap<Unit, readonly Need[]>
  readonly crew: Crew
  readonly files: FileReading
  readonly notes: Notes
}

/** Reports what contradicts itself. Nothing here changes the plan. */
export function reportContradictions(checked: Checked): void {
  reportCounts(checked)
  reportAgents(checked)
  reportAssignments(checked)
  reportParallel(checked)
  reportTogether(checked)
  reportSharedPaths(checked)
}

const BOTH = 'Let both say the same.'

function disagree(piece: Piece, message: string, { notes }: Checked, hint: string = BOTH): void {
  notes.add('DISAGREEMENT', 'warning', piece, message, hint)
}

const TOTAL = new RegExp(`\\btotal (?:number of )?(${UNIT_WORD})\\W{0,6}\\s*(\\d{1,5})\\b`, 'i')
const IN_TITLE = new RegExp(`(?<![A-Za-z] )\\b(\\d{1,5}) (?:parallel )?(${UNIT_WORD})\\b(?<=s)`)

/** "Total workstreams: 45" over 49 of them, "Core services - 10 workstreams" over nine. */
function reportCounts(checked: Checked): void {
  const { found } = checked
  const work = found.units.filter(({ kind }) => kind !== 'phase')
  const seen = new Set<number>()
  for (const { piece, label } of [...found.loose, ...found.ignored.map((piece) => ({ piece, label: piece.text }))]) {
    if (!/total/i.test(label) && !/total/i.test(piece.text)) continue
    const match = TOTAL.exec(`${plain(label)}: ${plain(piece.text)}`) ?? TOTAL.exec(plain(piece.text))
    if (match === null) continue
    const word = unitWord(match[1] as string)
    const number = Number(match[2])
    const top = work.filter(({ parent }) => parent === null || parent.kind === 'phase')
    const actual = word === 'task' ? work.filter(({ kind }) => kind === 'task').length || top.length : top.length
    if (number === actual || seen.has(number) || actual === 0) continue
    seen.add(number)
    disagree(
      piece,
      `The document speaks of ${number} ${match[1]}, but ${actual} are written down.`,
      checked,
      'Correct the number, or look for what is missing.',
    )
  }
  reportSectionCounts(work, checked)
}

function reportSectionCounts(work: readonly Unit[], checked: Checked): void {
  const bySection = new Map<string, Unit[]>()
  for (const unit of work) {
    const section = unit.sections.at(-1) ?? ''
    const same = bySection.get(section) ?? []
    if (same.push(unit) === 1) bySection.set(section, same)
  }
  for (const [section, units] of bySection) {
    const match = IN_TITLE.exec(section)
    const [first] = units
    if (match === null || first === undefined || Number(match[1]) === units.length) continue
    disagree(
      first.piece,
      `${quote(section)} speaks of ${match[1]}, but ${units.length} are written down below it.`,
      checked,
    )
  }
}

const MOST =
  /\bmax(?:imum)?\b.{0,30}\b(?:parallel|concurrent|agents?|parallelization)\b\D{0,30}(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?/i

/** Sixteen agents are listed, and at most twelve are spoken of. */
function reportAgents(checked: Checked): void {
  const { crew, found } = checked
  const sum = crew.staff.reduce((total, { slots }) => total + slots, 0)
  if (sum === 0) return
  for (const { piece, label } of [...found.loose, ...found.ignored.map((piece) => ({ piece, label: piece.text }))]) {
    if (!/max/i.test(label) && !/max/i.test(piece.text)) continue
    const match = MOST.exec(`${plain(label)}: ${plain(piece.text)}`)
    if (match === null) continue
    const most = Number(match[2] ?? match[1])
    if (most === sum) continue
    const listed = crew.staff.map(({ kind, slots }) => `${kind} ${slots}`).join(', ')
    disagree(
      piece,
      `At most ${most} agents are spoken of, but ${sum} are listed (${listed}). The plan has the ${sum}.`,
      checked,
    )
    return
  }
}

/** A unit's section says one kind of agent, the list of agents another. */
function reportAssignments(checked: Checked): void {
  const { crew } = checked
  const reported = new Set<string>()
  for (const { kind, unit, piece } of crew.statements) {
    const type = firstValue(unit, 'agentType')
    const name = `${unit.id} ${kind}`
    if (type === null || reported.has(name)) continue
    const own = plain(type.piece.text)
      .split(/\s*(?:\/|\+|&|\band\b|\bor\b|,)\s*/)
      .map(kindName)
    if (own.some((each) => each === kind || each.startsWith(`${kind}-`) || kind.startsWith(`${each}-`))) continue
    reported.add(name)
    disagree(
      piece,
      `${quote(unit.id)} is given to ${quote(kind)} here, and to ${quote(own.join(', '))} in its own section, which holds.`,
      checked,
    )
  }
}

const TO_ALL = /\bparallel (?:to|with) (?:all|everything)\b/i
const PARTIAL = /\b(?:can start|start|begin)s? (?:after|once|when)\b/i

/** "Parallel to all" of what waits for another; "partial, can start after the schema" of what waits for all of it. */
function reportParallel(checked: Checked): void {
  const { found, needs, mentions } = checked
  for (const unit of found.units) {
    const hard = (needs.get(unit) ?? []).filter(({ soft }) => !soft).flatMap(({ targets }) => targets)
    for (const { field, piece } of unit.fields) {
      if (field !== 'parallel') continue
      const near = hard.filter((target) => target.unit.sections.at(-1) === unit.sections.at(-1))
      if (TO_ALL.test(piece.text) && near.length > 0) {
        const names = quoteAll(near.map((target) => target.unit.id))
        disagree(
          piece,
          `${quote(unit.id)} is said to be parallel to all, but it waits for ${names}. It waits.`,
          checked,
        )
      } else if (/\bpartial/i.test(piece.text) && PARTIAL.test(piece.text)) {
        const named = mentions.scan(piece.text, unit).flatMap(({ units }) => units)
        const whole = hard.filter((target) => target.milestone === null && named.includes(target.unit))
        if (whole.length === 0) continue
        const names = quoteAll(whole.map((target) => target.unit.id))
        const hint = 'If a part is enough, name it in the dependencies: "can start after X completes …".'
        disagree(
          piece,
          `${quote(unit.id)} is said to need only a part of ${names}, but its dependencies name the whole. They hold.`,
          checked,
          hint,
        )
      }
    }
  }
}

/** Units that an example lets run at once although one waits for the other, or although there are too few agents. */
function reportTogether(checked: Checked): void {
  const { found, mentions, needs, crew } = checked
  for (const { lines, sections, label } of found.drawings) {
    if (!/parallel/i.test(`${label} ${sections.at(-1) ?? ''}`)) continue
    const rows = lines.flatMap((piece) => {
      const match = /^\s*(?:agent|worker|session|context) \w{1,3}\s*(?:\(([A-Za-z ]{2,24})\))?:\s*(.*)$/i.exec(
        piece.text,
      )
      const units = match === null ? [] : mentions.scan(match[2] as string, null).flatMap((mention) => mention.units)
      return match === null ? [] : [{ piece, kind: match[1] === undefined ? null : kindName(match[1]), units }]
    })
    const together = new Set(rows.flatMap(({ units }) => units))
    for (const { piece, units } of rows) {
      for (const unit of units) {
        const waits = (needs.get(unit) ?? [])
          .flatMap(({ targets }) => targets)
          .find((target) => together.has(target.unit) && target.unit !== unit)
        if (waits === undefined) continue
        disagree(
          piece,
          `${quote(unit.id)} is shown at work beside ${quote(waits.unit.id)}, which it waits for. It waits.`,
          checked,
        )
      }
    }
    for (const { kind, slots } of crew.staff) {
      const used = rows.filter((row) => row.kind === kind)
      const [first] = used
      if (first === undefined || used.length <= slots) continue
      disagree(
        first.piece,
        `${used.length} agents of kind ${quote(kind)} are shown at work at once, but ${slots} are listed.`,
        checked,
      )
    }
  }
}

/** Units that are named one by one. */
const MOST_NAMED = 8

/** A file that several units change is worth knowing of, whether they are ordered or not. */
function reportSharedPaths({ files, notes, needs }: Checked): void {
  const byPath = new Map<string, { readonly unit: Unit; readonly piece: Piece }[]>()
  for (const [unit, { owned, written }] of files.ofUnit) {
    for (const { path, piece } of [...owned, ...written]) {
      const users = byPath.get(path) ?? []
      // Those of one unit come one after the other.
      if (users.at(-1)?.unit !== unit) users.push({ unit, piece })
      byPath.set(path, users)
    }
  }
  for (const [path, users] of byPath) {
    const last = users.at(-1)
    const parents = new Set(users.map(({ unit }) => unit.parent))
    const together = users.filter(({ unit }) => !parents.has(unit))
    if (last === undefined || together.length < 2) continue
    const ids = together.map(({ unit }) => unit.id)
    const names = ids.length > MOST_NAMED ? count(ids.length, 'unit') : quoteAll(ids)
    const pair = together.length === 2 && isOrdered(together[0]?.unit as Unit, together[1]?.unit as Unit, needs)
    const order = pair ? ' One waits for the other.' : ''
    notes.add(
      'SHARED_PATH',
      'info',
      last.piece,
      `${quote(path)} is changed by ${names}.${order}`,
      'They never run side by side while both claim it.',
    )
  }
}

function isOrdered(a: Unit, b: Unit, needs: ReadonlyMap<Unit, readonly Need[]>): boolean {
  const waits = (from: Unit, to: Unit): boolean =>
    (needs.get(from) ?? []).some(({ targets }) => targets.some(({ unit }) => unit === to))
  return waits(a, b) || waits(b, a)
}

/** Two units of one name. Their texts are compared so that a repeated heading is no second unit. */
export function renameDoubles(units: readonly Unit[], notes: Notes): void {
  const seen = new Map<string, Unit>()
  const numbers = new Map<string, number>()
  for (const unit of units) {
    const scope = (id: string): string =>
      `${unit.kind === 'task' && unit.parent !== null ? unit.parent.id : ''}/${id.toLowerCase()}`
    const first = seen.get(scope(unit.id))
    if (first === undefined) {
      seen.set(scope(unit.id), unit)
      continue
    }
    const wanted = unit.id
    const phase = unit.parent?.kind === 'phase' && unit.parent !== first.parent ? `${unit.parent.id}.` : ''
    if (phase !== '') unit.id = `${phase}${wanted}`
    const all = scope(`${phase}${wanted}`)
    for (let number = numbers.get(all) ?? 2; seen.has(scope(unit.id)); number++) {
      unit.id = `${phase}${wanted}-${number}`
      numbers.set(all, number + 1)
    }
    seen.set(scope(unit.id), unit)
    reportDouble(unit, first, wanted, phase !== '', notes)
  }
}

function reportDouble(unit: Unit, first: Unit, wanted: string, isQualified: boolean, notes: Notes): void {
  const { file, line } = first.piece
  const where = `${file !== undefined && file !== unit.piece.file ? `${file}:` : 'line '}${line}`
  if (!unit.named) return
  if (isQualified) {
    const message = `${quote(wanted)} is used in two phases; the one here is called ${quote(unit.id)}.`
    notes.add('INFERRED', 'info', unit.piece, message, 'Give each unit a name of its own.')
    return
  }
  const same = comparable(first.key) === comparable(unit.key) && first.key !== unit.key ? ', written differently,' : ''
  const message = `The id ${quote(wanted)}${same} is used twice: here and at ${where}. This one is called ${quote(unit.id)}.`
  notes.add('DUPLICATE_ID', 'error', unit.piece, message, 'Give each unit a name of its own.')
}
