/** From what was read to a plan, with the place in the text of each of its records. */

import { parseDuration } from '../../plan/duration.js'
import { quote } from '../../plan/text.js'
import type { Dependency, PlanDocument, StreamDocument, TaskDocument } from '../../plan/types.js'
import type { Arranged } from './arrange.js'
import { type Crew, valueOf } from './crew.js'
import { type Estimate, readEstimate, readPriority, shareOf } from './estimates.js'
import { type FileReading, type Meetings, meetingsOf, type PathClaim, type UnitFiles } from './files.js'
import { comparable, plain, slug, unmarked } from './inline.js'
import type { Notes } from './notes.js'
import type { MergeStep, SharedFile } from './order.js'
import type { FieldValue, Found, Need, Piece, Place, State, Target, Unit } from './types.js'

/** Everything that the plan is made of. */
export interface Parts {
  readonly name: string | undefined
  readonly found: Found
  readonly arranged: Arranged
  readonly needs: ReadonlyMap<Unit, readonly Need[]>
  readonly crew: Crew
  readonly files: FileReading
  readonly merges: readonly MergeStep[]
  readonly shared: readonly SharedFile[]
  readonly notes: Notes
}

/** Places of records, by JSON pointer into the plan. */
export type Sources = ReadonlyMap<string, Place>

export interface BuiltPlan {
  readonly plan: PlanDocument
  readonly sources: Sources
}

interface Building extends Parts {
  readonly meetings: Meetings
  readonly sources: Map<string, Piece>
  /** Milestones that others wait for. */
  readonly milestones: ReadonlyMap<Unit, readonly string[]>
  /** Full reference to each unit that can be waited for. */
  readonly references: ReadonlyMap<Unit, string>
}

type Keyed<Fields> = Fields & { readonly id: string }
/** Keys of our own beside those of the plan language. */
type Extra = Readonly<Record<`x-${string}`, unknown>>

/** The name of the task of a stream that lists none. */
const WHOLE = 'work'

/** Builds the plan. O(units + values). */
export function buildPlan(parts: Parts): BuiltPlan {
  const { arranged, crew, files, found, name, shared, notes } = parts
  const building: Building = {
    ...parts,
    sources: new Map(),
    meetings: meetingsOf(parts.files),
    milestones: milestonesOf(parts),
    references: referencesOf(arranged),
  }
  const streams = arranged.streams.map(({ unit, tasks }, at) => streamOf(unit, tasks, `/streams/${at}`, building))
  const tasks = arranged.tasks.map((unit, at) => taskOf(unit, `/tasks/${at}`, building))
  const protect = protectedPaths(files, building.meetings, notes)
  const sequences = shared.flatMap(({ path, units, piece }, at) => {
    building.sources.set(`/sequences/${at}`, piece)
    return [{ path, order: units.flatMap((unit) => building.references.get(unit) ?? []) }]
  })
  const title = name ?? found.title ?? undefined
  const plan: PlanDocument = {
    ...(title === undefined || title === '' ? {} : { name: title.slice(0, 256) }),
    ...(crew.pools.size === 0 ? {} : { pools: Object.fromEntries(crew.pools) }),
    ...(protect.length === 0 ? {} : { protect: protect.map(({ path }) => path) }),
    ...(sequences.length === 0 ? {} : { sequences }),
    ...(streams.length === 0 ? {} : { streams }),
    ...(tasks.length === 0 ? {} : { tasks }),
  }
  for (const [at, { piece }] of protect.entries()) building.sources.set(`/protect/${at}`, piece)
  return { plan, sources: building.sources }
}

function referencesOf({ streams, tasks }: Arranged): ReadonlyMap<Unit, string> {
  const references = new Map<Unit, string>()
  for (const { unit, tasks: inside } of streams) {
    references.set(unit, unit.id)
    for (const task of inside) references.set(task, `${unit.id}/${task.id}`)
  }
  for (const task of tasks) references.set(task, task.id)
  return references
}

function milestonesOf({ needs }: Parts): ReadonlyMap<Unit, readonly string[]> {
  const milestones = new Map<Unit, string[]>()
  for (const { targets } of [...needs.values()].flat()) {
    for (const { unit, milestone } of targets) {
      const known = milestones.get(unit) ?? []
      if (milestone !== null && !known.includes(milestone)) known.push(milestone)
      if (known.length > 0) milestones.set(unit, known)
    }
  }
  return milestones
}

function streamOf(unit: Unit, units: readonly Unit[], at: string, building: Building): Keyed<StreamDocument> {
  const { crew, merges, arranged, references, files } = building
  building.sources.set(at, unit.piece)
  const assignment = crew.ofUnit.get(unit)
  const { owns, inferred } = ownedBy(unit, at, building)
  const after = merges
    .filter((step) => step.unit === unit)
    .flatMap((step) => step.after.map((other) => references.get(other) ?? ''))
  const whole = estimateOf(unit, building)
  const listed =
    units.length > 0
      ? units.map((task, index) => taskOf(task, `${at}/tasks/${index}`, building))
      : listedTasks(unit, at, building)
  const tasks = listed.length > 0 ? withShares(listed, whole) : [wholeTask(unit, whole, at, building)]
  const dependsOn = dependenciesOf(unit, at, building)
  const mergeAfter = after.filter((id) => arranged.streams.some((stream) => stream.unit.id === id))
  return {
    id: unit.id,
    ...titleOf(unit),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...(owns.length === 0 ? {} : { owns }),
    ...(mergeAfter.length === 0 ? {} : { mergeAfter: [...new Set(mergeAfter)] }),
    ...priorityOf(unit),
    ...(assignment?.pool == null ? {} : { pool: assignment.pool }),
    ...((assignment?.requires.length ?? 0) === 0 ? {} : { requires: assignment?.requires ?? [] }),
    ...branchOf(unit, building),
    tasks: withMilestones(unit, tasks, building),
    ...extraOf(unit, building, inferred),
    ...(whole === null || listed.length === 0 ? {} : { 'x-estimate': whole }),
    ...forbiddenOf(files.ofUnit.get(unit)),
  }
}

/** Milestones of a stream are reached by its last task. */
function withMilestones(
  unit: Unit,
  tasks: readonly Keyed<TaskDocument>[],
  { milestones }: Building,
): readonly Keyed<TaskDocument>[] {
  const reached = milestones.get(unit)
  return reached === undefined
    ? tasks
    : tasks.map((task, at) =>
        at === tasks.length - 1 ? { ...task, milestones: [...(task.milestones ?? []), ...reached] } : task,
      )
}

function wholeTask(unit: Unit, estimate: Estimate | null, at: string, building: Building): Keyed<TaskDocument> {
  const pointer = `${at}/tasks/0`
  building.sources.set(pointer, unit.piece)
  const claims = claimsOfWhole(unit, building)
  return {
    id: WHOLE,
    ...titleOf(unit),
    ...inputOf(unit),
    ...(claims === null ? {} : { claims }),
    ...(estimate === null ? {} : { estimate }),
    ...deliverablesOf(unit),
    ...optionalOf(unit),
  }
}

/** The checklist of a stream. */
function listedTasks(unit: Unit, at: string, building: Building): readonly Keyed<TaskDocument>[] {
  const values = unit.fields.filter(
    ({ field, depth, lines, label, again }) =>
      field === 'tasks' && depth === 0 && lines === undefined && !(again && label === ''),
  )
  const ids = new Set<string>()
  return values.map(({ piece, check }, index) => {
    building.sources.set(`${at}/tasks/${index}`, piece)
    const title = plain(piece.text)
    const base = slug(title) || 'task'
    let id = base
    for (let number = 2; ids.has(id); number++) id = `${base}-${number}`
    ids.add(id)
    const state: State = check ?? 'open'
    return { id, title, ...optionalOf(unit), ...(state === 'open' ? {} : { 'x-status': state }) }
  })
}

/** Where a stream has an estimate and its tasks have none, each has an equal share. */
function withShares(tasks: readonly Keyed<TaskDocument>[], whole: Estimate | null): readonly Keyed<TaskDocument>[] {
  if (whole === null || tasks.some(({ estimate }) => estimate !== undefined)) return tasks
  return tasks.map((task) => ({ ...task, estimate: shareOf(whole, tasks.length), 'x-inferred': ['estimate'] }))
}

function taskOf(unit: Unit, at: string, building: Building): Keyed<TaskDocument> {
  const { crew, files } = building
  building.sources.set(at, unit.piece)
  const assignment = crew.ofUnit.get(unit)
  const { owned, written } = files.ofUnit.get(unit) as UnitFiles
  const claims = [...owned, ...written]
  for (const [index, { piece }] of claims.entries()) building.sources.set(`${at}/claims/write/${index}`, piece)
  const estimate = estimateOf(unit, building)
  const dependsOn = dependenciesOf(unit, at, building)
  const milestones = building.milestones.get(unit)
  return {
    id: unit.id,
    ...titleOf(unit),
    ...inputOf(unit),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    ...(claims.length === 0 ? {} : { claims: { write: unique(claims) } }),
    ...(assignment?.pool == null ? {} : { pool: assignment.pool }),
    ...((assignment?.requires.length ?? 0) === 0 ? {} : { requires: assignment?.requires ?? [] }),
    ...priorityOf(unit),
    ...(estimate === null ? {} : { estimate }),
    ...(milestones === undefined ? {} : { milestones }),
    ...deliverablesOf(unit),
    ...optionalOf(unit),
    ...extraOf(unit, building, claims.some(({ inferred }) => inferred) ? ['claims'] : []),
  }
}

/** A stream owns what is said to be its own, and the files that no other unit names. */
function ownedBy(
  unit: Unit,
  at: string,
  building: Building,
): { readonly owns: readonly string[]; readonly inferred: readonly string[] } {
  const { owned, written } = building.files.ofUnit.get(unit) as UnitFiles
  const alone = written.filter(
    (claim) =>
      !isExtract(unit, claim) && !isShared(claim, unit, building) && !owned.some(({ path }) => path === claim.path),
  )
  const all = [...owned, ...alone]
  for (const [index, { piece }] of all.entries()) building.sources.set(`${at}/owns/${index}`, piece)
  return { owns: unique(all), inferred: alone.length > 0 ? ['owns'] : [] }
}

function isShared({ path }: PathClaim, unit: Unit, { meetings, shared, arranged }: Building): boolean {
  if (shared.some((file) => file.path === path)) return true
  return [...meetings.unitsAt(path)].some(
    (other) => other !== unit && other.parent !== unit && !arranged.phases.has(other),
  )
}

function isExtract(unit: Unit, { piece }: PathClaim): boolean {
  return unit.fields.some((value) => value.field === 'extract' && value.piece.line === piece.line)
}

/** Claims of a stream's one task, where they are more than what the stream owns; null: what it owns. */
function claimsOfWhole(unit: Unit, building: Building): TaskDocument['claims'] | null {
  const { owned, written } = building.files.ofUnit.get(unit) as UnitFiles
  const isMore = written.some((claim) => isExtract(unit, claim) || isShared(claim, unit, building))
  return isMore ? { write: unique([...owned, ...written]) } : null
}

function unique(claims: readonly PathClaim[]): readonly string[] {
  return [...new Set(claims.map(({ path }) => path))]
}

/** What nobody may touch; what one unit may not touch is protected where no other unit does. */
function protectedPaths({ ofUnit, protect }: FileReading, meetings: Meetings, notes: Notes): readonly PathClaim[] {
  const all = [...protect]
  for (const { forbidden } of ofUnit.values()) {
    for (const claim of forbidden) {
      if (all.some(({ path }) => path === claim.path) || meetings.unitsAt(claim.path).size > 0) continue
      all.push(claim)
    }
  }
  if (all.length > protect.length) {
    const piece = (all[protect.length] as PathClaim).piece
    const message = 'Paths that a unit may not touch, and that no unit changes, were taken as protected from all.'
    notes.add('INFERRED', 'info', piece, message, 'Say who may change them, if somebody may.')
  }
  return all
}

function forbiddenOf(files: UnitFiles | undefined): Extra {
  return files === undefined || files.forbidden.length === 0 ? {} : { 'x-forbidden': unique(files.forbidden) }
}

function dependenciesOf(unit: Unit, at: string, building: Building): readonly Dependency[] {
  const dependencies: Dependency[] = []
  const seen = new Set<string>()
  for (const need of building.needs.get(unit) ?? []) {
    for (const dependency of dependenciesFrom(need, unit, building)) {
      const text = JSON.stringify(dependency)
      if (seen.has(text)) continue
      seen.add(text)
      building.sources.set(`${at}/dependsOn/${dependencies.length}`, need.piece)
      dependencies.push(dependency)
    }
  }
  return dependencies
}

function dependenciesFrom(
  { targets, mode, progress, lag, soft }: Need,
  unit: Unit,
  building: Building,
): readonly Dependency[] {
  const lagMs = lag === null ? null : parseDuration(lag)
  const more = { ...(lagMs === null ? {} : { lag: lagMs }), ...(soft ? { soft: true } : {}) }
  const all = targets.flatMap((target) => expanded(target, unit, building.arranged))
  const single = (target: Target, extra: object): Dependency | null => {
    const id = referenceTo(target.unit, unit, building)
    if (id === null) return null
    if (progress !== null) return { stream: id, progress, ...extra }
    const on = target.milestone === null ? id : `${id}#${target.milestone}`
    return target.milestone === null && Object.keys(extra).length === 0 ? id : { on, ...extra }
  }
  if (mode === 'all' || all.length === 1) return all.flatMap((target) => single(target, more) ?? [])
  const alternatives = all.flatMap((target) => single(target, {}) ?? [])
  return alternatives.length === 0 ? [] : [{ anyOf: alternatives, ...more }]
}

/** A phase stands for what is in it. */
function expanded(target: Target, unit: Unit, { phases }: Arranged): readonly Target[] {
  const members = phases.get(target.unit)
  if (members === undefined) return target.unit === unit ? [] : [target]
  return members
    .filter((member) => member !== unit && member !== unit.parent)
    .map((member) => ({ unit: member, milestone: null }))
}

function referenceTo(target: Unit, unit: Unit, { references, arranged }: Building): string | null {
  const reference = references.get(target) ?? null
  const isSibling = target.parent !== null && target.parent === unit.parent && !arranged.phases.has(target.parent)
  if (isSibling && reference !== null) return target.id
  // A stream whose task waits for the stream itself would wait for ever.
  return target === unit.parent ? null : reference
}

function titleOf({ title, key }: Unit): { readonly title: string } | object {
  const text = plain(title)
  return text === '' || comparable(text) === comparable(key) ? {} : { title: text.slice(0, 500) }
}

function estimateOf(unit: Unit, { notes }: Building): Estimate | null {
  const values = unit.fields.filter(({ field, lines }) => field === 'estimate' && lines === undefined)
  for (const { piece, again } of values) {
    const reading = readEstimate(piece.text)
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

function priorityOf(unit: Unit): { readonly priority: number } | object {
  const value = valueOf(unit, 'priority')
  const priority = value === null ? null : readPriority(value.piece.text)
  return priority === null ? {} : { priority }
}

const BRANCH = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|[./](?![./])){0,254}$/

function branchOf(unit: Unit, { found, notes }: Building): { readonly branch: string } | object {
  const value = valueOf(unit, 'branch')
  if (value === null) return branchOfComment(unit, found)
  const branch = unmarked(value.piece.text)
    .replace(/^recommended:\s*/i, '')
    .split(' ')[0] as string
  if (BRANCH.test(branch)) return { branch }
  if (branch.length > 2)
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

function optionalOf(unit: Unit): { readonly optional: true } | object {
  return unit.fields.some(({ field }) => field === 'optional') ? { optional: true } : {}
}

function deliverablesOf(unit: Unit): { readonly deliverables: readonly string[] } | object {
  const texts = textsOf(unit, (value) => value.field === 'deliverables' && value.depth === 0)
  return texts.length === 0 ? {} : { deliverables: texts }
}

/** Most characters of a prompt. */
const LONGEST_PROMPT = 60_000

/** For whoever does the work: the prompt, what to do, what must hold in the end. */
function inputOf(unit: Unit): { readonly input: Readonly<Record<string, string | readonly string[]>> } | object {
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

/** What the plan language has no field for. */
function extraOf(unit: Unit, { arranged, crew, needs }: Building, inferred: readonly string[]): Extra {
  const agent = crew.ofUnit.get(unit)?.agent ?? null
  const status = statusOf(unit)
  const guesses = [...inferred, ...((needs.get(unit) ?? []).some((need) => need.inferred) ? ['dependsOn'] : [])]
  const phase = unit.parent !== null && arranged.phases.has(unit.parent) ? unit.parent : null
  return {
    ...(agent === null ? {} : { 'x-agent': agent }),
    ...(status === 'open' ? {} : { 'x-status': status }),
    ...(phase === null ? {} : { 'x-phase': phase.id }),
    ...(guesses.length === 0 ? {} : { 'x-inferred': guesses }),
  }
}

function statusOf(unit: Unit): State {
  if (unit.state !== 'open') return unit.state
  const value = unit.fields.find(({ field }) => field === 'status')
  if (value === undefined) return 'open'
  if (/^\W*(?:✅\s*)?(?:complete|completed|done|finished|merged)\b/iu.test(value.piece.text)) return 'done'
  return /\b(?:in[ _-]progress|active|started)\b/i.test(value.piece.text) && !/\bnot\b/i.test(value.piece.text)
    ? 'active'
    : 'open'
}
