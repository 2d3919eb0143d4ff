const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** A header's name as Go writes it: `content-type` → `Content-Type`; what is no token stays as it is. */
export function canonicalName(name: string): string {
  if (!TOKEN.test(name)) return name
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}

export type Header = readonly [name: string, value: string]

/**
 * Headers of a request from lines `Name: value`.
 * Returns why not, where a line has no `: `, a name is no token, or a value holds a control character.
 */
export function requestHeaders(lines: readonly string[]): readonly Header[] | string {
  const headers: Header[] = []
  for (const line of lines) {
    const at = line.indexOf(': ')
    if (at < 0) return `request header ${JSON.stringify(line)} has no ": "`
    const [name, value] = [canonicalName(line.slice(0, at)), line.slice(at + 2)]
    if (!TOKEN.test(name)) return `net/http: invalid header field name ${JSON.stringify(name)}`
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) return `net/http: invalid header field value for ${JSON.stringify(name)}`
    headers.push([name, value])
  }
  return headers
}

export function headerOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1]
}

/** A token of its own in a list. */
const CLOSE = /(^|,)\s*close\s*(,|$)/i

/** Headers of a response, in Go's names; what its client takes out of them is out: how the body was transferred. */
export function responseHeaders(raw: readonly string[], unzipped: boolean): readonly Header[] {
  const all = Array.from({ length: raw.length / 2 }, (_, i): Header => [canonicalName(raw[2 * i] ?? ''), raw[2 * i + 1] ?? ''])
  const isChunked = all.some(([name]) => name === 'Transfer-Encoding')
  const kept = all.filter(([name, value]) => {
    if (name === 'Transfer-Encoding' || name === 'Trailer') return false
    if (name === 'Connection') return !CLOSE.test(value)
    if (name === 'Content-Length') return !isChunked && !unzipped
    return name !== 'Content-Encoding' || !unzipped
  })
  const isUncached = headerOf(kept, 'Pragma') === 'no-cache' && headerOf(kept, 'Cache-Control') === undefined
  return isUncached ? [...kept, ['Cache-Control', 'no-cache']] : kept
}
