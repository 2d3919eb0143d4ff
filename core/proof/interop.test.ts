import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { base64, utf8 } from './bytes.ts'
import { formatCheckpointBody } from './checkpoint.ts'
import { pae, payloadOf, signatureOf, verifyEnvelope } from './dsse.ts'
import { bundleFrom, leafOf, makeLog, makeSigner } from './fixtures.test.ts'
import type { JsonValue } from './jcs.ts'
import { pemFromSpki } from './keys.ts'
import { leafHash } from './merkle.ts'
import { checkLogEntry, readBundle } from './sigstore-bundle.ts'
import { DSSE_PAYLOAD_TYPE, statementBytes } from './statement.ts'
import { trustedRoot } from './trusted-root.ts'

const [signer, stranger, log] = [makeSigner(), makeSigner(), makeLog('2026a.audit.example.test')]
const statement = statementBytes({
  subject: [{ name: 'report.json', sha256: '0'.repeat(64) }],
  predicateType: 'https://example.test/report/v1',
  predicate: { verdict: 'pass' },
})
const envelope = signer.envelope(DSSE_PAYLOAD_TYPE, statement)
const bundle = bundleFrom(log, signer, envelope)
const root = trustedRoot({ logs: [{ ...log, validFrom: '2026-01-01T00:00:00Z', validUntil: null }] })

type Variant = { readonly why: string; readonly json: unknown; readonly sigstore: boolean; readonly ours: boolean }

/** Sigstore's own verifier, unmodified and offline; whatever it throws is a refusal. */
function sigstoreAccepts(json: unknown): boolean {
  const keys = { [signer.keyId]: { rawBytes: Buffer.from(signer.spki), validFor: { start: new Date(0) } } }
  const options = { tlogThreshold: 1, timestampThreshold: 0, ctlogThreshold: 0 }
  try {
    const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root), keys as never), options)
    verifier.verify(toSignedEntity(bundleFromJSON(json)))
    return true
  } catch {
    return false
  }
}

async function weAccept(json: unknown): Promise<boolean> {
  try {
    const read = readBundle(json)
    const signature = await verifyEnvelope(read.envelope, [signer], DSSE_PAYLOAD_TYPE)
    const entry = await checkLogEntry(read, { logs: [log], spki: signer.spki })
    return signature.ok && entry.ok
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'RunproofError', String(error))
    return false
  }
}

/** A deep copy of the bundle with one value replaced. */
function changed(path: string, value: JsonValue): unknown {
  const copy = structuredClone(bundle) as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at = copy
  for (const key of keys) at = at[key] as Record<string, unknown>
  assert.ok(Object.hasOwn(at, last), path)
  at[last] = value
  return copy
}

const entryPath = 'verificationMaterial.tlogEntries.0'
const { entry } = readBundle(bundle)
assert.ok(entry)
const { inclusionProof: proof } = entry
const forgedRoot = leafHash(utf8('forged'))
const foreign = readBundle(bundleFrom(log, signer, signer.envelope(DSSE_PAYLOAD_TYPE, utf8('{}'))))
const flipped = signatureOf(envelope).with(20, (signatureOf(envelope)[20] ?? 0) ^ 1)

const agreed: readonly (readonly [string, unknown])[] = [
  ['payload changed', changed('dsseEnvelope.payload', base64(statement.with(5, 0x20)))],
  ['payload type changed', changed('dsseEnvelope.payloadType', 'application/json')],
  ['signature flipped', changed('dsseEnvelope.signatures.0.sig', base64(flipped))],
  ['two signatures', changed('dsseEnvelope.signatures', [...envelope.signatures, ...envelope.signatures])],
  ['no signature', changed('dsseEnvelope.signatures', [])],
  [
    'signature of a stranger',
    bundleFrom(log, { ...stranger, keyId: signer.keyId }, stranger.envelope(DSSE_PAYLOAD_TYPE, statement)),
  ],
  ['no log entry', changed('verificationMaterial.tlogEntries', [])],
  ['entry of another envelope', changed(`${entryPath}.canonicalizedBody`, base64(foreign.entry?.body ?? new Uint8Array()))],
  ['proof hash flipped', changed(`${entryPath}.inclusionProof.hashes.0`, base64(forgedRoot))],
  ['proof hash missing', changed(`${entryPath}.inclusionProof.hashes`, proof.hashes.slice(1).map(base64))],
  ['proof index moved', changed(`${entryPath}.inclusionProof.logIndex`, '138')],
  [
    'checkpoint of a forged root',
    changed(`${entryPath}.inclusionProof.checkpoint.envelope`, proof.checkpoint.replace(base64(proof.root), base64(forgedRoot))),
  ],
  [
    'signed checkpoint of a forged root',
    changed(
      `${entryPath}.inclusionProof.checkpoint.envelope`,
      log.note(formatCheckpointBody({ origin: log.origin, size: 300, root: forgedRoot })),
    ),
  ],
  [
    'checkpoint of another log',
    changed(
      `${entryPath}.inclusionProof.checkpoint.envelope`,
      makeLog(log.origin).note(formatCheckpointBody({ ...log, size: 300, root: proof.root })),
    ),
  ],
  [
    'log signature stripped',
    changed(
      `${entryPath}.inclusionProof.checkpoint.envelope`,
      proof.checkpoint.replace(/— .*\n$/, '— witness.test AAAAAAAAAAA=\n'),
    ),
  ],
  ['unknown log', changed(`${entryPath}.logId.keyId`, base64(forgedRoot))],
  ['unknown hint', changed('verificationMaterial.publicKey.hint', stranger.keyId)],
  ['unknown media type', changed('mediaType', 'application/vnd.example+json')],
  ['other kind of entry', changed(`${entryPath}.kindVersion.kind`, 'dsse')],
]

/** Where we are stricter on purpose: the traps of Sigstore’s libraries, and what sigstore-js reads but does not compare. */
const stricter: readonly (readonly [string, unknown])[] = [
  ['tree size of the proof lied about', changed(`${entryPath}.inclusionProof.treeSize`, '299')],
  ['root of the proof lied about', changed(`${entryPath}.inclusionProof.rootHash`, base64(forgedRoot))],
  ['index of the entry lied about', changed(`${entryPath}.logIndex`, '138')],
  [
    'key id of the signature lied about',
    changed('dsseEnvelope.signatures', [{ ...envelope.signatures[0], keyid: stranger.keyId }]),
  ],
  ['leaf that names another key', bundleFrom(log, signer, envelope, { leaf: leafOf(envelope, stranger.spki) })],
]

const variants: readonly Variant[] = [
  { why: 'untouched', json: bundle, sigstore: true, ours: true },
  {
    why: 'whose envelope names the key too',
    json: changed('dsseEnvelope.signatures', [...envelope.signatures]),
    sigstore: true,
    ours: true,
  },
  { why: 'in a log of one entry', json: bundleFrom(log, signer, envelope, { size: 1, index: 0 }), sigstore: true, ours: true },
  { why: 'last of 257 entries', json: bundleFrom(log, signer, envelope, { size: 257, index: 256 }), sigstore: true, ours: true },
  ...agreed.map(([why, json]) => ({ why, json, sigstore: false, ours: false })),
  ...stricter.map(([why, json]) => ({ why, json, sigstore: true, ours: false })),
]

for (const { why, json, sigstore, ours } of variants) {
  test(`bundle ${why}: unmodified Sigstore ${sigstore ? 'accepts' : 'refuses'}, we ${ours ? 'accept' : 'refuse'}`, async () => {
    const serialised: unknown = JSON.parse(JSON.stringify(json))
    assert.equal(sigstoreAccepts(serialised), sigstore)
    assert.equal(await weAccept(serialised), ours)
  })
}

const openssl = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not here'

test('openssl verifies the signature over the PAE, and refuses it over anything else', { skip: openssl }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-dsse-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  const common = [
    'dgst',
    '-sha256',
    '-verify',
    file('report.pub', pemFromSpki(signer.spki)),
    '-signature',
    file('sig', signatureOf(envelope)),
  ]
  const signed = file('pae', pae(envelope.payloadType, payloadOf(envelope)))
  assert.match(execFileSync('openssl', [...common, signed], { encoding: 'utf8' }), /Verified OK/)
  assert.notEqual(spawnSync('openssl', [...common, file('payload', payloadOf(envelope))]).status, 0)
})
