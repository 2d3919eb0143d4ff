import { fromUtf8, hex, utf8 } from '../../proof/bytes.ts'
import { parseJson } from '../../proof/json.ts'
import { RunproofError } from '../../model/errors.ts'
import { MAX_DEPTH } from '../limits.ts'
import { isObject, lookup, type Value } from '../value.ts'
import { BuiltinError, type BuiltinFunction, string } from './builtin.ts'
import { verifyEcdsa } from './elliptic.ts'
import { type PublicKey, publicKeys } from './public-keys.ts'
import { verifyPkcs1, verifyPss } from './rsa.ts'
import { type Hash, hmac, SHA256, SHA384, SHA512 } from './digests.ts'

/** `[header, payload, signature in hex]` of a JSON Web Token. Nothing is verified. */
export const decode: BuiltinFunction = (operands, run) => {
  let token = string(operands, 0)
  for (let depth = 0; depth < MAX_NESTED; depth++) {
    run.spend(token.length)
    const [header = '', payload = '', signature = ''] = sections(token)
    const head = json(decoded(header, 'header'), 'header')
    if (!isObject(head)) throw new BuiltinError('JWT header is not an object')
    if (lookup(head, 'enc') !== undefined) throw new BuiltinError('JWT is a JWE object, which is not supported')
    const body = decoded(payload, 'payload')
    if (lookup(head, 'cty') !== 'JWT') {
      const claims = json(body, 'payload')
      if (!isObject(claims)) throw new BuiltinError('JWT payload is not an object')
      return [head, claims, hex(bytesOf(signature, 'signature'))]
    }
    // A token within a token may be a JSON string.
    token = body.startsWith('"') && body.endsWith('"') ? body.slice(1, -1) : body
  }
  throw new BuiltinError(`tokens nested deeper than ${MAX_NESTED}`)
}
const MAX_NESTED = 10

/** About as much as other steps take time. */
const [RSA_STEPS, EC_STEPS] = [100_000, 1_000_000]

export const verifyHs256 = verifier(SHA256)
export const verifyHs384 = verifier(SHA384)
export const verifyHs512 = verifier(SHA512)

/** Whether the signature of `header.payload` is the one that the secret makes; the header's `alg` is not asked. */
function verifier(hash: Hash): BuiltinFunction {
  return (operands, run) => {
    const [token, secret] = [string(operands, 0), string(operands, 1)]
    run.spend((token.length + secret.length) * hash.perByte)
    const [header = '', payload = '', signature = ''] = sections(token)
    json(decoded(header, 'header'), 'header')
    const made = hmac(hash, utf8(secret), utf8(`${header}.${payload}`))
    return hex(made) === hex(bytesOf(signature, 'signature'))
  }
}

export const verifyRs256 = asymmetric(SHA256, rsa(verifyPkcs1), RSA_STEPS)
export const verifyRs384 = asymmetric(SHA384, rsa(verifyPkcs1), RSA_STEPS)
export const verifyRs512 = asymmetric(SHA512, rsa(verifyPkcs1), RSA_STEPS)
export const verifyPs256 = asymmetric(SHA256, rsa(verifyPss), RSA_STEPS)
export const verifyPs384 = asymmetric(SHA384, rsa(verifyPss), RSA_STEPS)
export const verifyPs512 = asymmetric(SHA512, rsa(verifyPss), RSA_STEPS)
export const verifyEs256 = asymmetric(SHA256, ec, EC_STEPS)
export const verifyEs384 = asymmetric(SHA384, ec, EC_STEPS)
export const verifyEs512 = asymmetric(SHA512, ec, EC_STEPS)

type Verify = (key: PublicKey, hash: Hash, message: Uint8Array, signature: Uint8Array) => boolean

/** The key that the header names decides; without one, any key that is for the header's algorithm or for none in particular. */
function asymmetric(hash: Hash, verify: Verify, steps: number): BuiltinFunction {
  return (operands, run) => {
    const [token, text] = [string(operands, 0), string(operands, 1)]
    run.spend((token.length + text.length) * hash.perByte)
    const [header = '', payload = '', signature = ''] = sections(token)
    const keys = publicKeys(text)
    const made = bytesOf(signature, 'signature')
    const head = json(decoded(header, 'header'), 'header')
    const [kid, alg] = ['kid', 'alg'].map((name) => (isObject(head) ? lookup(head, name) : undefined))
    const named = typeof kid === 'string' && kid !== '' ? keys.find((key) => key.kid === kid) : undefined
    const asked = named ? [named] : keys.filter((key) => key.alg === '' || key.alg === alg)
    run.spend(asked.length * steps)
    return asked.some(({ key }) => verify(key, hash, utf8(`${header}.${payload}`), made))
  }
}

function rsa(verify: typeof verifyPkcs1): Verify {
  return (key, hash, message, signature) => key.kind === 'rsa' && verify(key, hash, message, signature)
}

function ec(key: PublicKey, hash: Hash, message: Uint8Array, signature: Uint8Array): boolean {
  return key.kind === 'ec' && verifyEcdsa(key, hash, message, signature)
}

function sections(token: string): readonly string[] {
  const parts = token.split('.')
  if (parts.length === 1) throw new BuiltinError('encoded JWT had no period separators')
  if (parts.length !== 3) throw new BuiltinError(`encoded JWT must have 3 sections, found ${parts.length}`)
  return parts
}

function bytesOf(text: string, what: string): Uint8Array {
  const bare = text.replace(/={0,2}$/, '')
  if (!/^[\w-]*$/.test(bare) || bare.length % 4 === 1)
    throw new BuiltinError(`JWT ${what} had invalid encoding: illegal base64 data`)
  return Uint8Array.from(atob(bare.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}

function decoded(text: string, what: string): string {
  return attempt(() => fromUtf8(bytesOf(text, what)))
}

function json(text: string, what: string): Value {
  if (text === '') throw new BuiltinError(`JWT ${what} is empty`)
  return attempt(() => parseJson(text, { maxDepth: MAX_DEPTH }))
}

function attempt<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw cause instanceof RunproofError ? new BuiltinError(cause.message, { cause }) : cause
  }
}
