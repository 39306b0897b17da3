/** Dependency graphs in Mermaid's language: `A[Stream A: Data] --> B & C`. */
import { matchesOf } from '../shared/matches.js'
import type { DrawnEdge } from './drawings.js'
import type { Mentions } from './mentions.js'
import type { Drawing, Piece, Unit } from './types.js'

const HEADER = /^\s*(?:graph|flowchart)(?:\s+(?:TB|TD|BT|RL|LR))?\s*;?\s*$/
const NO_STATEMENT = /^\s*(?:%%|subgraph\b|end\b|style\b|class(?:Def)?\b|click\b|linkStyle\b|direction\b)/
/** A node with the text in its shape. */
const NODE =
  /([A-Za-z0-9_][\w.]*(?:-[\w.]+)*)\s*(?:\[{1,2}|\[\(|\({1,2}|\(\[|\{{1,2}|>)[/\\]?\s*"?([^\][(){}"]{1,200}(?:\([^()"]{0,100}\)[^\][(){}"]{0,100})?)"?\s*[/\\]?[\])}]{1,2}/g
/** An arrow with a head, and what is written on it. */
const ARROW =
  /\s*(?<![-=])(?:--\s+[^-=.>|&]{1,60}\s+-{2,9}|==\s+[^-=.>|&]{1,60}\s+={2,9}|-\.\s+[^-=.>|&]{1,60}\s+\.{1,9}-|-{2,9}|={2,9}|-\.{1,9}-)>\s*(?:\|[^|]{0,100}\|\s*)?/
/** A line without a head: nobody waits. */
const LINE = /\s(?:-{3,9}|={3,9}|-\.{1,9}-)\s/g

export function isFlowchart({ lines, language }: Drawing): boolean {
  const first = lines.find(({ text }) => text.trim() !== '' && !text.trim().startsWith('%%'))
  return (language === 'mermaid' || language === '') && first !== undefined && HEADER.test(first.text)
}

/** The edges of a flowchart between nodes that are units. O(length). */
export function readFlowchart({ lines }: Drawing, mentions: Mentions): readonly DrawnEdge[] {
  const labels = new Map<string, string>()
  const bare = lines.map((piece): Piece => {
    for (const [, id = '', label = ''] of matchesOf(NODE, piece.text)) labels.set(id, label)
    return { ...piece, text: piece.text.replace(NODE, '$1') }
  })
  const unitsOf = (text: string): readonly Unit[] =>
    text.split('&').flatMap((part) => unitsOfNode(part.trim(), labels, mentions))
  const edges: DrawnEdge[] = []
  for (const piece of bare) {
    if (NO_STATEMENT.test(piece.text) || HEADER.test(piece.text)) continue
    for (const statement of piece.text.replace(LINE, ' ; ').split(';')) {
      const links = statement.split(ARROW).map(unitsOf)
      for (const [at, to] of links.entries()) {
        for (const from of links[at - 1] ?? [])
          for (const unit of to) if (unit !== from) edges.push({ from, to: unit, piece })
      }
    }
  }
  return edges
}

/** The one unit that the text of a node names, or its title; without a text, the one that its id names. */
function unitsOfNode(id: string, labels: ReadonlyMap<string, string>, mentions: Mentions): readonly Unit[] {
  const text = (labels.get(id) ?? id).replace(/<br\s*\/?>|\\n/g, ' ')
  const [first] = mentions.scan(text, null)
  if (first !== undefined && first.start <= 3) return first.units
  const titled = mentions.byTitle(text, null)
  return titled === null || titled.inferred ? [] : [titled.unit]
}
