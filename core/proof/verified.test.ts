import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { WAIVER_PREDICATE, WaiverSchema } from '../model/waiver.ts'
import { base64, utf8 } from './bytes.ts'
import { pae } from './dsse.ts'
import { keyHint } from './keys.ts'
import { DSSE_PAYLOAD_TYPE, statementBytes } from './statement.ts'
import { MANIFEST_PREDICATE, ManifestClaimSchema, verifySigned } from './verified.ts'

function person(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { name, privateKey, spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) }
}
function envelope(key: KeyObject, payload: Uint8Array, keyid = '', payloadType = DSSE_PAYLOAD_TYPE): unknown {
  const sig = sign('sha256', pae(payloadType, payload), { key, dsaEncoding: 'der' })
  return { payloadType, payload: base64(payload), signatures: [{ keyid, sig: base64(sig) }] }
}

const jane = person('Jane')
const john = person('John')
const digest = 'a'.repeat(64)
const claim = { name: 'payments', version: '1.0.0', application: 'payments', environment: 'prod' }
const payload = statementBytes({
  subject: [{ name: 'payments', sha256: digest }],
  predicateType: MANIFEST_PREDICATE,
  predicate: claim,
})
const check = (value: unknown, keys = [john, jane]) => verifySigned(value, keys, MANIFEST_PREDICATE, ManifestClaimSchema)

test('what a known key signed is handed out with who signed, its digest and its subjects', async () => {
  const result = await check(envelope(jane.privateKey, payload, keyHint(jane.spki)))
  assert.ok(result.ok)
  const { value, signedBy, subject, digest: own } = result.verified
  assert.deepEqual(value, claim)
  assert.deepEqual(signedBy, { name: 'Jane', keyId: keyHint(jane.spki) })
  assert.deepEqual(subject, [digest])
  assert.equal(own, createHash('sha256').update(payload).digest('hex'))
})

test('an envelope without a key id is tried with every key, and names the one that fits', async () => {
  const result = await check(envelope(jane.privateKey, payload))
  assert.ok(result.ok)
  assert.equal(result.verified.signedBy.name, 'Jane')
})

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ['a key that nobody listed', envelope(person('Eve').privateKey, payload), /does not match/],
  ['the id of one key over the signature of another', envelope(john.privateKey, payload, keyHint(jane.spki)), /does not match/],
  ['another payload type', envelope(jane.privateKey, payload, '', 'text/plain'), /payload type/],
  ['text that is no envelope', 'hello', /not a DSSE envelope/],
  ['nothing', null, /not a DSSE envelope/],
  ['a payload that is no statement', envelope(jane.privateKey, utf8('{}')), /in-toto statement/],
  [
    'a statement of another kind',
    envelope(
      jane.privateKey,
      statementBytes({ subject: [{ name: 'x', sha256: digest }], predicateType: WAIVER_PREDICATE, predicate: claim }),
    ),
    /predicate type/,
  ],
  [
    'a predicate with a field that nobody knows',
    envelope(
      jane.privateKey,
      statementBytes({
        subject: [{ name: 'x', sha256: digest }],
        predicateType: MANIFEST_PREDICATE,
        predicate: { ...claim, more: 1 },
      }),
    ),
    /not what this statement is to say/,
  ],
]
for (const [what, value, why] of refused) {
  test(`refused with its reason: ${what}`, async () => {
    const result = await check(value)
    assert.ok(!result.ok)
    assert.match(result.why, why)
  })
}

test('a signature over a waiver is no signature over a manifest, whatever it says', async () => {
  const signed = envelope(jane.privateKey, payload)
  const result = await verifySigned(signed, [jane], WAIVER_PREDICATE, WaiverSchema)
  assert.ok(!result.ok)
})

test('without keys nothing holds', async () => {
  const result = await check(envelope(jane.privateKey, payload), [])
  assert.deepEqual(result, { ok: false, why: 'no key is trusted' })
})

test('a key list that holds no key is a mistake to report, not a bad signature', async () => {
  await assert.rejects(check(envelope(jane.privateKey, payload), [{ ...jane, spki: new Uint8Array(3) }]), {
    code: 'key.malformed',
  })
})
