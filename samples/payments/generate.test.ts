import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { controlDigest } from '../../core/judge/resolve.ts'
import type { Manifest } from '../../core/model/manifest.ts'
import { WAIVER_PREDICATE, WaiverSchema } from '../../core/model/waiver.ts'
import { spkiFromPem } from '../../core/proof/keys.ts'
import { verifySigned } from '../../core/proof/verified.ts'
import { readManifest } from '../../src/declare/read-manifest.ts'
import { checkManifestSignature } from '../../src/declare/statements.ts'
import { generate } from './generate.ts'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

function manifestOf(text: string): Manifest {
  const result = readManifest(text, 'manifest.yaml')
  assert.ok('manifest' in result, JSON.stringify(result))
  return result.manifest
}

test('the event files in the repository are what the generator writes, byte for byte', () => {
  const files = generate()
  assert.deepEqual([...files.keys()], ['events/falco.ndjson', 'events/tetragon.ndjson'])
  // Not assert.equal: a difference would print a megabyte.
  for (const [name, text] of files) assert.ok(read(name) === text, `${name} differs: run node samples/payments/generate.ts`)
})

test('a second run gives the same bytes', () => {
  assert.deepEqual(generate(), generate())
})

test('each event file has exactly one line that is no JSON, and it is cut off', () => {
  for (const text of generate().values()) {
    const broken = text.split('\n').filter((line) => line !== '' && !isJson(line))
    assert.equal(broken.length, 1)
    assert.match(broken[0] ?? '', /^\{.*[^}]$/)
  }
})

test('the manifest reads without a problem, and one with a control that nobody knows how to judge does not', () => {
  const text = read('assurance/manifest.yaml')
  assert.equal(manifestOf(text).controls.length, 10)
  assert.ok('problems' in readManifest(text.replace('behaviour: exec', 'behaviour: exce'), 'manifest.yaml'))
})

test('every control that is promised has an expected verdict, and no other', () => {
  const expected = JSON.parse(read('EXPECTED.json')) as { controls: Record<string, { verdict: string }> }
  const promised = manifestOf(read('assurance/manifest.yaml')).controls.map(({ id }) => id)
  assert.deepEqual(Object.keys(expected.controls), promised)
  const verdicts = Object.values(expected.controls).map(({ verdict }) => verdict)
  const count = (wanted: string): number => verdicts.filter((verdict) => verdict === wanted).length
  assert.deepEqual([count('pass'), count('fail'), count('waived'), count('inconclusive')], [7, 1, 1, 1])
})

test('Falco on node-b is silent for forty minutes and goes on as the same process; node-a never pauses', () => {
  const beats = read('events/falco.ndjson')
    .split('\n')
    .filter((line) => line.includes('"Falco internal: metrics snapshot"') && isJson(line))
    .map((line) => ({
      node: /"hostname":"([^"]+)"/.exec(line)?.[1],
      started: /"falco\.start_ts":(\d+)/.exec(line)?.[1],
      at: BigInt(/"evt\.time":(\d+)/.exec(line)?.[1] ?? 0),
    }))
  const longestPause = (node: string): number => {
    const times = beats.filter((beat) => beat.node === node).map(({ at }) => Number(at / 1_000_000n))
    return Math.max(...times.slice(1).map((time, index) => (time - (times[index] ?? time)) / 60_000))
  }
  assert.ok(longestPause('node-b') > 39 && longestPause('node-b') < 41)
  assert.ok(longestPause('node-a') < 6)
  assert.equal(new Set(beats.filter(({ node }) => node === 'node-b').map(({ started }) => started)).size, 1)
})

test('the owner signed this manifest, and no other', async () => {
  const manifest = manifestOf(read('assurance/manifest.yaml'))
  const envelope: unknown = JSON.parse(read('assurance/manifest.dsse.json'))
  const owners = [{ name: manifest.metadata.owner, spki: spkiFromPem(read('assurance/owner.pub')) }]
  const check = await checkManifestSignature(manifest, envelope, owners)
  assert.ok(check.ok, JSON.stringify(check))
  const widened = { ...manifest, controls: manifest.controls.slice(1) }
  assert.equal((await checkManifestSignature(widened, envelope, owners)).ok, false)
})

test('an approver signed the waiver, for the control as it stands; the owner’s key would not do', async () => {
  const manifest = manifestOf(read('assurance/manifest.yaml'))
  const approvers = (manifest.approvers ?? []).map(({ name, key }) => ({ name, spki: spkiFromPem(key) }))
  const envelope: unknown = JSON.parse(read('assurance/waivers/settlement-legacy-host.dsse.json'))
  const check = await verifySigned(envelope, approvers, WAIVER_PREDICATE, WaiverSchema)
  assert.ok(check.ok, JSON.stringify(check))
  const { value, signedBy, subject } = check.verified
  const control = manifest.controls.find(({ id }) => id === value.control)
  assert.deepEqual(subject, [control && controlDigest(control)])
  assert.equal(signedBy.name, 'Maren Okafor')
  assert.notEqual(value.requestedBy, signedBy.name)
  assert.equal(value.expires, '2026-03-31T00:00:00Z')
  const owners = [{ name: 'owner', spki: spkiFromPem(read('assurance/owner.pub')) }]
  assert.equal((await verifySigned(envelope, owners, WAIVER_PREDICATE, WaiverSchema)).ok, false)
})

test('no private key lies in the sample', () => {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  assert.ok(files.length > 10)
  // The marker is put together here so that this file does not hold it.
  const marker = ['PRIVATE', 'KEY-----'].join(' ')
  for (const { parentPath, name } of files) assert.ok(!readFileSync(join(parentPath, name), 'utf8').includes(marker), name)
})

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
