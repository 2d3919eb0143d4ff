import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { base64, hex } from '../../core/proof/bytes.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { leafHash } from '../../core/proof/merkle.ts'
import { dataDirPath } from '../keys/data-dir.ts'
import { exportLedger } from '../store/ledger/export.ts'
import { readLedger, type Head, type LedgerReader, type Proven } from '../store/ledger/ledger.ts'
import { EXIT, type Command, type Io } from './command.ts'

export const ledger: Command = {
  name: 'ledger',
  summary: 'show, check and export the append-only log of everything that was signed',
  help: `usage: runproof ledger show   [--data DIR] [--limit N] [--json]
       runproof ledger prove INDEX [--data DIR] [--json]
       runproof ledger export DIR  [--data DIR] [--json]
       runproof ledger verify [--data DIR] [--json]

The ledger is an append-only Merkle log (C2SP tlog-tiles). These commands need no private key and change nothing in it.

  show     the log's name and verifier key, its newest signed checkpoint, and the last entries
  prove    an offline proof that entry INDEX (counted from 0) is in the log, in the format c2sp.org/tlog-proof@v1;
           --json adds the entry itself, its bytes in base64
  export   the log as static files that other people's log clients read; DIR may hold an earlier export
  verify   rehashes every entry and tile, and checks the checkpoint, its signature and the copy kept outside the database

options:
  --data DIR   the data folder (default: $RUNPROOF_HOME, else $XDG_STATE_HOME/runproof, else ~/.local/state/runproof)
  --limit N    how many of the last entries show lists (default 20, at most 10000)
  --json       for programs: one JSON document

examples:
  runproof ledger show --limit 5
  runproof ledger prove 0 > entry-0.tlog-proof
  runproof ledger export ./public/log
  runproof ledger verify --data /var/lib/runproof

exit codes: 0 done, 1 verify found a contradiction, 3 could not, 64 wrong usage. docs/formats/ledger.md says what to do after a 1.`,

  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const [name = '', ...operands] = positionals
    const act = acts.get(name)
    if (!act || operands.length !== act.operands) {
      io.err('usage: runproof ledger show | prove INDEX | export DIR | verify  [--data DIR] [--json]; see runproof ledger --help')
      return EXIT.usage
    }
    const path = join(dataDirPath({ flag: values.data, env: io.env, cwd: io.cwd }), 'ledger.db')
    const [operand = ''] = operands
    return act.run({ path, operand, limit: values.limit, io, json: values.json })
  },
}

const options = {
  data: { type: 'string' },
  limit: { type: 'string', default: '20' },
  json: { type: 'boolean', default: false },
} as const

type Asked = { readonly path: string; readonly operand: string; readonly limit: string; readonly io: Io; readonly json: boolean }
type Act = { readonly operands: number; readonly run: (asked: Asked) => number }

const acts: ReadonlyMap<string, Act> = new Map([
  ['show', { operands: 0, run: show }],
  ['prove', { operands: 1, run: prove }],
  ['export', { operands: 1, run: exportTo }],
  ['verify', { operands: 0, run: verify }],
])

function show({ path, limit, io, json }: Asked): number {
  const most = wholeNumber(limit, '--limit')
  if (most > 10_000) throw new RunproofError('usage', '--limit is at most 10000; use runproof ledger export for all')
  return reading(path, (log) => {
    const head = log.head()
    const entries = log.entries(Math.max(0, head.size - most), most).map(({ index, kind, eventId, body }) => {
      return { index, kind, eventId, bytes: body.length, leafHash: hex(leafHash(body)) }
    })
    if (json) print(io, { ...headJson(log, head), entries })
    else {
      io.out([...headLines(log, head), '', head.checkpoint.trimEnd()].join('\n'))
      if (entries.length > 0) io.out(`\n${table(entries)}`)
      if (entries.length < head.size) io.out(`\nthe last ${entries.length} of ${head.size} entries`)
    }
    return EXIT.ok
  })
}

function prove({ path, operand, io, json }: Asked): number {
  const index = wholeNumber(operand, 'INDEX')
  return reading(path, (log) => {
    const proven = log.prove(index)
    const { kind, eventId } = log.entry(index)
    if (json) print(io, { ...proofJson(log, proven), kind, eventId })
    else io.out(tlogProof(proven).trimEnd())
    return EXIT.ok
  })
}

function exportTo({ path, operand, io, json }: Asked): number {
  return reading(path, (log) => {
    const dir = resolve(io.cwd, operand)
    const { head, files, written } = exportLedger(log, dir)
    if (json) print(io, { ...headJson(log, head), dir, files, written })
    else io.out(`${head.size} entries of ${log.origin} in ${dir}: ${files} files, ${written} of them new\n${log.vkey}`)
    return EXIT.ok
  })
}

function verify({ path, io, json }: Asked): number {
  try {
    return reading(path, (log) => {
      const head = log.verify()
      if (json) print(io, { ok: true, ...headJson(log, head) })
      else io.out([...headLines(log, head), '', `ok: every entry and every hash leads to the signed root`].join('\n'))
      return EXIT.ok
    })
  } catch (error) {
    if (!(error instanceof RunproofError) || error.code !== 'ledger.contradiction') throw error
    if (json) print(io, { ok: false, code: error.code, why: error.message })
    else
      io.out(
        `FAIL: ${error.message}\nDo not append to it. docs/formats/ledger.md says how to keep what it proves and start a new log.`,
      )
    return EXIT.fail
  }
}

function reading(path: string, work: (log: LedgerReader) => number): number {
  const log = readLedger({ path })
  try {
    return work(log)
  } finally {
    log.close()
  }
}

/** C2SP tlog-proof, without extra data. */
function tlogProof({ index, hashes, checkpoint }: Proven): string {
  return ['c2sp.org/tlog-proof@v1', `index ${index}`, ...hashes.map(base64), '', checkpoint].join('\n')
}

function headLines(log: LedgerReader, head: Head): readonly string[] {
  return [
    `log      ${log.origin}`,
    `key      ${log.vkey}`,
    `entries  ${head.size}`,
    `root     ${hex(head.root)}`,
    `signed   ${signedAt(head)}`,
  ]
}

function headJson(log: LedgerReader, head: Head) {
  const { size, root, checkpoint } = head
  return { origin: log.origin, vkey: log.vkey, size, root: hex(root), signedAt: signedAt(head), checkpoint }
}

function proofJson(log: LedgerReader, { index, size, root, hashes, checkpoint, body }: Proven) {
  return {
    origin: log.origin,
    vkey: log.vkey,
    index,
    size,
    root: hex(root),
    leafHash: hex(leafHash(body)),
    hashes: hashes.map(hex),
    checkpoint,
    body: base64(body),
  }
}

function signedAt({ time }: Head): string {
  return new Date(time * 1000).toISOString().replace('.000Z', 'Z')
}

type Row = {
  readonly index: number
  readonly kind: string
  readonly eventId: string
  readonly bytes: number
  readonly leafHash: string
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ index, kind, eventId, bytes, leafHash }) => {
    return [String(index), shown(kind), shown(eventId), String(bytes), `${leafHash.slice(0, 16)}…`]
  })
  const lines = [['INDEX', 'KIND', 'EVENT', 'BYTES', 'LEAF HASH'], ...cells]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  // Numbers to the right, words to the left.
  const aligned = (cell: string, column: number): string =>
    column === 0 || column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return lines.map((line) => line.map(aligned).join('  ').trimEnd()).join('\n')
}

/** Text that reaches a terminal: no control characters, and short enough for a line. */
function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- exactly what must not reach a terminal
  const safe = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd')
  return safe.length > 72 ? `${safe.slice(0, 71)}…` : safe
}

function wholeNumber(text: string, what: string): number {
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text))
    throw new RunproofError('usage', `${what} is a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function print(io: Io, value: JsonValue): void {
  io.out(JSON.stringify(value, null, 2))
}
