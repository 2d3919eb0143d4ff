import type { JsonObject } from '../connector.ts'
import { listOf, objectOf, type Field } from '../fields.ts'

/**
 * A collector's batch is 8192 records unless told otherwise, and a line of the size that we take cannot hold many more. One that does is
 * refused whole: nothing of it is cut and believed.
 */
const MAX_RECORDS = 16_384

/** An export of logs as OTLP's JSON has it. */
export function isBatch(event: JsonObject): boolean {
  return Array.isArray(event['resourceLogs'])
}

/**
 * The body of each log record as text, in order: a text as it is, a map or list as JSON, null where there is neither. What the collector
 * knows beside the body (its own attributes, its clock) is about itself and is not used. Null: too many records.
 */
export function bodiesOf(batch: JsonObject): readonly (string | null)[] | null {
  const bodies: (string | null)[] = []
  for (const resource of listOf(batch['resourceLogs'])) {
    for (const scope of listOf(objectOf(resource)?.['scopeLogs'])) {
      for (const record of listOf(objectOf(scope)?.['logRecords'])) {
        if (bodies.length === MAX_RECORDS) return null
        bodies.push(bodyOf(objectOf(objectOf(record)?.['body'])))
      }
    }
  }
  return bodies
}

function bodyOf(body: JsonObject | null): string | null {
  if (body === null) return null
  const text = body['stringValue']
  if (typeof text === 'string') return text
  return objectOf(body['kvlistValue']) === null ? null : jsonOf(body)
}

/** An `AnyValue` as JSON text, keys as they come: what a key twice means is for the strict reader to say. As deep as the batch was. */
function jsonOf(value: JsonObject | null): string {
  if (value === null) return 'null'
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value
  const [list, map] = [objectOf(value['arrayValue']), objectOf(value['kvlistValue'])]
  if (typeof stringValue === 'string') return JSON.stringify(stringValue)
  if (typeof boolValue === 'boolean') return String(boolValue)
  if (isInteger(intValue)) return String(intValue)
  if (typeof doubleValue === 'number') return JSON.stringify(doubleValue)
  if (typeof bytesValue === 'string') return JSON.stringify(bytesValue)
  if (list !== null)
    return `[${listOf(list['values'])
      .map((item) => jsonOf(objectOf(item)))
      .join(',')}]`
  return map === null ? 'null' : `{${listOf(map['values']).flatMap(memberOf).join(',')}}`
}

function memberOf(pair: Field): readonly string[] {
  const member = objectOf(pair)
  const key = member?.['key']
  return typeof key === 'string' ? [`${JSON.stringify(key)}:${jsonOf(objectOf(member?.['value']))}`] : []
}

/** 64 bits come as text, so that no digit is lost. */
function isInteger(value: Field): value is string | number {
  return typeof value === 'string' ? /^(?:0|-?[1-9]\d{0,18})$/.test(value) : Number.isSafeInteger(value)
}
