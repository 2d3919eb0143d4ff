// The Sigstore project's own conformance cases: what a client must accept and refuse. Bundles of others go through unmodified
// @sigstore/verify, with what it leaves to its caller: a strict trusted root, whole identities, and that the statement speaks of
// the artifact.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bundleFromJSON } from '@sigstore/bundle'
import { crypto, X509Certificate } from '@sigstore/core'
import { toSignedEntity, Verifier, type TrustMaterial } from '@sigstore/verify'
import { auditMembers } from '../core/model/audit-file.ts'
import { fromBase64, fromUtf8, utf8 } from '../core/proof/bytes.ts'
import { keyHint, pemFromSpki, spkiFromPem, verifyEcdsaP256 } from '../core/proof/ecdsa.ts'
import { makeSigner } from '../core/proof/fixtures.test.ts'
import { parseJson } from '../core/proof/json.ts'
import { sha256Hex } from '../core/proof/sha256.ts'
import { readBundle } from '../core/proof/sigstore-bundle.ts'
import {
  readTrustedRoot,
  TRUSTED_ROOT_MEDIA_TYPE,
  type TimestampAuthority,
  type TrustedLog,
  type TrustedRoot,
} from '../core/proof/trusted-root.ts'
import { assessedSample } from './sample.ts'

const cases = new URL('../../shared/corpus/trust/sigstore-conformance/test/assets/bundle-verify/', import.meta.url)
const skip = existsSync(cases) ? false : 'the Sigstore conformance cases are not here'
const names = skip ? [] : readdirSync(cases, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))

const file = (path: string): string => readFileSync(new URL(path, cases), 'utf8')
const isThere = (path: string): boolean => existsSync(new URL(path, cases))

/** The public instance's root, as one case has it: what that case changed (an end to its first log) is taken out again. */
function publicRoot(): unknown {
  const root = JSON.parse(file('trust-root-tlog-validity-end-inclusive/trusted_root.json')) as {
    tlogs: [{ publicKey: { validFor: { end?: string } } }]
  }
  assert.ok(root.tlogs[0].publicKey.validFor.end)
  delete root.tlogs[0].publicKey.validFor.end
  return root
}

type Case = {
  /** JSON, perhaps malformed. */
  readonly bundle: string
  readonly artifact: Uint8Array
  readonly root: unknown
  readonly key: string | null
  readonly identity: string
  readonly issuer: string
}

/** The suite's defaults, as its README names them. */
function readCase(name: string): Case {
  const orElse = (part: string, otherwise: string): string =>
    isThere(`${name}/${part}`) ? file(`${name}/${part}`).trim() : otherwise
  const beacon = 'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon'
  return {
    bundle: file(`${name}/bundle.sigstore.json`),
    artifact: new Uint8Array(readFileSync(new URL(isThere(`${name}/artifact`) ? `${name}/artifact` : 'a.txt', cases))),
    root: isThere(`${name}/trusted_root.json`) ? JSON.parse(file(`${name}/trusted_root.json`)) : publicRoot(),
    key: isThere(`${name}/key.pub`) ? file(`${name}/key.pub`) : null,
    identity: orElse('identity', `${beacon}/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main`),
    issuer: orElse('issuer', 'https://token.actions.githubusercontent.com'),
  }
}

/** Throws unless the bundle is good for this artifact, root, and key or identity. */
function accept({ bundle: text, artifact, root, key, identity, issuer }: Case, { timestampThreshold = 1 } = {}): void {
  const bundle = bundleFromJSON(parseJson(text))
  const spki = key === null ? null : spkiFromPem(key)
  const verifier = new Verifier(trustMaterial(readTrustedRoot(root), spki), {
    tlogThreshold: 1,
    timestampThreshold,
    ctlogThreshold: 1,
  })
  // The identity is a regular expression there, without anchors.
  const whole = `^${identity.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)}$`
  const policy = { subjectAlternativeName: whole, extensions: { issuer } }
  verifier.verify(toSignedEntity(bundle, Buffer.from(artifact)), spki === null ? policy : undefined)
  if (bundle.content.$case === 'dsseEnvelope') {
    const { subject } = parseJson(fromUtf8(new Uint8Array(bundle.content.dsseEnvelope.payload))) as {
      subject: { digest: { sha256: string } }[]
    }
    assert.ok(
      subject.some(({ digest }) => digest.sha256 === sha256Hex(artifact)),
      'the statement is not about the artifact',
    )
  }
}

/** Sigstore's verifier is given what we read, so that the two cannot have read the file differently. */
function trustMaterial(root: TrustedRoot, spki: Uint8Array | null): TrustMaterial {
  const period = ({ validFrom, validUntil }: TrustedLog | TimestampAuthority) => ({
    start: new Date(validFrom),
    end: new Date(validUntil ?? '9999-12-31T23:59:59Z'),
  })
  const log = (log: TrustedLog) => ({
    baseURL: log.baseUrl,
    logID: Buffer.from(log.keyId),
    publicKey: crypto.createPublicKey(Buffer.from(log.publicKey), log.keyDetails.includes('RSA') ? 'pkcs1' : 'spki'),
    validFor: period(log),
  })
  const authority = (authority: TimestampAuthority) => ({
    certChain: authority.certificates.map((der) => X509Certificate.parse(Buffer.from(der))),
    validFor: period(authority),
  })
  return {
    tlogs: root.logs.map(log),
    ctlogs: root.certificateLogs.map(log),
    certificateAuthorities: root.authorities.map(authority),
    timestampAuthorities: root.timestampAuthorities.map(authority),
    publicKey: (hint) => {
      if (spki === null || hint !== keyHint(spki)) throw new Error(`no key ${hint}`)
      return { publicKey: crypto.createPublicKey(Buffer.from(spki)), validFor: () => true }
    },
  }
}

test('all seventy cases are here', { skip }, () => {
  assert.equal(names.length, 70)
  assert.equal(names.filter((name) => name.endsWith('_fail')).length, 49)
})

for (const name of names) {
  const isGood = !name.endsWith('_fail')
  test(`sigstore-conformance ${name}: ${isGood ? 'accepted' : 'refused'}`, () => {
    const read = readCase(name)
    if (isGood) accept(read)
    else assert.throws(() => accept(read))
  })
}

test('a root without a start is refused for that, where @sigstore/verify alone would take it', { skip }, () => {
  const { root } = readCase('trust-root-tlog-missing-validity-start_fail')
  assert.throws(() => readTrustedRoot(root), { code: 'format.malformed', message: /tlogs\.1\.publicKey\.validFor\.start/ })
})

test('no bundle of the suite is of the form that we write: our own reader refuses every one', { skip }, () => {
  for (const name of names) assert.throws(() => readBundle(parseJson(readCase(name).bundle)), { code: 'format.malformed' }, name)
})

test('on the signature of a managed key our own ECDSA agrees with the suite', { skip }, async () => {
  for (const name of names.filter((name) => name.startsWith('managed-key') && isThere(`${name}/key.pub`))) {
    const { bundle, artifact, key } = readCase(name)
    const { messageSignature } = JSON.parse(bundle) as { messageSignature: { signature: string } }
    const verified = async (data: Uint8Array): Promise<boolean> =>
      verifyEcdsaP256(spkiFromPem(key ?? ''), data, fromBase64(messageSignature.signature))
    if (name.endsWith('_fail')) await assert.rejects(verified(artifact), { code: 'key.malformed' }, name)
    else assert.deepEqual([await verified(artifact), await verified(artifact.with(0, 0))], [true, false], name)
  }
})

test('our own report goes the same way, and so does what is changed in it', async () => {
  const { folder } = await assessedSample()
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const own = (change: Partial<Case> = {}): void =>
    accept(
      {
        bundle: read(auditMembers.bundle),
        artifact: new Uint8Array(readFileSync(join(folder, auditMembers.report))),
        root: JSON.parse(read('trusted_root.json')),
        key: read('report.pub'),
        identity: '',
        issuer: '',
        ...change,
      },
      // Our log vouches for order, not for time.
      { timestampThreshold: 0 },
    )
  own()
  assert.throws(() => own({ artifact: utf8('{}') }), /not about the artifact/)
  assert.throws(() => own({ key: pemFromSpki(makeSigner().spki) }), /no key/)
  assert.throws(() => own({ root: JSON.parse(read('trusted_root.json').replace(/"start"/, '"begin"')) }), {
    code: 'format.malformed',
  })
  assert.throws(() => own({ root: { mediaType: TRUSTED_ROOT_MEDIA_TYPE } }), /checkpoint/)
})
