import { mediaRanges, type MediaRange } from '../output/accept.ts'
import { formats, type Format } from '../output/options.ts'

/** What a prober wants to read. */
export type Wanted = { readonly kind: 'text' } | { readonly kind: 'json' } | { readonly kind: 'goss'; readonly format: Format }

/** Media type → what it stands for. The first of equals is what a prober without a wish gets. */
const offers: readonly (readonly [type: string, wanted: Wanted])[] = [
  ['text/plain', { kind: 'text' }],
  ['application/json', { kind: 'json' }],
  ['text/json', { kind: 'json' }],
  ...formats.map((format) => [`application/vnd.goss-${format}`, { kind: 'goss', format }] as const),
  ['application/openmetrics-text', { kind: 'goss', format: 'prometheus' }],
]

/**
 * What to answer with, by every Accept line there is: lists, wildcards and weights as RFC 9110 has them. Null: nothing that we have is
 * acceptable.
 */
export function negotiate(accept: readonly string[]): Wanted | null {
  const ranges = mediaRanges(accept)
  if (ranges.length === 0) return offers[0]?.[1] ?? null
  let best: { readonly wanted: Wanted; readonly weight: number } | null = null
  for (const [type, wanted] of offers) {
    const [range] = ranges.filter((each) => matches(each.type, type)).sort((a, b) => precision(b.type) - precision(a.type))
    // A text with the version of Prometheus' format is Prometheus' format.
    const meant: Wanted = isPrometheus(range) && type === 'text/plain' ? { kind: 'goss', format: 'prometheus' } : wanted
    if (range !== undefined && range.weight > 0 && (best === null || range.weight > best.weight))
      best = { wanted: meant, weight: range.weight }
  }
  return best?.wanted ?? null
}

/** The type of an answer. */
export function typeOf(wanted: Wanted): string {
  if (wanted.kind === 'text') return 'text/plain; charset=utf-8'
  if (wanted.kind === 'json') return 'application/json'
  return wanted.format === 'prometheus' ? 'text/plain; version=0.0.4; charset=utf-8' : `application/vnd.goss-${wanted.format}`
}

function isPrometheus(range: MediaRange | undefined): boolean {
  return range?.version === '0.0.4' || range?.version === '1.0.0'
}

function matches(range: string, type: string): boolean {
  return range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}

function precision(range: string): number {
  return range === '*/*' ? 0 : range.endsWith('/*') ? 1 : 2
}
