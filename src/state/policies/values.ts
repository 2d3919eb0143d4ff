/** What is wrong with one policy; its message is for its author. */
export class Fault extends Error {
  override readonly name = 'Fault'
}

export type Fields = Readonly<Record<string, unknown>>

/** A map; null for anything else. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}

/** A text that says something; null for anything else. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/** One text or a list of them. @throws Fault */
export function textsOf(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return []
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  return items.map((item) => {
    const text = typeof item === 'number' || typeof item === 'boolean' ? String(item) : textOf(item)
    if (text === null || text.length > 1000) throw new Fault(`${name} must be texts`)
    return text
  })
}

/** A boolean, also in quotes; null: not given. @throws Fault */
export function booleanOf(value: unknown, name: string): boolean | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'boolean') return value
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (word === 'true' || word === 'yes') return true
  if (word === 'false' || word === 'no') return false
  throw new Fault(`${name} must be true or false, not ${JSON.stringify(value)}`)
}

/** A number, also in quotes; null: not given. @throws Fault */
export function numberOf(value: unknown, name: string): number | null {
  if (value === undefined || value === null || value === '') return null
  const number = typeof value === 'string' && /^\s*-?\d+(?:\.\d+)?\s*$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw new Fault(`${name} must be a number, not ${JSON.stringify(value)}`)
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `500ms`, `5s`, `10m`, `1h`, `30d`, as milliseconds; null: not given. @throws Fault */
export function durationOf(value: unknown, name: string): number | null {
  if (value === undefined || value === null || value === '') return null
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(typeof value === 'string' ? value.trim() : '') ?? []
  if (amount === undefined) throw new Fault(`${name} must be a duration like 5s or 10m, not ${JSON.stringify(value)}`)
  return Number(amount) * (units[unit] ?? 0)
}
