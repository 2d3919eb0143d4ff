import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { unreadable } from './private-file.ts'

/**
 * The passphrase of the private keys: the first line of the file that `RUNPROOF_KEY_PASSPHRASE_FILE` names, null without one. Never
 * from a flag or a variable, which other users and crash reports can see.
 * @throws RunproofError `key.unreadable` when the file cannot be read or is empty.
 */
export function readPassphrase(env: Readonly<Record<string, string | undefined>>, cwd = process.cwd()): string | null {
  const named = env['RUNPROOF_KEY_PASSPHRASE_FILE']
  if (named === undefined || named === '') return null
  const path = resolve(cwd, named)
  const [passphrase = ''] = content(path).split(/\r?\n/, 1)
  if (passphrase === '') throw unreadable(path, 'RUNPROOF_KEY_PASSPHRASE_FILE names it, and its first line is empty')
  if (passphrase.length > MAX_LENGTH) throw unreadable(path, `a passphrase has at most ${MAX_LENGTH} characters`)
  return passphrase
}

/** OpenSSL reads no more. */
const MAX_LENGTH = 1023

function content(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw unreadable(path, 'RUNPROOF_KEY_PASSPHRASE_FILE names it', cause)
  }
}
