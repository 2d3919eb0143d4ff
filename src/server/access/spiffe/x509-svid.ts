import type { X509Certificate } from 'node:crypto'
import { RunproofError } from '../../../../core/model/errors.ts'
import type { TrustBundles, TrustDomain } from './bundles.ts'
import type { SvidCheck } from './jwt-svid.ts'
import { parseSpiffeId } from '../../../access/spiffe-id.ts'
import { svidExtensions } from './x509-extensions.ts'

/**
 * A workload's X.509-SVID (X509-SVID §4, §5) with the certificates that came with it, leaf first. The TLS layer has built a path to one of
 * `bundles.authorities()` already; here the path must end at a root of the workload's own trust domain, because a domain vouches for nobody else's.
 */
export function checkX509Svid(chain: readonly X509Certificate[], bundles: TrustBundles, now: () => number): SvidCheck {
  const [leaf, ...others] = chain
  if (leaf === undefined) return refused('no certificate')
  try {
    const { uris, isAuthority, keyUsage } = svidExtensions(new Uint8Array(leaf.raw))
    const [uri = '', ...more] = uris
    if (uris.length === 0) return refused('no URI among the names')
    if (more.length > 0) return refused('more than one URI among the names')
    const spiffeId = parseSpiffeId(uri)
    if (spiffeId === null) return refused('the URI is no SPIFFE ID of a workload')
    if (isAuthority) return refused('the certificate is an authority’s')
    if (keyUsage === null || !keyUsage.digitalSignature) return refused('the key is not for signatures')
    if (keyUsage.keyCertSign || keyUsage.crlSign) return refused('the key may sign certificates')
    const domain = bundles.domain(spiffeId.trustDomain)
    if (domain === null) return refused('a trust domain that is not ours')
    // Node 24.21 shows a server the leaf alone (nodejs/node#65579). Where the TLS layer knows no other domain, its path is ours.
    const isCutShort = others.length === 0 && isValidAt(leaf, now()) && bundles.vouchesAlone(domain.name)
    if (isCutShort || leadsTo(leaf, others, domain, now())) return { ok: true, spiffeId }
    return refused('no path to the trust domain’s authorities')
  } catch (error) {
    if (error instanceof RunproofError && error.code === 'format.malformed') return refused(error.message)
    throw error
  }
}

/** Each certificate is valid now and signed by the next; the last one by an authority of the domain. */
function leadsTo(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  { authorities }: TrustDomain,
  nowMs: number,
): boolean {
  let [current, rest] = [leaf, [...others]]
  for (;;) {
    if (!isValidAt(current, nowMs)) return false
    if (authorities.some((authority) => isValidAt(authority, nowMs) && isIssuedBy(current, authority))) return true
    const next = rest.find((candidate) => candidate.ca && isIssuedBy(current, candidate))
    if (next === undefined) return false
    rest = rest.filter((candidate) => candidate !== next)
    current = next
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime()
}

function refused(why: string): SvidCheck {
  return { ok: false, why }
}
