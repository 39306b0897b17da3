/** `signalbox graph <plan>`: draws a plan. */
import type { CompiledPlan } from '../core/types.js'
import { planPicture } from '../pictures.js'
import { quote } from '../plan/text.js'
import type { Plan } from '../plan/types.js'
import type { Picture } from '../planning/picture.js'
import { toDot } from '../reporters/graph/dot.js'
import { toMermaid } from '../reporters/graph/mermaid.js'
import { toSvg } from '../reporters/graph/svg.js'
import { thousands } from '../reporters/shared/quantity.js'
import { EXIT } from './io.js'
import { loadPlan } from './load.js'
import { LOAD_OPTIONS, readLoadOptions } from './load-options.js'
import { usageError } from './problem.js'
import { refuse } from './refuse.js'
import type { Verb, VerbContext } from './verb.js'
import { OUTPUT_OPTION, writeText } from './write-text.js'

const WRITERS: { readonly [format: string]: (picture: Picture) => string } = {
  mermaid: toMermaid,
  dot: toDot,
  svg: toSvg,
}

/** More tasks than this nobody can look at. */
const MOST_TASKS = 2_000

export const graphVerb: Verb = {
  name: 'graph',
  positionals: ['<plan>'],
  options: {
    format: {
      kind: 'value',
      value: '<format>',
      about: 'mermaid, dot or svg. Default: what the name of the file ends in, else mermaid.',
      offers: Object.keys(WRITERS),
    },
    output: OUTPUT_OPTION,
    ...LOAD_OPTIONS,
  },
  about: [
    'Draws a plan: streams with their tasks, each wave in a column, the critical path marked. A dependency that others imply is',
    'left out. mermaid is for pages that understand it (columns are its own choice), dot for Graphviz, svg is a picture that',
    `browsers and pages show as it is, light or dark. At most ${thousands(MOST_TASKS)} tasks.`,
  ],
  examples: [
    { call: 'signalbox graph plan.yaml -o plan.svg', about: 'A picture.' },
    {
      call: 'signalbox graph plan.yaml --format mermaid',
      about: 'For a page in Markdown, between ```mermaid and ```.',
    },
    { call: 'signalbox graph plan.yaml --format dot | dot -Tpdf -o plan.pdf', about: 'With the tools of Graphviz.' },
  ],
  run: graph,
}

async function graph(context: VerbContext): Promise<number> {
  const { args, output } = context
  const format = readFormat(args.value('format'), args.value('output'))
  const { check, sources } = await loadPlan(args.positionals[0] ?? '', readLoadOptions(args))
  if (!check.ok) return refuse(check, sources, 'drawn', context)
  const written = await writeText(WRITERS[format]!(pictureFor(check.plan, check.compiled)), context)
  output.document({ ok: true, format, ...written })
  return EXIT.ok
}

/** @throws ProgramError USAGE */
function readFormat(given: string | undefined, file: string | undefined): string {
  if (given !== undefined) {
    if (Object.hasOwn(WRITERS, given)) return given
    const hint = `The formats are ${Object.keys(WRITERS).join(', ')}.`
    throw usageError(`There is no picture in the format ${quote(given)}.`, hint)
  }
  const ending = /\.(svg|dot|gv)$/i.exec(file ?? '')?.[1]?.toLowerCase()
  if (ending === undefined) return 'mermaid'
  return ending === 'gv' ? 'dot' : ending
}

/** @throws ProgramError USAGE where nobody could look at it */
function pictureFor(plan: Plan, compiled: CompiledPlan): Picture {
  if (compiled.taskCount > MOST_TASKS) {
    const message = `The plan has ${thousands(compiled.taskCount)} tasks; a picture has room for ${thousands(MOST_TASKS)}.`
    throw usageError(message, 'Draw a part of it; signalbox check tells of all of it.')
  }
  return planPicture({ plan, compiled })
}
