/** Names without their prefix; attributes too. */
export type Attributes = ReadonlyMap<string, string>

/** What {@link XmlReader} tells, in document order. `line` is where it stands, from 1. */
export type XmlSink = {
  readonly open: (name: string, attributes: Attributes, line: number) => void
  readonly text: (text: string) => void
  readonly close: (name: string) => void
  /** The stream is no XML from here on: nothing more comes. */
  readonly broken: (reason: XmlFault, line: number) => void
}

/** Why bytes are no XML that we read. A document type is refused: it can define entities that grow or name files. */
export type XmlFault = 'invalid_xml' | 'invalid_utf8' | 'xml_doctype' | 'too_large' | 'too_deep' | 'truncated'

/** One tag or one stretch of text that is larger is broken or hostile; elements in real reports nest under 20. */
const MAX_TOKEN = 1024 * 1024
const MAX_DEPTH = 64
const MAX_ATTRIBUTES = 64

const nameForm = /^[A-Za-z_\u0080-\uffff][\w.\-:\u00b7\u0080-\uffff]*$/
const attribute = /\s+([^\s=<>"'/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y

/**
 * Reads XML in any portions and holds no more than one tag of it: elements, their attributes, texts. No document type, no entities but
 * the five that XML has and numbers. Synchronous.
 */
export class XmlReader {
  private readonly sink: XmlSink
  /** Bytes of a character that has not come whole. */
  private tail: Uint8Array = nothing
  private readonly open: string[] = []
  private rest = ''
  private line = 1
  private isBroken = false

  constructor(sink: XmlSink) {
    this.sink = sink
  }

  push(chunk: Uint8Array): void {
    if (this.isBroken) return
    const bytes = joined(this.tail, chunk)
    const whole = wholeCharacters(bytes)
    this.tail = bytes.slice(whole)
    const text = decoded(bytes.subarray(0, whole))
    // What stands before the fault is told however the bytes were divided.
    this.take(text ?? soundBeginning(bytes))
    if (text === null && !this.isBroken) this.fail('invalid_utf8')
  }

  end(): void {
    if (this.isBroken) return
    if (this.tail.length > 0) this.fail('invalid_utf8')
    else if (this.open.length > 0 || this.rest.trim() !== '') this.fail('truncated')
  }

  get currentLine(): number {
    return this.line
  }

  private take(text: string): void {
    this.rest += text
    let at = 0
    while (!this.isBroken) {
      const next = this.token(at)
      if (next === null) break
      at = next
    }
    this.rest = this.rest.slice(at)
    if (!this.isBroken && this.rest.length > MAX_TOKEN) this.fail('too_large')
  }

  /** Index behind the token at `at`; null when all of it is not here yet. */
  private token(at: number): number | null {
    const { rest } = this
    if (at >= rest.length) return null
    if (rest[at] !== '<') {
      const end = rest.indexOf('<', at)
      if (end < 0) return null
      if (this.isTooLarge(at, end)) return null
      this.content(rest.slice(at, end))
      return this.past(at, end)
    }
    if (rest.startsWith('<!--', at)) return this.until('-->', at, 4)
    if (rest.startsWith('<![CDATA[', at)) return this.until(']]>', at, 9, (text) => this.say(text))
    if (rest.startsWith('<?', at)) return this.until('?>', at, 2)
    if (rest.startsWith('<!', at)) {
      // `<!-` and `<![CD` may be the beginning of what was looked for above.
      if (rest.length - at < 9 && ('<![CDATA['.startsWith(rest.slice(at)) || '<!--'.startsWith(rest.slice(at)))) return null
      this.fail('xml_doctype')
      return null
    }
    const end = tagEnd(rest, at)
    if (end < 0 || this.isTooLarge(at, end)) return null
    this.tag(rest.slice(at + 1, end))
    return this.past(at, end + 1)
  }

  private until(mark: string, at: number, lead: number, take?: (text: string) => void): number | null {
    const end = this.rest.indexOf(mark, at + lead)
    if (end < 0 || this.isTooLarge(at, end)) return null
    take?.(this.rest.slice(at + lead, end))
    return this.past(at, end + mark.length)
  }

  /** Also of what came in one piece: the limit is the same for every division. */
  private isTooLarge(from: number, to: number): boolean {
    if (to - from <= MAX_TOKEN) return false
    this.fail('too_large')
    return true
  }

  private past(from: number, to: number): number {
    for (let at = this.rest.indexOf('\n', from); at >= 0 && at < to; at = this.rest.indexOf('\n', at + 1)) this.line++
    return to
  }

  private tag(inside: string): void {
    if (inside.startsWith('/')) {
      const name = inside.slice(1).trimEnd()
      if (this.open.pop() !== name) return this.fail('invalid_xml')
      return this.sink.close(localName(name))
    }
    const isEmpty = inside.endsWith('/')
    const body = isEmpty ? inside.slice(0, -1) : inside
    const name = /^[^\s/]+/.exec(body)?.[0] ?? ''
    const attributes = nameForm.test(name) ? attributesOf(body, name.length) : null
    if (attributes === null) return this.fail('invalid_xml')
    if (this.open.length >= MAX_DEPTH) return this.fail('too_deep')
    this.sink.open(localName(name), attributes, this.line)
    if (isEmpty) this.sink.close(localName(name))
    else this.open.push(name)
  }

  private content(text: string): void {
    if (this.open.length === 0) {
      if (text.replace('\ufeff', '').trim() !== '') this.fail('invalid_xml')
      return
    }
    const plain = unescaped(text)
    if (plain === null) return this.fail('invalid_xml')
    this.say(plain)
  }

  private say(text: string): void {
    if (this.open.length === 0) return this.fail('invalid_xml')
    this.sink.text(text)
  }

  private fail(reason: XmlFault): void {
    this.isBroken = true
    this.rest = ''
    this.sink.broken(reason, this.line)
  }
}

const nothing = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** How many bytes are characters that have come whole, as far as their first bytes tell. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** The text before the first byte that is no UTF-8: halved until it is found, since only one in a damaged document is. */
function soundBeginning(bytes: Uint8Array): string {
  let [sound, broken, text] = [0, bytes.length, '']
  while (broken - sound > 1) {
    const middle = (sound + broken) >>> 1
    const found = begun(bytes.subarray(0, middle))
    if (found === null) broken = middle
    else [sound, text] = [middle, found]
  }
  return text
}

/** The text of bytes that may end within a character; null for what cannot be the beginning of any. */
function begun(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
  } catch {
    return null
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

/** Index of the bracket that ends the tag: not one within quotes. */
function tagEnd(text: string, from: number): number {
  let quote = ''
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '>') return at
  }
  return -1
}

function attributesOf(body: string, from: number): Attributes | null {
  const attributes = new Map<string, string>()
  let at = from
  attribute.lastIndex = at
  for (let found = attribute.exec(body); found !== null; found = attribute.exec(body)) {
    const name = localName(found[1] ?? '')
    const value = unescaped(found[2] ?? found[3] ?? '')
    if (value === null || attributes.size >= MAX_ATTRIBUTES) return null
    // Of two that differ in their prefix alone the first one counts: `xsi:type` must not hide `type`.
    if (!attributes.has(name)) attributes.set(name, value)
    at = attribute.lastIndex
  }
  return body.slice(at).trim() === '' ? attributes : null
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

/** The text with its entities in place; null for one that XML does not have. */
function unescaped(text: string): string | null {
  if (!text.includes('&')) return text
  let isWhole = true
  const plain = text.replaceAll(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const known = whole.endsWith(';') ? (entities.get(name) ?? numbered(name)) : null
    isWhole &&= known !== null
    return known ?? ''
  })
  return isWhole ? plain : null
}

function numbered(name: string): string | null {
  const digits = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name)
  if (digits === null) return null
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16)
  return code > 0 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : null
}
