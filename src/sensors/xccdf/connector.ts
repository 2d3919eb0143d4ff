import type { EventTime } from '../../../core/model/time.ts'
import type { Reading } from '../connector.ts'
import type { ReadableConnector } from '../read/event-reader.ts'
import type { Given, ReportRead, XmlReportSink } from '../read/report.ts'
import type { Attributes } from '../read/xml.ts'
import { checkFacts, MAX_CHECKS, ReportReadings, type Check } from '../report/check.ts'
import { reportTime } from '../report/time.ts'
import { severityOfWord } from '../report/words.ts'

const SENSOR = 'xccdf'
/** The largest published benchmarks have some 2,000 rules. */
const MAX_RULES = 20_000
const MOST_TEXT = 4000

/** XCCDF 1.1 and 1.2 results, as OpenSCAP writes them (`--results`, `--results-arf`). See README.md. */
export const xccdf: ReadableConnector = {
  sensor: SENSOR,
  recognises: () => false,
  read: (): Reading => ({ class: 'malformed', sensor: SENSOR, reason: 'unknown_report' }),
  facts: checkFacts,
  xml: {
    isRoot: (name) => name === 'Benchmark' || name === 'TestResult' || name === 'asset-report-collection',
    start: (given, tell) => new XccdfSink(given, tell),
  },
}

type Rule = { title: string; fix: string; severity: string | null }
type Result = {
  readonly idref: string
  readonly line: number
  readonly at: EventTime | null
  severity: string | null
  result: string
  message: string
}
type TestResult = {
  readonly startedAt: EventTime | null
  readonly endedAt: EventTime | null
  readonly version: string | null
  target: string
  /** Read before the host is known: it may stand behind them. */
  readonly results: Result[]
}

/** What a rule's result means. A word that nobody knows could not be judged. */
const outcomes: ReadonlyMap<string, Check['outcome']> = new Map([
  ['pass', 'pass'],
  ['fixed', 'pass'],
  ['fail', 'fail'],
  ['error', 'error'],
  ['unknown', 'error'],
  ['notchecked', 'error'],
  ['notapplicable', 'skip'],
  ['notselected', 'skip'],
  ['informational', 'skip'],
])

class XccdfSink implements XmlReportSink {
  private readonly given: Given
  private readonly tell: (read: ReportRead) => void
  private readonly path: string[] = []
  private readonly rules = new Map<string, Rule>()
  private rule: Rule | null = null
  private run: TestResult | null = null
  /** Told at the end: of a document that broke off nothing is known to be whole. */
  private readonly runs: TestResult[] = []
  private result: Result | null = null

  constructor(given: Given, tell: (read: ReportRead) => void) {
    this.given = given
    this.tell = tell
  }

  open(name: string, attributes: Attributes, line: number): void {
    this.path.push(name)
    if (name === 'Rule') this.openRule(attributes)
    else if (name === 'TestResult') {
      this.run = {
        startedAt: reportTime(attributes.get('start-time')),
        endedAt: reportTime(attributes.get('end-time')),
        version: attributes.get('test-system') ?? null,
        target: '',
        results: [],
      }
      this.runs.push(this.run)
    } else if (name === 'rule-result' && this.run !== null)
      this.result = {
        idref: attributes.get('idref') ?? '',
        line,
        at: reportTime(attributes.get('time')),
        severity: attributes.get('severity') ?? null,
        result: '',
        message: '',
      }
  }

  text(text: string): void {
    const name = this.path.at(-1)
    const { rule, run, result } = this
    if (result !== null) {
      if (name === 'result') result.result = added(result.result, text)
      else if (name === 'message') result.message = added(result.message, text)
    } else if (run !== null) {
      if (name === 'target' && this.path.at(-2) === 'TestResult') run.target = added(run.target, text)
    } else if (rule !== null) {
      if (name === 'title') rule.title = added(rule.title, text)
      // Instructions for people, also those in the markup within; scripts are for machines.
      else if (this.path.includes('fixtext')) rule.fix = added(rule.fix, text)
    }
  }

  close(name: string): void {
    this.path.pop()
    if (name === 'Rule') this.rule = null
    else if (name === 'rule-result' && this.run !== null && this.result !== null) {
      if (this.run.results.length <= MAX_CHECKS) this.run.results.push(this.result)
      this.result = null
    } else if (name === 'TestResult') this.run = null
  }

  end(whole: boolean): void {
    for (const run of this.runs) this.finish(run, whole)
    if (this.runs.length === 0) this.tell(new ReportReadings(SENSOR, this.given, null).malformed('empty_report'))
  }

  private openRule(attributes: Attributes): void {
    const id = attributes.get('id')
    if (id === undefined || this.rules.size >= MAX_RULES) return
    this.rule = { title: '', fix: '', severity: attributes.get('severity') ?? null }
    this.rules.set(id, this.rule)
  }

  private finish(run: TestResult, whole: boolean): void {
    const { startedAt, endedAt, version } = run
    const host = run.target.trim()
    const readings = new ReportReadings(SENSOR, this.given, host === '' ? null : host)
    for (const result of run.results) this.tell(readings.check(this.checkOf(result, endedAt), result.line))
    this.tell(readings.done({ startedAt, endedAt, version, isPartial: !whole }))
  }

  private checkOf({ idref, at, severity, result, message }: Result, endedAt: EventTime | null): Check {
    const outcome = outcomes.get(result.trim()) ?? 'error'
    const rule = this.rules.get(idref)
    const id = idref === '' ? null : shortId(idref)
    return {
      outcome,
      rule: id,
      name: id === null ? null : `xccdf ${id}`,
      title: textOrNull(rule?.title),
      severity: severityOfWord(severity ?? rule?.severity ?? null),
      at: at ?? endedAt,
      expected: null,
      actual: outcome === 'fail' ? textOrNull(message) : null,
      remediation: outcome === 'fail' ? textOrNull(rule?.fix) : null,
      error: outcome === 'error' ? (textOrNull(message) ?? (result.trim() === '' ? 'no result' : result.trim())) : null,
      tags: [],
    }
  }
}

/** `xccdf_org.ssgproject.content_rule_no_empty_passwords` → `no_empty_passwords`: the prefix is the publisher's. */
function shortId(idref: string): string {
  return /^xccdf_[^_]+(?:\.[^_]+)*_rule_(.+)$/.exec(idref)?.[1] ?? idref
}

function added(text: string, more: string): string {
  return text.length >= MOST_TEXT ? text : (text + more).slice(0, MOST_TEXT)
}

function textOrNull(text: string | undefined): string | null {
  const plain = text?.replaceAll(/\s+/g, ' ').trim() ?? ''
  return plain === '' ? null : plain
}
