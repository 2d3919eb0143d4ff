import type { MatcherResult, Result } from '../model/result.ts'
import { isGoList, type GoMap, type GoValue } from '../model/value.ts'
import { compareBytes, printV } from '../template/print.ts'
import { unifiedDiff } from './diff.ts'
import { goJson, UnsupportedValue } from './go-json.ts'
import { paint, type Style } from './options.ts'
import { byKey, isFailed, seconds, typeName, type Group, type Tally } from './run.ts'

/** One result in goss's words, on one line (`compact`) or on several. */
export function humanize(result: Result, compact: boolean, style: Style): string {
  const subject = `${typeName(result)}: ${result.id}: ${result.property}:`
  if (result.outcome === 'skip') return paint(`${subject} skipped`, 'yellow', style)
  if (isFailed(result)) return paint(`${subject}${compact ? ' ' : '\n'}${explain(result, compact, style)}`, 'red', style)
  return paint(`${subject} ${result.matcher.message}: ${json(result.matcher.expected ?? null)}`, 'green', style)
}

/** Title and meta of a resource, where it has any. */
export function header([{ resource }]: Group): string {
  const title = resource.title === '' ? '' : `Title: ${resource.title}\n`
  return resource.meta === null ? title : `${title}Meta:\n${metaLines(resource.meta)}`
}

function metaLines(meta: GoMap): string {
  const entries = [...meta].toSorted(([a], [b]) => compareBytes(a, b))
  return entries.map(([key, value]) => `    ${key}: ${printV(value)}\n`).join('')
}

/** What failed or was skipped, by resource. */
export function failures(groups: readonly Group[], style: Style): string {
  const parts = groups
    .toSorted(byKey)
    .map((group) => [group, group.filter(({ outcome }) => outcome !== 'pass')] as const)
    .filter(([, results]) => results.length > 0)
    .map(([group, results]) => `${header(group)}${results.map((result) => `${humanize(result, false, style)}\n`).join('')}\n`)
  return parts.length === 0 ? '' : `Failures/Skipped:\n\n${parts.join('')}`
}

/** The two lines at the end of the formats for people. */
export function summary({ count, failed, skipped, nanos }: Tally, style: Style): string {
  const counts = `Count: ${count}, Failed: ${failed}, Skipped: ${skipped}\n`
  return `Total Duration: ${seconds(nanos)}s\n${paint(counts, failed > 0 ? 'red' : 'green', style)}`
}

function explain({ matcher, error }: Result, compact: boolean, style: Style): string {
  const laid = (text: string): string => (compact ? text : indented(text))
  const { actual = null, missingElements, extraElements, transformChain, untransformedValue = null } = matcher
  const parts =
    error !== null
      ? ['Error', compact ? error.replace(/[\t\n\f\r ]+/g, ' ') : indented(error)]
      : ['Expected', laid(json(actual)), matcher.message, laid(expectation(matcher)), ...difference(matcher, compact)]
  if (missingElements !== undefined) parts.push('the missing elements were', laid(missing(matcher, missingElements)))
  if (extraElements !== undefined) parts.push('the extra elements were', laid(json(extraElements)))
  if (transformChain !== undefined) {
    parts.push('the transform chain was', laid(json(transformChain, true)))
    if (!style.excludeRaw) parts.push('the raw value was', laid(json(untransformedValue)))
  }
  return parts.join(compact ? ' ' : '\n')
}

/** Matchers write themselves with `<`, `>` and `&` as escapes, values do not. */
function expectation({ expected = null, marshalled }: MatcherResult): string {
  if (marshalled === undefined) return json(expected)
  if (!isGoList(expected)) return json(expected, !marshalled.includes(0))
  return `[${expected.map((item, at) => json(item, !marshalled.includes(at))).join(',')}]`
}

function missing({ expected = null, marshalled }: MatcherResult, elements: readonly GoValue[]): string {
  if (marshalled === undefined) return json(elements)
  const plain = isGoList(expected) ? marshalled.map((at) => json(expected[at] ?? null)) : []
  return `[${elements.map((item) => json(item, !plain.includes(json(item)))).join(',')}]`
}

function difference({ actual, expected }: MatcherResult, compact: boolean): readonly string[] {
  if (compact || typeof actual !== 'string' || typeof expected !== 'string' || actual === expected) return []
  const diff = unifiedDiff(expected, actual)
  return ['diff', indented(diff === '' ? 'too many lines to compare' : diff)]
}

function json(value: GoValue, escapes = false): string {
  try {
    return goJson(value, { escapes })
  } catch (error) {
    if (error instanceof UnsupportedValue) return error.message
    throw error
  }
}

function indented(text: string): string {
  return text
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}
