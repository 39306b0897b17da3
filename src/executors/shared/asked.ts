/** What work elsewhere asks of its host, as data. */
import type { AttemptContext, ClaimRequest, OutgoingMessage, ReadOptions } from '../../runtime/ports.js'

export type Asked =
  | { readonly what: 'milestone'; readonly name: string }
  | { readonly what: 'claim'; readonly paths: ClaimRequest }
  | { readonly what: 'integrate' }
  | { readonly what: 'share'; readonly key: string; readonly value: unknown }
  | { readonly what: 'shared'; readonly stream: string | null | undefined }
  | { readonly what: 'send'; readonly message: OutgoingMessage }
  | { readonly what: 'inbox' | 'receive'; readonly options: ReadOptions | undefined }

/** Rejects with whatever the context rejects or throws. */
export async function answerOf(asked: Asked, context: AttemptContext): Promise<unknown> {
  switch (asked.what) {
    case 'milestone':
      return context.milestone(asked.name)
    case 'claim':
      return context.claim(asked.paths)
    case 'integrate':
      return context.integrate()
    case 'share':
      return context.share(asked.key, asked.value)
    case 'shared':
      return context.shared(asked.stream)
    case 'send':
      return context.send(asked.message)
    case 'inbox':
      return context.inbox(asked.options)
    case 'receive':
      return context.receive(asked.options)
    default:
      return asked satisfies never
  }
}

/** The same questions as functions. `ask` never leaves a rejection that nobody hears of. */
export type Asking = Pick<AttemptContext, 'milestone' | 'claim' | 'integrate' | 'share' | 'send' | 'receive'> & {
  shared(stream?: string | null): Promise<ReturnType<AttemptContext['shared']>>
  inbox(options?: ReadOptions): Promise<ReturnType<AttemptContext['inbox']>>
}

export function askingBy(ask: <T>(asked: Asked) => Promise<T>): Asking {
  return {
    milestone: (name) => ask({ what: 'milestone', name }),
    claim: (paths) => ask({ what: 'claim', paths }),
    integrate: () => ask({ what: 'integrate' }),
    share: (key, value) => ask({ what: 'share', key, value }),
    shared: (stream) => ask({ what: 'shared', stream }),
    send: (message) => ask({ what: 'send', message }),
    inbox: (options) => ask({ what: 'inbox', options }),
    receive: (options) => ask({ what: 'receive', options }),
  }
}
