import type { Target } from '../../../core/model/act.ts'
import type { Finding } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import type { FindingRow, FindingState } from './finding-types.ts'

/** Texts of a kind that a row shows; a finding has at most three samples. */
const MOST_TEXTS = 16
/** What is searched of one text; the report holds all of it. */
const MOST_CHARS = 1024

/** The findings of a report as rows of the search index. `reportDigest`: SHA-256 (hex) of the report's canonical JSON. */
export function* findingRows({ judgement }: Report, reportDigest: string): Generator<FindingRow> {
  const { id: windowId, application, environment, start } = judgement.window
  const shared = { windowId, scope: { application, environment }, windowStart: start, reportDigest }
  for (const finding of judgement.findings) {
    const { control, fingerprint, workloads, severity, confidence, count, first, last, recurrence, identity } = finding
    const { namespace, workload, action, executable, target } = identity
    yield {
      ...shared,
      ...{ control, fingerprint, workloads, action, severity, confidence, count, first, last, recurrence, executable },
      workload: workload === null ? null : `${namespace ?? ''}/${workload}`,
      state: stateOf(finding),
      target: target && targetText(target),
      sensors: few(finding.sensors.map(({ sensor }) => sensor)),
      rules: few(finding.sensors.flatMap(({ rules }) => rules)),
      commandLines: few(finding.samples.map(({ commandLine }) => commandLine)),
      pods: few(finding.samples.map(({ pod }) => pod)),
    }
  }
}

function stateOf({ control, excepted, waivedBy }: Finding): FindingState {
  if (control === null) return 'unmapped'
  if (excepted !== null) return 'excepted'
  return waivedBy.length > 0 ? 'waived' : 'violation'
}

/** A path, a name, or `host:port`; IPv6 in brackets, as in a URL. */
function targetText(target: Target): string {
  if (target.type === 'binary' || target.type === 'path') return target.path
  if (target.type !== 'address') return target.name
  const { name, address, port } = target
  const host = name ?? (address?.includes(':') ? `[${address}]` : address) ?? ''
  return port === null ? host : `${host}:${port}`
}

function few(texts: readonly (string | null)[]): readonly string[] {
  const different = new Set(texts.flatMap((text) => (text === null ? [] : [text.slice(0, MOST_CHARS).toWellFormed()])))
  return [...different].slice(0, MOST_TEXTS)
}
