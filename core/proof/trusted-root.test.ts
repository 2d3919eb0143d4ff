import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { base64 } from './bytes.ts'
import { makeLog } from './fixtures.test.ts'
import type { JsonValue } from './jcs.ts'
import { ed25519Spki } from './keys.ts'
import { noteKeyId } from './note.ts'
import { MAX_CERTIFICATES, MAX_TRUSTED, readTrustedRoot, trustedRoot } from './trusted-root.ts'

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

type Json = Record<string, JsonValue>
const authority = { uri: 'https://tsa.example.test', certificates: [Uint8Array.of(0x30, 0)], ...inUse }
const whole = trustedRoot({ logs: [{ ...log, ...inUse }], timestampAuthorities: [authority] }) as Json
const [wholeLog = {}] = whole['tlogs'] as Json[]
const [wholeAuthority = {}] = whole['timestampAuthorities'] as Json[]
const withKey = (change: Json): Json => ({
  ...whole,
  tlogs: [{ ...wholeLog, publicKey: { ...(wholeLog['publicKey'] as Json), ...change } }],
})

test('what we write is read back', () => {
  const { logs, timestampAuthorities, authorities, certificateLogs } = readTrustedRoot(whole)
  const publicKey = ed25519Spki(log.publicKey)
  const keyId = noteKeyId(log.origin, log.publicKey)
  assert.deepEqual(logs, [{ baseUrl: `https://${log.origin}`, keyId, publicKey, keyDetails: 'PKIX_ED25519', ...inUse }])
  assert.deepEqual(timestampAuthorities, [authority])
  assert.deepEqual([authorities, certificateLogs], [[], []])
})

test('of protobuf’s ways to write nothing, each is read', () => {
  const { mediaType = null, tlogs = null } = whole
  assert.equal(readTrustedRoot({ mediaType, tlogs }).timestampAuthorities.length, 0)
  assert.equal(readTrustedRoot({ ...whole, ctlogs: null, certificateAuthorities: null }).logs.length, 1)
  const [read] = readTrustedRoot(withKey({ validFor: { start: '2026-01-01T00:00:00.123456Z', end: null } })).logs
  assert.deepEqual([read?.validFrom, read?.validUntil], ['2026-01-01T00:00:00.123456Z', null])
})

test('a log or an authority that does not say since when it counts is refused by name', () => {
  const start = { code: 'format.malformed', message: /validFor/ }
  const at = (validFor: JsonValue): readonly Json[] => [
    withKey({ validFor }),
    { ...withKey({ validFor }), tlogs: [], ctlogs: withKey({ validFor })['tlogs'] ?? null },
    { ...whole, timestampAuthorities: [{ ...wholeAuthority, validFor }] },
    { ...whole, certificateAuthorities: [{ ...wholeAuthority, validFor }] },
  ]
  for (const validFor of [{}, null, { start: null }, { start: '' }, { end: '2026-01-01T00:00:00Z' }])
    for (const root of at(validFor)) assert.throws(() => readTrustedRoot(root), start, JSON.stringify(validFor))
  for (const day of ['2026-02-30', '2026-02-29', '2026-00-10', '2026-04-31'])
    for (const root of at({ start: `${day}T00:00:00Z` })) assert.throws(() => readTrustedRoot(root), start, day)
})

test('an end before the start is refused, the same moment is not', () => {
  const period = (start: string, end: string) => readTrustedRoot(withKey({ validFor: { start, end } }))
  assert.equal(period('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z').logs.length, 1)
  assert.equal(period('2026-01-01T00:00:00.1Z', '2026-01-01T00:00:00.100000001Z').logs.length, 1)
  for (const [start, end] of [
    ['2026-01-01T00:00:00.000000001Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:01Z', '2026-01-01T00:00:00.999Z'],
    ['2027-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
  ] as const)
    assert.throws(() => period(start, end), { code: 'format.malformed', message: /before it starts/ })
})

test('a root of another kind, or beyond the limits, is refused', () => {
  const many = (one: JsonValue, count: number): JsonValue => Array.from({ length: count }, () => one)
  const chain = (certificates: JsonValue): Json => ({
    ...whole,
    timestampAuthorities: [{ ...wholeAuthority, certChain: { certificates } }],
  })
  const certificate = { rawBytes: 'MAA=' }
  assert.equal(readTrustedRoot({ ...whole, tlogs: many(wholeLog, MAX_TRUSTED) }).logs.length, MAX_TRUSTED)
  assert.ok(readTrustedRoot(chain(many(certificate, MAX_CERTIFICATES))))
  const bad: Record<string, unknown> = {
    'no object': [],
    'no media type': { ...whole, mediaType: null },
    'another version': { ...whole, mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.3' },
    'another digest': { ...whole, tlogs: [{ ...wholeLog, hashAlgorithm: 'SHA2_512' }] },
    'a short log id': { ...whole, tlogs: [{ ...wholeLog, logId: { keyId: 'AAAAAA==' } }] },
    'a log id of 33 bytes': { ...whole, tlogs: [{ ...wholeLog, logId: { keyId: base64(new Uint8Array(33)) } }] },
    'a log id of 31 bytes': { ...whole, tlogs: [{ ...wholeLog, logId: { keyId: base64(new Uint8Array(31)) } }] },
    'a second log id': { ...whole, tlogs: [{ ...wholeLog, checkpointKeyId: { keyId: 'AAAAAA==' } }] },
    'a key that is not base64': withKey({ rawBytes: '*' }),
    'a key that is too long': withKey({ rawBytes: 'A'.repeat(4100) }),
    'no key': withKey({ rawBytes: '' }),
    'too many logs': { ...whole, tlogs: many(wholeLog, MAX_TRUSTED + 1) },
    'no certificate': chain([]),
    'too many certificates': chain(many(certificate, MAX_CERTIFICATES + 1)),
    'a certificate that is too long': chain([{ rawBytes: 'A'.repeat(32 * 1024 + 4) }]),
  }
  for (const [why, root] of Object.entries(bad)) assert.throws(() => readTrustedRoot(root), { code: 'format.malformed' }, why)
})
