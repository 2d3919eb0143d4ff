import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { controlDigest, manifestDigest } from '../../core/judge/resolve.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import type { Waiver } from '../../core/model/waiver.ts'
import { base64 } from '../../core/proof/bytes.ts'
import { pae } from '../../core/proof/dsse.ts'
import { keyHint } from '../../core/proof/keys.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { checkManifestSignature, manifestStatement, unverifiedClaim, waiverStatement } from './statements.ts'

const control = { id: 'a.b', title: 'A', behaviour: 'exec', deny: { binaries: ['/bin/sh'] } } as const
const manifest = {
  apiVersion: 'runproof.dev/v1',
  kind: 'AssuranceManifest',
  metadata: { name: 'payments', version: '1.0.0', owner: 'Payments' },
  scope: { application: 'payments', environment: 'prod', workloads: [{ name: 'host', class: 'vm' }] },
  sensors: [{ name: 'falco' }],
  controls: [control],
} as unknown as Manifest
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const owner = { name: 'Payments', spki }

function signed(payload: Uint8Array): unknown {
  const sig = sign('sha256', pae(DSSE_PAYLOAD_TYPE, payload), { key: privateKey, dsaEncoding: 'der' })
  return { payloadType: DSSE_PAYLOAD_TYPE, payload: base64(payload), signatures: [{ keyid: keyHint(spki), sig: base64(sig) }] }
}

test('what is signed of a manifest is its digest and what names it, as canonical JSON', () => {
  assert.equal(
    new TextDecoder().decode(manifestStatement(manifest)),
    `{"_type":"https://in-toto.io/Statement/v1","predicate":{"application":"payments","environment":"prod","name":"payments","version":"1.0.0"},` +
      `"predicateType":"https://runproof.dev/attestation/manifest/v1","subject":[{"digest":{"sha256":"${manifestDigest(manifest)}"},"name":"payments"}]}`,
  )
})

test('what is signed of a waiver is about the control as it stands', () => {
  const waiver: Waiver = {
    id: 'w',
    application: 'payments',
    environment: 'prod',
    control: 'a.b',
    scope: { workloads: ['host'] },
    reason: 'r',
    compensatingControl: 'c',
    requestedBy: 'Bob',
    notBefore: '2026-01-01T00:00:00Z',
    expires: '2026-02-01T00:00:00Z',
  }
  const statement = JSON.parse(new TextDecoder().decode(waiverStatement(waiver, control as never))) as Record<string, unknown>
  assert.deepEqual(statement['subject'], [{ name: 'control:a.b', digest: { sha256: controlDigest(control as never) } }])
  assert.deepEqual(statement['predicate'], waiver)
})

test('a signature holds for the manifest that was signed, and names who signed', async () => {
  assert.deepEqual(await checkManifestSignature(manifest, signed(manifestStatement(manifest)), [owner]), {
    ok: true,
    signedBy: { name: 'Payments', keyId: keyHint(spki) },
  })
})

test('a signature does not hold for a manifest that was changed, renamed or raised since, and the reason says which', async () => {
  const envelope = signed(manifestStatement(manifest))
  const why = async (changed: Manifest): Promise<string> => {
    const check = await checkManifestSignature(changed, envelope, [owner])
    assert.ok(!check.ok)
    return check.why
  }
  assert.match(await why({ ...manifest, blind: 'fail' }), /changed after it was signed/)
  assert.match(await why({ ...manifest, metadata: { ...manifest.metadata, version: '1.0.1' } }), /version "1.0.0", not "1.0.1"/)
  assert.match(await why({ ...manifest, metadata: { ...manifest.metadata, name: 'other' } }), /name "payments"/)
})

test('what an envelope claims can be read without believing it; what is no envelope is refused', () => {
  const { claim, digests, keyId } = unverifiedClaim(signed(manifestStatement(manifest)))
  assert.equal(claim.version, '1.0.0')
  assert.deepEqual(digests, [manifestDigest(manifest)])
  assert.equal(keyId, keyHint(spki))
  assert.throws(() => unverifiedClaim({}), { code: 'format.malformed' })
})
