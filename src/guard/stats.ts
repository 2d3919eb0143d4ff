import type { HandlerCounts } from './handlers.ts'
import type { Violation, ViolationType } from './model.ts'

/** Everything since `since`. `totalEvents` counts every check, those of processes that the policy does not list too. */
export type GuardStats = {
  readonly since: string
  readonly totalEvents: number
  readonly violations: number
  readonly blocked: number
  readonly killed: number
  /** By entry of the policy. */
  readonly byProcess: Readonly<Record<string, { readonly events: number; readonly violations: number }>>
  /** Violations by type. */
  readonly byType: Readonly<Record<ViolationType, number>>
  /** Checks of processes that the policy does not list: counted, not checked. `processes`: by name, the first of them. */
  readonly unlisted: { readonly events: number; readonly processes: Readonly<Record<string, number>>; readonly others: number }
  /** Checks that found nothing because nobody knows what was meant: a path without its start, an address that is none. */
  readonly unresolved: number
  readonly handlerErrors: number
  readonly handlerOverflow: number
}

/** Names come from processes, which can take as many as they like. */
const MAX_UNLISTED = 4096

/** Counts in place: what is counted once a check makes nothing. */
export class Counts {
  readonly #since: string
  readonly #processes = new Tally()
  readonly #unlisted = new Tally()
  readonly #byType: Record<ViolationType, number> = { exec: 0, syscall: 0, file: 0, network: 0, resource: 0 }
  readonly #sums = { violations: 0, blocked: 0, killed: 0, unresolved: 0, others: 0 }

  /** By the place of a process in the policy that is in force. */
  #slots: readonly number[] = []

  constructor(since: string) {
    this.#since = since
  }

  /** From here on a process is its place among these. */
  policy(processes: readonly string[]): void {
    this.#slots = processes.map((name) => this.#processes.slot(name))
  }

  passed(process: number): void {
    this.#processes.count(this.#slots[process] as number, 0)
  }

  violated(process: number, { type, action }: Violation): void {
    this.#processes.count(this.#slots[process] as number, 1)
    this.#byType[type]++
    this.#sums.violations++
    if (action === 'blocked') this.#sums.blocked++
    if (action === 'killed') this.#sums.killed++
  }

  unresolved(): void {
    this.#sums.unresolved++
  }

  unlisted(name: string): void {
    if (this.#unlisted.size < MAX_UNLISTED || this.#unlisted.has(name)) this.#unlisted.count(this.#unlisted.slot(name), 0)
    else this.#sums.others++
  }

  stats({ errors, overflow }: HandlerCounts): GuardStats {
    const { violations, blocked, killed, unresolved, others } = this.#sums
    const processes = this.#processes.entries()
    const unlisted = this.#unlisted.entries()
    const listedEvents = processes.reduce((sum, [, { events }]) => sum + events, 0)
    const unlistedEvents = unlisted.reduce((sum, [, { events }]) => sum + events, others)
    return {
      since: this.#since,
      totalEvents: listedEvents + unlistedEvents,
      violations,
      blocked,
      killed,
      // A Map first: a process may be called __proto__.
      byProcess: Object.fromEntries(processes),
      byType: { ...this.#byType },
      unlisted: {
        events: unlistedEvents,
        processes: Object.fromEntries(unlisted.map(([name, { events }]) => [name, events])),
        others,
      },
      unresolved,
      handlerErrors: errors,
      handlerOverflow: overflow,
    }
  }
}

/** Two sums by name, in cells that are counted up in place. */
class Tally {
  readonly #slots = new Map<string, number>()
  #cells = new Float64Array(32)

  get size(): number {
    return this.#slots.size
  }

  has(name: string): boolean {
    return this.#slots.has(name)
  }

  slot(name: string): number {
    return this.#slots.get(name) ?? this.#open(name)
  }

  count(slot: number, violations: number): void {
    this.#cells[slot] = (this.#cells[slot] as number) + 1
    if (violations > 0) this.#cells[slot + 1] = (this.#cells[slot + 1] as number) + violations
  }

  entries(): [string, { readonly events: number; readonly violations: number }][] {
    return [...this.#slots].map(([name, slot]) => [
      name,
      { events: this.#cells[slot] ?? 0, violations: this.#cells[slot + 1] ?? 0 },
    ])
  }

  #open(name: string): number {
    const slot = this.#slots.size * 2
    this.#slots.set(name, slot)
    if (slot + 2 > this.#cells.length) {
      const larger = new Float64Array(this.#cells.length * 2)
      larger.set(this.#cells)
      this.#cells = larger
    }
    return slot
  }
}
