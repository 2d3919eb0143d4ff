import { jcs, type JsonValue } from '../../core/proof/jcs.ts'

/** `widens`: more is promised; `weakens`: less is; `either`: it can go both ways, and a person has to look; `neutral`: neither. */
export type Effect = 'widens' | 'weakens' | 'either' | 'neutral'

export type Change = {
  /** `control payments.exec.no-shell`, `sensor falco`, `window` … */
  readonly where: string
  readonly what: string
  readonly effect: Effect
}

/** One change where the values differ, none where they are the same in canonical JSON. */
export function changed(where: string, field: string, from: JsonValue, to: JsonValue, effect: Effect): Change[] {
  if (jcs(from) === jcs(to)) return []
  if (from === null) return [{ where, what: `${field}: ${worded(to)} (was not set)`, effect }]
  if (to === null) return [{ where, what: `${field}: no longer set (was ${worded(from)})`, effect }]
  return [{ where, what: `${field}: ${worded(from)} → ${worded(to)}`, effect }]
}

/** One change for each entry that came or went; order and repetition mean nothing. */
export function setChanges<T extends JsonValue>(
  where: string,
  kind: string,
  from: readonly T[],
  to: readonly T[],
  effects: { readonly added: Effect; readonly removed: Effect },
): Change[] {
  const [old, now] = [keyed(from), keyed(to)]
  const gone = [...old]
    .filter(([key]) => !now.has(key))
    .map(([, item]) => ({ where, what: `${kind} ${worded(item)} removed`, effect: effects.removed }))
  const come = [...now]
    .filter(([key]) => !old.has(key))
    .map(([, item]) => ({ where, what: `${kind} ${worded(item)} added`, effect: effects.added }))
  return [...gone, ...come]
}

export function opposite(effect: Effect): Effect {
  return effect === 'widens' ? 'weakens' : effect === 'weakens' ? 'widens' : effect
}

function keyed<T extends JsonValue>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [jcs(item), item]))
}

/** A word stays a word; the rest is JSON, cut to what a line holds. */
function worded(value: JsonValue): string {
  const text = typeof value === 'string' && /^[\w./:*-]{1,200}$/.test(value) ? value : jcs(value)
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`
}
