import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WAIVER_PREDICATE } from '../../../core/model/waiver.ts'
import { base64, utf8 } from '../../../core/proof/bytes.ts'
import { DSSE_PAYLOAD_TYPE, statementBytes } from '../../../core/proof/statement.ts'
import { readAsked, type Wanted } from './checked.ts'

const fingerprint = `rpf1:${'a'.repeat(64)}`
const waiver = {
  ...{ id: 'case-7-1', application: 'shop', environment: 'prod', control: 'no-shell', scope: { fingerprints: [fingerprint] } },
  ...{ reason: 'Until Friday.', compensatingControl: 'No egress.', requestedBy: 'the gate' },
  ...{ notBefore: '2026-03-01T00:00:00Z', expires: '2026-03-08T00:00:00Z' },
}
const wanted: Wanted = {
  ...{
    kind: 'waiver',
    application: 'shop',
    environment: 'prod',
    fingerprint,
    reason: 'Until Friday.',
    compensating: 'No egress.',
  },
  latestEnd: '2026-03-08T00:10:00Z',
}

function asked(change: object = {}, type = DSSE_PAYLOAD_TYPE) {
  const subject = [{ name: 'control:no-shell', sha256: 'b'.repeat(64) }]
  const payload = statementBytes({ subject, predicateType: WAIVER_PREDICATE, predicate: { ...waiver, ...change } })
  return { payload_type: type, payload: base64(payload) }
}

test('what was asked for is read from the bytes that will be signed', () => {
  assert.deepEqual(readAsked(asked(), wanted).decision, waiver)
})

const refused: readonly (readonly [string, object, RegExp])[] = [
  ['a longer time', { expires: '2027-01-01T00:00:00Z' }, /its expires differ/],
  ['a wider scope', { scope: { workloads: ['*'] } }, /its scope differ/],
  ['a second finding', { scope: { fingerprints: [fingerprint, `rpf1:${'c'.repeat(64)}`] } }, /its scope differ/],
  ['a scope beside the finding', { scope: { fingerprints: [fingerprint], workloads: ['api'] } }, /its scope differ/],
  ['other words', { reason: 'Because.' }, /its reason differ/],
  ['another application', { application: 'bank' }, /its application differ/],
]
for (const [what, change, why] of refused) {
  test(`a service that asks for ${what} gets no signature`, () => {
    assert.throws(() => readAsked(asked(change), wanted), why)
  })
}

test('nor does one that asks for another kind, or for what is no decision', () => {
  assert.throws(() => readAsked(asked(), { ...wanted, kind: 'confirmation' }), /it is a waiver, asked for was a confirmation/)
  assert.throws(() => readAsked(asked({}, 'text/plain'), wanted), /of the type text\/plain/)
  const report = { payload_type: DSSE_PAYLOAD_TYPE, payload: base64(utf8('{"predicateType":"https://example.org/other"}')) }
  assert.throws(() => readAsked(report, wanted), /it is no decision/)
})
