import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { base64, fromUtf8, utf8 } from './bytes.ts'
import { type Envelope, MAX_SIGNATURE_LENGTH, pae, payloadOf, readEnvelope, verifyEnvelope } from './dsse.ts'
import { makeSigner } from './fixtures.test.ts'

const type = 'application/vnd.in-toto+json'
const signer = makeSigner()
const payload = utf8('{"a":"ü?>"}')
const envelope = signer.envelope(type, payload)

test('the pre-authentication encoding counts bytes', () => {
  assert.equal(fromUtf8(pae('text/plain', utf8('ü'))), 'DSSEv1 10 text/plain 2 ü')
  assert.equal(fromUtf8(pae('', new Uint8Array())), 'DSSEv1 0  0 ')
})

test('no two (type, payload) pairs share an encoding', () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), fc.string(), fc.uint8Array(), (typeA, a, typeB, b) => {
      const same = typeA === typeB && Buffer.compare(a, b) === 0
      assert.equal(Buffer.compare(pae(typeA, a), pae(typeB, b)) === 0, same)
    }),
  )
})

test('a signed envelope gives its payload and says which key signed', async () => {
  const check = await verifyEnvelope(readEnvelope(envelope), [makeSigner(), signer], type)
  assert.deepEqual(check, { ok: true, payload, keyId: signer.keyId })
})

test('an envelope without a key id is tried against every key', async () => {
  const nameless = readEnvelope({ ...envelope, signatures: [{ sig: envelope.signatures[0].sig }] })
  assert.equal(nameless.signatures[0].keyid, '')
  assert.equal((await verifyEnvelope(nameless, [makeSigner(), signer], type)).ok, true)
  assert.deepEqual(await verifyEnvelope(nameless, [], type), { ok: false, why: 'no key is trusted' })
})

test('payload and signature may come in the url alphabet', async () => {
  const [{ keyid, sig }] = envelope.signatures
  const turned = (text: string) => Buffer.from(text, 'base64').toString('base64url')
  const other = readEnvelope({ payloadType: type, payload: turned(envelope.payload), signatures: [{ keyid, sig: turned(sig) }] })
  assert.deepEqual(payloadOf(other), payload)
  assert.equal((await verifyEnvelope(other, [signer], type)).ok, true)
})

test('every change to what was signed, or to who may sign, is refused with its reason', async () => {
  const stranger = makeSigner()
  const cases: readonly (readonly [Envelope, readonly { keyId: string; spki: Uint8Array }[], string, RegExp])[] = [
    [{ ...envelope, payload: base64(utf8('{"a":"b"}')) }, [signer], type, /does not match/],
    [{ ...envelope, payloadType: 'application/other' }, [signer], 'application/other', /does not match/],
    [envelope, [signer], 'application/other', /payload type is application\/vnd/],
    [envelope, [stranger], type, /no trusted key is called/],
    [envelope, [{ keyId: signer.keyId, spki: stranger.spki }], type, /does not match/],
    [{ ...envelope, signatures: [{ keyid: signer.keyId, sig: base64(utf8('no DER')) }] }, [signer], type, /does not match/],
    [{ ...envelope, payload: '*' }, [signer], type, /not base64/],
  ]
  for (const [changed, keys, expected, why] of cases) {
    const check = await verifyEnvelope(changed, keys, expected)
    assert.ok(!check.ok)
    assert.match(check.why, why)
  }
})

test('only an object with one signature and strings within limits is an envelope', () => {
  const [signature] = envelope.signatures
  const bad: readonly unknown[] = [
    null,
    'text',
    [],
    {},
    { ...envelope, payload: 5 },
    { ...envelope, payload: 'not base64' },
    { ...envelope, payloadType: '' },
    { ...envelope, payloadType: 'text/plain\n' },
    { ...envelope, payloadType: 'x'.repeat(256) },
    { ...envelope, signatures: [] },
    { ...envelope, signatures: [signature, signature] },
    { ...envelope, signatures: [{ ...signature, sig: '' }] },
    { ...envelope, signatures: [{ ...signature, sig: 'A'.repeat(MAX_SIGNATURE_LENGTH + 4) }] },
    { ...envelope, signatures: [{ ...signature, keyid: 'k'.repeat(257) }] },
    { ...envelope, signatures: { 0: signature, length: 1 } },
  ]
  for (const value of bad)
    assert.throws(() => readEnvelope(value), { code: 'format.malformed' }, JSON.stringify(value)?.slice(0, 80))
  assert.deepEqual(readEnvelope({ ...envelope, extra: 1 }), envelope)
})
