/** One media range of an Accept header (RFC 9110 §12.5.1). `weight` 0: refused. */
export type MediaRange = { readonly type: string; readonly version: string | null; readonly weight: number }

/** Longer headers are not read: no prober sends them. */
const LONGEST = 8192

/** The ranges of all Accept lines together, in their order, lower case; what is none is left out. Empty: none, or too long. */
export function mediaRanges(accept: readonly string[]): readonly MediaRange[] {
  const header = accept.join(',')
  return header.length > LONGEST ? [] : header.split(',').flatMap((text) => rangeOf(text) ?? [])
}

function rangeOf(text: string): MediaRange | null {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  if (!/^[\w.+*-]+\/[\w.+*-]+$/.test(type)) return null
  const named = (name: string): string | null =>
    parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1) ?? null
  const weight = named('q') ?? '1'
  // A weight that is none asks for nothing.
  return { type, version: named('version'), weight: /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0 }
}
