import { goJson } from '../../state/output/go-json.ts'
import { isFailed, typeName } from '../../state/output/run.ts'
import type { GoMap, GoValue } from '../../state/model/value.ts'
import type { Result } from '../../state/model/result.ts'
import type { HostRun } from '../../state/run.ts'
import type { About } from './report.ts'

/** Everything known of a run as one JSON document: all hosts, each check with what was expected, what is, and what to do. */
export function runDocument(runs: readonly HostRun[], { version, sources, globals }: About, exit: number): string {
  const document = mapOf({
    format: 'runproof-state-run/v1',
    version,
    dialect: globals.dialect,
    gossfiles: sources.map(({ path, sha256 }) => mapOf({ path, sha256 })),
    hosts: runs.map(hostOf),
    exit_code: BigInt(exit),
  })
  return `${goJson(document, { escapes: false, indent: '  ' })}\n`
}

function hostOf({ name, bundle, results, failure }: HostRun): GoMap {
  const count = (outcome: Result['outcome']): bigint => BigInt(results.filter((result) => result.outcome === outcome).length)
  return mapOf({
    host: name,
    transport: bundle?.target.transport ?? null,
    address: bundle?.target.address ?? null,
    system: bundle?.host.system ?? null,
    distribution: bundle?.host.distribution ?? null,
    architecture: bundle?.host.architecture ?? null,
    started_at: bundle?.startedAt ?? null,
    ended_at: bundle?.endedAt ?? null,
    failure,
    passes: failure === null && !results.some(isFailed),
    counts: mapOf({ pass: count('pass'), fail: count('fail'), error: count('error'), skip: count('skip') }),
    results: results.map(resultOf),
  })
}

function resultOf(result: Result): GoMap {
  const { resource, id, property, outcome, error, matcher } = result
  const { attributes, title, meta, place } = resource
  return mapOf({
    type: typeName(result),
    id,
    property,
    outcome,
    title,
    meta,
    severity: attributes.get('severity') ?? null,
    remediation: attributes.get('remediation') ?? null,
    expected: matcher.expected ?? null,
    actual: matcher.actual ?? null,
    message: matcher.message,
    error,
    missing: matcher.missingElements ?? null,
    extra: matcher.extraElements ?? null,
    file: place.file,
    row: place.row === null ? null : BigInt(place.row),
  })
}

function mapOf(members: Readonly<Record<string, GoValue>>): GoMap {
  return new Map(Object.entries(members))
}
