/** From what was read to a plan, with the place in the text of each of its records. */

import type { PlanDocument, StreamDocument, TaskDocument } from '../../plan/types.js'
import { type Estimate, readPriority, shareOf } from '../shared/estimates.js'
import { safeId } from '../shared/ids.js'
import { plain, slug } from '../shared/inline.js'
import type { Notes } from '../shared/notes.js'
import type { Arranged } from './arrange.js'
import type { Crew } from './crew.js'
import { type FileReading, type Meetings, meetingsOf, type PathClaim, type UnitFiles } from './files.js'
import type { MergeStep, SharedFile } from './order.js'
import { dependenciesOf, type Wiring, wiringOf } from './plan-dependencies.js'
import {
  branchOf,
  deliverablesOf,
  estimateOf,
  inputOf,
  optionalOf,
  priorityOf,
  statusOf,
  titleOf,
} from './plan-fields.js'
import type { Found, Need, Piece, Place, State, Unit } from './types.js'

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

interface Building extends Parts, Wiring {
  readonly meetings: Meetings
  readonly sources: Map<string, Piece>
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
    ...wiringOf(arranged, parts.needs),
    sources: new Map(),
    meetings: meetingsOf(parts.files),
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

function streamOf(unit: Unit, units: readonly Unit[], at: string, building: Building): Keyed<StreamDocument> {
  const { crew, merges, arranged, references, files } = building
  building.sources.set(at, unit.piece)
  const assignment = crew.ofUnit.get(unit)
  const { owns, inferred } = ownedBy(unit, at, building)
  const after = merges
    .filter((step) => step.unit === unit)
    .flatMap((step) => step.after.map((other) => references.get(other) ?? ''))
  const whole = estimateOf(unit, building.notes)
  const listed =
    units.length > 0
      ? units.map((task, index) => taskOf(task, `${at}/tasks/${index}`, building))
      : listedTasks(unit, at, building)
  const tasks =
    listed.length > 0 ? withClaims(unit, withShares(listed, whole), building) : [wholeTask(unit, whole, at, building)]
  const dependsOn = dependenciesOf(unit, building, (index, piece) =>
    building.sources.set(`${at}/dependsOn/${index}`, piece),
  )
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
    ...branchOf(unit, building.found, building.notes),
    tasks: withMilestones(unit, tasks, building),
    ...extraOf(unit, building, inferred),
    ...(whole === null || listed.length === 0 ? {} : { 'x-estimate': whole }),
    ...forbiddenOf(files.ofUnit.get(unit)),
  }
}

/** What the stream changes and does not own, such as files it shares, is claimed by those of its tasks that name no files. */
function withClaims(
  unit: Unit,
  tasks: readonly Keyed<TaskDocument>[],
  building: Building,
): readonly Keyed<TaskDocument>[] {
  const claims = claimsOfWhole(unit, building)
  return claims === null ? tasks : tasks.map((task) => (task.claims === undefined ? { ...task, claims } : task))
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
  const isNumbered = values.some(({ ordered }) => ordered === true)
  const ids = new Set<string>()
  return values
    .filter(({ ordered }) => !isNumbered || ordered === true)
    .map(({ piece, check }, index) => {
      building.sources.set(`${at}/tasks/${index}`, piece)
      const title = plain(piece.text).replace(/\s*\(priority:[^()]*\)/i, '')
      const priority = /\(priority:/i.test(piece.text) ? readPriority(piece.text) : null
      const base = safeId(slug(title) || 'task')
      let id = base
      for (let number = 2; ids.has(id); number++) id = `${base}-${number}`
      ids.add(id)
      const state: State = check ?? 'open'
      return {
        id,
        title,
        ...(priority === null ? {} : { priority }),
        ...optionalOf(unit),
        ...(state === 'open' ? {} : { 'x-status': state }),
      }
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
  const estimate = estimateOf(unit, building.notes)
  const dependsOn = dependenciesOf(unit, building, (index, piece) =>
    building.sources.set(`${at}/dependsOn/${index}`, piece),
  )
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
  const own = new Set(owned.map(({ path }) => path))
  const extracts = extractLines(unit)
  const alone = written.filter(
    (claim) => !extracts.has(claim.piece.line) && !own.has(claim.path) && !isShared(claim, unit, building),
  )
  const all = [...owned, ...alone]
  for (const [index, { piece }] of all.entries()) building.sources.set(`${at}/owns/${index}`, piece)
  return { owns: unique(all), inferred: alone.length > 0 ? ['owns'] : [] }
}

function isShared({ path }: PathClaim, unit: Unit, { meetings, shared, arranged }: Building): boolean {
  if (shared.some((file) => file.path === path)) return true
  for (const other of meetings.unitsAt(path))
    if (other !== unit && other.parent !== unit && !arranged.phases.has(other)) return true
  return false
}

/** Lines that name what is taken from other units. */
function extractLines(unit: Unit): ReadonlySet<number> {
  return new Set(unit.fields.filter(({ field }) => field === 'extract').map(({ piece }) => piece.line))
}

/** Claims of a stream's one task, where they are more than what the stream owns; null: what it owns. */
function claimsOfWhole(unit: Unit, building: Building): TaskDocument['claims'] | null {
  const { owned, written } = building.files.ofUnit.get(unit) as UnitFiles
  const extracts = extractLines(unit)
  const isMore = written.some((claim) => extracts.has(claim.piece.line) || isShared(claim, unit, building))
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
