// Our reports, checked by the program that most people have: cosign, unmodified, offline, with the files that `assess` writes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeSigner } from '../core/proof/fixtures.test.ts'
import { pemFromSpki } from '../core/proof/keys.ts'
import { REPORT_PREDICATE } from '../core/model/report.ts'
import { assessedSample, assessSample, type BundleJson } from './sample.ts'
import { findTool } from './tools/find.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-cosign-'))
after(() => rmSync(scratch, { recursive: true, force: true }))
const fresh = (): string => mkdtempSync(join(scratch, 'd-'))

const cosign = findTool('cosign')
const skip = whySkipped()

/** Sigstore's library rebuilds a log entry of our kind since cosign 3.1; older ones know fewer checks. */
function whySkipped(): string | false {
  if (cosign === null) return 'cosign is not installed'
  const { stdout } = run(['version', '--json'], scratch)
  const [, major = 0, minor = 0] = /"gitVersion": "v(\d+)\.(\d+)\./.exec(stdout) ?? []
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 1) ? false : 'cosign is older than 3.1'
}

/** Without network: whoever asks for it meets a closed port. */
function run(args: readonly string[], cwd: string) {
  const nowhere = 'http://127.0.0.1:9'
  const env = { HOME: scratch, TUF_ROOT: scratch, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, ALL_PROXY: nowhere, NO_PROXY: '' }
  return spawnSync(cosign ?? '', args, { cwd, env, encoding: 'utf8', timeout: 30_000 })
}

const type = ['--type', REPORT_PREDICATE]
const signature = ['--key', 'report.pub', '--bundle', 'report.sigstore.json', '--insecure-ignore-tlog', ...type]
const signatureAndLog = [
  '--key',
  'report.pub',
  '--bundle',
  'report.sigstore.json',
  '--trusted-root',
  'trusted_root.json',
  ...type,
]

type Outcome = { readonly ok: boolean; readonly said: string }

/** Cosign's word on a copy of the sample's files, perhaps changed. */
async function verify(
  args: readonly string[],
  { change = () => {}, operands = ['report.json'] }: { change?: (folder: string) => void; operands?: readonly string[] } = {},
): Promise<Outcome> {
  const folder = fresh()
  cpSync((await assessedSample()).folder, folder, { recursive: true })
  change(folder)
  const { status, stdout, stderr } = run(['verify-blob-attestation', ...args, ...operands], folder)
  const said = stdout + stderr
  assert.equal(status === 0, /^Verified OK$/m.test(said), said)
  return { ok: status === 0, said }
}

const changed =
  (name: string, change: (text: string) => string) =>
  (folder: string): void => {
    const before = readFileSync(join(folder, name), 'utf8')
    const after = change(before)
    assert.notEqual(after, before)
    writeFileSync(join(folder, name), after)
  }

const changedBundle = (change: (bundle: BundleJson) => void): ((folder: string) => void) =>
  changed('report.sigstore.json', (text) => {
    const bundle = JSON.parse(text) as BundleJson
    change(bundle)
    return JSON.stringify(bundle)
  })

const flipped = (base64: string): string => {
  const bytes = Buffer.from(base64, 'base64')
  return Buffer.from(bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)).toString('base64')
}

test('cosign accepts the report’s signature', { skip }, async () => {
  const { ok, said } = await verify(signature)
  assert.ok(ok, said)
})

test('cosign accepts the report’s signature and its place in our log', { skip }, async () => {
  const { ok, said } = await verify(signatureAndLog)
  assert.ok(ok, said)
})

test('cosign accepts the report by its digest alone', { skip }, async () => {
  const { reportDigest } = JSON.parse((await assessedSample()).ran.out) as { reportDigest: string }
  const named = (digest: string) => verify([...signatureAndLog, '--digest', digest, '--digestAlg', 'sha256'], { operands: [] })
  assert.ok((await named(reportDigest)).ok)
  assert.ok(!(await named('0'.repeat(64))).ok)
})

const otherwise: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
  ['another report', changed('report.json', (text) => text.replace('"', ' "')), /artifact digests? do/],
  ['another key', changed('report.pub', () => pemFromSpki(makeSigner().spki)), /could not verify envelope/],
  [
    'another statement',
    changedBundle(({ dsseEnvelope }) => (dsseEnvelope.payload = Buffer.from('{}').toString('base64'))),
    /could not verify envelope/,
  ],
  [
    'another payload type',
    changedBundle(({ dsseEnvelope }) => (dsseEnvelope.payloadType = 'application/json')),
    /could not verify envelope/,
  ],
  [
    'another signature',
    changedBundle(({ dsseEnvelope: { signatures } }) => (signatures[0].sig = flipped(signatures[0].sig))),
    /could not verify envelope/,
  ],
]
for (const [what, change, why] of otherwise) {
  test(`cosign refuses ${what}`, { skip }, async () => {
    for (const args of [signature, signatureAndLog]) {
      const { ok, said } = await verify(args, { change })
      assert.ok(!ok, said)
      // Where the log is looked at, the entry that it does not hold is found first.
      assert.match(said, args === signature ? why : /artifact digests do not|verifying inclusion/)
    }
  })
}

const unlogged: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
  [
    'no log entry',
    changedBundle(({ verificationMaterial }) => (verificationMaterial.tlogEntries = [])),
    /not enough verified log entries/,
  ],
  [
    'another proof',
    changedEntry(({ inclusionProof }) => (inclusionProof.hashes = inclusionProof.hashes.map(flipped))),
    /verifying inclusion/,
  ],
  [
    'another checkpoint',
    changedEntry(
      ({ inclusionProof: { checkpoint } }) => (checkpoint.envelope = checkpoint.envelope.replace(/\n(\d+)\n/, '\n1$1\n')),
    ),
    /invalid signature for key/,
  ],
  [
    'a root that does not know our log',
    changed('trusted_root.json', (text) => JSON.stringify({ ...(JSON.parse(text) as object), tlogs: [] })),
    /log/i,
  ],
  [
    'a root without a start',
    changed('trusted_root.json', (text) => text.replace('"start": "1970-01-01T00:00:00Z"', '')),
    /start time/,
  ],
]
function changedEntry(change: (entry: BundleJson['verificationMaterial']['tlogEntries'][number]) => void) {
  return changedBundle(({ verificationMaterial: { tlogEntries } }) => tlogEntries.forEach(change))
}
for (const [what, change, why] of unlogged) {
  test(`cosign, asked about the log, refuses ${what}`, { skip }, async () => {
    const { ok, said } = await verify(signatureAndLog, { change })
    assert.ok(!ok, said)
    assert.match(said, why)
  })
}

test('cosign refuses the log entry of another run’s report', { skip }, async () => {
  const other = JSON.parse(readFileSync(join((await assessSample()).folder, 'report.sigstore.json'), 'utf8')) as BundleJson
  const change = changedBundle(
    ({ verificationMaterial }) => (verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries),
  )
  const { ok, said } = await verify(signatureAndLog, { change })
  assert.ok(!ok, said)
})

test('cosign is told the predicate’s type, or refuses what it does not expect', { skip }, async () => {
  const { ok, said } = await verify(signatureAndLog.slice(0, -2))
  assert.ok(!ok)
  assert.match(said, /invalid predicate type/)
})
