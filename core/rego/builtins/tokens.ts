import { hex, utf8 } from '../../proof/bytes.ts'
import { lookup } from '../value.ts'
import { BuiltinError, type BuiltinFunction, string, Unsupported } from './builtin.ts'
import { type Hash, hmac, SHA256, SHA384, SHA512 } from './digests.ts'
import { base64UrlBytes } from './encoding.ts'
import { type NamedKey, publicKeys } from './public-keys.ts'
import { type Algorithm, loose } from './token-algorithms.ts'
import { decodedText, headerFields, headerOf, jsonObject, sectionsOf, signed } from './token-parts.ts'

/** `[header, payload, signature in hex]` of a JSON Web Token. Nothing is verified. */
export const decode: BuiltinFunction = (operands, run) => {
  let token = string(operands, 0)
  for (let depth = 0; depth < MAX_NESTED; depth++) {
    run.spend(token.length)
    const { header, payload, signature } = sectionsOf(token)
    const fields = headerFields(header)
    const body = decodedText(payload)
    const content = lookup(fields, 'cty')
    if (content !== undefined && typeof content !== 'string') throw new Unsupported('a JWT with a cty that is no text')
    if (content !== 'JWT') return [fields, jsonObject(body, 'payload'), hex(base64UrlBytes(signature))]
    // A token within a token may be a JSON string.
    token = body.replaceAll(/^["']+|["']+$/g, '')
  }
  throw new BuiltinError(`tokens nested deeper than ${MAX_NESTED}`)
}
export const MAX_NESTED = 10

export const verifyHs256 = verifier(SHA256)
export const verifyHs384 = verifier(SHA384)
export const verifyHs512 = verifier(SHA512)

/** Whether the signature of `header.payload` is the one that the secret makes; the header is not asked. */
function verifier(hash: Hash): BuiltinFunction {
  return (operands, run) => {
    const [token, secret] = [string(operands, 0), string(operands, 1)]
    run.spend((token.length + secret.length) * hash.perByte)
    const sections = sectionsOf(token)
    const made = hmac(hash, utf8(secret), utf8(signed(sections)))
    return hex(made) === hex(base64UrlBytes(sections.signature))
  }
}

export const verifyRs256 = asymmetric('RS256')
export const verifyRs384 = asymmetric('RS384')
export const verifyRs512 = asymmetric('RS512')
export const verifyPs256 = asymmetric('PS256')
export const verifyPs384 = asymmetric('PS384')
export const verifyPs512 = asymmetric('PS512')
export const verifyEs256 = asymmetric('ES256')
export const verifyEs384 = asymmetric('ES384')
export const verifyEs512 = asymmetric('ES512')
export const verifyEdDsa = asymmetric('EdDSA')

/** Whether the signature is by one of the keys with this algorithm, whatever the header says of it. */
function asymmetric(name: string): BuiltinFunction {
  const { hash, verify, steps } = algorithmOf(name)
  return (operands, run) => {
    const [token, text] = [string(operands, 0), string(operands, 1)]
    run.spend((token.length + text.length) * hash.perByte)
    const sections = sectionsOf(token)
    const keys = publicKeys(text)
    const made = base64UrlBytes(sections.signature)
    const asked = candidates(keys, headerOf(sections))
    run.spend(asked.length * steps)
    return asked.some(({ key }) => verify(key, hash, utf8(signed(sections)), made))
  }
}

function algorithmOf(name: string): Algorithm {
  const algorithm = loose.get(name)
  if (!algorithm) throw new TypeError(`no algorithm ${name}`)
  return algorithm
}

/** The key that the header names decides; without one, any key that is for the header's algorithm or for none in particular. */
export function candidates(
  keys: readonly NamedKey[],
  { kid, alg }: { readonly kid: string; readonly alg: string },
): readonly NamedKey[] {
  const named = kid === '' ? undefined : keys.find((key) => key.kid === kid)
  return named ? [named] : keys.filter((key) => key.alg === '' || key.alg === alg)
}
