import { hashOf, newSecret } from '../../access/secrets.ts'

/** A login that went to the identity provider and is not back yet. */
export type PendingLogin = {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
}

const LASTS_MS = 10 * 60_000
const MOST = 10_000

/** Logins under way, each bound to one browser by a cookie. Kept in memory: after a restart somebody clicks once more. */
export class PendingLogins {
  private readonly pending = new Map<string, PendingLogin & { readonly until: number }>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  /** The secret for the cookie of the browser that started it. */
  start(login: PendingLogin): string {
    const secret = newSecret()
    this.pending.set(keyOf(secret), { ...login, until: this.now() + LASTS_MS })
    if (this.pending.size > MOST) {
      const [oldest] = this.pending.keys()
      if (oldest !== undefined) this.pending.delete(oldest)
    }
    return secret
  }

  /** Once; null when there is none, or it took too long. */
  take(secret: string): PendingLogin | null {
    const key = keyOf(secret)
    const login = this.pending.get(key)
    this.pending.delete(key)
    return login !== undefined && login.until > this.now() ? login : null
  }
}

function keyOf(secret: string): string {
  return Buffer.from(hashOf(secret)).toString('hex')
}
