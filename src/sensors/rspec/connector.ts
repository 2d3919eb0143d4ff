import type { JsonObject, Reading } from '../connector.ts'
import { countOf, listOf, objectOf, textOf } from '../fields.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import type { Given, ReportRead } from '../read/report.ts'
import { checkFacts, ReportReadings, type Check } from '../report/check.ts'

const SENSOR = 'rspec'

/** Reports of RSpec's JSON formatter, which Serverspec uses. See README.md. */
export const rspec: ReadableConnector = {
  sensor: SENSOR,
  recognises: (event) => Array.isArray(event['examples']) && objectOf(event['summary'])?.['example_count'] !== undefined,
  read: (): Reading => ({ class: 'malformed', sensor: SENSOR, reason: 'unknown_report' }),
  facts: checkFacts,
  report: {
    begins: (head) => /"examples"\s*:\s*\[/.test(head) && head.includes('"full_description"'),
    read,
  },
}

function read(report: JsonObject, given: Given): readonly ReportRead[] {
  const readings = new ReportReadings(SENSOR, given, null)
  const examples = listOf(report['examples'])
  const summary = objectOf(report['summary'])
  const reads = examples.map((example) => {
    const check = checkOf(objectOf(example))
    return check === null ? readings.malformed('no_result') : readings.check(check)
  })
  // An error while loading the specs: nobody knows which examples are missing.
  const isPartial = summary?.['example_count'] !== examples.length || countOf(summary['errors_outside_of_examples_count']) !== 0
  return [...reads, readings.done({ startedAt: null, endedAt: null, version: textOf(report['version']), isPartial })]
}

/** What an expectation says when it does not hold; any other exception means that nobody could look. */
const unmet = /ExpectationNotMetError$|MultipleExpectationsNotMetError$/

function checkOf(example: JsonObject | null): Check | null {
  const name = textOf(example?.['full_description'])
  const status = textOf(example?.['status'])
  if (example === null || name === null || status === null) return null
  const exception = objectOf(example['exception'])
  const message = textOf(exception?.['message'])
  const outcome = outcomeOf(status, textOf(exception?.['class']))
  if (outcome === null) return null
  return {
    outcome,
    rule: name,
    name: `rspec ${name}`,
    title: null,
    severity: null,
    at: null,
    expected: outcome === 'fail' ? message : null,
    actual: null,
    remediation: null,
    error: outcome === 'error' ? (message ?? textOf(exception?.['class'])) : null,
    tags: [],
  }
}

function outcomeOf(status: string, exception: string | null): Check['outcome'] | null {
  switch (status) {
    case 'passed':
      return 'pass'
    case 'pending':
      return 'skip'
    case 'failed':
      return exception === null || unmet.test(exception) ? 'fail' : 'error'
    default:
      return null
  }
}
