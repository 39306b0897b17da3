/** The verbs there are. Each is loaded when it is called. */
import type { VerbEntry } from './verb.js'

export const VERBS: readonly VerbEntry[] = [
  {
    name: 'check',
    summary: 'Find what is wrong with a plan, and what it amounts to.',
    load: async () => (await import('./check.js')).checkVerb,
  },
  {
    name: 'import',
    summary: 'Write a plan from a document, or from what another tool keeps its tasks in.',
    load: async () => (await import('./import.js')).importVerb,
  },
  {
    name: 'graph',
    summary: 'Draw a plan: Mermaid, Graphviz or SVG.',
    load: async () => (await import('./graph.js')).graphVerb,
  },
  {
    name: 'run',
    summary: 'Run a plan with simulated work, and watch it.',
    load: async () => (await import('./run.js')).runVerb,
  },
  {
    name: 'resume',
    summary: 'Go on with a run that a store keeps, after a crash.',
    load: async () => (await import('./resume.js')).resumeVerb,
  },
  {
    name: 'list',
    summary: 'List the runs that a store keeps.',
    load: async () => (await import('./list.js')).listVerb,
  },
  {
    name: 'status',
    summary: 'Show how far the open runs have come, or one run.',
    load: async () => (await import('./status.js')).statusVerb,
  },
  {
    name: 'explain',
    summary: 'Say why a task is not running, or how it ended.',
    load: async () => (await import('./explain.js')).explainVerb,
  },
  {
    name: 'report',
    summary: 'Write a run as a page: Gantt, waits, claims, critical path.',
    load: async () => (await import('./report.js')).reportVerb,
  },
  {
    name: 'approve',
    summary: 'Approve or refuse a gate of a run that no process leads.',
    load: async () => (await import('./approve.js')).approveVerb,
  },
  {
    name: 'cancel',
    summary: 'Cancel a run that no process leads, or a task of it.',
    load: async () => (await import('./cancel.js')).cancelVerb,
  },
  {
    name: 'retry',
    summary: 'Have a task done again that failed or was cancelled.',
    load: async () => (await import('./retry.js')).retryVerb,
  },
  {
    name: 'completion',
    summary: 'Print what a shell needs to complete calls of signalbox.',
    load: async () => (await import('./completion.js')).completionVerb(VERBS),
  },
]
