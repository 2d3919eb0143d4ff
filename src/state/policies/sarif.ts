import { sha256Hex } from '../../../core/proof/sha256.ts'
import { builtIn } from '../../sensors/redact.ts'
import { stateName } from '../../sensors/report/identity.ts'
import type { Result } from '../model/result.ts'
import { remediationOf, severityOfResult, wordsOf } from '../records.ts'
import { auditExit, verdictOf, type Audit, type AuditVerdict, type HostCheck, type PolicyRun } from './audit.ts'
import { levelOf } from './enforce.ts'
import type { Policy, PolicyPlace, PolicyProblem } from './model.ts'
import { severityOfScore } from './model.ts'

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'
const MOST_WORDS = 2000

/** JSON as SARIF has it; members that are absent are left out. */
export type Sarif = { readonly [member: string]: unknown }

const kinds = { pass: 'pass', fail: 'fail', skip: 'notApplicable', error: 'open' } as const

/**
 * The audit as SARIF 2.1.0. A result keeps its fingerprint as long as host, resource and property are the same; what could not be judged is
 * `open`, a failure that the policy accepts here is suppressed, and broken policies are notifications of a run that was not successful.
 */
export function sarifOf(audit: Audit, options: { readonly version: string; readonly isStrict: boolean }): Sarif {
  const verdict = verdictOf(audit, options.isStrict)
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Runproof',
            version: options.version,
            rules: audit.runs.map(({ policy, enforced }) => ruleOf(policy, levelOf(enforced))),
          },
        },
        automationDetails: { id: `runproof-state/${audit.environment ?? 'any'}/` },
        invocations: [invocationOf(audit, verdict)],
        results: audit.runs.flatMap((run, index) => run.hosts.flatMap((host) => resultsOf(run, index, host, audit))),
      },
    ],
  }
}

/** What a check of a host is known by over all runs. */
export function stateFingerprint(host: string, { resource, id, property }: Result): string {
  return sha256Hex(JSON.stringify(['runproof/state/v1', host, resource.type, id, property]))
}

function ruleOf(policy: Policy, level: string): Sarif {
  const { id, name, description, solution, helpUrl, tags, score } = policy
  return {
    id,
    ...(name !== null && { name }),
    shortDescription: { text: name ?? id },
    ...(description !== null && { fullDescription: { text: description } }),
    ...(helpUrl !== null && URL.canParse(helpUrl) && { helpUri: helpUrl }),
    ...(solution !== null && { help: { text: solution } }),
    defaultConfiguration: { level },
    properties: {
      tags: [...new Set([id, ...tags])],
      // GitHub and others sort by it: a text, 0.0 to 10.0.
      ...(score !== null && { 'security-severity': score.toFixed(1), score }),
    },
  }
}

function invocationOf(audit: Audit, verdict: AuditVerdict): Sarif {
  const { startedAt, endedAt, environment, problems, runs } = audit
  const unreached = runs.flatMap(({ policy, hosts }) =>
    hosts.flatMap(({ target, failure }) =>
      failure === null ? [] : [notification('error', `${target.id}: ${failure}`, policy.id, policy.place)],
    ),
  )
  const isWhole = unreached.length === 0 && problems.every(({ level }) => level !== 'error')
  return {
    executionSuccessful: isWhole,
    startTimeUtc: startedAt,
    endTimeUtc: endedAt,
    exitCode: auditExit[verdict],
    exitCodeDescription: verdict.replace('_', ' '),
    ...(unreached.length > 0 && { toolExecutionNotifications: unreached }),
    ...(problems.length > 0 && { toolConfigurationNotifications: problems.map(problemOf) }),
    properties: { environment, 'report-compliant': verdict === 'compliant', 'report-status': verdict },
  }
}

function problemOf({ level, policy, message, place }: PolicyProblem): Sarif {
  return notification(level, message, policy, place)
}

function notification(level: 'error' | 'note', message: string, policy: string | null, place: PolicyPlace): Sarif {
  return {
    level,
    message: { text: clean(policy === null ? message : `${policy}: ${message}`) },
    locations: [locationAt(place)],
    ...(policy !== null && { associatedRule: { id: policy } }),
  }
}

function resultsOf(
  { policy, enforced }: PolicyRun,
  ruleIndex: number,
  host: HostCheck,
  { environment }: Audit,
): readonly Sarif[] {
  const { target, results } = host
  return results.map((result) => {
    const { outcome, resource, id, property } = result
    const isFailed = outcome === 'fail'
    return {
      ruleId: policy.id,
      ruleIndex,
      kind: kinds[outcome],
      // The standard: only of a failure a level says anything.
      level: isFailed ? levelOf(enforced) : 'none',
      message: { text: messageOf(result, policy) },
      locations: [
        {
          ...locationAt(resource.place),
          logicalLocations: [
            { fullyQualifiedName: clean(`${target.id}: ${stateName(resource.type, id, property)}`), kind: 'resource' },
          ],
        },
      ],
      partialFingerprints: { 'runproofState/v1': stateFingerprint(target.id, result) },
      ...(isFailed &&
        enforced.exception !== null && {
          suppressions: [{ kind: 'external', status: 'accepted', justification: enforced.exception }],
        }),
      properties: propertiesOf(result, policy, host, environment),
    }
  })
}

function propertiesOf(result: Result, policy: Policy, { target }: HostCheck, environment: string | null): Sarif {
  const { resource, id, property, outcome, matcher, endedAt } = result
  const severity = severityOfResult(result, severityOfScore(policy.score))
  return {
    node: target.id,
    outcome,
    'resource-type': resource.type,
    'resource-id': clean(id),
    property,
    'result-type': 'detail',
    'result-timestamp': endedAt,
    environment,
    ...(resource.title !== '' && { title: clean(resource.title) }),
    ...(outcome === 'fail' && {
      severity,
      expected: clean([matcher.message, wordsOf(matcher.expected)].filter(Boolean).join(' ')),
      actual: clean(wordsOf(matcher.actual) ?? ''),
      ...withText('msg-solution', remediationOf(result) ?? policy.solution),
      ...withText('msg-error', policy.error),
    }),
    tags: [...new Set([policy.id, ...policy.tags])],
  }
}

function messageOf(result: Result, { error }: Policy): string {
  const { resource, id, property, outcome, matcher } = result
  const what =
    resource.title === ''
      ? stateName(resource.type, id, property)
      : `${resource.title} (${stateName(resource.type, id, property)})`
  switch (outcome) {
    case 'pass':
      return clean(`${what}: holds`)
    case 'skip':
      return clean(`${what}: skipped`)
    case 'error':
      return clean(`${what}: could not be judged: ${result.error ?? 'no reason is known'}`)
    case 'fail': {
      const found = `${wordsOf(matcher.actual) ?? 'nothing'} was found, expected ${matcher.message} ${wordsOf(matcher.expected) ?? ''}`
      const solution = remediationOf(result)
      return clean(`${what}: ${found.trimEnd()}${error === null ? '' : `. ${error}`}${solution === null ? '' : `. ${solution}`}`)
    }
  }
}

function withText(name: string, text: string | null): Sarif {
  return text === null ? {} : { [name]: clean(text) }
}

/** Where it is written, as a reference that any reader of SARIF can resolve; standard input has no name. */
function locationAt({ file, row }: PolicyPlace): Sarif {
  const path = file === '-' ? 'stdin' : file.replace(/^\.\//, '')
  return {
    physicalLocation: {
      artifactLocation: { uri: path.split('/').map(encodeURIComponent).join('/') },
      ...(row !== null && { region: { startLine: row } }),
    },
  }
}

function clean(text: string): string {
  return builtIn.text(text).text.slice(0, MOST_WORDS).toWellFormed()
}
