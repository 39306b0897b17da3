/** What stands beside the tasks of an epic: analyses, which divide a task into streams of work, and how far each stream is. */
import { readEstimate } from '../shared/estimates.js'
import { plain } from '../shared/inline.js'
import { addNeed, type Collected, type Item, newItem, textsOf } from '../shared/items.js'
import { pathsIn } from '../shared/paths.js'
import type { Chapter, TaskFile } from '../shared/task-files.js'
import { valueAt } from '../shared/task-files.js'
import type { Piece, State } from '../shared/types.js'

/** The number of the task that a file such as `12-analysis.md` divides; null: it is none. */
export function analysedBy({ base }: TaskFile): string | null {
  return /(?:^|[_-])(\d{1,9})-analysis$/.exec(base)?.[1] ?? null
}

/** `updates/12/stream-a.md`: how far stream A of task 12 is, by "12 a". */
export function updateIn(
  file: TaskFile,
  states: { readonly [status: string]: State | undefined },
): [string, State] | null {
  const [, number, stream] = /[/\\]updates[/\\](\d{1,9})[/\\]stream-(\w{1,12})\.md$/i.exec(file.file) ?? []
  if (number === undefined || stream === undefined) return null
  const status = valueAt(file, 'status')?.text.toLowerCase() ?? ''
  return [`${number} ${stream.toLowerCase()}`, states[status] ?? 'open']
}

interface WorkStream {
  readonly item: Item
  /** Its key in small letters. */
  readonly key: string
  readonly waitsFor: readonly Piece[]
}

/** The streams that an analysis divides `task` into, as its parts. What it waits for itself, all of them wait for. */
export function partsOf(
  file: TaskFile,
  task: Item,
  stateOf: (stream: string) => State,
  collected: Collected,
): readonly Item[] {
  const streams = file.chapters.flatMap((chapter) => streamOf(chapter, task, stateOf, collected) ?? [])
  const byKey = new Map(streams.map((stream) => [stream.key, stream.item]))
  for (const { item, waitsFor } of streams) {
    for (const piece of waitsFor) {
      const names = namesIn(piece.text)
      for (const name of names) addNeed(item, byKey.get(name.toLowerCase()) ?? null, name, piece, collected)
      if (names.length === 0) addNeed(item, null, plain(piece.text), piece, collected)
    }
  }
  return streams.map(({ item }) => item)
}

function streamOf(
  { title, heading, lines }: Chapter,
  task: Item,
  stateOf: (stream: string) => State,
  collected: Collected,
): WorkStream | null {
  const [, key, rest = ''] = /^stream\s+(\w{1,12})\s*[:—–-]?\s*(.*)$/i.exec(plain(heading.text)) ?? []
  if (key === undefined || title === '') return null
  const fields = fieldsOf(lines)
  const text = (name: string): string => plain(fields.get(name)?.[0]?.text ?? '')
  const paths = (fields.get('files') ?? []).flatMap(pathsIn).map((path) => path.text)
  const hours = text('estimated hours') || text('estimated time')
  const reading = readEstimate(/[a-z]/i.test(hours) ? hours : `${hours} hours`)
  const write = paths.length === 0 ? task.fields.claims : { write: [...new Set(paths)] }
  collected.fields += fields.size
  const item = newItem(
    { key: `${task.key}/${key}`, id: key, title: rest, place: heading },
    {
      parent: task,
      state: stateOf(key.toLowerCase()),
      input: textsOf({ ...task.input, description: text('scope') || task.input.description }),
      fields: {
        ...task.fields,
        ...(write === undefined ? {} : { claims: write }),
        estimate: reading.kind === 'duration' ? reading.estimate : undefined,
      },
      extra: textsOf({ 'x-agent': text('agent type') }),
    },
  )
  return { item, key: key.toLowerCase(), waitsFor: waitsIn(fields) }
}

/** "**Dependencies**: Stream A"; where that is not said, "**Can Start**: after Stream A completes". */
function waitsIn(fields: ReadonlyMap<string, readonly Piece[]>): readonly Piece[] {
  const said = fields.get('dependencies')
  const start = (fields.get('can start') ?? []).filter(({ text }) => /\b(?:after|when|once)\b/i.test(text))
  return (said ?? start).filter(({ text }) => !/^\W*(?:none|nothing|n\/a|no|-)?\W*$/i.test(text))
}

/** "Stream A", "Streams A & B", "A, B (types)". */
function namesIn(text: string): readonly string[] {
  const outside = plain(text).replace(/\([^)]*\)/g, ' ')
  return Array.from(outside.matchAll(/(?<![\w-])(?:[A-Z]|\d{1,2})(?![\w-])/g), ([name]) => name)
}

/** Labels in small letters, with what stands after them and below. */
function fieldsOf(lines: readonly Piece[]): ReadonlyMap<string, readonly Piece[]> {
  const fields = new Map<string, Piece[]>()
  let below: Piece[] = []
  for (const piece of lines) {
    const [, label, value = ''] = /^\*\*([A-Za-z][\w ]{1,30}?):?\*\*:?\s*(.*)$/.exec(piece.text) ?? []
    if (label !== undefined) {
      below = value === '' ? [] : [{ ...piece, text: value }]
      fields.set(label.toLowerCase(), below)
    } else below.push(piece)
  }
  return fields
}
