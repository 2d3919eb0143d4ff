import { open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { RunproofError, type ErrorCode } from '../../../core/model/errors.ts'

/**
 * The UTF-8 text of a file of at most `limit` bytes. `what` names it in messages.
 * @throws RunproofError `code` naming the path: missing, no file, too large, not UTF-8
 */
export async function readText(path: string, limit: number, code: ErrorCode = 'file.unreadable'): Promise<string> {
  const refused = (why: string, cause?: unknown): RunproofError =>
    new RunproofError(code, `cannot read ${path}: ${why}`, { cause })
  // A pipe in a file's place must not make us wait for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw refused(whyOf(error), error)
  })
  try {
    const entry = await file.stat()
    if (!entry.isFile()) throw refused('it is not a file')
    const tooLarge = (): RunproofError => refused(`it has more than ${limit} bytes`)
    if (entry.size > limit) throw tooLarge()
    const bytes = await file.readFile()
    if (bytes.length > limit) throw tooLarge()
    return decoded(bytes, refused)
  } finally {
    await file.close()
  }
}

/** What to tell a person about an error of the file system. */
export function whyOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS.get(code) ?? (error instanceof Error ? error.message : 'it cannot be opened')
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a folder'],
])

function decoded(bytes: Uint8Array, refused: (why: string, cause?: unknown) => RunproofError): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw refused('it is not UTF-8 text', cause)
  }
}
