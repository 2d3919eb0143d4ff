import type { Redaction, RedactionPlace, RedactionRule } from '../../../core/model/redaction.ts'
import { compileRegex, type Span } from '../../../core/patterns/regex.ts'
import type { Custom, Place, Redacted } from './redactor.ts'
import { builtInRules, value } from './rules.ts'

/**
 * A bundle's own rules, compiled. They look after the built-in ones, at what these left: a pattern that takes out a word cannot hide
 * from them what the word announces.
 * @throws RunproofError `format.malformed` for a pattern that is no RE2 expression, too large, or matches the empty text
 */
export function customRules(redaction: Redaction): Custom {
  const { rules = [], except = [], disable = [] } = redaction
  const exceptions = except.map(({ rule, pattern }) => ({ rule, ...compileRegex(pattern) }))
  const isExcepted = (rule: string, secret: string): boolean =>
    exceptions.some((exception) => exception.rule === rule && exception.covers(unquoted(secret)))
  const ids = rules.map(({ id }) => id)
  const known = [...builtInRules.map(({ kind }) => kind), ...ids]
  const marks = new RegExp(String.raw`\[redacted:(?:${known.join('|')}|too_long)\]`, 'g')
  const finders = rules.map((rule) => ({ id: rule.id, find: finderOf(rule) }))
  return {
    redaction,
    ids,
    disabled: new Set(disable.map(({ rule }) => rule)),
    isExcepted,
    redact(text, place) {
      let left = { text, count: 0 }
      for (const { id, find } of finders) {
        const taken = takeOut(left.text, find(left.text, place), id, marks, isExcepted)
        left = { text: taken.text, count: left.count + taken.count }
      }
      return left
    },
  }
}

/** More in one text than is worth telling apart. */
const MOST_SPANS = 1000

/** Null: more than that. */
type Spans = readonly Span[] | null
type Finder = (text: string, place: Place) => Spans

function finderOf({ pattern, keys, where = ['all'] }: RedactionRule): Finder {
  const search = pattern === undefined ? keysFinder(keys ?? []) : compileRegex(pattern).spans
  return (text, place) => {
    if (isWhole(where, place)) return search(text)
    const spans: Span[] = []
    for (const part of partsOf(text, where, place)) {
      const found = search(text.slice(part.start, part.end))
      if (found === null) return null
      for (const { start, end } of found) spans.push({ start: part.start + start, end: part.start + end })
    }
    return spans
  }
}

/** A rule sees the whole of a text that is of its place, or of which nobody knows what it is. */
function isWhole(where: readonly RedactionPlace[], place: Place): boolean {
  if (place === 'any' || where.includes('all')) return true
  if (place === 'address') return where.includes('url')
  return (place === 'arguments' || place === 'path') && where.includes(place)
}

const assignments = /(?<![\w.-])[A-Za-z_][\w.-]{0,100}=(?:"[^"]*"|'[^']*'|[^\s]*)/g
const addresses = /\b[A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/[^\s"']{1,8192}/g

function partsOf(text: string, where: readonly RedactionPlace[], place: Place): readonly Span[] {
  return [
    ...(where.includes('environment') && place === 'arguments' ? matchesIn(text, assignments) : []),
    ...(where.includes('url') ? matchesIn(text, addresses) : []),
  ]
}

function matchesIn(text: string, pattern: RegExp): readonly Span[] {
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => ({ start: index, end: index + match.length }))
}

/** The forms that the built-in rules know, for names that the bundle gives. Names are plain, so that nothing in them is a pattern. */
function keysFinder(keys: readonly string[]): (text: string) => Spans {
  const names = `(?:${keys.map((key) => key.replaceAll(/[.-]/g, String.raw`\$&`)).join('|')})`
  const forms = [
    String.raw`(?<![\w-])--?${names}(?:=|\s{1,8})(?!-)${value}`,
    String.raw`(?<![\w.-])${names}=${value}`,
    String.raw`\\?"${names}\\?"\s{0,8}:\s{0,8}\\?"(?<secret>[^"\\]{1,1024})`,
    String.raw`(?<![\w.-])${names}:\s{1,8}${value}`,
  ].map((form) => new RegExp(form, 'gid'))
  return (text) => {
    const spans = forms.flatMap((form) => [...text.matchAll(form)].flatMap(({ indices }) => spanOf(indices?.groups?.['secret'])))
    return spans.length > MOST_SPANS ? null : spans
  }
}

function spanOf(found: readonly [number, number] | undefined): readonly Span[] {
  return found === undefined || found[0] === found[1] ? [] : [{ start: found[0], end: found[1] }]
}

function takeOut(text: string, spans: Spans, id: string, marks: RegExp, isExcepted: Custom['isExcepted']): Redacted {
  const by = `[redacted:${id}]`
  if (spans === null) return { text: by, count: 1 }
  if (spans.length === 0) return { text, count: 0 }
  const left = spans.filter(({ start, end }) => !isExcepted(id, text.slice(start, end)))
  const cuts = merged(left, matchesIn(text, marks))
  const parts = cuts.map(({ start }, index) => text.slice(cuts[index - 1]?.end ?? 0, start) + by)
  return { text: parts.join('') + text.slice(cuts.at(-1)?.end ?? 0), count: cuts.length }
}

/** One after another: what overlaps is one, a mark is cut as a whole, and what lies within a mark is gone already. */
function merged(spans: readonly Span[], marks: readonly Span[]): readonly Span[] {
  const cuts: { start: number; end: number }[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const met = marks.filter(({ start, end }) => start < span.end && span.start < end)
    if (met.some(({ start, end }) => start <= span.start && span.end <= end)) continue
    const start = Math.min(span.start, ...met.map((one) => one.start))
    const end = Math.max(span.end, ...met.map((one) => one.end))
    const last = cuts.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else cuts.push({ start, end })
  }
  return cuts
}

function unquoted(secret: string): string {
  return /^(["']).*\1$/s.test(secret) ? secret.slice(1, -1) : secret
}
