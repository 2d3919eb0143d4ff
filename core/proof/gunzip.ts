/**
 * What was packed with gzip, in pieces; throws what the platform throws when it is damaged, cut, or followed by something else. Who stops
 * reading stops the unpacking. package.json picks zlib in Node and DecompressionStream elsewhere; a test holds them equal.
 */
export { gunzip } from '#gunzip'
