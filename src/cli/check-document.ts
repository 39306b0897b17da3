/** What `check --json` prints: the plan as it was understood, each part with the place it came from. */
import type { ImportCoverage } from '../importers/shared/imported.js'
import type { Diagnostic, Locate } from '../plan/diagnostic.js'
import type { Origin } from '../plan/origin.js'
import { visitReferences } from '../plan/references.js'
import type { Gate, Phase, Plan, Stream, Task } from '../plan/types.js'
import { type Amounts, amountsDocument } from './amounts.js'
import type { LoadedPlan } from './load.js'

/** How much of the document was understood. */
export interface Coverage {
  readonly streams: number
  readonly tasks: number
  /** Dependencies as written: each entry of a `dependsOn`, and each other task whose result an input or `if` refers to. */
  readonly edges: number
  /** Labels that were passed over. A plan in JSON or YAML is read as a whole or refused, so there are none. */
  readonly unread: ImportCoverage['unread']
  /** Of an imported document: its units, the values of its dependency fields and what became of them, its fields. */
  readonly imported?: Omit<ImportCoverage, 'unread'>
}

export interface CheckDocument {
  readonly ok: boolean
  readonly diagnostics: readonly Diagnostic[]
  /** Null where nothing could be read; without the fields that have errors where some could. */
  readonly plan: object | null
  readonly coverage: Coverage
  /** What the plan amounts to; null where it has errors, or no tasks. */
  readonly overview: object | null
}

interface Source {
  readonly file: string
  /** From 1; null where it is not known. */
  readonly line: number | null
}

type SourceOf = (pointer: string) => Source

export function checkDocument(
  { check, file, locate, imported }: LoadedPlan,
  amounts: Amounts | null,
  ok: boolean,
): CheckDocument {
  const { plan, origin, diagnostics, compiled } = check
  const overview = amounts === null ? null : amountsDocument(amounts)
  if (plan === undefined || origin === undefined) {
    return { ok, diagnostics, plan: null, coverage: coverageOf({}), overview }
  }
  const sourceOf = locateAll(plan, origin, locate, file)
  const { name, streams = [], tasks = [], gates = [], phases = [], ...rest } = plan
  return {
    ok,
    diagnostics,
    plan: {
      name: name ?? 'plan',
      streams: streams.map((stream, index) => streamDocument(stream, index, origin, sourceOf)),
      tasks: tasks.map((task, index) => taskDocument(task, null, sourceOf(origin.task(index)))),
      gates: gates.map((gate, index) => gateDocument(gate, phases, sourceOf(origin.gate(index)))),
      phases: phases.map((phase, index) => phaseDocument(phase, streams, sourceOf(origin.phase(index)))),
      ...rest,
      ...(compiled === undefined ? undefined : { mergeOrder: compiled.mergeOrder }),
    },
    coverage: { ...coverageOf(plan), ...coverageOfImport(imported) },
    overview,
  }
}

function coverageOfImport(imported: ImportCoverage | null): Partial<Coverage> {
  if (imported === null) return {}
  const { unread, ...others } = imported
  return { unread, imported: others }
}

export function coverageOf({ streams = [], tasks = [], gates = [] }: Plan): Coverage {
  const all = [...streams.flatMap((stream) => stream.tasks ?? []), ...tasks]
  const ofStreams = streams.reduce((sum, { dependsOn = [] }) => sum + dependsOn.length, 0)
  const ofTasks = [...all, ...gates].reduce((sum, each) => sum + edgesOf(each), 0)
  return { streams: streams.length, tasks: all.length, edges: ofStreams + ofTasks, unread: [] }
}

function edgesOf({ dependsOn = [], input, if: condition }: Pick<Task, 'dependsOn' | 'input' | 'if'>): number {
  const named = new Set(dependsOn.map((dependency) => (typeof dependency === 'string' ? dependency : onOf(dependency))))
  const referred = new Set<string>()
  if (input !== undefined) {
    visitReferences(input, (reference) => {
      if (reference !== null && !named.has(reference.from)) referred.add(reference.from)
    })
  }
  if (condition !== undefined && !named.has(condition.$from)) referred.add(condition.$from)
  return dependsOn.length + referred.size
}

function onOf(dependency: object): string | null {
  return 'on' in dependency ? String(dependency.on) : null
}

/** The lines of all streams, tasks, gates and phases, found in one pass over the text. */
function locateAll(plan: Plan, origin: Origin, locate: Locate | null, file: string): SourceOf {
  const pointers = new Set<string>()
  plan.tasks?.forEach((_, task) => {
    pointers.add(origin.task(task))
  })
  plan.streams?.forEach((stream, index) => {
    pointers.add(origin.stream(index))
    stream.tasks?.forEach((_, task) => {
      pointers.add(origin.streamTask(index, task))
    })
  })
  plan.gates?.forEach((_, gate) => {
    pointers.add(origin.gate(gate))
  })
  plan.phases?.forEach((_, phase) => {
    pointers.add(origin.phase(phase))
  })
  const positions = locate?.(pointers)
  return (pointer) => {
    const position = positions?.get(pointer)
    return { file: position?.file ?? file, line: position?.line ?? null }
  }
}

function streamDocument(stream: Stream, index: number, origin: Origin, sourceOf: SourceOf): object {
  const { id, title = null, dependsOn = [], owns = [], tasks = [], ...rest } = stream
  const taskDocuments = tasks.map((task, at) => taskDocument(task, stream, sourceOf(origin.streamTask(index, at))))
  return { id, title, dependsOn, owns, ...rest, tasks: taskDocuments, source: sourceOf(origin.stream(index)) }
}

function taskDocument(task: Task, stream: Stream | null, source: Source): object {
  const { id, title = null, dependsOn = [], claims, estimate = null, ...rest } = task
  const inherited = stream?.owns === undefined ? {} : { write: stream.owns }
  return { id, title, dependsOn, claims: claims ?? inherited, estimate, ...rest, source }
}

function gateDocument(gate: Gate, phases: readonly Phase[], source: Source): object {
  const { id, kind, title = null, dependsOn = [], timeout = null, ...rest } = gate
  const phase = phases.find((each) => each.gate === id)?.id ?? null
  return { id, kind, title, dependsOn, timeout, phase, ...rest, source }
}

function phaseDocument({ id, title, gate }: Phase, streams: readonly Stream[], source: Source): object {
  const own = streams.filter(({ phase }) => phase === id).map((stream) => stream.id)
  return { id, title: title ?? null, gate: gate ?? null, streams: own, source }
}
