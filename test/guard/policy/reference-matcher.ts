/**
 * What guard's matching means, written to be read and not to be fast: each entry is tried after the other, each by trying every way to
 * match. It shares no line with the compiled matcher, so that one can hold the other to its word.
 */

type Matching = 'strict' | 'compat'

/** The first entry of a list that the path matches, or -1. */
export function referencePath(entries: readonly string[], path: string, matching: Matching): number {
  const text = matching === 'strict' ? plainPath(path) : path
  return entries.findIndex((entry) =>
    matching === 'compat' ? compatMatches(entry, text) : alternatives(entry).some((one) => strictMatches(one, text)),
  )
}

function compatMatches(entry: string, path: string): boolean {
  if (entry.endsWith('/*')) return path.startsWith(entry.slice(0, entry.length - 2))
  if (entry.endsWith('*')) return path.startsWith(entry.slice(0, entry.length - 1))
  return path === entry
}

function strictMatches(entry: string, path: string): boolean {
  if (entry === '/') return path.startsWith('/')
  if (entry.endsWith('/')) {
    const folder = anywhere(entry.slice(0, -1))
    return matchesAt(folder, path) || matchesAt(`${folder}/**`, path)
  }
  const whole = anywhere(entry)
  // A star at the end is whatever follows; one after a backslash is none.
  const open = /^((?:\\.|[^\\])*?)\*+$/su.exec(whole)
  return matchesAt(open ? `${open[1]}**` : whole, path)
}

/** An entry without a slash is a name in any folder. */
function anywhere(entry: string): string {
  return entry.includes('/') || /^\*+$/.test(entry) ? entry : `**/${entry}`
}

function matchesAt(glob: string, text: string): boolean {
  return tries(glob, text, true, new Map())
}

/** Remembers what is left of both once it was tried, or a handful of stars would take years. */
function tries(glob: string, text: string, segmentStarts: boolean, tried: Map<string, boolean>): boolean {
  const key = `${glob.length} ${text.length} ${segmentStarts}`
  const known = tried.get(key)
  if (known !== undefined) return known
  const matches = tryOne(glob, text, segmentStarts, (rest, after, starts) => tries(rest, after, starts, tried))
  tried.set(key, matches)
  return matches
}

type Next = (glob: string, text: string, segmentStarts: boolean) => boolean

function tryOne(glob: string, text: string, segmentStarts: boolean, next: Next): boolean {
  if (glob === '') return text === ''
  if (glob.startsWith('**')) {
    const rest = glob.replace(/^\*+/, '')
    if (segmentStarts && rest.startsWith('/')) {
      if (next(rest.slice(1), text, true)) return true
      return [...text.matchAll(/\//g)].some(({ index }) => next(rest.slice(1), text.slice(index + 1), true))
    }
    return Array.from({ length: text.length + 1 }, (_, cut) => cut).some((cut) => next(rest, text.slice(cut), false))
  }
  if (glob.startsWith('*')) {
    for (let cut = 0; ; cut++) {
      if (next(glob.slice(1), text.slice(cut), false)) return true
      if (cut >= text.length || text[cut] === '/') return false
    }
  }
  const [character] = text
  if (character === undefined) return false
  const after = text.slice(character.length)
  if (glob.startsWith('?')) return character !== '/' && next(glob.slice(1), after, false)
  if (glob.startsWith('[')) {
    const [body, rest] = classOf(glob)
    return character !== '/' && inBody(body, character) && next(rest, after, false)
  }
  const literal = glob.startsWith('\\') ? glob.slice(1) : glob
  const [wanted = ''] = literal
  return character === wanted && next(literal.slice(wanted.length), after, wanted === '/')
}

/** The characters of a class as they are written, and what comes after it. */
function classOf(glob: string): readonly [body: readonly string[], rest: string] {
  const characters = Array.from(glob)
  const body: string[] = []
  for (let i = 1; i < characters.length; i++) {
    const first = body.length === 0 || (body.length === 1 && /[!^]/.test(body[0] ?? ''))
    if (characters[i] === ']' && !first) return [body, characters.slice(i + 1).join('')]
    body.push(characters[i] === '\\' ? `\\${characters[++i]}` : (characters[i] ?? ''))
  }
  throw new Error(`no end: ${glob}`)
}

function inBody(body: readonly string[], character: string): boolean {
  const negated = body[0] === '!' || body[0] === '^'
  const items = negated ? body.slice(1) : body
  const code = (item = ''): number => item.replace(/^\\(?=.)/su, '').codePointAt(0) ?? 0
  const wanted = code(character)
  let found = false
  for (let i = 0; i < items.length; i++) {
    const range = items[i + 1] === '-' && i + 2 < items.length
    const [from, to] = range ? [code(items[i]), code(items[i + 2])] : [code(items[i]), code(items[i])]
    if (wanted >= from && wanted <= to) found = true
    if (range) i += 2
  }
  return found !== negated
}

/** One level of braces after the other, the leftmost first. */
function alternatives(entry: string): readonly string[] {
  let [open, depth] = [-1, 0]
  const cuts: number[] = []
  for (let i = 0; i < entry.length; i++) {
    if (entry[i] === '\\') i++
    else if (entry[i] === '{' && depth++ === 0) cuts.push((open = i))
    else if (entry[i] === ',' && depth === 1) cuts.push(i)
    else if (entry[i] === '}' && depth > 0 && --depth === 0) {
      const parts = cuts.map((cut, k) => entry.slice(cut + 1, cuts[k + 1] ?? i))
      return parts.flatMap((part) => alternatives(entry.slice(0, open) + part + entry.slice(i + 1)))
    }
  }
  return [entry]
}

function plainPath(path: string): string {
  if (!path.startsWith('/')) return path
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return `/${names.join('/')}`
}

/** The first entry of a list that holds the address at the port, -1 for none, -2 for a text that is no address. */
export function referenceNetwork(entries: readonly string[], address: string, port: number): number {
  const wanted = bitsOf(address)
  if (wanted === null) return -2
  return entries.findIndex((entry) => {
    const match = /^(?:\[(?<v6>[^\]]*)\](?<v6length>\/\d+)?|(?<v4>[^:]*))(?::(?<ports>.*))?$/.exec(entry)
    const { v6, v6length = '', v4 = '', ports } = match?.groups ?? {}
    const blocks =
      v6 !== undefined
        ? [`${v6}${v6length}`]
        : v4 === '*'
          ? ['0.0.0.0/0', '::/0']
          : v4 === 'localhost'
            ? ['127.0.0.0/8', '::1']
            : [v4]
    return (
      blocks.some((block) => within(wanted, block)) &&
      (ports === undefined || ports === '*' || ports.split(',').some((part) => inPorts(part, port)))
    )
  })
}

function inPorts(part: string, port: number): boolean {
  const [from = '', to = from] = part.split('-')
  return port >= Number(from) && port <= Number(to)
}

function within(wanted: string, block: string): boolean {
  const [text = '', length] = block.split('/')
  const bits = bitsOf(text) ?? ''
  const written = text.includes(':') ? 128 : 32
  const kept = length === undefined ? bits.length : Number(length) - (written - bits.length)
  return bits.length === wanted.length && bits.slice(0, kept) === wanted.slice(0, kept)
}

/** The address as a text of its bits; an IPv4 address within IPv6 as 32 of them. */
function bitsOf(address: string): string | null {
  const byte = (text: string): string | null =>
    /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) < 256 ? Number(text).toString(2).padStart(8, '0') : null
  const v4 = (text: string): string | null => {
    const bytes = text.split('.').map(byte)
    return bytes.length === 4 && !bytes.includes(null) ? bytes.join('') : null
  }
  if (!address.includes(':')) return v4(address)
  const text = address.replace(/%.*$/s, '')
  const tail = text.includes('.') ? v4(text.slice(text.lastIndexOf(':') + 1)) : ''
  if (tail === null) return null
  const head = text.includes('.') ? text.slice(0, text.lastIndexOf(':') + 1) : text
  const sides = (text.includes('.') ? head.replace(/([^:]):$/, '$1') : head).split('::')
  if (sides.length > 2) return null
  const [left, right] = sides.map((side) => (side === '' ? [] : side.split(':')))
  const groups = [...(left ?? []), ...(right ?? [])]
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return null
  const bits = (list: readonly string[]): string =>
    list.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
  const missing = 128 - groups.length * 16 - tail.length
  if (sides.length === 2 ? missing < 16 : missing !== 0) return null
  const all = bits(left ?? []) + '0'.repeat(missing) + bits(right ?? []) + tail
  return /^0{80}1{16}/.test(all) ? all.slice(96) : all
}
