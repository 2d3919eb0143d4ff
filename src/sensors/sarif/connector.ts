import type { EventTime } from '../../../core/model/time.ts'
import type { JsonObject, Reading } from '../connector.ts'
import { listOf, objectOf, textOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import type { Given, ReportRead } from '../read/report.ts'
import { checkFacts, ReportReadings, type Check, type CheckOutcome } from '../report/check.ts'
import { stateName } from '../report/identity.ts'
import { reportTime } from '../report/time.ts'
import { severityOfWord } from '../report/words.ts'

const SENSOR = 'sarif'

/** SARIF 2.1.0 of runtime policies: our own (`runproof state audit`) and INTERCEPT's. See README.md. */
export const sarif: ReadableConnector = {
  sensor: SENSOR,
  recognises: (event) => event['version'] === '2.1.0' && Array.isArray(event['runs']),
  read: (): Reading => ({ class: 'malformed', sensor: SENSOR, reason: 'unknown_report' }),
  facts: checkFacts,
  report: {
    begins: (head) => head.includes('"2.1.0"') && /"\$?schema"|"runs"/.test(head),
    read: (report, given) => listOf(report['runs']).flatMap((run) => ofRun(objectOf(run), given)),
  },
}

function ofRun(run: JsonObject | null, given: Given): readonly ReportRead[] {
  if (run === null) return []
  const driver = objectOf(objectOf(run['tool'])?.['driver'])
  const invocations = listOf(run['invocations']).map(objectOf)
  const rules = new Map(listOf(driver?.['rules']).map((rule) => [textOf(objectOf(rule)?.['id']), objectOf(rule)] as const))
  const ended = invocations.map((one) => reportTime(one?.['endTimeUtc'])).findLast((time) => time !== null) ?? null
  const results = listOf(run['results']).map(objectOf)
  // One run may speak of many hosts: each is a run of its own.
  const hosts = new Map<string | null, ReportReadings>()
  const readingsOf = (host: string | null): ReportReadings => {
    const known = hosts.get(host) ?? new ReportReadings(SENSOR, given, host)
    hosts.set(host, known)
    return known
  }
  const machine = invocations.map((one) => textOf(one?.['machine'])).find((name) => name !== null) ?? null
  const reads = results.flatMap((result): readonly ReportRead[] => {
    const properties = objectOf(result?.['properties'])
    const readings = readingsOf(textOf(properties?.['node']) ?? machine)
    if (result === null) return [readings.malformed('no_result')]
    if (properties?.['result-type'] === 'summary') return [ignored(given, 'summary')]
    // Findings about source code and images are nobody's state at run time.
    if (textOf(properties?.['resource-type']) === null) return [ignored(given, 'no_state')]
    const check = checkOf(result, properties ?? {}, rules.get(textOf(result['ruleId'])) ?? null, ended)
    return [check === null ? readings.malformed('no_result') : readings.check(check)]
  })
  const isPartial = invocations.some((one) => one?.['executionSuccessful'] === false)
  const startedAt = invocations.map((one) => reportTime(one?.['startTimeUtc'])).find((time) => time !== null) ?? null
  const version = textOf(driver?.['version'])
  const said = results.length === 0 || reads.some(({ reading }) => reading.class !== 'ignored' || reading.reason !== 'no_state')
  const ends = [...hosts.values()].map((readings) => readings.done({ startedAt, endedAt: ended, version, isPartial }))
  return [...reads, ...(said ? ends : [])]
}

function ignored(given: Given, reason: string): ReportRead {
  return { reading: { class: 'ignored', sensor: given.sensor ?? SENSOR, reason }, event: {} }
}

function checkOf(result: JsonObject, properties: JsonObject, rule: JsonObject | null, ended: EventTime | null): Check | null {
  const id = textOf(properties['resource-id']) ?? locationOf(result)
  const [type, property] = [textOf(properties['resource-type']), textOf(properties['property'])]
  const policy = textOf(result['ruleId'])
  if (id === null || type === null || property === null || policy === null) return null
  const message = textOf(objectOf(result['message'])?.['text'])
  const outcome = outcomeOf(result, properties, message)
  if (outcome === null) return null
  return {
    outcome,
    rule: policy,
    name: stateName(type, id, property),
    title: textOf(properties['title']) ?? textOf(properties['name']) ?? textOf(rule?.['name']),
    severity:
      severityOfWord(textOf(properties['severity'])) ??
      (result['level'] === 'error' ? 'high' : outcome === 'fail' ? 'medium' : null),
    at: reportTime(properties['result-timestamp']) ?? ended,
    expected: textOf(properties['expected']),
    actual: textOf(properties['actual']) ?? (outcome === 'fail' ? message : null),
    remediation: textOf(properties['msg-solution']),
    error: outcome === 'error' ? message : null,
    tags: [],
  }
}

/** INTERCEPT writes the id of the resource, a command even, where a location belongs. */
function locationOf(result: JsonObject): string | null {
  const physical = objectOf(objectOf(listOf(result['locations'])[0])?.['physicalLocation'])
  return textOf(objectOf(physical?.['artifactLocation'])?.['uri'])
}

const ours: ReadonlySet<string> = new Set(['pass', 'fail', 'skip', 'error'] satisfies readonly CheckOutcome[])

/** Ours says it in a word. INTERCEPT's levels say it together with the message: a warning may be a failure or a check that was skipped. */
function outcomeOf(result: JsonObject, properties: JsonObject, message: string | null): CheckOutcome | null {
  const said = textOf(properties['outcome'])
  if (said !== null) return ours.has(said) ? (said as CheckOutcome) : null
  if (message?.startsWith('Error: ') === true) return 'error'
  // The standard: no level is a warning.
  const level = textOf(result['level']) ?? 'warning'
  if (level === 'note' || level === 'none') return 'pass'
  if (level === 'warning' && message?.trimEnd().endsWith(': skipped') === true) return 'skip'
  return level === 'warning' || level === 'error' ? 'fail' : null
}
