import type { Intake } from '../model/intake.ts'
import type { RuleTallies, Watch } from '../model/watch.ts'
import type { Counter } from './counts.ts'

/** So many rules of a beat or a snapshot are kept by name, those with the smallest names; the others count as nobody's. */
export const MOST_RULES = 256
/** Nobody gives a rule a longer name; what has one counts as nobody's. In UTF-16 units. */
const LONGEST_NAME = 256

/** Whether a rule's name may be kept. Asked once for each rule of an instance and minute. */
export type MayKeep = (rule: string) => boolean
export const isAnyName: MayKeep = () => true

/**
 * Counts of rules while they grow. Memory stays bounded; which rules stay does not depend on order, because whatever belongs to the
 * smallest names was never pushed out.
 */
export class RuleCounts {
  #counters = new Map<string, Counter>()
  /** What is counted for rules whose names are not kept; nobody reads it. */
  readonly #nameless: Counter = { count: 0 }

  /** One more alert of a rule. */
  countUp(rule: string, mayKeep: MayKeep): void {
    const known = this.#counters.get(rule)
    if (known !== undefined) known.count++
    else this.#put(rule, mayKeep(rule) ? { count: 1 } : this.#nameless)
  }

  /** What was counted so far; undefined: nothing. */
  tallies(): RuleTallies | undefined {
    return boundRules(Object.fromEntries(this.#named().map(([rule, { count }]) => [rule, count])))
  }

  #put(rule: string, counter: Counter): void {
    this.#counters.set(rule, counter)
    if (this.#counters.size > 2 * MOST_RULES) this.#counters = new Map(this.#named().sort(byName).slice(0, MOST_RULES))
  }

  #named(): [string, Counter][] {
    return [...this.#counters].filter(([rule, counter]) => counter !== this.#nameless && isName(rule))
  }
}

/** Of which rules the detections of growing beats are, each beat by its key. */
export class BeatRules {
  readonly #byKey = new Map<string, RuleCounts>()

  of(key: string): RuleCounts {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const fresh = new RuleCounts()
    this.#byKey.set(key, fresh)
    return fresh
  }

  /** Forgets those of other beats. */
  keepOnly(beats: ReadonlyMap<string, Watch>): void {
    for (const key of this.#byKey.keys()) if (!beats.has(key)) this.#byKey.delete(key)
  }

  /** Puts beats that say them in the place of those of these keys. */
  writeInto(beats: Map<string, Watch>): void {
    for (const [key, counts] of this.#byKey) {
      const beat = beats.get(key)
      if (beat?.kind !== 'beat') continue
      const rules = joinRules(beat.rules, counts.tallies())
      if (rules !== undefined) beats.set(key, { ...beat, rules })
    }
  }
}

/** The rules within their bounds; the same object if they are, undefined if none is left. */
export function boundRules(rules: RuleTallies | undefined): RuleTallies | undefined {
  if (rules === undefined) return undefined
  const all = Object.entries(rules)
  const kept = all.filter(([name]) => isName(name))
  if (kept.length === 0) return undefined
  if (kept.length === all.length && all.length <= MOST_RULES) return rules
  return Object.fromEntries(kept.sort(byName).slice(0, MOST_RULES))
}

/** The sums of two, rule by rule; undefined: neither says anything. */
export function joinRules(a: RuleTallies | undefined, b: RuleTallies | undefined): RuleTallies | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const sums = new Map(Object.entries(a))
  for (const [name, count] of Object.entries(b)) sums.set(name, (sums.get(name) ?? 0) + count)
  return boundRules(Object.fromEntries(sums))
}

/** Whether a beat or a snapshot may name so many rules; one that names none leaves them out. */
export function isFewRules(count: number): boolean {
  return count >= 1 && count <= MOST_RULES
}

/** How many are counted in all. */
export function sumOf(rules: RuleTallies | undefined): number {
  let sum = 0
  for (const count of Object.values(rules ?? {})) sum += count
  return sum
}

/** How many are counted for a rule; undefined: it is not named. A rule may have any name, also one that every object knows. */
export function countOf(rules: RuleTallies | undefined, name: string): number | undefined {
  return rules !== undefined && Object.hasOwn(rules, name) ? rules[name] : undefined
}

/**
 * What goes into evidence of an intake that nothing more is merged into: detections by rule only of instances of which a snapshot counts by
 * rule, since those of others are compared with nothing. Asked of parts, it would drop what the snapshot in another part needs.
 */
export function sealable(intake: Intake): Intake {
  const counting = new Set<string>()
  let isNeedless = false
  for (const signal of intake.watch.values()) {
    if (signal.kind === 'counters' && signal.rules !== undefined) counting.add(instanceOf(signal))
    if (signal.kind === 'beat' && signal.rules !== undefined) isNeedless = true
  }
  if (!isNeedless) return intake
  const watch = new Map<string, Watch>()
  for (const [key, signal] of intake.watch) {
    const isKept = signal.kind !== 'beat' || signal.rules === undefined || counting.has(instanceOf(signal))
    watch.set(key, isKept ? signal : withoutRules(signal))
  }
  return { ...intake, watch }
}

function withoutRules(beat: Extract<Watch, { kind: 'beat' }>): Watch {
  const { rules: _, ...rest } = beat
  return rest
}

function instanceOf({ sensor, node }: Watch): string {
  return JSON.stringify([sensor, node])
}

/** Schemas drop a member `__proto__`, and then the sealed line could not be read back. */
function isName(name: string): boolean {
  return name !== '' && name.length <= LONGEST_NAME && name !== '__proto__' && name.isWellFormed()
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
