import type { Judgement } from '../model/judgement.ts'
import { EVIDENCE_MEDIA_TYPE, REPORT_TYPE, VERIFIER_ID, type Report } from '../model/report.ts'
import type { Manifest } from '../model/manifest.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { GATE_ENTRYPOINT } from './gate.ts'
import { manifestDigest, resolve } from './resolve.ts'

/** What the report's parts must say, derived from the sealed inputs and the judgement: a verifier derives it again and compares. */
export function derivedParts(
  manifest: Manifest,
  gateDigest: string,
  evidence: { readonly root: string; readonly digest: string; readonly lines: number },
  judgement: Judgement,
): Pick<Report, 'type' | 'scope' | 'window' | 'evaluatedAt' | 'gate' | 'evidence' | 'judgement' | 'quarantine'> & {
  readonly manifest: Omit<Report['manifest'], 'signedBy'>
} {
  const { scope, workloads } = resolve(manifest)
  const { name, version, owner } = manifest.metadata
  return {
    type: REPORT_TYPE,
    scope: { ...scope, workloads: workloads.map((workload) => ({ ...workload, nodes: [...(workload.nodes ?? [])] })) },
    window: judgement.window,
    evaluatedAt: judgement.evaluatedAt,
    manifest: { name, version, owner, digest: manifestDigest(manifest) },
    gate: { engine: 'runproof-rego', digest: gateDigest, entrypoint: GATE_ENTRYPOINT },
    evidence: { ...evidence, mediaType: EVIDENCE_MEDIA_TYPE },
    judgement,
    quarantine: quarantineOf(judgement.tally),
  }
}

/** Lines that could not be read, by reason: the sensor is dropped, since a line that nobody understands has none. */
function quarantineOf(tally: Readonly<Record<string, number>>): Report['quarantine'] {
  const reasons = new Map<string, number>()
  for (const [name, count] of Object.entries(tally)) {
    const [outcome] = name.split('/', 1)
    const reason = name.slice('malformed/'.length) || 'unknown'
    if (outcome === 'malformed') reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  return {
    count: [...reasons.values()].reduce((sum, count) => sum + count, 0),
    reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/**
 * The predicate of the signed statement: what a reader of the statement alone must know. Lists of findings stay in the report, which
 * `subject[0]` binds; counts and digests are here. `docs/formats/report.md` is its reference.
 */
export function predicateOf(report: Report): JsonValue {
  const { judgement, manifest, gate, evidence } = report
  const { totals, instances, minutes } = judgement.coverage
  return {
    verifier: { id: VERIFIER_ID, version: { runproof: report.producer.version } },
    scope: {
      application: report.scope.application,
      environment: report.scope.environment,
      cluster: report.scope.cluster,
      workloads: report.scope.workloads.map(({ name, namespace }) => (namespace === null ? name : `${namespace}/${name}`)),
    },
    window: { id: report.window.id, startedAt: report.window.start, endedAt: report.window.end },
    evaluatedAt: report.evaluatedAt,
    manifest: {
      name: manifest.name,
      version: manifest.version,
      digest: { sha256: manifest.digest },
      signedBy: manifest.signedBy?.keyId ?? null,
    },
    gate: { engine: gate.engine, entrypoint: gate.entrypoint, digest: { sha256: gate.digest } },
    procedure: judgement.procedure,
    steps: judgement.steps.map(({ name, digest }) => ({ name, digest: { sha256: digest } })),
    verdict: judgement.verdict,
    verdictBeforeWaivers: judgement.verdictBeforeWaivers,
    controls: judgement.controls.map(({ id, verdict, verdictBeforeWaivers, stage, counts, reasons, waivedBy }) => ({
      id,
      verdict,
      verdictBeforeWaivers,
      stage,
      violations: counts.violations,
      waived: counts.waived,
      reasons: reasons.map(({ code }) => code),
      waivedBy: [...waivedBy],
    })),
    coverage: {
      minutes,
      ...totals,
      sensors: instances.map(({ sensor, node, required, version, dropped, restarts, runs }) => ({
        sensor,
        node,
        required,
        version,
        dropped,
        restarts,
        blind: runs.filter(({ state }) => state === 'silent').map(({ from, to }) => ({ from, to })),
      })),
    },
    evidence: {
      mediaType: evidence.mediaType,
      count: evidence.lines,
      root: { sha256: evidence.root },
      digest: { sha256: evidence.digest },
    },
    quarantine: report.quarantine,
    decisions: report.decisions.map(({ kind, digest, ledgerIndex, signedBy }) => ({
      ...(kind && { kind }),
      digest: { sha256: digest },
      ledgerIndex,
      by: signedBy.keyId,
    })),
    waivers: judgement.waivers.map(({ id, control, state, expires }) => ({ id, control, state, expires })),
    ...(judgement.confirmations && {
      confirmations: judgement.confirmations.map(({ id, control, state }) => ({ id, control, state })),
    }),
    previousReport: report.previous && {
      windowId: report.previous.windowId,
      digest: { sha256: report.previous.reportDigest },
      relation: report.previous.relation,
    },
    ledger: { origin: report.ledger.origin, size: report.ledger.size, root: { sha256: report.ledger.root } },
  }
}
