import type { EventTime } from '../../../core/model/time.ts'
import type { Reading } from '../connector.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import type { Given, ReportRead, XmlReportSink } from '../read/report.ts'
import type { Attributes } from '../read/xml.ts'
import { checkFacts, ReportReadings, type Check } from '../report/check.ts'
import { reportTime } from '../report/time.ts'

const SENSOR = 'junit'
/** So much of what a test printed is kept. */
const MOST_TEXT = 4000

/** JUnit XML, as test runners write it. See README.md. */
export const junit: ReadableConnector = {
  sensor: SENSOR,
  recognises: () => false,
  read: (): Reading => ({ class: 'malformed', sensor: SENSOR, reason: 'unknown_report' }),
  facts: checkFacts,
  xml: { isRoot: (name) => name === 'testsuites' || name === 'testsuite', start: (given, tell) => new JUnitSink(given, tell) },
}

type Suite = {
  readonly name: string | null
  readonly readings: ReportReadings
  readonly at: EventTime | null
  isPartial: boolean
}
type Case = {
  readonly name: string | null
  readonly line: number
  readonly at: EventTime | null
  outcome: Check['outcome']
  message: string | null
  text: string
}

/** Every suite is a run by itself: it has a host and a time of its own. */
class JUnitSink implements XmlReportSink {
  private readonly given: Given
  private readonly tell: (read: ReportRead) => void
  private readonly hosts = new Map<string, ReportReadings>()
  private readonly suites: Suite[] = []
  private readonly finished: Suite[] = []
  private current: Case | null = null
  private within: 'failure' | 'error' | null = null

  constructor(given: Given, tell: (read: ReportRead) => void) {
    this.given = given
    this.tell = tell
  }

  open(name: string, attributes: Attributes, line: number): void {
    if (name === 'testsuite' || name === 'testsuites') this.openSuite(attributes)
    else if (name === 'testcase') this.openCase(attributes, line)
    else if (this.current !== null) this.mark(this.current, name, attributes)
    // An error beside all test cases: the suite itself broke.
    else if (name === 'error' || name === 'failure') for (const suite of this.suites) suite.isPartial = true
  }

  text(text: string): void {
    const { current } = this
    if (current !== null && this.within !== null && current.text.length < MOST_TEXT) current.text += text.slice(0, MOST_TEXT)
  }

  close(name: string): void {
    if (name === 'testcase') this.closeCase()
    else if (name === 'failure' || name === 'error') this.within = null
    else if (name === 'testsuite' || name === 'testsuites') {
      const suite = this.suites.pop()
      if (suite) this.finished.push(suite)
    }
  }

  end(whole: boolean): void {
    const all = [...this.finished, ...this.suites.splice(0)]
    const some = all.filter(({ readings }) => !readings.isEmpty)
    // Suites that share their readings are one run; one without a case is only told of where there is no other.
    for (const [readings, group] of Map.groupBy(some.length > 0 ? some : all.slice(0, 1), (suite) => suite.readings)) {
      const at = group.map((suite) => suite.at).find((time) => time !== null) ?? null
      const isPartial = !whole || group.some((suite) => suite.isPartial)
      this.tell(readings.done({ startedAt: at, endedAt: at, version: null, isPartial }))
    }
  }

  private openSuite(attributes: Attributes): void {
    const outer = this.suites.at(-1)
    const host = textIn(attributes, 'hostname')
    const at = reportTime(attributes.get('timestamp')) ?? outer?.at ?? null
    const shares = host === null && outer !== undefined
    const readings = shares ? outer.readings : (this.sharing(host) ?? new ReportReadings(SENSOR, this.given, host))
    this.suites.push({ name: textIn(attributes, 'name'), readings, at, isPartial: false })
  }

  /** The readings of an earlier suite on the same host: two runs that end at once are one sign of life. */
  private sharing(host: string | null): ReportReadings | null {
    if (host === null) return null
    const known = this.hosts.get(host) ?? null
    if (known !== null) return known
    const fresh = new ReportReadings(SENSOR, this.given, host)
    this.hosts.set(host, fresh)
    return fresh
  }

  private openCase(attributes: Attributes, line: number): void {
    const names = [textIn(attributes, 'classname') ?? this.suites.at(-1)?.name ?? null, textIn(attributes, 'name')]
    const name = names.filter((one) => one !== null).join(' ')
    const at = reportTime(attributes.get('timestamp')) ?? this.suites.at(-1)?.at ?? null
    const isNotRun = attributes.get('status') === 'notrun' || attributes.get('status') === 'disabled'
    this.current = { name: name === '' ? null : name, line, at, outcome: isNotRun ? 'skip' : 'pass', message: null, text: '' }
  }

  private mark(current: Case, name: string, attributes: Attributes): void {
    // Of several the worst counts: what could not be judged is not known to have failed only.
    if (name === 'failure' && current.outcome !== 'error') current.outcome = 'fail'
    else if (name === 'error') current.outcome = 'error'
    else if (name === 'skipped' && current.outcome === 'pass') current.outcome = 'skip'
    if (name !== 'failure' && name !== 'error') return
    this.within = name
    current.message ??= textIn(attributes, 'message')
  }

  private closeCase(): void {
    const { current } = this
    const suite = this.suites.at(-1)
    this.current = null
    this.within = null
    if (current === null || suite === undefined) return
    const said = current.message ?? (current.text.trim() === '' ? null : current.text.trim())
    this.tell(
      suite.readings.check(
        {
          outcome: current.outcome,
          rule: current.name,
          name: current.name === null ? null : `junit ${current.name}`,
          title: null,
          severity: null,
          at: current.at,
          expected: null,
          actual: current.outcome === 'fail' ? said : null,
          remediation: null,
          error: current.outcome === 'error' ? said : null,
          tags: [],
        },
        current.line,
      ),
    )
  }
}

function textIn(attributes: Attributes, name: string): string | null {
  const text = attributes.get(name)?.trim() ?? ''
  return text === '' ? null : text
}
