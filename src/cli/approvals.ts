/** What becomes of gates that await approval in a simulated run: somebody is asked, or they are approved or left to somebody. */
import { quoteAll } from '../plan/text.js'
import type { Plan } from '../plan/types.js'
import type { Line } from '../reporters/shared/line.js'
import type { PacedClock } from '../runtime/paced-clock.js'
import type { GateAnswer, Run } from '../runtime/run.js'
import type { OpenGate } from '../runtime/standing.js'
import { usageError } from './problem.js'
import type { VerbContext } from './verb.js'

/**
 * `approve`: each at once · `ask`: whoever sits at the terminal · `leave`: the run goes on as far as it can, and stays open.
 */
export type Approving = 'approve' | 'ask' | 'leave'

/** Who answers. @throws ProgramError USAGE where nobody could, and the plan asks */
export function approvingFor(
  { gates = [] }: Plan,
  { isSure, isKept }: { readonly isSure: boolean; readonly isKept: boolean },
  { io, output }: VerbContext,
): Approving {
  if (isSure) return 'approve'
  if (io.ask !== null && output.isLive && output.format === 'people') return 'ask'
  const ids = gates.filter(({ kind }) => kind === 'approval').map(({ id }) => id)
  if (isKept || ids.length === 0) return 'leave'
  const message = `The plan awaits approval (${quoteAll(ids)}), and nobody can give it here.`
  const hint =
    'Run it on a terminal to be asked, add --yes to approve whatever awaits approval, or keep the run with --store: it then stops there, and signalbox approve gives it.'
  throw usageError(message, hint)
}

export interface Attending {
  readonly run: Run
  readonly clock: PacedClock
  /** Gives the terminal away, and returns how it is taken again. */
  readonly makeRoom: () => () => void
  /** Nothing but these gates is left to go on with, or whoever was asked has gone. */
  readonly leave: (gates: readonly OpenGate[]) => void
}

/** Sees to the gates of a run as they come to await approval. Returns what ends that. */
export function attendGates(approving: Approving, attending: Attending, context: VerbContext): () => void {
  const { run } = attending
  const { io } = context
  const asking = new AbortController()
  let isAsking = false

  function look(): void {
    if (asking.signal.aborted) return
    const { gates, running, ready } = run.progress()
    const [first] = gates
    if (first === undefined) return
    if (approving === 'approve') return gates.forEach((gate) => void answer(gate, 'approve', { by: '--yes' }))
    if (approving === 'leave') return running === 0 && ready === gates.length ? attending.leave(gates) : undefined
    if (!isAsking) void ask(first, gates)
  }

  /** It may have been answered, or cancelled, in the meantime. */
  function answer({ id }: OpenGate, how: 'approve' | 'refuse', by: GateAnswer): Promise<void> {
    return run[how](id, by).catch(() => undefined)
  }

  async function ask(gate: OpenGate, gates: readonly OpenGate[]): Promise<void> {
    isAsking = true
    const goOn = attending.clock.hold()
    // What is shown comes after what has happened.
    await new Promise<void>((resolve) => void io.clock.arm(io.clock.now() + LAG_MS, resolve))
    const takeBack = attending.makeRoom()
    const answered = await questionAbout(gate, run, context, asking.signal)
    isAsking = false
    takeBack()
    goOn()
    if (asking.signal.aborted) return
    if (answered === null) return attending.leave(gates)
    await answer(gate, answered.how, answered.by)
    look()
  }

  const ignore = run.on('*', look)
  look()
  return () => {
    ignore()
    asking.abort()
  }
}

/** How long a view may take to show what has happened, in ms. */
const LAG_MS = 20

interface Answered {
  readonly how: 'approve' | 'refuse'
  readonly by: GateAnswer
}

const QUESTION = 'Approve it? y or n, and a note if you like: '

/** Asks until the answer can be understood; null: nobody answers. */
async function questionAbout(
  { id, title }: OpenGate,
  run: Run,
  { io, output }: VerbContext,
  signal: AbortSignal,
): Promise<Answered | null> {
  const waiting = run.unblocks(id)
  const named = waiting.slice(0, MOST_NAMED).join(', ')
  const more = waiting.length > MOST_NAMED ? ` and ${waiting.length - MOST_NAMED} more` : ''
  const about: readonly Line[] = [
    [],
    [{ text: `Gate ${id} awaits approval${title === null ? '' : `: ${title}`}`, style: 'bold' }],
    [waiting.length === 0 ? '  Nothing waits for it.' : `  Waiting for it: ${named}${more}`],
  ]
  output.print(about)
  for (;;) {
    const line = await io.ask?.(`  ${QUESTION}`, signal)
    if (line === null || line === undefined) return null
    const [, word, note = ''] = /^\s*(yes|y|no|n)\b[\s:,.]*(.*)$/i.exec(line) ?? []
    if (word === undefined) continue
    const by = io.env.USER ?? io.env.USERNAME
    const how = word.toLowerCase().startsWith('y') ? 'approve' : 'refuse'
    return { how, by: { ...(by === undefined ? {} : { by }), ...(note.trim() === '' ? {} : { note: note.trim() }) } }
  }
}

const MOST_NAMED = 3
