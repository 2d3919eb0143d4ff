import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import type { BackupManifest } from '../store/backup/manifest.ts'
import { restore as restoreBackup } from '../store/backup/restore.ts'
import { positional, required } from './arguments.ts'
import { givenKeys, summaryLines } from './backup/shown.ts'
import { EXIT, type Command } from './command.ts'
import { createProgress } from './progress.ts'

const usage = 'runproof restore FILE.tar|DIR --data NEWDIR [--keys DIR] [--head FILE]'

const help = `usage: ${usage} [--json]

Makes a data folder of a backup. Every byte is checked before anything is at its place: digests, both databases, the whole
ledger, every report's signature, and, with the keys, everything that was received. Then NEWDIR appears, whole, or not at
all. What happened after the backup was made is not in it: read docs/guides/backup.md before you serve an older one.

  --data NEWDIR   the new data folder; nothing may be there, or an empty folder
  --keys DIR      a copy of the keys folder: checked against the backup and put into NEWDIR/keys. Without it the command
                  says which files must be put where before NEWDIR is served
  --head FILE     a checkpoint of the ledger that you hold (the ledger.head of a newer folder, or of another disk): a backup
                  that is older is refused
  --json          for programs: one JSON document

RUNPROOF_KEY_PASSPHRASE_FILE names the file with the keys' passphrase.

exit codes: 0 restored, 3 could not, 64 wrong usage

examples:
  runproof restore /backup/runproof-2026-03-02.tar --data /var/lib/runproof-restored --keys /safe/keys
  runproof restore /mnt/stick/runproof --data ./restored --head /other-disk/ledger.head --json`

export const restore: Command = {
  name: 'restore',
  summary: 'make a data folder of a backup, checked from the first byte to the last signature',
  help,
  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const [named = ''] = positional(positionals, ['the backup'], usage)
    const data = resolve(io.cwd, required(values.data, '--data', usage))
    const from = resolve(io.cwd, named)
    if (data === from) throw new RunproofError('usage', 'a backup cannot be restored into itself; name a new folder with --data')
    const keys = givenKeys(values.keys, io)
    const headPath = values.head === undefined ? null : resolve(io.cwd, values.head)
    const progress = createProgress(io)
    const { manifest, checked } = await restoreBackup({ from, data, keys, headPath, onProgress: progress.update }).finally(
      progress.done,
    )
    const missing = keys === null ? missingKeys(manifest, data) : []
    if (values.json === true) io.out(JSON.stringify({ data, from, checked, missing, manifest }))
    else {
      io.out(`restored ${data}`)
      for (const line of [...summaryLines(manifest), ...keyLines(missing)]) io.out(line)
    }
    return EXIT.ok
  },
}

const options = {
  data: { type: 'string' },
  keys: { type: 'string' },
  head: { type: 'string' },
  json: { type: 'boolean' },
} as const

type MissingKey = { readonly path: string; readonly id: string | null }

function missingKeys({ keys }: BackupManifest, data: string): readonly MissingKey[] {
  return keys.files.map(({ file, id }) => ({ path: join(data, 'keys', file), id }))
}

function keyLines(missing: readonly MissingKey[]): readonly string[] {
  if (missing.length === 0) return []
  return [
    'before it is served, put these files there, with mode 0600, or new keys will be made that fit nothing:',
    ...missing.map(({ path, id }) => `  ${path}${id === null ? '' : `   id ${id}`}`),
  ]
}
