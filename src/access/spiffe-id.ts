export type SpiffeId = { readonly id: string; readonly trustDomain: string; readonly path: string }

/**
 * A workload's SPIFFE ID (SPIFFE-ID §2), or null: scheme, trust domain and a path that is not the root, nothing else. No segment is
 * empty, `.` or `..`, and nothing is percent-encoded, so that one workload has one spelling.
 */
export function parseSpiffeId(id: string): SpiffeId | null {
  if (id.length > 2048) return null
  const match = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/.exec(id)
  const [, trustDomain, path] = match ?? []
  if (trustDomain === undefined || path === undefined) return null
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return null
  return { id, trustDomain, path }
}

/** SPIFFE-ID §2.1. */
export function isTrustDomain(name: string): boolean {
  return /^[a-z0-9._-]{1,255}$/.test(name)
}
