import { eventTime, type EventTime } from '../../../core/model/time.ts'

/** What a log daemon writes in front of a line. */
export type LineHeader = {
  /** When it was written; null: the form has no date (the old syslog form has no year). */
  readonly at: EventTime | null
  /** Minutes east of UTC of the clock that it was written by; null with `at`. */
  readonly zoneMinutes: number | null
  /** The machine; null where the form does not name it. */
  readonly host: string | null
  /** The line behind it. */
  readonly rest: string
}

const iso = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)`
const host = String.raw`[\w.:-]{1,253}`
const program = String.raw`[\w./-]{1,48}`
/** Container runtimes (CRI). `P`, a line that was cut, is left alone: its rest is in the next one. */
const container = new RegExp(String.raw`^(${iso}) std(?:out|err) F `)
/** RFC 5424 without structured data. */
const syslog = new RegExp(String.raw`^<\d{1,3}>1 (${iso}) (${host}) ${program} (?:\d{1,10}|-) \S{1,32} - (?:\ufeff)?`)
/** RFC 3164, with or without its priority, and as rsyslog and journald print it with a whole date. */
const oldSyslog = new RegExp(
  String.raw`^(?:<\d{1,3}>)?(?:(${iso})|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (${host}) ${program}(?:\[\d{1,10}\])?: ?`,
)

/** Takes a log daemon's words off a line; null when there are none. Nothing that a sensor wrote is looked at. */
export function lineHeader(line: string): LineHeader | null {
  const [written, stamp, name] = container.exec(line) ?? syslog.exec(line) ?? oldSyslog.exec(line) ?? []
  if (written === undefined) return null
  const at = stamp === undefined ? null : rfc3339(stamp)
  return {
    at,
    zoneMinutes: at === null || stamp === undefined ? null : zoneOf(stamp),
    host: name ?? null,
    rest: line.slice(written.length),
  }
}

/** Also with a zone written without its colon, as journald, Falco and strftime have it; null for what is no moment. */
export function rfc3339(stamp: string): EventTime | null {
  return eventTime(stamp.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
}

function zoneOf(stamp: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)$/.exec(stamp) ?? []
  if (hours === undefined || minutes === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}
