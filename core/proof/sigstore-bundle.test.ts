import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64, utf8 } from './bytes.ts'
import { formatCheckpointBody } from './checkpoint.ts'
import { verifyEnvelope } from './dsse.ts'
import { bundleFrom, leafOf, makeLog, makeSigner } from './fixtures.test.ts'
import type { JsonValue } from './jcs.ts'
import { keyHint } from './keys.ts'
import { leafHash } from './merkle.ts'
import { hashedRekordBody } from './rekor.ts'
import { type Bundle, buildBundle, checkLogEntry, readBundle } from './sigstore-bundle.ts'

const type = 'application/vnd.in-toto+json'
const [signer, log] = [makeSigner(), makeLog('2026a.audit.example.test')]
const envelope = signer.envelope(type, utf8('{"a":1}'))
const json = bundleFrom(log, signer, envelope)
const bundle = readBundle(json)
const trust = { logs: [makeLog('2025a.audit.example.test'), log], spki: signer.spki }

test('a bundle is written and read back', () => {
  assert.deepEqual(buildBundle(readBundle(json)), json)
  const withTimestamps = { ...bundle, timestamps: [Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 1, 0)] }
  assert.deepEqual(readBundle(buildBundle(withTimestamps)), withTimestamps)
  const unlogged = { ...bundle, entry: null }
  assert.deepEqual(readBundle(buildBundle(unlogged)), unlogged)
})

test('the hint alone names the key; an envelope that names it too must say the same', () => {
  type Json = Record<string, JsonValue>
  const whole = json as Json
  const [{ keyid, sig }] = envelope.signatures
  const withSignature = (signature: Json) => ({
    ...whole,
    dsseEnvelope: { ...(whole['dsseEnvelope'] as Json), signatures: [signature] },
  })
  assert.deepEqual((whole['dsseEnvelope'] as Json)['signatures'], [{ sig }])
  for (const signature of [{ sig }, { sig, keyid }, { sig, keyid: '' }])
    assert.deepEqual(readBundle(withSignature(signature)).envelope, envelope)
  for (const other of [makeSigner().keyId, ' ', keyid.toLowerCase()])
    assert.throws(() => readBundle(withSignature({ sig, keyid: other })), { code: 'format.malformed' })
})

test('the log entry of an envelope is accepted with its log, index and checkpoint', async () => {
  const check = await checkLogEntry(bundle, trust)
  assert.ok(check.ok)
  assert.equal(check.log, log)
  assert.equal(check.index, 137n)
  assert.equal(check.checkpoint.size, 300n)
})

test('every part of a log entry is checked and each refusal says why', async () => {
  const { entry } = bundle
  assert.ok(entry)
  const proof = entry.inclusionProof
  const other = makeSigner()
  const withEntry = (change: Partial<typeof entry>): Bundle => ({ ...bundle, entry: { ...entry, ...change } })
  const withProof = (change: Partial<typeof proof>): Bundle => withEntry({ inclusionProof: { ...proof, ...change } })
  const signedRoot = log.note(formatCheckpointBody({ origin: log.origin, size: 300, root: leafHash(utf8('forged')) }))
  const cases: readonly (readonly [Bundle, RegExp])[] = [
    [{ ...bundle, entry: null }, /no log entry/],
    [{ ...bundle, hint: other.keyId }, /names another key/],
    [withEntry({ logKeyId: new Uint8Array(32) }), /unknown log/],
    [withEntry({ body: utf8('{}') }), /not the one of this envelope/],
    [{ ...bundle, envelope: signer.envelope(type, utf8('{"a":2}')) }, /not the one of this envelope/],
    [{ ...bundle, envelope: { ...envelope, payload: '*' } }, /base64/],
    [withEntry({ index: 138n }), /different indexes/],
    [withProof({ index: 138n }), /different indexes/],
    [withEntry({ index: 138n, inclusionProof: { ...proof, index: 138n } }), /leads to another root/],
    [withEntry({ index: 300n, inclusionProof: { ...proof, index: 300n } }), /outside a tree/],
    [withProof({ size: 299n }), /not about the tree/],
    [withProof({ root: leafHash(utf8('x')) }), /not about the tree/],
    [withProof({ root: leafHash(utf8('forged')), checkpoint: signedRoot }), /leads to another root/],
    [withProof({ hashes: proof.hashes.slice(1) }), /too short/],
    [withProof({ hashes: [...proof.hashes, leafHash(utf8('x'))] }), /too long/],
    [withProof({ hashes: proof.hashes.with(0, leafHash(utf8('x'))) }), /another root/],
    [withProof({ checkpoint: proof.checkpoint.replace('300', '301') }), /does not match this note/],
    [withProof({ checkpoint: 'no note' }), /not a signed note/],
  ]
  for (const [changed, why] of cases) {
    const check = await checkLogEntry(changed, trust)
    assert.ok(!check.ok, String(why))
    assert.match(check.why, why)
  }
  const none = await checkLogEntry(bundle, { ...trust, logs: [] })
  assert.ok(!none.ok)
  const strange = await checkLogEntry(bundle, { ...trust, spki: new Uint8Array() })
  assert.ok(!strange.ok)
})

test('a leaf that names another key is refused, though the log holds it', async () => {
  const leaf = leafOf(envelope, makeSigner().spki)
  const check = await checkLogEntry(readBundle(bundleFrom(log, signer, envelope, { leaf })), trust)
  assert.deepEqual(check, { ok: false, why: 'the logged leaf is not the one of this envelope' })
})

test('a log entry says nothing about the signature: both checks are needed', async () => {
  const forged = { ...envelope, signatures: [{ keyid: signer.keyId, sig: base64(utf8('forged')) }] } as const
  assert.equal((await checkLogEntry(readBundle(bundleFrom(log, signer, forged)), trust)).ok, true)
  assert.equal((await verifyEnvelope(forged, [signer], type)).ok, false)
})

test('the leaf is the canonical hashedrekord 0.0.2 of key, signature and digest of the PAE', () => {
  const object = { payloadType: 'text/plain', payload: utf8('hi'), signatureDer: Uint8Array.of(1, 2), spki: Uint8Array.of(3) }
  const leaf = hashedRekordBody(object)
  assert.equal(
    Buffer.from(leaf).toString(),
    '{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"hQv9KVhch/JSPvt0sRKKbg7fUqto4kQHOXvOs0GOmzY="},"signature":{"content":"AQI=","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"Aw=="}}}}}}',
  )
  assert.notDeepEqual(hashedRekordBody({ ...object, payloadType: 'text/html' }), leaf)
})

test('a bundle of another kind, or beyond the limits, is refused', () => {
  type Json = Record<string, JsonValue>
  const whole = json as Json
  const material = whole['verificationMaterial'] as Json
  const [first] = material['tlogEntries'] as readonly Json[]
  const proof = first?.['inclusionProof'] as Json
  const withMaterial = (change: Json) => ({ ...whole, verificationMaterial: { ...material, ...change } })
  const withEntry = (change: Json) => withMaterial({ tlogEntries: [{ ...first, ...change }] })
  const withProof = (change: Json) => withEntry({ inclusionProof: { ...proof, ...change } })
  const hash = base64(new Uint8Array(32))
  const bad: Record<string, unknown> = {
    'not an object': [],
    'another media type': { ...whole, mediaType: 'application/vnd.dev.sigstore.bundle.v0.2+json' },
    'a message signature': { ...whole, messageSignature: {} },
    'a certificate': withMaterial({ certificate: { rawBytes: '' } }),
    'a certificate chain': withMaterial({ x509CertificateChain: { certificates: [] } }),
    'no key': withMaterial({ publicKey: {} }),
    'a hint that is not the key id': {
      ...withMaterial({ publicKey: { hint: keyHint(Uint8Array.of(1)) } }),
      dsseEnvelope: envelope,
    },
    'two log entries': withMaterial({ tlogEntries: [first ?? null, first ?? null] }),
    'a log time': withEntry({ integratedTime: '1767225600' }),
    'an inclusion promise': withEntry({ inclusionPromise: { signedEntryTimestamp: '' } }),
    'another kind': withEntry({ kindVersion: { kind: 'dsse', version: '0.0.2' } }),
    'another version': withEntry({ kindVersion: { kind: 'hashedrekord', version: '0.0.1' } }),
    'an index as a number': withEntry({ logIndex: 137 }),
    'a negative index': withEntry({ logIndex: '-1' }),
    'no proof': withEntry({ inclusionProof: null }),
    'no checkpoint': withProof({ checkpoint: null }),
    '65 hashes': withProof({ hashes: Array.from({ length: 65 }, () => hash) }),
    'a short hash': withProof({ hashes: [base64(new Uint8Array(31))] }),
    'a body that is too long': withEntry({ canonicalizedBody: 'A'.repeat(87_384) }),
    'a body that is not base64': withEntry({ canonicalizedBody: '*' }),
    'nine time stamps': withMaterial({
      timestampVerificationData: { rfc3161Timestamps: Array.from({ length: 9 }, () => ({ signedTimestamp: 'AA==' })) },
    }),
    'no envelope': { ...whole, dsseEnvelope: null },
  }
  for (const [why, value] of Object.entries(bad)) assert.throws(() => readBundle(value), { code: 'format.malformed' }, why)
})
