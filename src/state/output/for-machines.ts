import type { MatcherResult, Result } from '../model/result.ts'
import { isGoList, isGoMap, isGoTime, type GoMap, type GoValue } from '../model/value.ts'
import { bracketed, goJson, quoteJson, UnsupportedValue, type JsonStyle } from './go-json.ts'
import { humanize } from './human.ts'
import type { Style } from './options.ts'
import { durationOf, groupsOf, isFailed, seconds, tallyOf, typeName, type Output, type RunInfo } from './run.ts'

const uncoloured = { colour: false } as const

/**
 * goss's JSON. In our own dialect with what goss leaves out: host, gossfiles and their digests, version, run id, and for each result our
 * outcome, in which an error is no failure.
 */
export function json(results: readonly Result[], run: RunInfo, style: Style): Output {
  const { count, failed, skipped, nanos } = tallyOf(results)
  const plain = { ...style, ...uncoloured }
  const all = groupsOf(results, style.sort).flat()
  const summary = {
    'failed-count': BigInt(failed),
    'skipped-count': BigInt(skipped),
    'summary-line': `Count: ${count}, Failed: ${failed}, Skipped: ${skipped}, Duration: ${seconds(nanos)}s`,
    'test-count': BigInt(count),
    'total-duration': nanos,
  }
  const document = mapOf({
    results: all.length === 0 ? null : all.map((result) => jsonResult(result, run, plain)),
    summary: mapOf(summary),
    ...(run.dialect === 'runproof' && { run: runOf(run) }),
  })
  const text = goJson(document, style.pretty ? { escapes: true, indent: '    ' } : { escapes: true })
  return { text: `${text}\n`, exit: failed > 0 ? 1 : 0 }
}

function runOf({ host, runId, version, sources, endedAt }: RunInfo): GoMap {
  return mapOf({
    host,
    'run-id': runId,
    version,
    'ended-at': endedAt,
    gossfiles: sources.map(({ path, sha256 }) => mapOf({ path, sha256 })),
  })
}

function jsonResult(result: Result, run: RunInfo, style: Style): GoMap {
  const always = {
    successful: !isFailed(result),
    'summary-line': humanize(result, false, style),
    'summary-line-compact': humanize(result, true, style),
    duration: durationOf(result),
    ...(run.dialect === 'runproof' && { outcome: result.outcome }),
  }
  // goss drops all the rest of a result in which it cannot write something.
  const rest = writable(result) ? (floats(mapOf(resultOf(result))) as GoMap) : new Map<string, GoValue>()
  return new Map([...rest, ...mapOf(always)])
}

function resultOf(result: Result): Readonly<Record<string, GoValue>> {
  return {
    skipped: result.outcome === 'skip',
    'resource-id': result.id,
    'resource-type': typeName(result),
    property: result.property,
    title: result.resource.title,
    meta: result.resource.meta,
    result: result.outcome === 'skip' ? 2n : isFailed(result) ? 1n : 0n,
    err: result.error,
    'matcher-result': mapOf(matcherOf(result.matcher)),
    'start-time': result.startedAt,
    'end-time': result.endedAt,
  }
}

function matcherOf(matcher: MatcherResult): Readonly<Record<string, GoValue>> {
  return {
    actual: matcher.actual ?? null,
    message: matcher.message,
    expected: matcher.expected ?? null,
    'missing-elements': matcher.missingElements ?? null,
    'found-elements': matcher.foundElements ?? null,
    'extra-elements': matcher.extraElements ?? null,
    'transform-chain': matcher.transformChain ?? null,
    'untransformed-value': matcher.untransformedValue ?? null,
  }
}

function writable(result: Result): boolean {
  try {
    goJson(mapOf(resultOf(result)), { escapes: true })
    return true
  } catch (error) {
    if (error instanceof UnsupportedValue) return false
    throw error
  }
}

/** goss reads its own JSON again, which makes floats of all numbers. */
function floats(value: GoValue): GoValue {
  if (typeof value === 'bigint') return Number(value)
  if (isGoList(value)) return value.map(floats)
  return isGoMap(value) && !isGoTime(value) ? new Map([...value].map(([key, item]) => [key, floats(item)])) : value
}

/** goss's other JSON: members in the order of its types. It exits 0 whatever failed; our own dialect does not. */
export function structured(results: readonly Result[], run: RunInfo, style: Style): Output {
  const { count, failed, nanos } = tallyOf(results)
  const exit = run.dialect === 'runproof' && failed > 0 ? 1 : 0
  const form: JsonStyle = style.pretty ? { escapes: true, indent: '  ' } : { escapes: true }
  const line = `Count: ${count}, Failed: ${failed}, Duration: ${seconds(nanos)}s`
  const counts = ordered({ 'test-count': BigInt(count), 'failed-count': BigInt(failed), 'total-duration': nanos })
  try {
    const all = groupsOf(results, style.sort)
      .flat()
      .map((result) => write(structuredResult(result, style), form, 2))
    const parts = [
      member('results', bracketed('[', ']', all, form, 1), form),
      member('summary', write(counts, form, 1), form),
      member('summary-line', quoteJson(line, true), form),
    ]
    return { text: `${bracketed('{', '}', parts, form, 0)}\n`, exit }
  } catch (error) {
    // goss writes an empty line where one value cannot be written.
    if (error instanceof UnsupportedValue) return { text: '\n', exit }
    throw error
  }
}

/** An object whose members keep their order; anything else is written as everywhere. */
type Ordered = { readonly members: readonly (readonly [string, GoValue | Ordered])[] }

function ordered(members: Readonly<Record<string, GoValue | Ordered>>): Ordered {
  return { members: Object.entries(members) }
}

function structuredResult(result: Result, style: Style): Ordered {
  const { 'matcher-result': _, 'start-time': start, 'end-time': end, ...first } = resultOf(result)
  return ordered({
    // goss never sets it in this format.
    successful: false,
    ...first,
    'matcher-result': ordered(matcherOf(result.matcher)),
    'start-time': start ?? null,
    'end-time': end ?? null,
    duration: durationOf(result),
    'summary-line': humanize(result, false, style),
    'summary-line-compact': humanize(result, true, style),
  })
}

function write({ members }: Ordered, form: JsonStyle, depth: number): string {
  const parts = members.map(([name, value]) =>
    member(name, isOrdered(value) ? write(value, form, depth + 1) : goJson(value, form, depth + 1), form),
  )
  return bracketed('{', '}', parts, form, depth)
}

function isOrdered(value: GoValue | Ordered): value is Ordered {
  return typeof value === 'object' && value !== null && 'members' in value
}

function member(name: string, text: string, form: JsonStyle): string {
  return `${quoteJson(name, true)}:${form.indent === undefined ? '' : ' '}${text}`
}

function mapOf(members: Readonly<Record<string, GoValue>>): GoMap {
  return new Map(Object.entries(members))
}
