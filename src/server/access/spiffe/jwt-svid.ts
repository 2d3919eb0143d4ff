import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { TrustBundles } from './bundles.ts'
import { parseSpiffeId, type SpiffeId } from '../../../access/spiffe-id.ts'

/** JWT-SVID §2.1: no other algorithm, above all not `none` and nothing symmetric. */
const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512']
const headers: ReadonlySet<string> = new Set(['alg', 'kid', 'typ'])
const MAX_LENGTH = 8192

export type SvidCheck = { readonly ok: true; readonly spiffeId: SpiffeId } | { readonly ok: false; readonly why: string }

/** A workload's JWT-SVID for one of our audiences, signed by a key of its own trust domain. It is a bearer token: who has it is it. */
export async function checkJwtSvid(
  token: string,
  {
    audiences,
    bundles,
    now,
  }: { readonly audiences: readonly string[]; readonly bundles: TrustBundles; readonly now: () => number },
): Promise<SvidCheck> {
  if (token.length > MAX_LENGTH) return refused('longer than a JWT-SVID may be')
  try {
    const header = decodeProtectedHeader(token)
    const strange = Object.keys(header).filter((name) => !headers.has(name))
    if (strange.length > 0) return refused('a header that a JWT-SVID may not have')
    if (header.typ !== undefined && header.typ !== 'JWT' && header.typ !== 'JOSE') return refused('another type than JWT or JOSE')
    const { sub } = decodeJwt(token)
    const spiffeId = typeof sub === 'string' ? parseSpiffeId(sub) : null
    if (spiffeId === null) return refused('the subject is no SPIFFE ID of a workload')
    const domain = bundles.domain(spiffeId.trustDomain)
    if (domain === null) return refused('a trust domain that is not ours')
    await jwtVerify(token, domain.keys, {
      algorithms,
      audience: [...audiences],
      requiredClaims: ['sub', 'aud', 'exp'],
      currentDate: new Date(now()),
    })
    return { ok: true, spiffeId }
  } catch (error) {
    // What jose says names the check that failed and nothing of the token.
    if (error instanceof errors.JOSEError) return refused(error.code)
    if (error instanceof TypeError || error instanceof SyntaxError) return refused('not a JWT')
    throw error
  }
}

function refused(why: string): SvidCheck {
  return { ok: false, why }
}
