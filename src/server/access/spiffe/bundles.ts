import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose'
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import * as z from 'zod/mini'
import { RunproofError } from '../../../../core/model/errors.ts'
import { isTrustDomain } from '../../../access/spiffe-id.ts'

/** What a trust domain vouches with: the certificates and keys of its own bundle, and of no other one. */
export type TrustDomain = {
  readonly name: string
  readonly authorities: readonly X509Certificate[]
  readonly keys: JWTVerifyGetKey
}

export type TrustBundles = {
  readonly domain: (name: string) => TrustDomain | null
  /** Every domain's certificates, PEM: what the TLS layer builds paths to. Whose path it is, is looked at afterwards. */
  readonly authorities: () => readonly string[]
  /** Whether the TLS layer trusts this domain and nobody else: it got the authorities of this one domain, and they are the same still. */
  readonly vouchesAlone: (name: string) => boolean
}

export type BundleFile = { readonly trustDomain: string; readonly path: string }

export type BundleOptions = {
  readonly now: () => number
  /** A changed file cannot be read; the bundle that was read before stays. */
  readonly onProblem: (error: unknown) => void
}

/** How often a file is looked at. */
const LOOK_MS = 1000
const MAX_BYTES = 1024 * 1024

/**
 * SPIFFE trust bundles (JWKS documents), read again when they change.
 * @throws RunproofError `settings.invalid` when one cannot be read at the start
 */
export function trustBundles(files: readonly BundleFile[], options: BundleOptions): TrustBundles {
  const domains = new Map(files.map((file) => [file.trustDomain, watched(file, options)]))
  const authorities = (): readonly string[] =>
    [...domains.values()].flatMap((read) => read().authorities.map((certificate) => certificate.toString()))
  let handedOut: string | null = null
  return {
    domain: (name) => domains.get(name)?.() ?? null,
    authorities() {
      const now = authorities()
      handedOut = now.join('')
      return now
    },
    vouchesAlone: (name) => domains.size === 1 && domains.has(name) && authorities().join('') === handedOut,
  }
}

function watched(file: BundleFile, { now, onProblem }: BundleOptions): () => TrustDomain {
  if (!isTrustDomain(file.trustDomain)) {
    throw new RunproofError('settings.invalid', `${JSON.stringify(file.trustDomain)} is no SPIFFE trust domain`)
  }
  let [mark, domain] = [markOf(file.path), readBundle(file)]
  let lookedAt = now()
  return () => {
    if (Math.abs(now() - lookedAt) < LOOK_MS) return domain
    lookedAt = now()
    try {
      const found = markOf(file.path)
      if (found === mark) return domain
      // Before reading: a broken file is reported once, not every second.
      mark = found
      domain = readBundle(file)
    } catch (error) {
      onProblem(error)
    }
    return domain
  }
}

function markOf(path: string): string {
  try {
    const { mtimeNs, size, ino } = statSync(path, { bigint: true })
    return `${mtimeNs} ${size} ${ino}`
  } catch (cause) {
    throw new RunproofError('settings.invalid', `the trust bundle ${path} cannot be read`, { cause })
  }
}

const Key = z.looseObject({ use: z.optional(z.string()), kid: z.optional(z.string()), x5c: z.optional(z.array(z.string())) })
const Bundle = z.object({ keys: z.array(Key).check(z.maxLength(1000)) })

/** @throws RunproofError `settings.invalid` */
function readBundle({ trustDomain, path }: BundleFile): TrustDomain {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`)
    const { keys } = Bundle.parse(JSON.parse(bytes.toString('utf8')))
    return {
      name: trustDomain,
      authorities: keys.filter(({ use }) => use === 'x509-svid').map(authorityOf),
      keys: createLocalJWKSet({ keys: keys.filter(({ use, kid }) => use === 'jwt-svid' && kid !== undefined).map(signingKeyOf) }),
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RunproofError('settings.invalid', `${path} is no SPIFFE trust bundle of ${trustDomain}: ${why}`, { cause })
  }
}

/** X509-SVID §6.1: exactly one certificate in each entry. */
function authorityOf({ x5c = [] }: z.infer<typeof Key>): X509Certificate {
  const [der, ...others] = x5c
  if (der === undefined || others.length > 0) throw new Error('an entry for x509-svid has exactly one certificate')
  const certificate = new X509Certificate(Buffer.from(der, 'base64'))
  if (!certificate.ca) throw new Error('an entry for x509-svid is no authority')
  return certificate
}

/** `jose` knows the uses `sig` and `enc` alone and would find no key: once those for JWT-SVIDs are chosen, the word has done its work. */
function signingKeyOf(key: z.infer<typeof Key>): JWK {
  return Object.fromEntries(Object.entries(key).filter(([name]) => name !== 'use')) as JWK
}
