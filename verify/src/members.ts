import { auditLimits, auditMembers } from '../../core/model/audit-file.ts'
import { RunproofError } from '../../core/model/errors.ts'
import { ReportSchema, type Report } from '../../core/model/report.ts'
import { LineDigest, type Digests } from '../../core/judge/line-digest.ts'
import { Opening } from '../../core/judge/open.ts'
import type { SealedInputs } from '../../core/model/sealed.ts'
import { equalBytes, fromUtf8 } from '../../core/proof/bytes.ts'
import { parseCanonical } from '../../core/proof/canonical.ts'
import { payloadOf, readEnvelope, signatureOf } from '../../core/proof/dsse.ts'
import { gunzip } from '../../core/proof/gunzip.ts'
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
  const value = parseCanonical(text) ?? parseJson(text, { maxLength: auditLimits.memberBytes })
  const report = shaped(ReportSchema, value, 'a report')
  insist(jcs(report) === text, `${auditMembers.report} is not canonical JSON`)
  return { report, bytes }
}

/** The sealed lines, unpacked within limits. */
export async function readEvidence(members: Members): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const block of blocks(members)) {
    for (const line of fromUtf8(block).slice(0, -1).split('\n')) lines.push(line)
    limitLines(lines.length)
  }
  return lines
}

/** The sealed evidence: its digests, and what it says or why that cannot be read. */
export type SealedEvidence = {
  readonly lines: number
  readonly digests: Digests
  readonly opened: { readonly inputs: SealedInputs } | { readonly refusal: unknown }
}

/** Reads the evidence once, piece by piece: unpacked, digested and opened without ever being there as a whole. */
export async function readSealed(members: Members): Promise<SealedEvidence> {
  const digest = new LineDigest()
  const opening = new Opening()
  let refused: { readonly refusal: unknown } | null = null
  for await (const block of blocks(members)) {
    const text = fromUtf8(block)
    digest.take(block)
    limitLines(digest.lines)
    // What lies there has its digests also when it is no evidence.
    refused ??= refusalOf(() => opening.takeAll(text))
  }
  let inputs: SealedInputs | undefined
  refused ??= refusalOf(() => (inputs = opening.inputs()))
  const opened = inputs === undefined ? { refusal: refused?.refusal } : { inputs }
  return { lines: digest.lines, digests: digest.digests(), opened }
}

function limitLines(lines: number): void {
  insist(lines <= auditLimits.evidenceLines, `the evidence has more than ${auditLimits.evidenceLines} lines`)
}

function refusalOf(act: () => unknown): { readonly refusal: unknown } | null {
  try {
    act()
    return null
  } catch (refusal) {
    return { refusal }
  }
}

const NEWLINE = 0x0a
/** Bytes of whole lines that are handled at once; a longer line is one block. */
const BLOCK = 262_144

/** The evidence as blocks of whole lines, each with its newline. A block is good until the next is asked for. */
async function* blocks(members: Members): AsyncGenerator<Uint8Array> {
  let held = new Uint8Array(2 * BLOCK)
  let size = 0
  let last: number | null = null
  for await (const part of unpacked(memberOf(members, auditMembers.evidence))) {
    held = withRoom(held, size, part.length)
    held.set(part, size)
    const end = size + part.lastIndexOf(NEWLINE) + 1
    size += part.length
    last = part.at(-1) ?? last
    if (size < BLOCK || end === size - part.length) continue
    yield held.subarray(0, end)
    held.copyWithin(0, end, size)
    size -= end
  }
  insist(last === NEWLINE, 'the evidence does not end with a newline: it was cut')
  if (size > 0) yield held.subarray(0, size)
}

/** The same bytes with room for as many more. */
function withRoom(held: Uint8Array<ArrayBuffer>, size: number, more: number): Uint8Array<ArrayBuffer> {
  if (size + more <= held.length) return held
  const larger = new Uint8Array(2 * (size + more))
  larger.set(held.subarray(0, size))
  return larger
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

/** Where the log holds the manifest's signature, or null when the file does not say. @throws RunproofError, NotVerified */
export function readManifestEntry(members: Members, signature: JsonValue): Bundle | null {
  const bytes = members.get(auditMembers.manifestEntry)
  if (bytes === undefined) return null
  const bundle = readBundle(parseJson(fromUtf8(bytes)))
  const [{ envelope: said }, signed] = [bundle, readEnvelope(signature)]
  const isSame = [payloadOf, signatureOf].every((part) => equalBytes(part(said), part(signed)))
  insist(isSame, `${auditMembers.manifestEntry} is of another signature than ${auditMembers.manifest}`)
  return bundle
}

function memberOf(members: Members, name: string): Uint8Array {
  const bytes = members.get(name)
  insist(bytes !== undefined, `${name} is missing`)
  return bytes
}

/** It is stopped as soon as more comes out than evidence may have. */
async function* unpacked(packed: Uint8Array): AsyncGenerator<Uint8Array> {
  let size = 0
  const pieces = gunzip(packed)
  try {
    for (;;) {
      const piece = await nextOf(pieces)
      if (piece === null) return
      size += piece.length
      if (size > auditLimits.evidenceBytes)
        throw new RunproofError('format.too_large', `the evidence is larger than ${auditLimits.evidenceBytes} bytes`)
      yield piece
    }
  } finally {
    await pieces.return(undefined)
  }
}

async function nextOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await pieces.next()
    return done === true ? null : value
  } catch (cause) {
    throw new RunproofError('format.malformed', `${auditMembers.evidence} is damaged: it does not unpack`, { cause })
  }
}
