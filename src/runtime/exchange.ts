/** Where attempts of one scope hand over to each other: what they give is put to the core, what they see is what is stored. */
import { inboxOf, streamOf } from '../core/handed-over.js'
import type { Attempt, SharedContexts } from '../core/state.js'
import type { Fence, Input, JsonValue, Message, RunEventMap, RunId, StreamId } from '../core/types.js'
import { type SchedulerError, schedulerError } from './errors.js'
import type { Host } from './host.js'
import { checkAfter, checkKey, checkMessage, checkValue, copyJson, copyMessage } from './messages.js'
import type { AttemptRequest, OutgoingMessage } from './ports.js'
import { throwIfRefused } from './refused.js'

/** An attempt that waits for a message. */
interface Receiver {
  readonly run: RunId
  readonly fence: Fence
  /** Looks whether there is one by now. */
  readonly look: () => void
  readonly giveUp: () => void
}

export class Exchange {
  private readonly host: Host
  private readonly receivers: Set<Receiver> = new Set()

  constructor(host: Host) {
    this.host = host
  }

  share({ run, task, fence }: AttemptRequest, key: string, value: unknown): Promise<void> {
    return this.ask(() => {
      const checked = checkKey(key)
      return { type: 'share', run, task, fence, key: checked, value: checkValue(`The value of "${checked}"`, value) }
    })
  }

  send({ run, task, fence }: AttemptRequest, message: OutgoingMessage): Promise<void> {
    return this.ask(() => ({ type: 'send', run, from: { task, fence }, ...checkMessage(message) }))
  }

  shared(
    request: AttemptRequest,
    contexts: SharedContexts,
    named: string | null | undefined,
  ): Readonly<Record<string, JsonValue>> {
    const { run, task } = this.attemptOf(request)
    const stream = named === undefined ? streamOf(run, task) : (named as StreamId | null)
    if (stream !== null && !run.plan.streamIndex.has(stream)) {
      const hint = 'Use the id of a stream of the plan, or null for the tasks of no stream.'
      throw schedulerError('STREAM_UNKNOWN', `Run "${run.id}" has no stream "${String(named)}".`, hint)
    }
    const values = Object.create(null) as Record<string, JsonValue>
    for (const [key, value] of contexts.get(stream) ?? []) values[key] = copyJson(value)
    return Object.freeze(values)
  }

  inbox(request: AttemptRequest, after: number): readonly Message[] {
    return inboxOf(this.attemptOf(request), checkAfter(after), this.host.durable).map(copyMessage)
  }

  receive(
    request: AttemptRequest,
    after: number,
    signal: AbortSignal,
    onReceived: (message: Message) => void,
  ): Promise<Message> {
    return quiet(
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const receiver: Receiver = {
          run: request.run,
          fence: request.fence,
          look: () => {
            const [message] = this.inbox(request, after)
            if (message === undefined) return
            leave()
            onReceived(message)
            resolve(message)
          },
          giveUp: () => {
            leave()
            reject(signal.aborted ? signal.reason : staleError(request))
          },
        }
        const leave = (): void => {
          this.receivers.delete(receiver)
          signal.removeEventListener('abort', receiver.giveUp)
        }
        this.receivers.add(receiver)
        signal.addEventListener('abort', receiver.giveUp)
        try {
          receiver.look()
        } catch (error) {
          leave()
          throw error
        }
      }),
    )
  }

  /** A message is durable: whoever waits for it goes on. */
  deliver({ run }: RunEventMap['message.sent']): void {
    for (const receiver of [...this.receivers]) if (receiver.run === run) receiver.look()
  }

  /** The attempt is over: it waits for nothing more. */
  forget(fence: Fence): void {
    if (this.receivers.size === 0) return
    for (const receiver of [...this.receivers]) if (receiver.fence === fence) receiver.giveUp()
  }

  private ask(make: () => Input): Promise<void> {
    const asked = async (): Promise<void> => throwIfRefused(await this.host.ask(make()))
    return quiet(asked())
  }

  /** The attempt, live or closing. */
  private attemptOf(request: AttemptRequest): Attempt {
    const attempt = this.host.state.attempts.get(request.fence)
    if (attempt === undefined) throw staleError(request)
    return attempt
  }
}

function staleError({ id }: AttemptRequest): SchedulerError {
  return schedulerError('ATTEMPT_STALE', `Attempt ${id} has ended.`, 'Stop: its work is not counted any more.')
}

/** Work that does not wait for what it asked must not end the process when that fails. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
