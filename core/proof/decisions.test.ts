import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { CONFIRMATION_PREDICATE, REVOCATION_PREDICATE, decisionKind } from '../model/decision.ts'
import { WAIVER_PREDICATE } from '../model/waiver.ts'
import { base64 } from './bytes.ts'
import { verifyDecision } from './decisions.ts'
import { pae } from './dsse.ts'
import { keyHint } from './keys.ts'
import { DSSE_PAYLOAD_TYPE, statementBytes } from './statement.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
const ada = { name: 'Ada', spki }

function signed(predicateType: string, predicate: object) {
  const payload = statementBytes({
    subject: [{ name: 'x', sha256: 'a'.repeat(64) }],
    predicateType,
    predicate: predicate as never,
  })
  const sig = sign('sha256', pae(DSSE_PAYLOAD_TYPE, payload), { key: privateKey, dsaEncoding: 'der' })
  return {
    payloadType: DSSE_PAYLOAD_TYPE,
    payload: base64(payload),
    signatures: [{ keyid: keyHint(spki), sig: base64(new Uint8Array(sig)) }],
  }
}

const about = { id: 'd-1', application: 'shop', environment: 'prod', reason: 'Words.' }
const revocation = { ...about, waiver: 'w-1', revokedAt: '2026-03-02T00:00:00Z' }
const confirmation = {
  ...about,
  ...{ window: 'w', control: 'no-shell', fingerprints: [`rpf1:${'a'.repeat(64)}`], decidedAt: '2026-03-02T00:00:00Z' },
}
const waiver = {
  ...about,
  ...{ control: 'no-shell', scope: { targets: ['/bin/sh'] }, compensatingControl: 'None.', requestedBy: 'Bob', window: 'w' },
  ...{ notBefore: '2026-03-01T00:00:00Z', expires: '2026-03-10T00:00:00Z' },
}

for (const [kind, type, predicate] of [
  ['waiver', WAIVER_PREDICATE, waiver],
  ['confirmation', CONFIRMATION_PREDICATE, confirmation],
  ['revocation', REVOCATION_PREDICATE, revocation],
] as const) {
  test(`a signed ${kind} is read as one`, async () => {
    const check = await verifyDecision(signed(type, predicate), [ada])
    assert.ok(check.ok)
    assert.equal(decisionKind(check.verified.value), kind)
    assert.deepEqual([check.verified.value, check.verified.signedBy.name], [predicate, 'Ada'])
  })
}

test('a kind cannot be worn by another’s words, an unknown kind is none, and nobody else’s key counts', async () => {
  for (const [type, predicate] of [
    [CONFIRMATION_PREDICATE, waiver],
    [WAIVER_PREDICATE, revocation],
    [REVOCATION_PREDICATE, { ...revocation, expires: '2026-03-10T00:00:00Z' }],
    ['https://example.org/other', waiver],
  ] as const) {
    assert.equal((await verifyDecision(signed(type, predicate), [ada])).ok, false, type)
  }
  assert.equal((await verifyDecision(signed(WAIVER_PREDICATE, waiver), [])).ok, false)
  for (const nonsense of [null, 'x', {}, { payloadType: DSSE_PAYLOAD_TYPE, payload: '!', signatures: [] }]) {
    assert.equal((await verifyDecision(nonsense, [ada])).ok, false)
  }
})
