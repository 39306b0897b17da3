import { defineHandlers, handler, runPlan } from 'signalbox'
import * as z from 'zod/mini'

const handlers = defineHandlers({
  fetch: handler({
    input: z.object({ ref: z.string() }),
    output: z.object({ files: z.array(z.string()) }),
    run: async ({ ref }) => ({ files: [`${ref}/a.ts`, `${ref}/b.ts`] }),
  }),
  build: handler({
    input: z.object({ files: z.array(z.string()) }),
    output: z.object({ bytes: z.number() }),
    run: async ({ files }) => ({ bytes: files.length * 1024 }),
  }),
})

const release = handlers.plan('release', (p) => {
  const source = p.task('source', 'fetch', { ref: 'main' }, { retry: { maxAttempts: 3 } })
  // Both use what `source` returns, so both wait for it. Both write below dist, so they never run at the same time.
  const site = p.task('site', 'build', { files: source.out.files }, { claims: { write: ['dist/**'] } })
  const tool = p.task('tool', 'build', { files: source.out.files }, { claims: { write: ['dist/tool.js'] } })
  return { site, tool }
})

const outcome = await runPlan(release, handlers)
if (outcome.verdict === 'succeeded') console.log(outcome.results.site.bytes + outcome.results.tool.bytes) // 4096
