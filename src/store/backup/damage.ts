import { RunproofError } from '../../../core/model/errors.ts'

/** What is wrong with a backup: `what` names the file in it, `why` says how that shows. */
export function damaged(backup: string, what: string, why: string, cause?: unknown): RunproofError {
  return new RunproofError('backup.invalid', `the backup ${backup} cannot be relied upon: ${what}: ${why}`, { cause })
}

/** What a reader says about `what`, as a statement about the backup: the paths that readers name are those of a folder that goes. */
export function inBackup<T>(backup: string, what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asDamage(backup, what, error)
  }
}

export function asDamage(backup: string, what: string, error: unknown): unknown {
  if (!(error instanceof RunproofError)) return error
  return aboutContent.has(error.code) ? damaged(backup, what, error.message, error) : error
}

/** What these say is about the bytes that were read; everything else is about this machine, or a key. */
const aboutContent: ReadonlySet<string> = new Set([
  'store.unreadable',
  'store.out_of_step',
  'ledger.contradiction',
  'ledger.missing',
  'proof.invalid',
  'format.malformed',
  'format.too_large',
  'signature.invalid',
  'key.malformed',
])
