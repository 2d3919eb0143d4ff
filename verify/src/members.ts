import { auditLimits, auditMembers } from '../../core/model/audit-file.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { ReportSchema, type Report } from '../../core/model/report.ts'
import { fromUtf8 } from '../../core/proof/bytes.ts'
import { jcs, type JsonValue } from '../../core/proof/jcs.ts'
import { parseJson } from '../../core/proof/json.ts'
import { shaped } from '../../core/proof/shape.ts'
import { readBundle, type Bundle } from '../../core/proof/sigstore-bundle.ts'
import { insist } from './check.ts'

export type Members = ReadonlyMap<string, Uint8Array>

/** The statement's bundle. @throws RunproofError, NotVerified */
export function readReportBundle(members: Members): Bundle {
  return readBundle(parseJson(fromUtf8(memberOf(members, auditMembers.bundle))))
}

/** The report and its bytes, which must be canonical: another spelling of the same report is not the one that was signed. */
export function readReport(members: Members): { readonly report: Report; readonly bytes: Uint8Array } {
  const bytes = memberOf(members, auditMembers.report)
  const text = fromUtf8(bytes)
  const report = shaped(ReportSchema, parseJson(text, { maxLength: auditLimits.memberBytes }), 'a report')
  insist(jcs(report) === text, `${auditMembers.report} is not canonical JSON`)
  return { report, bytes }
}

/** The sealed lines, unpacked within limits. */
export async function readEvidence(members: Members): Promise<readonly string[]> {
  const text = fromUtf8(await gunzip(memberOf(members, auditMembers.evidence)))
  insist(text.endsWith('\n'), 'the evidence does not end with a newline: it was cut')
  const lines = text.slice(0, -1).split('\n')
  insist(lines.length <= auditLimits.evidenceLines, `the evidence has more than ${auditLimits.evidenceLines} lines`)
  return lines
}

/** Bundles of the signed decisions, by member name. */
export function readDecisions(members: Members): readonly { readonly name: string; readonly bundle: Bundle }[] {
  return [...members]
    .filter(([name]) => name.startsWith(auditMembers.decisions))
    .map(([name, bytes]) => ({ name, bundle: readBundle(parseJson(fromUtf8(bytes))) }))
}

/** The manifest's signature, or null when there is none. */
export function readManifestSignature(members: Members): JsonValue | null {
  const bytes = members.get(auditMembers.manifest)
  return bytes === undefined ? null : parseJson(fromUtf8(bytes))
}

function memberOf(members: Members, name: string): Uint8Array {
  const bytes = members.get(name)
  insist(bytes !== undefined, `${name} is missing`)
  return bytes
}

/** DecompressionStream is in browsers and in Node; it is stopped as soon as more comes out than evidence may have. */
async function gunzip(packed: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'))
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      size += part.length
      if (size > auditLimits.evidenceBytes)
        throw new RunproofError('format.too_large', `the evidence is larger than ${auditLimits.evidenceBytes} bytes`)
      parts.push(part)
    }
  } catch (cause) {
    if (cause instanceof RunproofError) throw cause
    throw new RunproofError('format.malformed', `${auditMembers.evidence} is damaged: it does not unpack`, { cause })
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
