/** The verbs there are. Each is loaded when it is called. */
import type { Verb } from './verb.js'

export interface VerbEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Verb>
}

export const VERBS: readonly VerbEntry[] = [
  {
    name: 'check',
    summary: 'Find what is wrong with a plan, and what it amounts to.',
    load: async () => (await import('./check.js')).checkVerb,
  },
  {
    name: 'run',
    summary: 'Run a plan with simulated work, and watch it.',
    load: async () => (await import('./run.js')).runVerb,
  },
]
