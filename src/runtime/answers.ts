/** Who waits for the answer to an input. */
import type { Input, Rejection } from '../core/types.js'
import type { RawAmendment } from './amending.js'
import type { Done } from './host-options.js'

export class Answers {
  private readonly waiting: Map<Input | RawAmendment, Done> = new Map()

  expect(input: Input | RawAmendment, done: Done): void {
    this.waiting.set(input, done)
  }

  /** Whoever waits for `input`, who is then waited for here no more. */
  take(input: Input | RawAmendment): Done | undefined {
    const done = this.waiting.get(input)
    if (done !== undefined) this.waiting.delete(input)
    return done
  }

  /** The events of all these are durable. */
  give(inputs: readonly Input[], rejections: ReadonlyMap<number, Rejection>): void {
    if (this.waiting.size === 0) return
    inputs.forEach((input, i) => {
      this.take(input)?.(rejections.get(i) ?? null)
    })
  }

  /** Tells everybody that what was asked for will not be stored by this host. */
  refuse(error: Error): void {
    for (const done of this.waiting.values()) done(null, error)
    this.waiting.clear()
  }
}
