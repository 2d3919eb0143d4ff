/** One element of a Go time layout, or text that stands for itself. */
export type Chunk = { readonly kind: 'text' | 'element'; readonly text: string }

/** Splits a layout (`2006-01-02T15:04:05Z07:00`) at the elements that Go knows, always the longest at a place. */
export function chunksOf(layout: string): readonly Chunk[] {
  const chunks: Chunk[] = []
  let at = 0
  for (const hit of layout.matchAll(ELEMENT)) {
    if (hit.index > at) chunks.push({ kind: 'text', text: layout.slice(at, hit.index) })
    chunks.push({ kind: 'element', text: hit[0] })
    at = hit.index + hit[0].length
  }
  return at < layout.length ? [...chunks, { kind: 'text', text: layout.slice(at) }] : chunks
}

// "Jan" within "January" or before small letters is text, as are fractions that further digits follow.
const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|01|02|03|04|05|06|2006|__2|_2(?!006)|15|1|2|3|4|5|PM|pm|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)/g

/** The layouts that a policy may name. */
export const namedLayouts: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
])

export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
