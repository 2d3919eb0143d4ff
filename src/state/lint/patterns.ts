import { isGoMap, type GoValue } from '../model/value.ts'
import { isInverted, patternOf } from '../load/inverted.ts'
import type { Finding } from './finding.ts'
import { lintMatcher, regexpFault } from './matchers.ts'

/**
 * What is wrong with a list of patterns. A pattern is a regular expression only if, behind one `!`, it begins and ends with `/`; of any
 * other all signs at its beginning are dropped.
 */
export function lintPatterns(patterns: readonly GoValue[]): readonly Finding[] {
  return patterns.flatMap((pattern) => {
    if (typeof pattern === 'string') return lintPattern(pattern)
    if (isGoMap(pattern) && isInverted(pattern)) {
      return [
        { code: 'pattern-invert' as const, text: '{pattern, invert} is an error in goss', fix: `write "${patternOf(pattern)}"` },
      ]
    }
    if (isGoMap(pattern)) return [notText, ...lintMatcher(pattern, false)]
    return [notText]
  })
}

const notText: Finding = { code: 'pattern-not-text', text: 'a pattern must be a text', fix: 'put it in quotes' }

function lintPattern(pattern: string): readonly Finding[] {
  const body = pattern.startsWith('!') ? pattern.slice(1) : pattern
  if (pattern === '') return [{ code: 'pattern-always', text: 'an empty pattern matches anything', fix: 'leave it out' }]
  if (body === '/')
    return [{ code: 'pattern-empty', text: `${pattern} is a regular expression of nothing`, fix: `write "\\\\/" for a slash` }]
  if (body.startsWith('/') && body.endsWith('/')) {
    const fault = regexpFault(body.slice(1, -1))
    return fault === null ? [] : [{ code: 'regexp-invalid', text: fault, fix: 'RE2 has no look-around and no back-references' }]
  }
  if (/^\/.*\/[ims]+$/s.test(body)) {
    const [, inner = '', flags = ''] = /^\/(.*)\/([ims]+)$/s.exec(body) ?? []
    const sign = pattern.startsWith('!') ? '!' : ''
    return [{ code: 'pattern-flags', text: `${pattern} is plain text to goss 0.4`, fix: `write "${sign}/(?${flags})${inner}/"` }]
  }
  if (body.startsWith('/')) {
    return [
      {
        code: 'pattern-unclosed',
        text: `${pattern} is the plain text ${body.replace(/^[\\/!]+/, '')}`,
        fix: 'end it with /, or begin it with \\/',
      },
    ]
  }
  if (body.startsWith('!')) {
    return [
      { code: 'pattern-negation', text: `${pattern} is the same as !${body.replace(/^[\\/!]+/, '')}`, fix: 'write "!" once' },
    ]
  }
  return []
}
