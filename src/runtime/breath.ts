/** Work that never waits for the outside must not keep the outside waiting. */

/** Timers, signals and sockets are let in after this long without a pause, in ms. */
const BREATH_MS = 10

export class Breath {
  private at: number = Date.now()

  /** Lets the outside in, if it is time to. */
  async take(): Promise<void> {
    if (Date.now() - this.at < BREATH_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    this.at = Date.now()
  }
}
