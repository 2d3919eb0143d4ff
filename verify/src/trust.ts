import { RunproofError } from '../../core/model/errors.ts'
import { TrustSchema, type Trust } from '../../core/model/trust.ts'
import type { Log } from '../../core/proof/checkpoint.ts'
import { spkiFromPem } from '../../core/proof/ecdsa.ts'
import { parseJson } from '../../core/proof/json.ts'
import { parseVkey } from '../../core/proof/note.ts'
import { shaped } from '../../core/proof/shape.ts'
import type { NamedKey } from '../../core/proof/verified.ts'

/**
 * A trust root from the text of `trust.json`; every key in it is readable.
 * @throws RunproofError `format.malformed`, `key.malformed`
 */
export function readTrust(text: string): Trust {
  const trust = shaped(TrustSchema, parseJson(text), 'a trust root')
  logsOf(trust)
  for (const keys of [trust.signers, trust.owners, trust.approvers]) namedKeys(keys)
  return trust
}

export function logsOf({ logs }: Trust): readonly Log[] {
  return logs.map(({ origin, vkey }) => {
    const { name, publicKey } = parseVkey(vkey)
    if (name !== origin) throw new RunproofError('key.malformed', `the log ${origin} has a verifier key for ${name}`)
    return { origin, publicKey }
  })
}

/** Keys by name, those only that were valid at the moment (an instant as text). */
export function namedKeys(keys: Trust['signers'], at?: string): readonly NamedKey[] {
  return keys
    .filter(
      ({ validFrom, validUntil }) =>
        at === undefined || ((validFrom === undefined || validFrom <= at) && (validUntil === undefined || at < validUntil)),
    )
    .map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
}
