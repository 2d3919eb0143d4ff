import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { manifestDigest } from '../../../core/judge/resolve.ts'
import { blindSpotsFor, BlindSpotsSchema } from '../../../core/model/blind-spots.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import { redactionUse } from '../../../core/model/redaction.ts'
import type { Decision } from '../../../core/model/decision.ts'
import type { RefusedWaiver, Verified } from '../../../core/model/waiver.ts'
import { verifyDecision } from '../../../core/proof/decisions.ts'
import { readEnvelope, type Envelope } from '../../../core/proof/dsse.ts'
import { keyHint, pemFromSpki, spkiFromPem } from '../../../core/proof/ecdsa.ts'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { MANIFEST_PREDICATE, ManifestClaimSchema, verifySigned, type NamedKey } from '../../../core/proof/verified.ts'
import { readPlan } from '../../../core/rego/plan.ts'
import { problemText } from '../../declare/problem.ts'
import { readManifest } from '../../declare/read-manifest.ts'
import { readBundle, type Bundle } from '../../lib/io/read-bundle.ts'
import { redactorOf, type Redactor } from '../../sensors/redact.ts'
import type { Promised } from '../../shell.ts'
import { validRules } from '../read-redaction.ts'

/** A bundle as read: what was promised, by whom, and the waivers in it that hold or do not. */
export type ReadPromise = {
  readonly promised: Promised
  /** The owner's public key, PEM; null when nobody signed. */
  readonly ownerKey: string | null
  readonly waivers: readonly { readonly verified: Verified<Decision>; readonly envelope: Envelope; readonly spki: Uint8Array }[]
  readonly refused: readonly RefusedWaiver[]
  /** Takes secrets out by the rules that ship and by the bundle's own. */
  readonly redactor: Redactor
}

const catalogue = join(import.meta.dirname, '..', '..', '..', 'catalogue')
const defaultGate = join(catalogue, 'gate', 'plan.json')
const blindSpotsFile = join(catalogue, 'blind-spots.json')

/**
 * Reads a bundle folder and checks every signature in it. `owner` is this machine's own owner key, used when the bundle brings no
 * `owner.pub`.
 * @throws RunproofError `manifest.invalid`, `redaction.invalid`, `manifest.unsigned`, `manifest.signature_invalid`, `gate.not_compiled`, `bundle.unreadable`
 */
export async function readPromised(
  folder: string,
  { unsigned, owner }: { readonly unsigned: boolean; readonly owner: NamedKey | null },
): Promise<ReadPromise> {
  const bundle = await readBundle(folder)
  const read = readManifest(bundle.manifestText, relative(process.cwd(), bundle.manifestPath))
  if ('problems' in read) {
    throw new RunproofError(
      'manifest.invalid',
      `the manifest has ${read.problems.length} problems:\n${read.problems.map(problemText).join('\n')}`,
    )
  }
  const { manifest } = read
  const owners =
    bundle.ownerKey === null
      ? owner === null
        ? []
        : [owner]
      : [{ name: manifest.metadata.owner, spki: spkiFromPem(bundle.ownerKey) }]
  const signature = await signedManifest(manifest, bundle.manifestSignature, owners, unsigned, folder)
  const gate = await gateOf(bundle.gate)
  const { waivers, refused } = await waiversOf(manifest, bundle.waivers)
  const described = BlindSpotsSchema.parse(JSON.parse(await readFile(blindSpotsFile, 'utf8')))
  const blindSpots = blindSpotsFor(
    described,
    manifest.sensors.map(({ name }) => name),
  )
  const { redaction, redactor } = await redactionOf(bundle.redaction)
  const promised = { manifest, gate, blindSpots, redaction, ...signature }
  return { promised, ownerKey: signature.ownerKey, waivers, refused, redactor }
}

/** The rules that the events are read with, and what the report says of them. */
async function redactionOf(
  own: Bundle['redaction'],
): Promise<{ readonly redaction: NonNullable<Promised['redaction']>; readonly redactor: Redactor }> {
  if (own === null) return { redaction: redactionUse(null), redactor: await redactorOf(null) }
  const read = validRules(own.text, relative(process.cwd(), own.path))
  return { redaction: redactionUse(read), redactor: await redactorOf(read.redaction) }
}

async function signedManifest(
  manifest: Manifest,
  signature: unknown,
  owners: readonly NamedKey[],
  unsigned: boolean,
  folder: string,
): Promise<Pick<Promised, 'signature' | 'signedBy'> & { readonly ownerKey: string | null }> {
  if (signature === null) {
    if (unsigned) return { signature: null, signedBy: null, ownerKey: null }
    throw new RunproofError(
      'manifest.unsigned',
      `nobody signed this manifest; sign it with: runproof manifest sign ${folder}   (or assess it with --unsigned: the report will say so)`,
    )
  }
  const checked = await verifySigned(signature, owners, MANIFEST_PREDICATE, ManifestClaimSchema)
  if (!checked.ok) {
    throw new RunproofError(
      'manifest.signature_invalid',
      `the manifest's signature does not hold: ${checked.why}; whoever owns it must sign again: runproof manifest sign ${folder}`,
    )
  }
  const { signedBy, subject } = checked.verified
  if (subject[0] !== manifestDigest(manifest)) {
    throw new RunproofError(
      'manifest.signature_invalid',
      `the manifest was changed after it was signed: raise metadata.version and sign it again: runproof manifest sign ${folder}`,
    )
  }
  const key = owners.find(({ spki }) => keyHint(spki) === signedBy.keyId)
  return { signature: readEnvelope(signature), signedBy, ownerKey: key ? pemFromSpki(key.spki) : null }
}

/** The bundle's own gate when it has one, compiled; else the default gate that ships with Runproof. */
async function gateOf(
  own: { readonly plan: unknown; readonly sources: readonly { readonly path: string }[] } | null,
): Promise<JsonValue> {
  if (own !== null && own.plan === null) {
    throw new RunproofError(
      'gate.not_compiled',
      `the bundle's gate (${own.sources.map(({ path }) => path).join(', ')}) has no compiled plan beside it: compile it to gate/plan.json with opa build --target plan`,
    )
  }
  const plan = (own === null ? JSON.parse(await readFile(defaultGate, 'utf8')) : own.plan) as JsonValue
  // Read once here, so that a gate that cannot work is refused before any event is read.
  readPlan(plan)
  return plan
}

/** Waivers (and what else people decided) count when an approver whom the manifest names signed them; the others are listed with the reason. */
async function waiversOf(
  manifest: Manifest,
  found: readonly { readonly source: string; readonly value: unknown }[],
): Promise<Pick<ReadPromise, 'waivers' | 'refused'>> {
  const approvers: readonly NamedKey[] = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const waivers: ReadPromise['waivers'][number][] = []
  const refused: RefusedWaiver[] = []
  for (const { source, value } of found) {
    const checked = await verifyDecision(value, approvers)
    const spki = checked.ok
      ? approvers.find((approver) => keyHint(approver.spki) === checked.verified.signedBy.keyId)?.spki
      : undefined
    if (checked.ok && spki) waivers.push({ verified: checked.verified, envelope: readEnvelope(value), spki })
    else refused.push({ source, id: null, why: checked.ok ? 'the signer is no approver' : checked.why })
  }
  return { waivers, refused }
}
