import type { TrustedKey } from '../../core/model/trust.ts'
import { keyHint, spkiFromPem } from '../../core/proof/keys.ts'
import { checkLogEntry, type Bundle } from '../../core/proof/sigstore-bundle.ts'
import type { Log } from '../../core/proof/checkpoint.ts'
import { NotVerified } from './check.ts'

/** Where a log holds a signature, or why nothing shows where. */
export type Place = { readonly origin: string; readonly index: bigint } | { readonly why: string }

/**
 * Whether a signature counts although its key was replaced or revoked: the log that tells of the end must hold the signature before it.
 * Order is all that this needs, no clock. Where the key is listed twice, every end counts. `place` is asked for only where there is one.
 * @returns words to go after the signer's name, empty where the key has no end
 * @throws NotVerified with the reason
 */
export async function beforeItsEnd(
  keys: readonly TrustedKey[],
  keyId: string,
  place: () => Place | Promise<Place>,
  what: string,
): Promise<string> {
  const ended = keys.filter((key) => endsOf(key).length > 0)
  const ends = ended.filter(({ key }) => keyHint(spkiFromPem(key)) === keyId).flatMap(endsOf)
  if (ends.length === 0) return ''
  const found = await place()
  const words = ends.map((end) => standing(end, found, what))
  return ` ${words[0]}`
}

/** Where a bundle's signature is in a known log; `spki` is the key that made it. */
export async function placeOf(bundle: Bundle, spki: Uint8Array, logs: readonly Log[]): Promise<Place> {
  const entry = await checkLogEntry(bundle, { logs, spki })
  return entry.ok ? { origin: entry.log.origin, index: entry.index } : { why: entry.why }
}

type End = { readonly word: string; readonly origin: string; readonly index: number; readonly because: string | null }

/** What weighs more comes first. */
function endsOf({ revokedAt, retiredAt }: TrustedKey): readonly End[] {
  return [
    ...(revokedAt ? [{ word: 'revoked', ...revokedAt }] : []),
    ...(retiredAt ? [{ word: 'replaced', ...retiredAt, because: null }] : []),
  ]
}

function standing({ word, origin, index, because }: End, place: Place, what: string): string {
  const reason = because === null ? '' : ` (${because})`
  const said = `signed by a key that was ${word} at entry ${index}${reason}`
  if ('why' in place) throw new NotVerified(`${said}, and nothing shows that ${what} came before: ${place.why}`)
  if (place.origin !== origin)
    throw new NotVerified(
      `${said} of the log ${origin}; ${what} is in the log ${place.origin}, and places in two logs cannot be compared`,
    )
  if (place.index >= BigInt(index)) throw new NotVerified(`${said}, and ${what} is entry ${place.index}`)
  return `before the key was ${word} (entry ${place.index} < ${index}${because === null ? '' : `: ${because}`})`
}
