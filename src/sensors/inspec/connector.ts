import type { Severity } from '../../../core/model/severity.ts'
import type { JsonObject, Reading } from '../connector.ts'
import { listOf, objectOf, textOf, type Field } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import type { Given, ReportRead } from '../read/report.ts'
import { checkFacts, ReportReadings, type Check } from '../report/check.ts'
import { reportTime } from '../report/time.ts'

const SENSOR = 'inspec'

/** Reports of InSpec (`json`, `json-min`), and HDF, which is the former widened by others. See README.md. */
export const inspec: ReadableConnector = {
  sensor: SENSOR,
  recognises: (event) =>
    objectOf(event['statistics']) !== null &&
    (listOf(event['profiles']).some((profile) => Array.isArray(objectOf(profile)?.['controls'])) || isMinimal(event)),
  read: (): Reading => ({ class: 'malformed', sensor: SENSOR, reason: 'unknown_report' }),
  facts: checkFacts,
  report: {
    begins: (head) => head.includes('"profiles"') || (head.includes('"controls"') && head.includes('"code_desc"')),
    read,
  },
}

function isMinimal(event: JsonObject): boolean {
  return listOf(event['controls']).some((control) => textOf(objectOf(control)?.['code_desc']) !== null)
}

function read(report: JsonObject, given: Given): readonly ReportRead[] {
  const readings = new ReportReadings(SENSOR, given, null)
  const found = Array.isArray(report['profiles']) ? listOf(report['profiles']).flatMap(ofProfile) : minimal(report)
  const reads = found.map((check) => (check === null ? readings.malformed('no_result') : readings.check(check)))
  return [...reads, readings.done({ startedAt: null, endedAt: null, version: textOf(report['version']) })]
}

/** A profile that was not run says why; its controls would look as if there were none. */
function ofProfile(profile: Field): readonly (Check | null)[] {
  const whole = objectOf(profile)
  const status = textOf(whole?.['status'])
  const controls = listOf(whole?.['controls']).flatMap((control) => ofControl(objectOf(control)))
  if (status === null || status === 'loaded') return controls
  const name = textOf(whole?.['name']) ?? 'a profile'
  const error = textOf(whole?.['status_message']) ?? textOf(whole?.['skip_message']) ?? status
  const unrun: Check = {
    ...nothingSaid,
    outcome: status === 'skipped' ? 'skip' : 'error',
    rule: name,
    name: `inspec ${name}`,
    error,
  }
  return [...controls, unrun]
}

const nothingSaid: Omit<Check, 'outcome' | 'rule' | 'name'> = {
  title: null,
  severity: null,
  at: null,
  expected: null,
  actual: null,
  remediation: null,
  error: null,
  tags: [],
}

function ofControl(control: JsonObject | null): readonly (Check | null)[] {
  const id = textOf(control?.['id'])
  if (control === null || id === null) return [null]
  const tags = objectOf(control['tags'])
  const shared = {
    severity: severityOf(control['impact']),
    title: textOf(control['title']),
    remediation: textOf(tags?.['fix']) ?? described(control, 'fix'),
    tags: ['nist', 'cci', 'stig_id', 'gtitle', 'cis_controls'].flatMap((key) =>
      wordsOf(tags?.[key]).map((word) => `${key}: ${word}`),
    ),
  }
  const results = listOf(control['results'])
  // Not run: waived with `run: false`, or a condition of its author; without a result it is known to nobody.
  if (results.length === 0) return [{ ...nothingSaid, ...shared, outcome: 'skip', rule: id, name: `inspec ${id}` }]
  return results.map((result) => ofResult(id, objectOf(result), shared))
}

function ofResult(id: string, result: JsonObject | null, shared: Partial<Check>): Check | null {
  const [status, said] = [textOf(result?.['status']), textOf(result?.['code_desc'])]
  if (result === null || status === null || said === null) return null
  const outcome = outcomeOf(status, result)
  if (outcome === null) return null
  const message = textOf(result['message'])
  return {
    ...nothingSaid,
    ...shared,
    outcome,
    rule: id,
    // Ids that InSpec makes up itself hold a digest of the place in the source: the words are steadier.
    name: id.startsWith('(generated from ') ? `inspec ${said}` : `inspec ${id} ${said}`,
    at: reportTime(result['start_time']),
    expected: outcome === 'fail' ? said : null,
    actual: outcome === 'fail' ? message : null,
    error: outcome === 'error' ? (message ?? textOf(result['exception'])) : null,
  }
}

/** An exception that is no unmet expectation means that nobody could look; InSpec calls that a failure and adds what it was. */
function outcomeOf(status: string, result: JsonObject): Check['outcome'] | null {
  switch (status) {
    case 'passed':
      return 'pass'
    case 'skipped':
      return 'skip'
    case 'error':
      return 'error'
    case 'failed':
      return textOf(result['exception']) !== null || Array.isArray(result['backtrace']) ? 'error' : 'fail'
    default:
      return null
  }
}

function minimal(report: JsonObject): readonly (Check | null)[] {
  return listOf(report['controls']).map((control) => {
    const result = objectOf(control)
    const id = textOf(result?.['id'])
    return id === null ? null : ofResult(id, result, {})
  })
}

/** InSpec's own bounds: 0.9 critical, 0.7 high, 0.4 medium, above 0 low, 0 none. What is no number is not said. */
function severityOf(impact: Field): Severity | null {
  if (typeof impact !== 'number' || !(impact >= 0)) return null
  if (impact >= 0.9) return 'critical'
  if (impact >= 0.7) return 'high'
  if (impact >= 0.4) return 'medium'
  return impact > 0 ? 'low' : 'info'
}

function described(control: JsonObject, label: string): string | null {
  const entry = listOf(control['descriptions'])
    .map(objectOf)
    .find((one) => one?.['label'] === label)
  return textOf(entry?.['data'])
}

function wordsOf(field: Field): readonly string[] {
  return (Array.isArray(field) ? listOf(field) : [field]).flatMap((item) => textOf(item) ?? []).slice(0, 8)
}
