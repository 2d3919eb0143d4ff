import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { base64 } from './bytes.ts'
import { makeLog } from './fixtures.test.ts'
import { ed25519Spki } from './keys.ts'
import { noteKeyId } from './note.ts'
import { trustedRoot } from './trusted-root.ts'

const log = makeLog('2026a.audit.example.test')
const inUse = { validFrom: '2026-01-01T00:00:00Z', validUntil: null }

test('a log is named by its origin, its whole key id and its start', () => {
  assert.deepEqual(trustedRoot({ logs: [{ ...log, ...inUse }] }), {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      {
        baseUrl: 'https://2026a.audit.example.test',
        hashAlgorithm: 'SHA2_256',
        publicKey: {
          rawBytes: base64(ed25519Spki(log.publicKey)),
          keyDetails: 'PKIX_ED25519',
          validFor: { start: '2026-01-01T00:00:00Z' },
        },
        logId: { keyId: base64(noteKeyId(log.origin, log.publicKey)) },
      },
    ],
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  })
})

test('Sigstore’s own reader takes a retired log and a time-stamp authority', () => {
  const retired = {
    ...makeLog('2025a.audit.example.test'),
    validFrom: '2025-01-01T00:00:00Z',
    validUntil: '2026-01-01T00:00:00.5Z',
  }
  const authority = { uri: 'https://tsa.example.test', certificates: [Uint8Array.of(0x30, 0)], ...inUse }
  const root = TrustedRoot.fromJSON(trustedRoot({ logs: [retired, { ...log, ...inUse }], timestampAuthorities: [authority] }))
  assert.equal(root.tlogs.length, 2)
  assert.equal(root.tlogs[0]?.publicKey?.validFor?.end?.toISOString(), '2026-01-01T00:00:00.500Z')
  assert.equal(root.timestampAuthorities[0]?.certChain?.certificates.length, 1)
})

test('an origin with scheme, port, path or capitals is refused', () => {
  for (const origin of [
    '',
    'https://a.test',
    'a.test:443',
    'a.test/log',
    'A.test',
    '-a.test',
    'a..test',
    `${'a'.repeat(64)}.test`,
  ]) {
    assert.throws(() => trustedRoot({ logs: [{ ...log, origin, ...inUse }] }), { code: 'key.malformed' }, origin)
  }
})

test('a time that is not UTC or not a time is refused', () => {
  for (const validFrom of ['', '2026-01-01', '2026-01-01T00:00:00+01:00', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z']) {
    assert.throws(() => trustedRoot({ logs: [{ ...log, ...inUse, validFrom }] }), { code: 'key.malformed' }, validFrom)
  }
})
