import { hash } from 'node:crypto'
import { RunproofError } from '../../../core/model/errors.ts'
import { jcs, type JsonValue } from '../../../core/proof/jcs.ts'

/** Where a page ended: at this finding, among those of this severity when the list is by severity. */
export type Position = { readonly severity: number; readonly id: number }

/** An opaque text for a position in the answer to one query, whose checksum binds it to that query. */
export function cursorOf(query: JsonValue, { severity, id }: Position): string {
  return Buffer.from(`${severity}.${id}.${checksum(query, severity, id)}`).toString('base64url')
}

/** @throws RunproofError `request.invalid` when it was changed, or made for another query */
export function positionOf(query: JsonValue, cursor: string): Position {
  const parts =
    cursor.length > 120 ? null : /^(\d)\.(\d{1,16})\.([0-9a-f]{24})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const [severity, id] = [Number(parts?.[1]), Number(parts?.[2])]
  if (parts === null || checksum(query, severity, id) !== parts[3]) {
    throw new RunproofError('request.invalid', 'the cursor is not one of this query; start again without it')
  }
  return { severity, id }
}

function checksum(query: JsonValue, severity: number, id: number): string {
  return hash('sha256', jcs(['runproof/cursor/v1', query, severity, id]), 'hex').slice(0, 24)
}
