/** A plan as text that a person likes to read, and that reads back as the same plan. */
import { Document, isMap, isScalar, isSeq, type Node, type Scalar, visit, type YAMLMap } from 'yaml'
import type { Locate, Position } from '../plan/diagnostic.js'
import { escapeUnprintable } from '../plan/text.js'

/** Collections whose records may be a mapping, and those whose records have tasks of their own. */
const COLLECTIONS = ['phases', 'streams', 'tasks', 'gates'] as const
/** Longest list or object that stands on one line, in characters. */
const LONGEST_FLOW = 90
/** What terminals obey, or what cannot be seen: written as an escape. */
const OBEYED = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u007f-\u009f]/gu
/** JavaScript moves such keys of an object to its front. */
const INTEGER = /^(?:0|[1-9]\d*)$/

type Json = Readonly<Record<string, unknown>>
type Keyed = Json & { readonly id: string }

/**
 * The plan as YAML. Records of a list become a mapping from their ids, where that keeps their order. `locate` finds where each
 * was read: a comment above it says so. `from`: what the plan was made from.
 */
export function planAsYaml(document: unknown, from: string, locate: Locate | null): string {
  const places = locate?.(pointersIn(document)) ?? new Map<string, Position>()
  const text = new Document(withMappings(document), { version: '1.2', schema: 'core' })
  text.commentBefore = ` Made from ${escapeUnprintable(from)} by "signalbox import". The comments say where in it each part stands.`
  for (const name of COLLECTIONS) {
    comment(text, [name], listAt(document, name), `/${name}`, places)
    for (const [index, record] of listAt(document, name).entries())
      comment(
        text,
        [name, keyOf(listAt(document, name), record, index), 'tasks'],
        listAt(record, 'tasks'),
        `/${name}/${index}/tasks`,
        places,
      )
  }
  layOut(text)
  const written = text.toString({
    lineWidth: 0,
    flowCollectionPadding: true,
    blockQuote: 'literal',
    minContentWidth: 0,
  })
  return written.replace(OBEYED, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** The plan as JSON. */
export function planAsJson(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

function pointersIn(document: unknown): ReadonlySet<string> {
  const pointers = COLLECTIONS.flatMap((name) =>
    listAt(document, name).flatMap((record, at) => [
      `/${name}/${at}`,
      ...listAt(record, 'tasks').map((_, task) => `/${name}/${at}/tasks/${task}`),
    ]),
  )
  return new Set(pointers)
}

/** Lists of records as mappings, where each has an id and no two the same. */
function withMappings(value: unknown): unknown {
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => {
    const records = COLLECTIONS.some((name) => name === key) ? listAt(value, key) : []
    if (records.length === 0) return [key, inner] as const
    const whole = records.map((record) => withMappings(record) as Keyed)
    return [key, isMapping(records) ? Object.fromEntries(whole.map(({ id, ...rest }) => [id, rest])) : whole] as const
  })
  return Object.fromEntries(entries)
}

function isMapping(records: readonly unknown[]): boolean {
  const ids = records.map((record) => (isObject(record) ? record.id : null))
  return (
    new Set(ids).size === ids.length &&
    ids.every((id) => typeof id === 'string' && !INTEGER.test(id) && id !== '__proto__')
  )
}

function keyOf(records: readonly unknown[], record: unknown, index: number): string | number {
  return isMapping(records) ? (record as Keyed).id : index
}

function comment(
  text: Document,
  path: readonly (string | number)[],
  records: readonly unknown[],
  pointer: string,
  places: ReadonlyMap<string, Position>,
): void {
  const collection = records.length === 0 ? undefined : text.getIn(path, true)
  for (const [index, record] of records.entries()) {
    const place = places.get(`${pointer}/${index}`)
    const node = nodeAt(collection, isMapping(records) ? (record as Keyed).id : index)
    if (node === null) continue
    if (path.length === 1) node.spaceBefore = index > 0
    if (place !== undefined) node.commentBefore = ` ${escapeUnprintable(place.file ?? '')}:${place.line}`
  }
}

/** The node that a comment above the record belongs to: its key, or itself in a list. */
function nodeAt(collection: unknown, key: string | number): Node | null {
  if (isSeq(collection)) return (collection.items[key as number] as Node | undefined) ?? null
  if (!isMap(collection)) return null
  const pair = (collection as YAMLMap<Scalar, Node>).items.find((each) => each.key.value === key)
  return pair?.key ?? null
}

/** Short lists and objects stand on one line; what could be mistaken stands in quotes. */
function layOut(text: Document): void {
  visit(text, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && node.value.search(OBEYED) !== -1) node.type = 'QUOTE_DOUBLE'
    },
    Collection: (key, node, path) => {
      const depth = path.length
      if (depth < 3 || (!isMap(node) && !isSeq(node))) return
      const isShort = JSON.stringify(node.toJSON()).length <= LONGEST_FLOW
      if (isShort && isFlat(node) && key !== null) node.flow = true
    },
  })
}

/** Whether nothing inside has more than one line or a comment. */
function isFlat(node: Node): boolean {
  if (isScalar(node))
    return node.commentBefore == null && !(typeof node.value === 'string' && node.value.includes('\n'))
  if (isSeq(node)) return node.items.every((item) => isFlat(item as Node))
  if (!isMap(node)) return false
  return (node as YAMLMap<Node, Node>).items.every(
    (pair) => isFlat(pair.key) && pair.value !== null && isFlat(pair.value),
  )
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = isObject(value) ? value[key] : undefined
  return Array.isArray(list) ? list : []
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
