/** SHA-256 of bytes, or of a string's UTF-8. package.json picks `node:crypto` in Node and our own elsewhere; a test holds them equal. */
export { sha256, sha256Hex } from '#sha256'
