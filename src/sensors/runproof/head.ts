import { eventTime, type EventTime } from '../../../core/model/time.ts'
import type { Instance } from '../../../core/model/watch.ts'
import type { JsonObject } from '../connector.ts'
import { textOf, type Field } from '../fields.ts'
import { clip } from '../subject.ts'

/** The value of `runproof` in every record of this form. */
export const FORMAT = 'v1'

/** What every record says. */
export type Head = { readonly kind: string; readonly instance: Instance; readonly at: EventTime | null }

/** Names of sensors: they become keys of tallies and parts of reports. */
const sensorName = /^[a-z0-9][a-z0-9_.-]{0,62}$/

/** Null unless the record says whose it is. */
export function headOf(event: JsonObject): Head | null {
  const sensor = textOf(event['sensor'])
  if (sensor === null || !sensorName.test(sensor)) return null
  return {
    kind: textOf(event['kind']) ?? '',
    instance: { sensor, node: clip(textOf(event['node'])) },
    at: timeOf(event['at']),
  }
}

/** Null for anything that is no plausible RFC 3339 time. */
export function timeOf(field: Field): EventTime | null {
  const text = textOf(field)
  return text === null ? null : eventTime(text)
}
