import type { Run } from '../machine.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { compiled } from './regexes.ts'
import { parseTime } from './time-parse.ts'

/** Whether a text has the format; one of a name that OPA does not know is had by every text. @throws Unsupported */
export function isFormat(format: string, text: string, run: Run): boolean {
  if (UNCERTAIN.has(format)) throw new Unsupported(`the format ${format} of a JSON schema`)
  const layouts = LAYOUTS.get(format)
  if (layouts) return layouts.some((layout) => succeeds(() => parseTime(layout, text)))
  if (format === 'regex') return succeeds(() => compiled(text, run))
  if (format === 'hostname') return HOSTNAME.test(text) && text.length < 256
  if (format === 'ipv4' && text.includes(':')) throw new Unsupported('the format ipv4 of an address with colons')
  return PATTERNS.get(format)?.test(text) ?? true
}

/** Go's parsers of addresses decide these. */
const UNCERTAIN = new Set(['email', 'idn-email', 'ipv6', 'uri', 'uri-reference', 'iri', 'iri-reference', 'uri-template'])
const [DATE, TIME, ZONED] = ['2006-01-02', '15:04:05', '15:04:05Z07:00']
const LAYOUTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['date', [DATE]],
  ['time', [TIME, ZONED]],
  ['date-time', [TIME, ZONED, DATE, `${DATE}T${ZONED}`]],
])
const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])'
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  ['ipv4', new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`)],
  ['uuid', /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i],
  ['json-pointer', /^(?:\/(?:[^~/]|~0|~1)*)*$/],
  ['relative-json-pointer', /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/],
])

function succeeds(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (cause) {
    if (cause instanceof BuiltinError) return false
    throw cause
  }
}
