import { families, foldSyscall } from './families.ts'
import type { Matching } from './model.ts'

export class SyscallSet {
  readonly #first = new Map<string, number>()
  readonly #matching: Matching

  constructor(entries: readonly string[], matching: Matching) {
    this.#matching = matching
    for (const [rule, entry] of entries.entries()) {
      for (const name of families(entry, matching)) if (!this.#first.has(name)) this.#first.set(name, rule)
    }
  }

  /** The first entry that stands for the call, or -1. One look into a map for a name as sensors write it; others are folded first. */
  find(name: string): number {
    const found = this.#first.get(name)
    if (found !== undefined) return found
    return isPlain(name) ? -1 : (this.#first.get(foldSyscall(name, this.#matching)) ?? -1)
  }
}

/** Nothing that folding would change. */
function isPlain(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if ((code >= 0x41 && code <= 0x5a) || code >= 0x80) return false
  }
  return true
}
