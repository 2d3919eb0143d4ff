import { parseArgs } from 'node:util'
import { open } from '../../core/judge/seal.ts'
import { RunproofError } from '../../core/model/errors.ts'
import type { SealedInputs } from '../../core/model/sealed.ts'
import type { Decision } from '../../core/model/decision.ts'
import type { Verified } from '../../core/model/waiver.ts'
import { verifyDecision } from '../../core/proof/decisions.ts'
import { spkiFromPem } from '../../core/proof/ecdsa.ts'
import { readDecisions, readEvidence } from '../../verify/src/members.ts'
import { agrees, explainControl } from '../report/explain.ts'
import { explanationText } from '../report/text/explain.ts'
import { safe, wrap } from '../report/text/layout.ts'
import { positional } from './arguments.ts'
import { connectionHelp, connectionOptions } from './client/connection.ts'
import { storedHelp } from './client/stored-report.ts'
import { EXIT, type Command } from './command.ts'
import { objections, openReport, standing, verifiedJson, type OpenedReport } from './open-report.ts'

const usage = 'runproof explain REPORT CONTROL [--trust TRUST] [--coverage] [--json]'

const help = `usage: ${usage}

Says in words why a control has its verdict. The judgement is made again from the evidence in the audit file, and each step
tells what it did for this control:
  match   which behaviours were considered, which rule or list bound them, severity, confidence and what capped it
  cover   who had to watch, for how many minutes did, and every blind stretch
  waive   the waivers that name it, whether they hold and until when
  gate    the thresholds, every reason with the gate's rule and the line of it that held, and the rule that the verdict comes from

  REPORT          *.runproof.tar, or a folder with the same members
  CONTROL         the control's id, as the report shows it
  --trust TRUST   verify the report first, as runproof verify does
  --coverage      also tell which lines of the gate had a part in the verdicts of the window, and which had none
  --json          print the explanation as one JSON object
${connectionHelp}

${storedHelp}

exit codes: 0 explained, 1 the report does not verify or says something else than its evidence, 3 could not read it,
64 wrong usage, or no such control

examples:
  runproof explain out/….runproof.tar payments.exec.no-shell
  runproof explain out/….runproof.tar payments.exec.no-shell --coverage
  runproof explain out/….runproof.tar payments.connect.outbound --trust trust.json --json`

const options = {
  ...connectionOptions,
  trust: { type: 'string' },
  coverage: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

export const explain: Command = {
  name: 'explain',
  summary: 'say in words why a control has its verdict',
  help,
  async run(argv, io) {
    const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options })
    const [path = '', control = ''] = positional(positionals, ['REPORT', 'CONTROL'], usage)
    const opened = await openReport(path, values, io)
    if (opened.verification?.ok === false) {
      if (values.json) io.out(JSON.stringify(verifiedJson(opened)))
      else for (const line of [standing(opened), ...objections(opened)]) io.out(line)
      return EXIT.fail
    }
    const inputs = await inputsOf(path, opened)
    const { decisions, unsigned } = await decisionsOf(opened, inputs)
    const all = { ...inputs, decisions, evaluatedAt: opened.report.evaluatedAt }
    const explanation = explainControl(all, opened.report, control, { coverage: values.coverage })
    if (values.json) io.out(JSON.stringify({ ...verifiedJson(opened), agrees: agrees(explanation), ...explanation }))
    else {
      for (const line of [...wrap(standing(opened), io.columns), ...objections(opened)]) io.out(line)
      for (const line of unsigned) io.out(safe(line))
      for (const line of ['', ...explanationText(explanation, io.columns)]) io.out(line)
    }
    return agrees(explanation) ? EXIT.ok : EXIT.fail
  },
}

async function inputsOf(path: string, { members }: OpenedReport): Promise<SealedInputs> {
  try {
    return open({ lines: await readEvidence(members) })
  } catch (cause) {
    if (cause instanceof RunproofError) throw cause
    throw new RunproofError('evidence.malformed', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** The decisions in the file that an approver of the sealed manifest signed; the others are named and do not count. */
async function decisionsOf(
  { members }: OpenedReport,
  { manifest }: SealedInputs,
): Promise<{ readonly decisions: readonly Verified<Decision>[]; readonly unsigned: readonly string[] }> {
  const approvers = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const decisions: Verified<Decision>[] = []
  const unsigned: string[] = []
  for (const { name, bundle } of readDecisions(members)) {
    const checked = await verifyDecision(bundle.envelope, approvers)
    if (checked.ok) decisions.push(checked.verified)
    else unsigned.push(`note ${name} does not count: ${checked.why}`)
  }
  return { decisions, unsigned }
}
