import { resolve } from 'node:path'
import { readPassphrase } from '../../keys/passphrase.ts'
import type { BackupManifest } from '../../store/backup/manifest.ts'
import type { GivenKeys } from '../../store/backup/restore.ts'
import { counted } from '../arguments.ts'
import type { Io } from '../command.ts'
import { keysIn } from './keys.ts'

/** The keys that `--keys` names. @throws RunproofError `key.unreadable` */
export function givenKeys(flag: string | undefined, io: Io): GivenKeys | null {
  if (flag === undefined) return null
  const folder = resolve(io.cwd, flag)
  const found = keysIn(folder, readPassphrase(io.env, io.cwd), (error) => {
    throw error
  })
  return { folder, ...found }
}

/** What a backup holds, for people. */
export function summaryLines({ createdAt, runproof, ledger, segments, objects, reports }: BackupManifest): readonly string[] {
  return [
    `made      ${createdAt} by Runproof ${runproof}`,
    `ledger    ${ledger.origin}, ${ledger.size} entries, root ${ledger.root}`,
    `reports   ${reports}; ${counted(objects, 'object')}`,
    `received  ${segments === null ? 'nothing' : `segments ${segments.first} to ${segments.last}, up to byte ${segments.end.offset}`}`,
  ]
}
