import type { SQLOutputValue } from 'node:sqlite'
import { RunproofError } from '../../../core/model/errors.ts'

export type Row = Record<string, SQLOutputValue>

/** The columns of a row as the schema says they are. All throw RunproofError `store.unreadable` when they are not. */
export function text(row: Row, column: string): string {
  const value = row[column]
  return typeof value === 'string' ? value : wrong(column, 'text')
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column)
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  return typeof value === 'number' ? value : wrong(column, 'an integer')
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column)
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column]
  return value instanceof Uint8Array ? value : wrong(column, 'bytes')
}

function wrong(column: string, kind: string): never {
  throw new RunproofError('store.unreadable', `the database is damaged: column ${column} is not ${kind}`)
}
