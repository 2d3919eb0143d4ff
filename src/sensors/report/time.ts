import { eventTime, type EventTime } from '../../../core/model/time.ts'
import { rfc3339 } from '../read/line-header.ts'
import { textOf, type Field } from '../fields.ts'

const spaced = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: ?(Z|UTC|[+-]\d\d:?\d\d))?$/
const zoneless = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?$/

/**
 * The moment that a report names: RFC 3339, also with a blank instead of the T and a zone without its colon (`2018-01-05 11:43:04 -0500`).
 * A time without a zone, as JUnit and older XCCDF have it, is UTC: nothing in them says otherwise.
 */
export function reportTime(field: Field): EventTime | null {
  const text = textOf(field)?.trim() ?? ''
  const parts = spaced.exec(text)
  if (parts !== null) {
    const zone = parts[3] === undefined || parts[3] === 'UTC' ? 'Z' : parts[3]
    return rfc3339(`${parts[1]}T${parts[2]}${zone}`)
  }
  return zoneless.test(text) ? eventTime(`${text}Z`) : rfc3339(text)
}
