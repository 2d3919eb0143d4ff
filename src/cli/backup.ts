import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { dataDirPath } from '../keys/data-dir.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { backUp } from '../store/backup/back-up.ts'
import { checkBackup } from '../store/backup/restore.ts'
import { counted, positional, required } from './arguments.ts'
import { keysIn } from './backup/keys.ts'
import { givenKeys, summaryLines } from './backup/shown.ts'
import { EXIT, type Command, type Io } from './command.ts'
import { createProgress } from './progress.ts'
import { version } from './run.ts'

const help = `usage: runproof backup --out FILE.tar|DIR [--data DIR] [--json]
       runproof backup --check FILE.tar|DIR [--keys DIR] [--head FILE] [--scratch DIR] [--json]

Copies a data folder while the service goes on: ledger, state, evidence, reports and what was received. Everything that was
acknowledged before it began is in it. It appears whole or not at all. Keys are never in it: keep a copy of the keys
folder elsewhere, and its passphrase elsewhere again. With --check: verifies a backup as restore would, and restores nothing.

  --out FILE.tar|DIR   where to: one file when the name ends in .tar, else a folder; nothing may be there yet
  --data DIR           the data folder (default: $RUNPROOF_HOME, else $XDG_STATE_HOME/runproof, else ~/.local/state/runproof)
  --check FILE|DIR     a backup that was made: every digest, both databases, the whole ledger, every report's signature
  --keys DIR           a copy of the keys folder: are they the right ones, and can what was received be read with them
  --head FILE          a checkpoint of the ledger that you hold (a ledger.head): the backup must not be older
  --scratch DIR        where --check unpacks, for a moment and as large as the backup (default: beside it)
  --json               for programs: one JSON document

RUNPROOF_KEY_PASSPHRASE_FILE names the file with the keys' passphrase. Without it encrypted keys are recorded without their ids.

exit codes: 0 done, 1 --check found that the backup cannot be relied upon, 3 could not, 64 wrong usage

examples:
  runproof backup --data /var/lib/runproof --out /backup/runproof-2026-03-02.tar
  runproof backup --check /backup/runproof-2026-03-02.tar --keys /safe/keys
  runproof backup --out /mnt/stick/runproof --json`

export const backup: Command = {
  name: 'backup',
  summary: 'copy a data folder while it is in use, or check such a copy',
  help,
  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    positional(positionals, [], usage)
    if (values.check !== undefined) return check(values.check, values, io)
    for (const name of ['keys', 'head', 'scratch'] as const)
      if (values[name] !== undefined) throw new RunproofError('usage', `--${name} goes with --check; usage: ${usage}`)
    return make(values, io)
  },
}

const usage = 'runproof backup --out FILE.tar|DIR [--data DIR] | --check FILE.tar|DIR'

const options = {
  out: { type: 'string' },
  data: { type: 'string' },
  check: { type: 'string' },
  keys: { type: 'string' },
  head: { type: 'string' },
  scratch: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Values = Readonly<Partial<Record<Exclude<keyof typeof options, 'json'>, string>>> & { readonly json?: boolean }

async function make(values: Values, io: Io): Promise<number> {
  const out = resolve(io.cwd, required(values.out, '--out', usage))
  const data = dataDirPath({ flag: values.data, env: io.env, cwd: io.cwd })
  const notes: string[] = []
  const keys = keysIn(join(data, 'keys'), readPassphrase(io.env, io.cwd), (error) => {
    notes.push(`a wrong key will not be noticed before it is used, because ${error.message}`)
  })
  const progress = createProgress(io)
  const { manifest, left } = await backUp({
    data,
    out,
    version: version(),
    now: io.now,
    keys: keys.files,
    onProgress: progress.update,
  }).finally(progress.done)
  if (left.length > 0) notes.push(`not in the backup, because they are not Runproof’s: ${left.join(', ')}`)
  for (const note of notes) io.err(`note: ${note}`)
  if (values.json === true) io.out(JSON.stringify({ out, notes, manifest }))
  else {
    io.out(`${out}: ${counted(manifest.files.count, 'file')}, ${manifest.files.bytes} bytes`)
    for (const line of summaryLines(manifest)) io.out(line)
    io.out(`keys are not in it: keep ${join(data, 'keys')} elsewhere; check it: runproof backup --check ${out} --keys DIR`)
  }
  return EXIT.ok
}

async function check(named: string, values: Values, io: Io): Promise<number> {
  if (values.out !== undefined || values.data !== undefined)
    throw new RunproofError('usage', `--check takes neither --out nor --data; usage: ${usage}`)
  const from = resolve(io.cwd, named)
  const keys = givenKeys(values.keys, io)
  const scratch = values.scratch === undefined ? from : join(resolve(io.cwd, values.scratch), 'backup-check')
  const progress = createProgress(io)
  try {
    const { manifest, checked } = await checkBackup({
      from,
      keys,
      scratch,
      headPath: values.head === undefined ? null : resolve(io.cwd, values.head),
      onProgress: progress.update,
    }).finally(progress.done)
    if (values.json === true) io.out(JSON.stringify({ ok: true, from, checked, manifest }))
    else {
      for (const line of summaryLines(manifest)) io.out(line)
      io.out(
        `ok: every digest, both databases, all ${checked.entries} ledger entries and ${counted(checked.reports, 'signed report')}`,
      )
      io.out(recordsLine(checked.records))
    }
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof RunproofError) || !NOT_RELIABLE.has(error.code)) throw error
    if (values.json === true) io.out(JSON.stringify({ ok: false, from, code: error.code, why: error.message }))
    else io.out(`FAIL: ${error.message} [${error.code}]`)
    return EXIT.fail
  }
}

/** An answer to the question, not a failure to answer it. */
const NOT_RELIABLE: ReadonlySet<string> = new Set(['backup.invalid', 'ledger.contradiction'])

function recordsLine(records: number | null): string {
  return records === null
    ? 'what was received was not opened: that takes the key, --keys DIR'
    : `${counted(records, 'record')} of what was received opened with the key`
}
