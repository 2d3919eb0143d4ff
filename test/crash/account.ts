import type { Application } from './world.ts'

/** What the senders know of what they sent. Every event is a behaviour of its own, so each can be found again, and counted. */
export type Sent = { readonly applications: readonly Application[]; acknowledged: boolean }

/** What is held against what the service kept. */
export class Account {
  readonly sent = new Map<number, Sent>()
  /** Answers that nothing expected explains. */
  readonly wrong: string[] = []
  acknowledgedBatches = 0
  unanswered = 0
  repeated = 0

  /** Numbers of new behaviours that concern these applications. */
  take(count: number, applications: readonly Application[]): readonly number[] {
    const numbers = Array.from({ length: count }, (_, index) => this.sent.size + index)
    for (const number of numbers) this.sent.set(number, { applications, acknowledged: false })
    return numbers
  }

  /** All that is acknowledged by now, as an account of its own. */
  acknowledgedNow(): Account {
    const account = new Account()
    for (const [number, sent] of this.sent) account.sent.set(number, { ...sent })
    return account
  }

  acknowledge(numbers: readonly number[]): void {
    this.acknowledgedBatches++
    for (const number of numbers) {
      const sent = this.sent.get(number)
      if (sent) sent.acknowledged = true
    }
  }
}

/** How often each behaviour is in the evidence of an application. */
export type Found = ReadonlyMap<Application, ReadonlyMap<number, number>>

/** Acknowledged and not there; there more than once, or where it does not belong. */
export type Balance = { readonly lost: readonly string[]; readonly duplicated: readonly string[] }

export function balanceOf(account: Account, found: Found): Balance {
  const lost: string[] = []
  const duplicated: string[] = []
  for (const [number, { applications, acknowledged }] of account.sent) {
    for (const [application, counts] of found) {
      const count = counts.get(number) ?? 0
      const isConcerned = applications.includes(application)
      if (isConcerned && acknowledged && count === 0) lost.push(`event ${number} in ${application}`)
      if (count > (isConcerned ? 1 : 0)) duplicated.push(`event ${number} in ${application}: ${count} times`)
    }
  }
  return { lost, duplicated }
}
