import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { RunproofError } from '../../core/model/errors.ts'
import { readTrust, verifyAudit, type Verification } from '../../verify/src/index.ts'
import { readAuditFile } from '../lib/io/audit-file.ts'
import { visible } from '../report/visible.ts'
import { EXIT, type Command, type Io } from './command.ts'

const help = `usage: runproof verify FILE --trust TRUST [--json]

Checks a Runtime Assurance Report as an outsider would: offline, from the audit file (or a folder with its members) and a
trust root alone. Every check runs, also after one has failed. Last, the judgement is made again from the sealed evidence
and compared, step by step.

  FILE            *.runproof.tar, or a folder with the same members
  --trust TRUST   trust.json: whose signatures, logs, owners and gates you believe
  --json          print the checks as one JSON object

It says whether the report is genuine, not whether it is good: the verdict is printed beside.
exit codes: 0 verified, 1 not verified, 3 could not check, 64 wrong usage

example:
  runproof verify out/….runproof.tar --trust out/trust.json`

export const verify: Command = {
  name: 'verify',
  summary: 'check a report offline and recompute its verdict',
  help,
  async run(argv, io) {
    const options = { trust: { type: 'string' }, json: { type: 'boolean', default: false } } as const
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const [file, ...extra] = positionals
    if (file === undefined || extra.length > 0)
      throw new RunproofError('usage', 'give one audit file or folder; see runproof verify --help')
    if (values.trust === undefined) throw new RunproofError('usage', '--trust TRUST is missing: without it nobody is believed')
    const verification = await verifyFile(resolve(io.cwd, file), resolve(io.cwd, values.trust))
    if (values.json) io.out(JSON.stringify(jsonOf(verification)))
    else for (const line of linesOf(verification, io)) io.out(line)
    return verification.ok ? EXIT.ok : EXIT.fail
  },
}

/** @throws RunproofError when file or trust root cannot be read at all */
export async function verifyFile(path: string, trustPath: string): Promise<Verification> {
  const trust = readTrust(await readText(trustPath))
  return verifyAudit(await readAuditFile(path), trust)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new RunproofError('file.unreadable', `cannot read the trust root ${path}`, { cause })
  }
}

function jsonOf(verification: Verification): object {
  const { ok, checks, notes } = verification
  if (!ok) return { ok, checks, notes }
  const { judgement, window } = verification.report
  return { ok, verdict: judgement.verdict, verdictBeforeWaivers: judgement.verdictBeforeWaivers, window, checks, notes }
}

function linesOf(verification: Verification, io: Io): string[] {
  const paint = (code: number, text: string): string => (io.colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const lines = verification.checks.map(
    ({ name, ok, why }) => `${ok ? paint(32, 'ok  ') : paint(31, 'FAIL')} ${name.padEnd(9)}  ${visible(why)}`,
  )
  const notes = verification.notes.map((note) => `note ${visible(note)}`)
  if (!verification.ok) {
    const failed = verification.checks.filter(({ ok }) => !ok).length
    return [
      ...lines,
      '',
      ...notes,
      '',
      paint(31, `NOT VERIFIED: ${failed} of ${verification.checks.length} checks failed; do not rely on this report`),
    ]
  }
  const { judgement, scope, window } = verification.report
  return [
    ...lines,
    '',
    ...notes,
    '',
    `${paint(32, 'VERIFIED')}: ${scope.application}/${scope.environment} from ${window.start} to ${window.end} is ${judgement.verdict.toUpperCase()}` +
      (judgement.verdict === judgement.verdictBeforeWaivers
        ? ''
        : ` (before waivers: ${judgement.verdictBeforeWaivers.toUpperCase()})`),
  ]
}
