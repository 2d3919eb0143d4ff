/** SHA-256 of bytes, or of a string's UTF-8. package.json picks `node:crypto` in Node and our own elsewhere; a test holds them equal. */
export { createSha256, sha256, sha256Hex, sha256Into } from '#sha256'

/** A digest in the making. A string must not end between the halves of a surrogate pair. */
export type Sha256 = {
  readonly update: (data: Uint8Array | string) => void
  /** 64 lower-case hex digits; nothing may be added after it. */
  readonly hex: () => string
}
