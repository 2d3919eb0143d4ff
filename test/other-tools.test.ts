import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { isInstalled } from '../src/cli/dev.ts'
import { auditMembers } from '../core/model/audit-file.ts'
import { spkiFromPem } from '../core/proof/ecdsa.ts'
import { assessedSample, type BundleJson } from './sample.ts'

/** Other people's tools on the files that `assess` wrote, unmodified. */

async function sigstoreAccepts(change: (bundle: BundleJson) => void = () => {}): Promise<void> {
  const { folder } = await assessedSample()
  const bundle = JSON.parse(readFileSync(join(folder, auditMembers.bundle), 'utf8')) as BundleJson
  change(bundle)
  const spki = spkiFromPem(readFileSync(join(folder, 'report.pub'), 'utf8'))
  const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(join(folder, 'trusted_root.json'), 'utf8')))
  const keys = {
    [bundle.verificationMaterial.publicKey.hint]: { rawBytes: Buffer.from(spki), validFor: { start: new Date(0) } },
  }
  const verifier = new Verifier(toTrustMaterial(root, keys as never), {
    tlogThreshold: 1,
    timestampThreshold: 0,
    ctlogThreshold: 0,
  })
  verifier.verify(toSignedEntity(bundleFromJSON(bundle)))
}

test('unmodified @sigstore/verify accepts the report, its log entry included', async () => {
  await sigstoreAccepts()
})

test('unmodified @sigstore/verify refuses it with another payload, signature or log entry', async () => {
  await assert.rejects(sigstoreAccepts((bundle) => (bundle.dsseEnvelope.payload = Buffer.from('{}').toString('base64'))))
  await assert.rejects(sigstoreAccepts((bundle) => (bundle.dsseEnvelope.signatures[0].sig = 'MEUCIQ==')))
  await assert.rejects(sigstoreAccepts((bundle) => (bundle.verificationMaterial.tlogEntries = [])))
})

test(
  'openssl verifies the signature over the statement',
  { skip: isInstalled('openssl') ? false : 'openssl is not installed' },
  async () => {
    const { folder } = await assessedSample()
    const { dsseEnvelope } = JSON.parse(readFileSync(join(folder, auditMembers.bundle), 'utf8')) as {
      dsseEnvelope: { payload: string; payloadType: string; signatures: [{ sig: string }] }
    }
    const payload = Buffer.from(dsseEnvelope.payload, 'base64')
    const type = dsseEnvelope.payloadType
    const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload])
    writeFileSync(join(folder, 'signed.bin'), signed)
    writeFileSync(join(folder, 'signature.der'), Buffer.from(dsseEnvelope.signatures[0].sig, 'base64'))
    const openssl = (file: string): number | null =>
      spawnSync('openssl', ['dgst', '-sha256', '-verify', 'report.pub', '-signature', 'signature.der', file], { cwd: folder })
        .status
    assert.equal(openssl('signed.bin'), 0)
    writeFileSync(join(folder, 'changed.bin'), Buffer.concat([signed.subarray(0, -1), Buffer.from(' ')]))
    assert.notEqual(openssl('changed.bin'), 0)
  },
)

test(
  'sha256sum agrees with the statement about the report',
  { skip: isInstalled('sha256sum') ? false : 'sha256sum is not installed' },
  async () => {
    const { folder, ran } = await assessedSample()
    const { reportDigest } = JSON.parse(ran.out) as { reportDigest: string }
    assert.equal(
      spawnSync('sha256sum', [join(folder, auditMembers.report)], { encoding: 'utf8' }).stdout.slice(0, 64),
      reportDigest,
    )
  },
)
