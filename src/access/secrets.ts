import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits, as 43 characters that a URL, a cookie and a shell take as they are. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** A name that says nothing: 16 hex digits. */
export function newId(): string {
  return randomBytes(8).toString('hex')
}

/** What is kept of a secret. It is random and long, so a slow hash would gain nothing and cost a request's time. */
export function hashOf(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}

/** Takes as long for a near miss as for any other. */
export function isHashOf(hash: Uint8Array, secret: string): boolean {
  return timingSafeEqual(hash, hashOf(secret))
}

/** Compares texts in a time that says nothing about where they differ. */
export function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(hashOf(a), hashOf(b))
}

const SECRET_BYTES = 32
const SECRET = '[A-Za-z0-9_-]{43}'
const ID = '[0-9a-f]{16}'

export const forms = {
  secret: new RegExp(`^${SECRET}$`),
  id: new RegExp(`^${ID}$`),
  apiToken: new RegExp(`^rp_(${ID})_(${SECRET})$`),
  sensorToken: new RegExp(`^rps_(${ID})_(${SECRET})$`),
  oneTime: new RegExp(`^rpe_${SECRET}$`),
} as const

/** The three kinds of token say what they are, so that a scanner for leaked secrets finds them. */
export const apiTokenOf = (id: string, secret: string): string => `rp_${id}_${secret}`
export const sensorTokenOf = (id: string, secret: string): string => `rps_${id}_${secret}`
export const newOneTimeToken = (): string => `rpe_${newSecret()}`
