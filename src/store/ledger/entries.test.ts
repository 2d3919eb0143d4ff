import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { base64, fromUtf8, utf8 } from '../../../core/proof/bytes.ts'
import { pae } from '../../../core/proof/dsse.ts'
import { makeSigner } from '../../../core/proof/fixtures.test.ts'
import { sha256 } from '../../../core/proof/sha256.ts'
import { buildBundle, checkLogEntry, readBundle, type LogEntry } from '../../../core/proof/sigstore-bundle.ts'
import { trustedRoot } from '../../../core/proof/trusted-root.ts'
import { eventEntry, signedEntry } from './entries.ts'
import { logKeyFor, numbered, scratchFolders } from './fixtures/ledgers.ts'
import { openLedger, type Ledger } from './ledger.ts'

const payload = utf8('{}')
const envelope = { payloadType: 't', payload: base64(payload), signatures: [{ keyid: 'k', sig: 'AAECAw==' }] } as const

test('a signed envelope is a hashedrekord 0.0.2 with the digest of what was signed', () => {
  const { body, kind, eventId } = signedEntry(envelope, Uint8Array.of(1, 2, 3), 'report:1')
  assert.deepEqual([kind, eventId], ['hashedrekord/0.0.2', 'report:1'])
  const digest = base64(sha256(pae('t', payload)))
  assert.equal(
    fromUtf8(body),
    `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"${digest}"},` +
      '"signature":{"content":"AAECAw==","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"AQID"}}}}}}',
  )
})

test('another event is canonical JSON that names its kind', () => {
  const { body, kind } = eventEntry('modeChange', { to: 'enforce', from: 'alert' }, 'mode:1')
  assert.equal(kind, 'modeChange')
  assert.equal(fromUtf8(body), '{"apiVersion":"runproof.dev/v1","kind":"modeChange","spec":{"from":"alert","to":"enforce"}}')
})

test('what is not base64 or no JSON is refused', () => {
  assert.throws(() => signedEntry({ ...envelope, payload: '!' }, new Uint8Array(), 'x'), { code: 'format.malformed' })
  assert.throws(() => eventEntry('k', { at: Number.NaN }, 'x'), { code: 'format.malformed' })
})

const fresh = scratchFolders()

test("a logged envelope's bundle is accepted by core and by an unmodified Sigstore verifier, a stranger's proof by neither", async () => {
  const ledger = openLedger({ path: join(fresh(), 'ledger.db'), logKey: logKeyFor('test'), now: Date.now })
  ledger.append(numbered(0, 299))
  const signer = makeSigner()
  const envelope = signer.envelope('application/vnd.in-toto+json', utf8('{"_type":"https://in-toto.io/Statement/v1"}'))
  const [position] = ledger.append([signedEntry(envelope, signer.spki, 'report:1')])
  ledger.append(numbered(299, 3))
  const own = buildBundle({ envelope, hint: signer.keyId, entry: logEntry(ledger, position?.index ?? 0) })
  const foreign = buildBundle({ envelope, hint: signer.keyId, entry: logEntry(ledger, 7) })

  const root = trustedRoot({ logs: [{ ...ledger, validFrom: '2026-01-01T00:00:00Z', validUntil: null }] })
  const keys = { [signer.keyId]: { rawBytes: Buffer.from(signer.spki), validFor: { start: new Date(0) } } }
  const options = { tlogThreshold: 1, timestampThreshold: 0, ctlogThreshold: 0 }
  const sigstore = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(root), keys as never), options)
  sigstore.verify(toSignedEntity(bundleFromJSON(own)))
  assert.throws(() => sigstore.verify(toSignedEntity(bundleFromJSON(foreign))))

  const trusted = { logs: [ledger], spki: signer.spki }
  assert.equal((await checkLogEntry(readBundle(own), trusted)).ok, true)
  assert.equal((await checkLogEntry(readBundle(foreign), trusted)).ok, false)
  ledger.close()
})

function logEntry(ledger: Ledger, at: number): LogEntry {
  const { size, root, hashes, checkpoint, body } = ledger.prove(at)
  const index = BigInt(at)
  return { index, logKeyId: ledger.keyId, body, inclusionProof: { index, size: BigInt(size), root, hashes, checkpoint } }
}
