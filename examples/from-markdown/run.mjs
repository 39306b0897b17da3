// A plan as people write it, in Markdown: what was understood, what was not, and then it runs.
import { readFileSync } from 'node:fs'
import { checkPlan, defineHandlers, handler, runPlan } from 'signalbox'
import { importMarkdown } from 'signalbox/importers/markdown'

const text = readFileSync(new URL('plan.md', import.meta.url), 'utf8')
const { plan, locate, diagnostics, coverage } = importMarkdown(text, { file: 'plan.md' })

const { values, understood, guessed } = coverage.dependencies
console.log(`${coverage.units} units; of ${values} dependencies ${understood} understood, ${guessed} guessed`)
for (const { file, line, message } of diagnostics) console.log(`${file}:${line} ${message}`)

const check = checkPlan(plan, { file: 'plan.md', locate })
if (!check.ok) throw new Error(check.diagnostics[0].message)

// The document says what to do and not how: that is the host's. Here every task is done at once.
const done = []
const handlers = defineHandlers({
  agent: handler({
    run: (_, { attempt }) => {
      done.push(attempt.task)
    },
  }),
})
const { verdict } = await runPlan({ ...check.plan, defaults: { handler: 'agent' } }, handlers)
console.log(`${verdict}: ${done.join(', ')}`)
