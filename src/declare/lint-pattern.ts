import { normalisePath } from '../../core/judge/normalise.ts'

/** The pattern with every literal segment as normalised paths have it; the same pattern where it can match as it is. */
export function normalisedPattern(pattern: string): string {
  const segments = pattern.split('/')
  // A wildcard's segment stands still while its neighbours are normalised: what it matches is not known.
  const literal = segments.map((segment) => (WILD.test(segment) ? PLACEHOLDER : segment)).join('/')
  const normalised = normalisePath(literal).split('/')
  if (normalised.length !== segments.length) return pattern
  return segments.map((segment, index) => (WILD.test(segment) ? segment : (normalised[index] ?? segment))).join('/')
}

/** It neither starts at the root nor says that it may start anywhere. */
export function isRelative(pattern: string): boolean {
  return !/^(\/|\*\*|\\|\{)/.test(pattern)
}

/**
 * Whether an allow entry lets in what its author cannot know: any `**` among executables (whatever is written there runs), for the
 * rest one with fewer than two fixed segments in front, or nothing but wildcards.
 */
export function isBoundless(pattern: string, list: 'binaries' | 'paths' | 'capabilities' | 'syscalls' | 'names' | 'by'): boolean {
  if (/^[/*?]*\*[/*?]*$/.test(pattern)) return true
  if (list === 'capabilities' || list === 'syscalls' || list === 'names' || !pattern.includes('**')) return false
  if (list !== 'paths') return true
  const before = pattern.slice(0, pattern.indexOf('**')).split('/')
  return before.filter((segment) => segment !== '' && !WILD.test(segment)).length < 2
}

const WILD = /[*?{}\\]/
const PLACEHOLDER = 'x'
