import { auditMembers } from '../../core/model/audit-file.ts'
import type { Judged } from '../../core/judge/judge.ts'
import { ReportSchema, type Report } from '../../core/model/report.ts'
import { fromUtf8, utf8 } from '../../core/proof/bytes.ts'
import { parseCanonical } from '../../core/proof/canonical.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { shaped } from '../../core/proof/shape.ts'
import { sameJson } from './difference.ts'
import type { Members } from './members.ts'

/** A report whose list of findings was left aside, and that list as bytes. */
export type Outline = { readonly report: Report; readonly findings: Uint8Array; readonly bytes: Uint8Array }

/**
 * Reads a report but for its findings, which are nearly all of it: whoever judges again has them anyway, and only has to see that they lie
 * there. Everything else is read as strictly as by `readReport`. Null when that cannot be done, for whatever reason: then `readReport`
 * reads it all and says what is wrong.
 */
export function outlineOf(members: Members): Outline | null {
  const bytes = members.get(auditMembers.report)
  if (bytes === undefined) return null
  const place = placeOfFindings(bytes)
  if (place === null) return null
  const [head, tail] = [bytes.subarray(0, place.start + 1), bytes.subarray(place.end - 1)]
  try {
    // A mark where the findings are: the one list of this name that holds just that is theirs.
    const text = `${fromUtf8(head)}0${fromUtf8(tail)}`
    if (text.indexOf(MARKED) !== text.lastIndexOf(MARKED)) return null
    const value = parseCanonical(text)
    const unmarked = withFindings(value, [0], [])
    if (value === null || unmarked === null) return null
    const report = shaped(ReportSchema, unmarked, 'a report')
    // What the schema did not take over must not lie there unread.
    return sameJson(report, unmarked) ? { report, findings: bytes.subarray(place.start, place.end), bytes } : null
  } catch {
    return null
  }
}

/** The whole report, when the findings of this judgement lie in it byte by byte; null when others do. They are made when asked for. */
export function completed({ report }: Outline, again: Judged): Report | null {
  if (!again.isAsWritten) return null
  const judgement = {
    ...report.judgement,
    get findings() {
      return again.findings()
    },
  }
  return { ...report, judgement }
}

const MARKED = '"findings":[0]'
/** How the list starts in a canonical report when it is not empty, and what follows it. Both have quotes that no string can hold. */
const [START, FIRST, END] = [utf8('"findings":['), utf8('{"attributed":'), utf8('],"gone":[')]

/** Where the list lies, its brackets included. Only a guess: what is left must prove it. */
function placeOfFindings(bytes: Uint8Array): { readonly start: number; readonly end: number } | null {
  let first = bytes.indexOf(FIRST[0] ?? 0)
  while (first >= 0 && !(isAt(bytes, FIRST, first) && isAt(bytes, START, first - START.length)))
    first = bytes.indexOf(FIRST[0] ?? 0, first + 1)
  if (first < 0) return null
  let last = bytes.lastIndexOf(END[0] ?? 0)
  while (last > first && !isAt(bytes, END, last)) last = bytes.lastIndexOf(END[0] ?? 0, last - 1)
  return last <= first ? null : { start: first - 1, end: last + 1 }
}

function isAt(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

/** The report with other findings; null when its findings are not the expected ones. */
function withFindings(report: JsonValue, expected: JsonValue, findings: JsonValue): JsonValue | null {
  if (!isObject(report)) return null
  const judgement = report['judgement']
  if (!isObject(judgement) || !sameJson(judgement['findings'], expected)) return null
  return { ...report, judgement: { ...judgement, findings } }
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
