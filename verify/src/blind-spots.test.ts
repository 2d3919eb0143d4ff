import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { blindSpotsFor, BlindSpotsSchema } from '../../core/model/blind-spots.ts'
import { TRUST_TYPE, TrustSchema, type Trust } from '../../core/model/trust.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { blindSpotsNote } from './blind-spots.ts'

const catalogue = BlindSpotsSchema.parse(
  JSON.parse(readFileSync(new URL('../../catalogue/blind-spots.json', import.meta.url), 'utf8')),
)
const trust: Trust = {
  type: TRUST_TYPE,
  source: { kind: 'pinned' },
  signers: [{ name: 'x', key: 'x' }],
  logs: [],
  owners: [],
  approvers: [],
  gates: [],
  manifests: [],
}

test('the list that ships is known; a change of the catalogue adds its digest to verify/src/blind-spots.ts', () => {
  const digest = sha256Hex(jcs(catalogue))
  assert.equal(
    blindSpotsNote(catalogue, trust),
    `what the sensors cannot see is described by the list that ships with Runproof (sha256 ${digest})`,
  )
})

test('sensors of a family are described as their family is, and the list stays known; what is said of them alone makes it another', () => {
  const [more, plain] = [blindSpotsFor(catalogue, ['state-cis', 'goss-web', 'falco']), blindSpotsNote(catalogue, trust)]
  assert.deepEqual([more['state-cis'], Object.keys(more).length], [catalogue['state'], Object.keys(catalogue).length + 2])
  assert.equal(blindSpotsNote(more, trust), plain)
  const changed = { ...more, 'state-cis': { ...(catalogue['state'] ?? assert.fail()), state: [] } }
  assert.match(blindSpotsNote(changed, trust), /unknown/)
  assert.equal(blindSpotsFor(catalogue, ['stately', 'other-x']), catalogue)
})

test('a list that leaves something out is unknown', () => {
  const shorter = { ...catalogue, falco: { ...(catalogue['falco'] ?? assert.fail()), exec: [] } }
  assert.match(blindSpotsNote(shorter, trust), /a list that is unknown \(sha256 [0-9a-f]{64}\)/)
  assert.match(blindSpotsNote({}, trust), /unknown/)
})

test('a list that the trust root names is known by that name, and no other is', () => {
  const own = { sonar: catalogue['falco'] ?? assert.fail() }
  const named = TrustSchema.parse({ ...trust, blindSpots: [{ name: 'our own sensors', digest: sha256Hex(jcs(own)) }] })
  assert.match(blindSpotsNote(own, named), /described by our own sensors, which the trust root knows/)
  assert.match(blindSpotsNote({ ...own, other: own.sonar }, named), /unknown/)
  assert.equal(TrustSchema.safeParse({ ...trust, blindSpots: [{ name: 'x', digest: 'short' }] }).success, false)
})
