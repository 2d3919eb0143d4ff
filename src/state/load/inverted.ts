import { isGoList, isGoMap, type GoMap, type GoValue } from '../model/value.ts'

/** Attributes that are read line by line: a list of them holds patterns. */
export const readers: ReadonlySet<string> = new Set(['stdout', 'stderr', 'contents', 'contains', 'body', 'headers', 'entries'])

/** `{pattern: x, invert: true}`, which other tools write for `!x`. */
export function isInverted(value: GoMap): boolean {
  return typeof value.get('pattern') === 'string' && [...value.keys()].every((name) => name === 'pattern' || name === 'invert')
}

/** The pattern of goss that says the same. */
export function patternOf(value: GoMap): string {
  const written = value.get('pattern')
  const pattern = typeof written === 'string' ? written : ''
  const isRegexp = pattern.length > 1 && pattern.startsWith('/') && pattern.endsWith('/')
  const text = isRegexp || !/^[!/\\]/.test(pattern) ? pattern : `\\${pattern}`
  return value.get('invert') === true ? `!${text}` : text
}

/** A list of patterns in goss's syntax; the very same value where there was nothing to rewrite. */
export function withoutInverted(value: GoValue): GoValue {
  if (!isGoList(value) || !value.some((item) => isGoMap(item) && isInverted(item))) return value
  return value.map((item) => (isGoMap(item) && isInverted(item) ? patternOf(item) : item))
}
