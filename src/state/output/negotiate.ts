import type { Dialect } from '../model/resource.ts'
import { mediaRanges, type MediaRange } from './accept.ts'
import { formats, type Format } from './options.ts'
import type { Output } from './run.ts'

/** How `serve` answers: what it writes, and what it says that is. */
export type Negotiated = { readonly format: Format; readonly contentType: string }

const vendor = 'application/vnd.goss-'

/**
 * The format that the Accept lines ask for, `fallback` where they ask for none that there is. goss knows one exact type per line, of which
 * the last counts, be it unknown; our own dialect reads them as RFC 9110 has them, with lists, weights and wildcards.
 */
export function negotiate(accept: readonly string[], fallback: Format, dialect: Dialect): Negotiated {
  const format = (dialect === 'goss' ? lastLine(accept) : best(accept, fallback)) ?? fallback
  return { format, contentType: contentTypeOf(format) }
}

/** 200 where all is well, 503 where something failed. */
export function statusOf({ exit }: Pick<Output, 'exit'>): 200 | 503 {
  return exit === 0 ? 200 : 503
}

/** The type of a format, as goss names it. */
export function contentTypeOf(format: Format): string {
  if (format === 'json') return 'application/json'
  return format === 'prometheus' ? 'text/plain; version=0.0.4' : vendor + format
}

function lastLine(accept: readonly string[]): Format | null {
  const line = accept.at(-1)?.trim() ?? ''
  if (/^(application|text)\/json$/i.test(line)) return 'json'
  return line.startsWith(vendor) ? formatOf(line.slice(vendor.length)) : null
}

function formatOf(name: string): Format | null {
  return formats.find((format) => format === name) ?? null
}

/** The heaviest range that we can serve; of equals the first. */
function best(accept: readonly string[], fallback: Format): Format | null {
  const ranges = mediaRanges(accept)
  const wanted = ranges
    .map((range) => ({ range, format: range.weight === 0 ? null : servedBy(range, fallback) }))
    .filter(({ range, format }) => format !== null && !isRefused(format, ranges, range))
    .toSorted((a, b) => b.range.weight - a.range.weight)
  return wanted[0]?.format ?? null
}

/** A wildcard takes nothing that another range refuses by name. */
function isRefused(format: Format, ranges: readonly MediaRange[], by: MediaRange): boolean {
  if (!by.type.includes('*')) return false
  return ranges.some((range) => range.weight === 0 && !range.type.includes('*') && servedBy(range, format) === format)
}

const inText: ReadonlySet<Format> = new Set(['documentation', 'rspecish', 'tap', 'nagios', 'silent'])

function servedBy({ type, version }: MediaRange, fallback: Format): Format | null {
  if (type.startsWith(vendor)) return formatOf(type.slice(vendor.length))
  const text = inText.has(fallback) ? fallback : 'rspecish'
  switch (type) {
    case '*/*':
      return fallback
    case 'application/json':
    case 'text/json':
      return 'json'
    case 'application/*':
      return contentTypeOf(fallback).startsWith('application/') ? fallback : 'json'
    case 'application/xml':
    case 'text/xml':
      return 'junit'
    case 'text/plain':
      return version === '0.0.4' || fallback === 'prometheus' ? 'prometheus' : text
    case 'text/*':
      return fallback === 'prometheus' ? 'prometheus' : text
    default:
      return null
  }
}
