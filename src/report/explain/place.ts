import type { JsonValue } from '../../../core/proof/jcs.ts'

/** Where a gate's rule is written: `gate.rego:110`; null when the compiled plan does not tell. */
export type PlaceOfRule = (rule: string) => string | null

/**
 * Finds where the name of a reason's rule is written in a gate's source: the function of that name, else the one place that holds the
 * name (or the beginning of a name that is put together) as a constant. Where several functions do, nobody knows which was meant.
 */
export function placesOf(plan: JsonValue): PlaceOfRule {
  const root = plan as Plan
  const strings = (root.static?.strings ?? []).map(({ value }) => value)
  const files = (root.static?.files ?? []).map(({ value }) => value)
  const functions = root.funcs?.funcs ?? []
  return (rule) => {
    const name = rule.slice(rule.lastIndexOf('.') + 1)
    const own = functions.find((one) => one.name.endsWith(`.data.${rule}`))
    const written = own ? firstPlace(own) : writtenIn(functions, indexesOf(strings, rule, name))
    const file = written && files[written.file]
    return written && file !== undefined && file !== null ? `${file.slice(file.lastIndexOf('/') + 1)}:${written.row}` : null
  }
}

type Named = { readonly name: string }
/** As much of a plan as is read here; the gate was evaluated before, so it is a plan. */
type Plan = {
  readonly static?: {
    readonly strings?: readonly { readonly value: string }[] | null
    readonly files?: readonly { readonly value: string }[] | null
  } | null
  readonly funcs?: { readonly funcs?: readonly Named[] | null } | null
}
type Written = { readonly file: number; readonly row: number }

/** The constants that are the name, else those that it begins with: `threshold_` of `threshold_fail`. */
function indexesOf(strings: readonly string[], rule: string, name: string): ReadonlySet<number> {
  const where = (test: (text: string) => boolean): number[] => strings.flatMap((text, index) => (test(text) ? [index] : []))
  const whole = where((text) => text === name || text === rule)
  return new Set(whole.length > 0 ? whole : where((text) => text.length > 3 && text.endsWith('_') && name.startsWith(text)))
}

function writtenIn(functions: readonly Named[], indexes: ReadonlySet<number>): Written | null {
  if (indexes.size === 0) return null
  const found = functions.flatMap((one) => firstPlace(one, indexes) ?? [])
  return found.length === 1 ? (found[0] ?? null) : null
}

/** The first statement, or the first that holds one of the constants. */
function firstPlace(part: unknown, indexes: ReadonlySet<number> | null = null): Written | null {
  let first: Written | null = null
  const walk = (value: unknown, at: Written | null): void => {
    if (typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return value.forEach((one) => walk(one, at))
    const { file, row, type, value: index } = value as Record<string, unknown>
    const here = typeof file === 'number' && typeof row === 'number' && row > 0 ? { file, row } : at
    const wanted = indexes === null || (type === 'string_index' && typeof index === 'number' && indexes.has(index))
    if (wanted && here && (first === null || here.row < first.row)) first = here
    for (const member of Object.values(value)) walk(member, here)
  }
  walk(part, null)
  return first
}
