import type { JsonObject, Reading } from '../connector.ts'
import { listOf, objectOf, textOf, type Field } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import type { Given, ReportRead } from '../read/report.ts'
import { checkFacts, ReportReadings, type Check } from '../report/check.ts'
import { ruleOf, stateName } from '../report/identity.ts'
import { reportTime } from '../report/time.ts'
import { severityOfWord } from '../report/words.ts'
import { valueText } from '../report/value.ts'

const SENSOR = 'goss'

/** Reports of `goss validate -f json` and `-f structured`. See README.md. */
export const goss: ReadableConnector = {
  sensor: SENSOR,
  recognises: (event) => Array.isArray(event['results']) && objectOf(event['summary'])?.['test-count'] !== undefined,
  read: (): Reading => ({ class: 'malformed', sensor: SENSOR, reason: 'unknown_report' }),
  facts: checkFacts,
  report: {
    begins: (head) => /^\{\s*"results"\s*:\s*\[/.test(head) && head.includes('"resource-type"'),
    read,
  },
}

function read(report: JsonObject, given: Given): readonly ReportRead[] {
  const readings = new ReportReadings(SENSOR, given, null)
  const results = listOf(report['results'])
  const summary = objectOf(report['summary'])
  const reads = results.map((result) => {
    const check = checkOf(objectOf(result))
    return check === null ? readings.malformed('no_result') : readings.check(check)
  })
  const isPartial = summary?.['test-count'] !== results.length
  return [...reads, readings.done({ startedAt: null, endedAt: null, version: null, isPartial })]
}

function checkOf(result: JsonObject | null): Check | null {
  const [type, id, property] = ['resource-type', 'resource-id', 'property'].map((key) => textOf(result?.[key]))
  if (result === null || !type || !id || !property) return null
  const outcome = outcomeOf(result)
  if (outcome === null) return null
  const meta = objectOf(result['meta'])
  const matcher = objectOf(result['matcher-result'])
  const title = textOf(result['title'])
  const name = stateName(type, id, property)
  const { rule, tags } = ruleOf(meta, title, name)
  return {
    outcome,
    rule,
    name,
    title,
    severity: severityOfWord(textOf(meta?.['severity'])),
    at: reportTime(result['end-time']) ?? reportTime(result['start-time']),
    expected:
      outcome === 'fail' ? [textOf(matcher?.['message']), valueText(matcher?.['expected'])].filter(Boolean).join(' ') : null,
    actual: outcome === 'fail' ? valueText(matcher?.['actual']) : null,
    remediation: textOf(meta?.['remediation']) ?? textOf(meta?.['fix']),
    error: errorOf(result['err']),
    tags,
  }
}

/** What goss could not find out it calls a failure, and says so in `err`. `successful` is false of everything in the structured form. */
function outcomeOf(result: JsonObject): Check['outcome'] | null {
  if (result['skipped'] === true || result['result'] === 2) return 'skip'
  if (errorOf(result['err']) !== null) return 'error'
  if (result['result'] === 0) return 'pass'
  return result['result'] === 1 ? 'fail' : null
}

/** Text since 0.4; before, and where it wraps another error, an object. */
function errorOf(field: Field): string | null {
  if (field === undefined || field === null || field === '') return null
  return typeof field === 'string' ? field : (valueText(field) ?? 'an error without words')
}
