import { RunproofError } from '../model/errors.ts'
import { base64, concatBytes, equalBytes, fromBase64, fromHex, hex, utf8 } from './bytes.ts'
import { verifyEd25519 } from './ecdsa.ts'
import { ED25519_KEY_BYTES } from './keys.ts'
import { sha256 } from './sha256.ts'

export type NoteSignature = { readonly name: string; readonly keyHash: Uint8Array; readonly signature: Uint8Array }
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }
export type NoteVerifier = { readonly name: string; readonly publicKey: Uint8Array }

/** In UTF-16 units; a checkpoint has under 200, a note is a line or two. */
export const MAX_NOTE_TEXT = 64 * 1024
/** The specification asks readers to take at least 16; a log and a generous witness quorum stay below this. */
export const MAX_NOTE_SIGNATURES = 32
/** Base64 of 6 kB: the largest assigned kind (ML-DSA) stays under 5 kB. */
export const MAX_NOTE_SIGNATURE_LENGTH = 8192
/** A host name has at most 253 characters, DNS's own limit. */
export const MAX_NOTE_NAME = 255

/**
 * C2SP signed-note: the text with its last newline, and every signature line in order.
 * @throws RunproofError `format.malformed` or `format.too_large`.
 */
export function parseNote(envelope: string): Note {
  if (envelope.length > MAX_ENVELOPE) throw new RunproofError('format.too_large', 'this note is too long')
  // The last blank line separates: the text may hold blank lines of its own.
  const split = envelope.lastIndexOf('\n\n')
  if (split === -1 || !envelope.endsWith('\n')) throw malformed('no blank line between text and signatures')
  const text = checkedText(envelope.slice(0, split + 1))
  const lines = envelope.slice(split + 2, -1).split('\n')
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw new RunproofError('format.too_large', `more than ${MAX_NOTE_SIGNATURES} signatures`)
  return { text, signatures: lines.map(parseSignature) }
}

/** Puts a note together from signatures made elsewhere: no private key ever comes into `core`. @throws as `parseNote`. */
export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, keyHash, signature }) => `— ${name} ${base64(concatBytes(keyHash, signature))}\n`)
  const envelope = `${text}\n${lines.join('')}`
  // Reading it back is what guarantees that others can.
  if (signatures.some(({ keyHash }) => keyHash.length !== KEY_HASH_BYTES) || parseNote(envelope).text !== text)
    throw malformed('key hash')
  return envelope
}

/**
 * The text, once one of the verifiers signed it, and who did. Unknown signatures are ignored; one that carries a known key's name
 * and hash but does not verify condemns the whole note.
 * @throws RunproofError `signature.invalid`, or as `parseNote`.
 */
export async function verifyNote(
  envelope: string,
  verifiers: readonly NoteVerifier[],
): Promise<{ readonly text: string; readonly verifiedBy: readonly NoteVerifier[] }> {
  const { text, signatures } = parseNote(envelope)
  const verifiedBy: NoteVerifier[] = []
  for (const verifier of verifiers) {
    const keyHash = noteKeyHash(verifier.name, verifier.publicKey)
    const own = signatures.filter(({ name, keyHash: claimed }) => name === verifier.name && equalBytes(claimed, keyHash))
    for (const { signature } of own) {
      if (await verifyEd25519(verifier.publicKey, utf8(text), signature)) continue
      throw new RunproofError('signature.invalid', `the signature of ${verifier.name} does not match this note`)
    }
    if (own.length > 0) verifiedBy.push(verifier)
  }
  if (verifiedBy.length === 0) throw new RunproofError('signature.invalid', 'no known key signed this note')
  return { text, verifiedBy }
}

/** SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key), all 32 bytes: what a Sigstore trusted root calls the log's id. */
export function noteKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== ED25519_KEY_BYTES) throw new RunproofError('key.malformed', 'an Ed25519 public key has 32 bytes')
  return sha256(concatBytes(utf8(`${checkedName(name)}\n`), Uint8Array.of(ED25519), publicKey))
}

/** The first four bytes of `noteKeyId`, which every signature line carries. */
export function noteKeyHash(name: string, publicKey: Uint8Array): Uint8Array {
  return noteKeyId(name, publicKey).subarray(0, KEY_HASH_BYTES)
}

/** `name+hash+base64(0x01 ‖ key)`, as log clients are configured. */
export function formatVkey({ name, publicKey }: NoteVerifier): string {
  return `${name}+${hex(noteKeyHash(name, publicKey))}+${base64(concatBytes(Uint8Array.of(ED25519), publicKey))}`
}

/** @throws RunproofError `key.malformed` for another kind of key or a hash that is not the key's own. */
export function parseVkey(vkey: string): NoteVerifier {
  const [name = '', hash = '', ...rest] = vkey.split('+')
  try {
    const key = fromBase64(rest.join('+')) // base64 has plus signs of its own
    const publicKey = key.subarray(1)
    if (key[0] !== ED25519) throw malformed('only Ed25519 (0x01) is known')
    if (!equalBytes(fromHex(hash), noteKeyHash(name, publicKey))) throw malformed('the hash is not that of name and key')
    return { name, publicKey }
  } catch (cause) {
    throw new RunproofError('key.malformed', `not a verifier key: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause,
    })
  }
}

/** Signature type of plain Ed25519. */
const ED25519 = 0x01
const KEY_HASH_BYTES = 4
const MAX_ENVELOPE = MAX_NOTE_TEXT + MAX_NOTE_SIGNATURES * (MAX_NOTE_NAME + MAX_NOTE_SIGNATURE_LENGTH + 4)

function parseSignature(line: string): NoteSignature {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ')
  if (dash !== '—' || rest.length > 0) throw malformed('a signature line is "— name base64"')
  if (encoded.length > MAX_NOTE_SIGNATURE_LENGTH) throw new RunproofError('format.too_large', 'a note signature is too long')
  const bytes = fromBase64(encoded)
  if (bytes.length <= KEY_HASH_BYTES) throw malformed('a signature is missing behind its key hash')
  return { name: checkedName(name), keyHash: bytes.slice(0, KEY_HASH_BYTES), signature: bytes.slice(KEY_HASH_BYTES) }
}

function checkedText(text: string): string {
  if (text.length > MAX_NOTE_TEXT) throw new RunproofError('format.too_large', 'the text of this note is too long')
  // oxlint-disable-next-line no-control-regex -- the specification names exactly these
  if (text === '\n' || /[\u0000-\u0009\u000b-\u001f]/.test(text) || !text.isWellFormed())
    throw malformed('the text is empty or holds control characters')
  return text
}

function checkedName(name: string): string {
  // \s is Unicode white space plus U+FEFF, which is no loss; U+0085 is white space that \s does not know.
  if (name === '' || name.length > MAX_NOTE_NAME || /[\s\u0085+]/u.test(name) || !name.isWellFormed()) {
    throw malformed('a key name is not empty and has neither spaces nor plus signs')
  }
  return name
}

function malformed(why: string): RunproofError {
  return new RunproofError('format.malformed', `not a signed note: ${why}`)
}
