/** What the program needs of the world, so that tests can give it another one. */
import type { OutputStream } from '../reporters/terminal/run.js'
import type { Clock } from '../runtime/ports.js'

export interface Io {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly env: { readonly [name: string]: string | undefined }
  /** Real time. */
  readonly clock: Clock
  /** Calls `listener` each time somebody wants the program to stop. Returns what takes the listener back. */
  onInterrupt(listener: () => void): () => void
  /** Calls `listener` when the program ends, however it does. Returns what takes the listener back. */
  onExit(listener: () => void): () => void
  /**
   * Asks whoever sits at the terminal, and resolves to the line they write; null: nobody is there any more, or `signal` was
   * aborted. Null where there is no terminal.
   */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string | null>) | null
  /** Ends the program at once. */
  exit(code: number): void
}

/** How the program ends. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const
