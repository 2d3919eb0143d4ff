import { typedAs, type GoValue } from '../../model/value.ts'
import { fixed, type TemplateFunction } from '../functions.ts'
import { compileOrFail } from '../regex.ts'
import { asCount, asText } from './cast.ts'

export const regexFunctions: readonly (readonly [string, TemplateFunction])[] = [
  ['mustRegexMatch', fixed('string string', ([pattern, text]) => compileOrFail(asText(pattern)).test(asText(text)))],
  ...both('regexFindAll', 'string string int', (must) => ([pattern, text, count]) => {
    return typedAs(
      findAll(asText(pattern), asText(text), asCount(count), must).map(({ text: found }) => found),
      '[]string',
    )
  }),
  ...both(
    'regexFind',
    'string string',
    (must) =>
      ([pattern, text]) =>
        findAll(asText(pattern), asText(text), 1, must)[0]?.text ?? '',
  ),
  ...both('regexReplaceAll', 'string string string', (must) => ([pattern, text, by]) => {
    const compiled = compileOrFail(asText(pattern), must)
    return replaceAll(asText(pattern), asText(text), must, (groups) => expand(asText(by), groups, compiled.namedGroups()))
  }),
  ...both('regexReplaceAllLiteral', 'string string string', (must) => ([pattern, text, by]) => {
    return replaceAll(asText(pattern), asText(text), must, () => asText(by))
  }),
  ...both('regexSplit', 'string string int', (must) => ([pattern, text, count]) => {
    return typedAs(split(asText(pattern), asText(text), asCount(count), must), '[]string')
  }),
  ['regexQuoteMeta', fixed('string', ([text]) => asText(text).replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&'))],
]

/** The form that panics names the pattern in its error, the one that answers an error does not. */
function both(
  name: string,
  params: string,
  call: (must: boolean) => (args: readonly GoValue[]) => GoValue,
): readonly (readonly [string, TemplateFunction])[] {
  return [
    [name, fixed(params, call(true))],
    [`must${name[0]?.toUpperCase()}${name.slice(1)}`, fixed(params, call(false))],
  ]
}

type Found = { readonly start: number; readonly end: number; readonly text: string; readonly groups: readonly string[] }

/** Matches from left to right; an empty one right behind another counts for nothing, as in Go. */
function findAll(pattern: string, text: string, count: number, must: boolean): readonly Found[] {
  const compiled = compileOrFail(pattern, must)
  const matcher = compiled.matcher(text)
  const found: Found[] = []
  let lastEnd = -1
  const most = count < 0 ? Infinity : count
  while (found.length < most && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()]
    if (start === end && start === lastEnd) continue
    const groups = Array.from({ length: compiled.groupCount() + 1 }, (_, at) => matcher.group(at) ?? '')
    found.push({ start, end, text: groups[0] ?? '', groups })
    lastEnd = end
  }
  return found
}

function replaceAll(pattern: string, text: string, must: boolean, by: (groups: readonly string[]) => string): string {
  let out = ''
  let at = 0
  for (const { start, end, groups } of findAll(pattern, text, -1, must)) {
    out += text.slice(at, start) + by(groups)
    at = end
  }
  return out + text.slice(at)
}

/** `$1`, `${name}`, `$$`: the longest name counts, an unknown one is empty. */
function expand(template: string, groups: readonly string[], named: Readonly<Record<string, number>>): string {
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (match, braced?: string, plain?: string) => {
    if (match === '$$') return '$'
    const name = braced ?? plain ?? ''
    const index = /^\d+$/.test(name) ? Number(name) : (named[name] ?? -1)
    return groups[index] ?? ''
  })
}

function split(pattern: string, text: string, count: number, must: boolean): readonly string[] {
  if (count === 0) return []
  if (pattern !== '' && text === '') return ['']
  const parts: string[] = []
  let [start, end] = [0, 0]
  for (const found of findAll(pattern, text, count, must)) {
    if (count > 0 && parts.length === count - 1) break
    end = found.start
    if (found.end !== 0) parts.push(text.slice(start, end))
    start = found.end
  }
  if (end !== text.length) parts.push(text.slice(start))
  return parts
}
