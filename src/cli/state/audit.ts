import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { RunproofError } from '../../../core/model/errors.ts'
import { auditExit, auditPolicies, verdictOf, type Audit, type AuditVerdict } from '../../state/policies/audit.ts'
import { recordsOfPolicy } from '../../state/policies/policy-records.ts'
import { clean } from '../../state/records.ts'
import { sarifOf } from '../../state/policies/sarif.ts'
import { destinationOf } from '../guard/destination.ts'
import { connectionOptions } from '../forward/options.ts'
import type { Io } from '../command.ts'
import { version } from '../run.ts'
import { emit } from './emit.ts'
import { read, text } from './options.ts'
import { checkerOf, environmentOf, policiesOf, policyOptions, tagsOf } from './policy-options.ts'

const usage = 'runproof state audit --policies FILE|DIR [--environment NAME] [options]'

export const auditHelp = `usage: ${usage}

Judges the runtime policies of a Policies: file on this host or on others and writes SARIF 2.1.0.

  --policies P         policy file, or a folder of them; may be given again. Gossfiles are found from the policy file
  --environment NAME   which rules hold: those that name it, else those for all. auto: as the deployment's variables say
  --tags-any A,B       only policies with one of these tags; --tags-all A,B: with all of them. A policy's id is one of its tags
  --strict             failures of policies that are not fatal count as well
  --target T           ssh://…, docker://…, podman://…, kubectl://…; --targets, --inventory, --parallel, --sudo, --facts and --from too
  -o FILE              where the report goes; default: standard output
  --summary            a few lines for people instead of SARIF on standard output
  --to FILE|URL        canonical records of the results as well, for assess or a service (--state DIR for a URL)

exit codes: 0 compliant; 1 a check of a fatal policy fails and no exception accepts it; 2 a policy is broken; 3 a host did not answer, a check
could not be judged, or no policy holds here; 64 wrong usage. What failed is told first: 1 before 2 before 3

examples:
  runproof state audit --policies policies.yaml --environment production -o audit.sarif
  runproof state audit --policies ./policies --environment auto --tags-any cis --target ssh://ops@web-1 --sudo --summary`

const options = {
  ...policyOptions,
  output: { type: 'string', short: 'o' },
  summary: { type: 'boolean' },
  to: { type: 'string' },
  state: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  ...connectionOptions,
} as const

/** `runproof state audit`. */
export async function audit(before: readonly string[], rest: readonly string[], io: Io): Promise<number> {
  const given = read(before, rest, options, io)
  const { values, positionals } = given
  if (values['help'] === true) return (io.out(auditHelp), 0)
  if (positionals.length > 0) throw new RunproofError('usage', `${JSON.stringify(positionals[0])} is too much; usage: ${usage}`)
  const policies = policiesOf(values, usage, io)
  const environment = environmentOf(values, policies, io)
  const found = await auditPolicies(policies, environment, tagsOf(values, policies), await checkerOf(given, io))
  const isStrict = values['strict'] === true
  const verdict = verdictOf(found, isStrict)
  for (const line of problemLines(found)) io.err(line)
  if (found.runs.length === 0 && found.problems.every(({ level }) => level !== 'error')) io.err(noneHolds(environment))
  writeReport(found, isStrict, verdict, values, io)
  const to = text(values['to'])
  if (to !== undefined) await writeRecords(found, to, values, io)
  return auditExit[verdict]
}

function writeReport(
  found: Audit,
  isStrict: boolean,
  verdict: AuditVerdict,
  values: Readonly<Record<string, unknown>>,
  io: Io,
): void {
  const file = values['output']
  const isFile = typeof file === 'string' && file !== '-'
  const report = (): string => `${JSON.stringify(sarifOf(found, { version: version(), isStrict }), null, 2)}\n`
  if (isFile) {
    try {
      writeFileSync(resolve(io.cwd, file), report())
    } catch (cause) {
      throw new RunproofError('file.unwritable', `cannot write ${file}: ${cause instanceof Error ? cause.message : ''}`, {
        cause,
      })
    }
  }
  if (isFile || values['summary'] === true) for (const line of summaryOf(found, verdict)) io.out(line)
  else emit(io, report())
}

async function writeRecords(found: Audit, to: string, values: Readonly<Record<string, unknown>>, io: Io): Promise<void> {
  const node = found.runs[0]?.hosts[0]?.target.id ?? 'unknown'
  const destination = await destinationOf(to, { values, node, say: (message) => io.err(message), io })
  try {
    const lines = found.runs.flatMap((run) => recordsOfPolicy(run, version()))
    if (lines.length > 0) await destination.sink.write(Buffer.from(`${lines.join('\n')}\n`))
    await destination.sink.end()
    await destination.finish()
  } finally {
    await destination.close()
  }
}

function problemLines({ problems, runs }: Audit): readonly string[] {
  const told = problems.map(({ level, policy, message, place }) => {
    const where = `${place.file}${place.row === null ? '' : `:${place.row}`}`
    return `${level}: ${where}: ${policy === null ? '' : `${policy}: `}${message}`
  })
  const unreached = runs.flatMap(({ policy, hosts }) =>
    hosts.flatMap(({ target, failure }) => (failure === null ? [] : [`error: ${policy.id}: ${target.id}: ${failure}`])),
  )
  return [...told, ...unreached]
}

function noneHolds(environment: string | null): string {
  const where = environment === null ? 'where no environment is named' : `in environment ${JSON.stringify(environment)}`
  return `error: no policy holds ${where} with these tags, so nothing was checked; look at enforcement, --environment and --tags-…`
}

/** What people want to know first: what does not hold, where. */
function summaryOf({ runs, environment }: Audit, verdict: AuditVerdict): readonly string[] {
  const lines = runs.flatMap(({ policy, enforced, hosts }) => {
    const results = hosts.flatMap((host) => host.results.map((result) => ({ host, result })))
    const counted = (outcome: string): number => results.filter(({ result }) => result.outcome === outcome).length
    const head = `${policy.id}: ${counted('pass')} hold, ${counted('fail')} fail, ${counted('skip')} skipped, ${counted('error')} not judged${
      enforced.rule.fatal ? '' : ' (not fatal)'
    }${enforced.exception === null ? '' : ` (${enforced.exception})`}`
    const told = results
      .filter(({ result }) => result.outcome === 'fail' || result.outcome === 'error')
      .map(({ host, result }) =>
        clean(
          `  ${host.target.id}: ${result.resource.type} ${result.id} ${result.property}${result.error === null ? '' : `: ${result.error}`}`,
        ),
      )
    return [head, ...told]
  })
  return [...lines, `${verdict.replace('_', '-')}${environment === null ? '' : ` in ${environment}`}`]
}
