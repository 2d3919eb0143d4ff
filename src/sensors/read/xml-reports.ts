import type { ReadableConnector } from './event-reader.ts'
import type { Frames } from './frames.ts'
import type { Given, ReportRead, XmlReportSink } from './report.ts'
import { XmlReader } from './xml.ts'

/** What stands before the root element of a document is shorter. */
const MAX_PROLOGUE = 16 * 1024

/** Bytes of XML in any portions → what the connectors make of them. */
export type XmlReports = Pick<Frames, 'push' | 'end'> & { readonly line: () => number }

/** Reads one document after the other, each by the connector that knows its root element. */
export function xmlReports(
  known: readonly Pick<ReadableConnector, 'xml'>[],
  given: Given,
  tell: (read: ReportRead) => void,
  refuse: (reason: string, line: number) => void,
): XmlReports {
  let depth = 0
  let sink: XmlReportSink | null = null
  const reader = new XmlReader({
    open(name, attributes, line) {
      if (depth++ === 0) {
        sink = known.find(({ xml }) => xml?.isRoot(name) === true)?.xml?.start(given, tell) ?? null
        if (sink === null) refuse('unknown_report', line)
      }
      sink?.open(name, attributes, line)
    },
    text: (text) => sink?.text(text),
    close(name) {
      sink?.close(name)
      if (--depth > 0) return
      sink?.end(true)
      sink = null
    },
    broken(reason, line) {
      sink?.end(false)
      sink = null
      refuse(reason, line)
    },
  })
  return { push: (chunk) => reader.push(chunk), end: () => reader.end(), line: () => reader.currentLine }
}

/**
 * Tells by its first bytes whether a stream is an XML document that somebody here reads; if not, everything goes to `lines` as it came.
 * A line that merely starts with a bracket, like one with a syslog priority, is none.
 */
export function xmlOr(lines: Frames, isRoot: (name: string) => boolean, open: () => XmlReports): Frames {
  let held: Uint8Array = new Uint8Array(0)
  let way: 'unknown' | 'lines' | XmlReports = 'unknown'

  function decide(bytes: Uint8Array, isLast: boolean): void {
    const root = rootOf(bytes)
    if (root === 'more' && !isLast && bytes.length < MAX_PROLOGUE) {
      held = bytes.slice()
      return
    }
    held = new Uint8Array(0)
    way = root !== 'more' && root !== null && isRoot(root) ? open() : 'lines'
    if (bytes.length > 0) (way === 'lines' ? lines : way).push(bytes)
  }

  return {
    push(chunk) {
      if (way === 'lines') return lines.push(chunk)
      if (way !== 'unknown') return way.push(chunk)
      decide(held.length === 0 ? chunk : joined(held, chunk), false)
    },
    end() {
      if (way === 'unknown') decide(held, true)
      if (way !== 'unknown') (way === 'lines' ? lines : way).end()
    },
    // A document is one piece: whoever reads only a part of it must not begin in the middle.
    place: () => (typeof way === 'object' ? { line: way.line(), isSettled: false } : lines.place()),
  }
}

const prologue = /^(?:\s+|<\?[\s\S]*?\?>|<!--[\s\S]*?-->)*/
const latin = new TextDecoder('latin1')

/** The root element's name without its prefix; null: no XML; `more`: it cannot be told yet. */
function rootOf(bytes: Uint8Array): string | null {
  // A byte order mark may come byte by byte.
  if (bytes.length < 3 && bytes[0] === 0xef) return 'more'
  const first = bytes.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  if (mark === 0 && first >= 0 && bytes[first] !== 0x3c && bytes[first] !== 0xef) return null
  const text = latin.decode(bytes.subarray(mark, mark + MAX_PROLOGUE))
  const rest = text.slice(prologue.exec(text)?.[0].length ?? 0)
  if (rest === '' || rest === '<' || /^<(?:\?|!-?$|!--)/.test(rest)) return 'more'
  const name = /^<([A-Za-z_][\w.:-]{0,200})([\s/>])?/.exec(rest)
  if (name?.[1] === undefined) return null
  return name[2] === undefined ? 'more' : name[1].slice(name[1].indexOf(':') + 1)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
