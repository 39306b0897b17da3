/** Inputs that wait for their turn. */
import type { Input } from '../core/types.js'
import { isRaw, type RawAmendment } from './amending.js'

/** Most inputs decided upon before they are stored. */
const MAX_BATCH = 4096

export class Mailbox {
  private mail: (Input | RawAmendment)[] = []
  /** Amendments among them. */
  private amendments = 0

  put(input: Input | RawAmendment): void {
    if (isRaw(input)) this.amendments += 1
    this.mail.push(input)
  }

  isEmpty(): boolean {
    return this.mail.length === 0
  }

  clear(): void {
    this.mail = []
    this.amendments = 0
  }

  /** The next inputs that can be decided upon together. An amendment comes alone: it is compiled when its turn has come. */
  take(): readonly Input[] | RawAmendment {
    const { mail } = this
    const amendmentAt = this.amendments === 0 ? -1 : mail.findIndex(isRaw)
    const size = Math.min(amendmentAt === -1 ? mail.length : amendmentAt, MAX_BATCH)
    const taken = size === mail.length ? mail : mail.slice(0, Math.max(size, 1))
    this.mail = size === mail.length ? [] : mail.slice(taken.length)
    if (size > 0) return taken as readonly Input[]
    this.amendments -= 1
    return taken[0] as RawAmendment
  }
}
