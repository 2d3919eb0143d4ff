import type { PersonName, Principal } from '../../../core/model/access.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import type { Manifest } from '../../../core/model/manifest.ts'
import type { Decision } from '../../../core/model/decision.ts'
import type { Verified } from '../../../core/model/waiver.ts'
import { verifyDecision } from '../../../core/proof/decisions.ts'
import { readEnvelope, type Envelope } from '../../../core/proof/dsse.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import type { Context } from '../action.ts'

/** A signature that somebody handed in, and everything that stands against it. */
export type OwnSignature = {
  readonly envelope: Envelope
  readonly spki: Uint8Array
  readonly verified: Verified<Decision> | null
  /** The person's names: their own, and the one that the manifest gives their key. */
  readonly names: readonly string[]
  readonly against: readonly string[]
}

/**
 * Whether the person who hands it in signed it, with a key that they enrolled and did not give up, and that every one of these manifests
 * names among its approvers.
 * @throws RunproofError `format.malformed` when it is no envelope
 */
export async function ownSignature(
  { access, principal }: Pick<Context, 'access' | 'principal'>,
  given: unknown,
  manifests: readonly Manifest[],
): Promise<OwnSignature> {
  const person = personIn(principal)
  const envelope = readEnvelope(given)
  const keyId = envelope.signatures[0].keyid
  const key = access.state.personKey(keyId)
  if (key === null) {
    const why = `nobody enrolled the key ${keyId.slice(0, 100) || 'of this signature'}: runproof key enrol --key FILE`
    return { envelope, spki: new Uint8Array(), verified: null, names: [person.name], against: [why] }
  }
  const named = manifests.map((manifest) => ({ manifest, approver: approverWith(manifest, keyId) }))
  const names = [...new Set([person.name, ...named.flatMap(({ approver }) => approver?.name ?? [])])]
  const checked = await verifyDecision(envelope, [{ name: names.at(-1) ?? person.name, spki: key.spki }])
  return {
    envelope,
    spki: key.spki,
    verified: checked.ok ? checked.verified : null,
    names,
    against: [
      ...(checked.ok ? [] : [`the signature does not hold: ${checked.why}`]),
      ...(key.person === person.id ? [] : [`the key ${keyId} is somebody else's`]),
      ...(key.revoked === null ? [] : [`the key ${keyId} was revoked at ${key.revoked.at}`]),
      ...named.flatMap(({ manifest: { metadata }, approver }) =>
        approver ? [] : [`the manifest ${metadata.name} ${metadata.version} does not name the key ${keyId} among its approvers`],
      ),
    ],
  }
}

/** @throws RunproofError `access.denied` for a program that speaks for nobody: only people decide */
export function personIn({ person, name }: Principal): PersonName {
  if (person === null) throw new RunproofError('access.denied', `${name} is no person: only people decide`)
  return person
}

/** @throws RunproofError `decision.invalid` naming everything, unless there is nothing */
export function insistOn(against: readonly string[]): void {
  if (against.length > 0) {
    const lines = ['this decision would not count:', ...against.map((why) => `- ${why}`)]
    throw new RunproofError('decision.invalid', lines.join('\n'))
  }
}

function approverWith({ approvers = [] }: Manifest, keyId: string): { readonly name: string } | undefined {
  return approvers.find(({ key }) => keyHint(spkiFromPem(key)) === keyId)
}
