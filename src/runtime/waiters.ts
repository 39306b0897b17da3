/** Whoever waits until a host knows whether it leads. */

interface Waiter {
  /** Rejected where another host leads. */
  readonly mustLead: boolean
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class Waiters {
  private waiting: readonly Waiter[] = []

  /** Resolves when the role is known; with `mustLead`, when this host leads. */
  add(mustLead: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting = [...this.waiting, { mustLead, resolve, reject }]
    })
  }

  wantLead(): boolean {
    return this.waiting.some(({ mustLead }) => mustLead)
  }

  admit(): void {
    for (const { resolve } of this.takeAll()) resolve()
  }

  refuse(error: Error): void {
    for (const { reject } of this.takeAll()) reject(error)
  }

  /** Lets those go who only want to know the role; whoever must lead waits on. */
  admitVisitors(): void {
    const all = this.takeAll()
    this.waiting = all.filter(({ mustLead }) => mustLead)
    for (const { mustLead, resolve } of all) if (!mustLead) resolve()
  }

  private takeAll(): readonly Waiter[] {
    const all = this.waiting
    this.waiting = []
    return all
  }
}
