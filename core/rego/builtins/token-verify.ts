import { utf8 } from '../../proof/bytes.ts'
import { compareNumeric, isNumeric, toDouble } from '../number.ts'
import type { Run } from '../machine.ts'
import { isArray, lookup, type PlainObject, type Value } from '../value.ts'
import { BuiltinError, type BuiltinFunction, entries, object, string, Unsupported } from './builtin.ts'
import { base64UrlBytes } from './encoding.ts'
import { type NamedKey, publicKeys } from './public-keys.ts'
import { secretKey, strict } from './token-algorithms.ts'
import { decodedText, type Header, headerOf, jsonObject, type Sections, sectionsOf, signed } from './token-parts.ts'
import { candidates, MAX_NESTED } from './tokens.ts'

/**
 * `[true, header, claims]` of a token that one of the keys signed and that meets all constraints, else `[false, {}, {}]`. Without
 * the constraint `time` OPA asks the clock, which does not exist here: that is refused as soon as `exp` or `nbf` needs it.
 */
export const decodeVerify: BuiltinFunction = (operands, run) => {
  const constraints = constraintsIn(entries(object(operands, 1), run))
  let token = string(operands, 0)
  for (let depth = 0; depth < MAX_NESTED; depth++) {
    run.spend(token.length)
    const sections = sectionsOf(token)
    const header = headerOf(sections)
    if (!header.isValid || (constraints.alg !== '' && constraints.alg !== header.alg)) return UNVERIFIED
    if (!isSigned(sections, header, constraints.keys, run)) return UNVERIFIED
    const body = decodedText(sections.payload)
    if (header.cty.toLowerCase() !== 'jwt') return judged(header, jsonObject(body, 'payload'), constraints)
    token = body
  }
  throw new BuiltinError(`tokens nested deeper than ${MAX_NESTED}`)
}

const UNVERIFIED: Value = [false, {}, {}]

type Constraints = {
  readonly keys: readonly NamedKey[]
  /** Empty: any will do. */
  readonly alg: string
  readonly iss: string
  readonly aud: string
  /** In nanoseconds; null: not given. */
  readonly time: number | null
}

function constraintsIn(given: readonly (readonly [Value, Value])[]): Constraints {
  const texts = new Map<string, string>()
  let time: number | null = null
  for (const [name, value] of given) {
    if (typeof name !== 'string') throw new Unsupported('a constraint whose name is no text')
    if (name === 'time') time = instant(value)
    else texts.set(name, constraint(name, value))
  }
  const [cert, secret = ''] = [texts.get('cert'), texts.get('secret')]
  const keys = cert === undefined ? [] : publicKeys(cert)
  if (cert !== undefined && secret !== '') throw new BuiltinError('duplicate key constraints')
  if (cert === undefined && secret === '') throw new BuiltinError('no key constraint')
  return {
    keys: cert === undefined ? [{ alg: '', kid: '', key: secretKey(secret) }] : keys,
    alg: texts.get('alg') ?? '',
    iss: texts.get('iss') ?? '',
    aud: texts.get('aud') ?? '',
    time,
  }
}

function constraint(name: string, value: Value): string {
  if (!/^(?:cert|secret|alg|iss|aud)$/.test(name)) throw new BuiltinError(`unknown token validation constraint: ${name}`)
  if (typeof value !== 'string') throw new BuiltinError(`${name} constraint: must be a string`)
  return value
}

function instant(value: Value): number {
  if (!isNumeric(value)) throw new BuiltinError('token time constraint: must be a number')
  const time = toDouble(value)
  if (!Number.isFinite(time)) throw new BuiltinError('token time constraint: not a number that a double holds')
  if (time < 0) throw new BuiltinError('token time constraint: must not be negative')
  return time
}

function isSigned(sections: Sections, header: Header, keys: readonly NamedKey[], run: Run): boolean {
  const signature = base64UrlBytes(sections.signature)
  const algorithm = strict.get(header.alg)
  if (!algorithm) {
    // OPA's library has a few more names; any other verifies nothing.
    if (OTHER_ALGORITHMS.test(header.alg)) throw new Unsupported(`a token of the algorithm ${header.alg}`)
    return false
  }
  const asked = candidates(keys, header)
  const message = utf8(signed(sections))
  run.spend(asked.length * (algorithm.steps + message.length * algorithm.hash.perByte))
  return asked.some(({ key }) => algorithm.verify(key, algorithm.hash, message, signature))
}

const OTHER_ALGORITHMS = /^(?:Ed25519|Ed448|ES256K|EDDSA|ML-DSA.*|.*_.*)$/

function judged(header: Header, claims: PlainObject, { iss, aud, time }: Constraints): Value {
  if (iss !== '') {
    const issuer = lookup(claims, 'iss')
    if (issuer !== undefined && typeof issuer !== 'string') throw new Unsupported('a JWT with an issuer that is no text')
    if (issuer !== iss) return UNVERIFIED
  }
  const audience = lookup(claims, 'aud')
  if (audience === undefined ? aud !== '' : !isFor(audience, aud)) return UNVERIFIED
  const [expiry, start] = [lookup(claims, 'exp'), lookup(claims, 'nbf')]
  if (expiry !== undefined && distance('exp', time, expiry) >= 0) return UNVERIFIED
  if (start !== undefined && distance('nbf', time, start) < 0) return UNVERIFIED
  return [true, header.fields, claims]
}

function isFor(audience: Value, wanted: string): boolean {
  return isArray(audience) ? audience.includes(wanted) : audience === wanted
}

/** Negative: now is before the claim. OPA divides as doubles and then compares exactly. */
function distance(name: string, time: number | null, claim: Value): number {
  if (!isNumeric(claim)) throw new BuiltinError(`${name} value must be a number`)
  if (time === null) throw new Unsupported(`a token with ${name} and no constraint time: there is no clock here`)
  return compareNumeric(time / NANOSECONDS_PER_SECOND, claim)
}
const NANOSECONDS_PER_SECOND = 1e9
