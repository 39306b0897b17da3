/** `signalbox report <id>`: what a stored run was like, as a page. */

import { reportRun } from '../report.js'
import { toHtml } from '../reporters/html.js'
import { eventsOf } from '../runtime/ended-run.js'
import { EXIT } from './io.js'
import { STORE_OPTION, withStore } from './open-store.js'
import { findRun, readScope, SCOPE } from './scope.js'
import { allOf } from './simulated-run.js'
import type { Verb, VerbContext } from './verb.js'
import { OUTPUT_OPTION, writeText } from './write-text.js'

export const reportVerb: Verb = {
  name: 'report',
  positionals: ['<id>'],
  options: { store: STORE_OPTION, output: OUTPUT_OPTION },
  about: [
    'Writes a run, open or closed, as one HTML page that loads nothing: who worked on what and when, with retries, waits and their',
    'reasons, who held which paths, what the end hung on, how busy the pools were, and a table of all tasks to search. What it',
    'knows is what is stored. Changes nothing, and may be called while another process runs the run.',
    'Of a run without a store: signalbox run plan.yaml --report report.html',
  ],
  examples: [
    { call: 'signalbox report r1 --store file:.signalbox -o report.html', about: 'Then open it in a browser.' },
    { call: 'signalbox run plan.yaml --report report.html', about: 'Of a run that is simulated and kept nowhere.' },
  ],
  run: report,
}

function report(context: VerbContext): Promise<number> {
  const id = context.args.positionals[0] ?? ''
  return withStore(context, 'read', async ({ store }) => {
    const { id: run, openedAfter } = await findRun(store, await readScope(store), id)
    const events = await allOf(eventsOf(run, { store, scope: SCOPE, openedAfter }))
    const written = await writeText(toHtml(reportRun(events)), context)
    context.output.document({ ok: true, run: id, ...written })
    return EXIT.ok
  })
}
