/** A process that carries out attempts for another one, until it is killed: the command executor in a host of its own. */
import type { AttemptContext, ClaimAnswer } from 'signalbox'
import { commandExecutor } from 'signalbox/executors/command'
import type { ToHost } from './remote.js'

const executor = commandExecutor({ argv: JSON.parse(process.argv[2]!), ...JSON.parse(process.argv[3]!) })
const controllers = new Map<number, AbortController>()
const questions = new Map<number, (answer: ClaimAnswer) => void>()
let asked = 0

process.on('message', (message: ToHost) => {
  if (message.type === 'stop') return controllers.get(message.line)?.abort()
  if (message.type === 'answer') return questions.get(message.question)?.(message.answer)
  const { type, line, attempt } = message
  const controller = new AbortController()
  controllers.set(line, controller)
  if (message.isStopped) controller.abort()
  const tell = (told: object): unknown => process.send?.({ line, ...told })
  const context = {
    signal: controller.signal,
    heartbeat: (progress) => tell({ type: 'heartbeat', progress }),
    milestone: async (name) => void tell({ type: 'milestone', name }),
    integrate: async () => void tell({ type: 'integrate' }),
    log: (text) => tell({ type: 'log', text }),
    claim: (paths) =>
      new Promise((resolve) => {
        asked += 1
        questions.set(asked, resolve)
        tell({ type: 'claim', paths, question: asked })
      }),
  } as Partial<AttemptContext> as AttemptContext
  executor[type]!(attempt, context).then(
    (outcome) => tell({ type: 'ended', outcome }),
    (error: unknown) => tell({ type: 'failed', message: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
