import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import type { Manifest } from '../../core/model/manifest.ts'
import { base64 } from '../../core/proof/bytes.ts'
import { pae } from '../../core/proof/dsse.ts'
import { keyHint, pemFromSpki } from '../../core/proof/keys.ts'
import { DSSE_PAYLOAD_TYPE } from '../../core/proof/statement.ts'
import { waiverStatement } from './statements.ts'
import { draftWaiver, type WaiverRequest } from './waiver.ts'
import { unverifiedWaiver, waiverStateOf } from './waiver-state.ts'

function person() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  return { privateKey, spki, keyId: keyHint(spki), pem: pemFromSpki(spki) }
}
const jane = person()
const eve = person()
const manifest: Manifest = {
  apiVersion: 'runproof.dev/v1',
  kind: 'AssuranceManifest',
  metadata: { name: 'payments', version: '1.0.0', owner: 'Payments' },
  scope: {
    application: 'payments',
    environment: 'prod',
    workloads: [
      { name: 'api', namespace: 'pay' },
      { name: 'db', namespace: 'pay' },
    ],
  },
  sensors: [{ name: 'falco' }],
  controls: [
    { id: 'pay.exec', title: 'A', behaviour: 'exec', deny: { binaries: ['/bin/sh'] } },
    {
      id: 'pay.connect',
      title: 'B',
      behaviour: 'connect',
      appliesTo: { workloads: ['api'] },
      deny: { destinations: [{ ports: [25] }] },
    },
  ],
  approvers: [{ name: 'Jane Doe', key: jane.pem }],
}
const now = Date.parse('2026-03-01T12:00:00Z')
const request: WaiverRequest = {
  id: null,
  control: 'pay.connect',
  scope: { targets: ['198.51.100.23:25'] },
  reason: 'old host',
  compensatingControl: 'mTLS',
  requestedBy: 'Bob',
  expires: '30d',
  notBefore: null,
}
const draft = (more: Partial<WaiverRequest> = {}, keyId = jane.keyId) =>
  draftWaiver({ ...request, ...more }, manifest, keyId, now)

test('a sound request becomes a waiver of the manifest’s scope, from now, with an id of its own', () => {
  const { waiver, control } = draft()
  assert.equal(control.id, 'pay.connect')
  assert.equal(waiver.notBefore, '2026-03-01T12:00:00Z')
  assert.equal(waiver.expires, '2026-03-31T12:00:00Z')
  assert.equal(waiver.application, 'payments')
  assert.match(waiver.id, /^pay\.connect-[0-9a-f]{8}$/)
  assert.equal(draft().waiver.id, waiver.id)
  assert.notEqual(draft({ reason: 'another' }).waiver.id, waiver.id)
  assert.equal(draft({ id: 'mine', expires: '2026-04-01T00:00:00Z', notBefore: '2026-02-01T00:00:00Z' }).waiver.id, 'mine')
})

test('365 days are the most', () => {
  assert.equal(draft({ expires: '365d' }).waiver.expires, '2027-03-01T12:00:00Z')
  assert.throws(() => draft({ expires: '366d' }), /more than 365 days/)
})

const refused: readonly (readonly [string, Partial<WaiverRequest>, RegExp])[] = [
  ['an unknown control', { control: 'pay.conect' }, /no control "pay\.conect"; did you mean pay\.connect\?/],
  ['an expiry that is over', { expires: '2026-03-01T12:00:00Z' }, /which is over/],
  ['an end before the beginning', { notBefore: '20d', expires: '10d' }, /before it begins/],
  ['a time in words', { expires: 'tomorrow' }, /expires must be a UTC time/],
  ['the approver’s own request', { requestedBy: 'Jane Doe' }, /cannot approve their own request/],
  ['the approver’s own request in another spelling', { requestedBy: ' jane\u00a0 DOE' }, /cannot approve their own request/],
  ['a blank reason', { reason: '  ' }, /reason is blank/],
  ['a fingerprint that is none', { scope: { fingerprints: ['rpf1:xyz'] } }, /scope\.fingerprints\[0\] must be a fingerprint/],
  ['no scope at all', { scope: {} }, /must name at least one/],
  [
    'a workload that the control does not concern',
    { scope: { workloads: ['db'] } },
    /no workload of the control fits db; it has: pay\/api/,
  ],
  ['a glob that cannot be read', { scope: { targets: ['{a'] } }, /opens a \{/],
  [
    'a path that never looks like that',
    { control: 'pay.exec', scope: { targets: ['/proc/12/exe'] } },
    /never matches: write \/proc\/<id>\/exe/,
  ],
  ['executables of an exec control', { control: 'pay.exec', scope: { executables: ['/bin/sh'] } }, /use --target/],
  ['an id that leaves the folder', { id: '../x' }, /cannot name a file/],
]
for (const [what, more, why] of refused) {
  test(`refused: ${what}`, () => {
    assert.throws(() => draft(more), { code: 'waiver.invalid', message: why })
  })
}

test('refused: a key that is no approver’s; the message says which are', () => {
  assert.throws(() => draft({}, eve.keyId), {
    code: 'waiver.invalid',
    message: new RegExp(`no approver's; approvers: Jane Doe \\(.{44}\\)`),
  })
})

test('everything that stands against it is said at once', () => {
  assert.throws(() => draft({ requestedBy: 'Jane Doe', expires: '400d', reason: ' ' }), /blank[\s\S]*365 days[\s\S]*own request/)
})

function signed(key: KeyObject, more: Partial<WaiverRequest> = {}): unknown {
  const { waiver, control } = draft(more)
  const payload = waiverStatement(waiver, control)
  const sig = sign('sha256', pae(DSSE_PAYLOAD_TYPE, payload), { key, dsaEncoding: 'der' })
  return { payloadType: DSSE_PAYLOAD_TYPE, payload: base64(payload), signatures: [{ keyid: '', sig: base64(sig) }] }
}

test('a waiver is active from its beginning until just before its end', async () => {
  const envelope = signed(jane.privateKey, { notBefore: '2026-03-02T00:00:00Z', expires: '2026-03-03T00:00:00Z' })
  const stateAt = async (at: string) => (await waiverStateOf({ source: 'w', envelope }, manifest, at)).state
  assert.equal(await stateAt('2026-03-01T23:59:59Z'), 'not_yet')
  assert.equal(await stateAt('2026-03-02T00:00:00Z'), 'active')
  assert.equal(await stateAt('2026-03-02T23:59:59Z'), 'active')
  assert.equal(await stateAt('2026-03-03T00:00:00Z'), 'expired')
})

test('a waiver that does not count says why', async () => {
  const at = '2026-03-02T00:00:00Z'
  const why = async (envelope: unknown, of: Manifest): Promise<string> => {
    const state = await waiverStateOf({ source: 'w', envelope }, of, at)
    assert.equal(state.state, 'refused')
    return state.why
  }
  const good = signed(jane.privateKey)
  assert.match(await why(signed(eve.privateKey), manifest), /does not match/)
  assert.match(await why('text', manifest), /not a DSSE envelope/)
  assert.match(await why(good, { ...manifest, approvers: [] }), /no key is trusted/)
  assert.match(await why(good, { ...manifest, controls: manifest.controls.slice(0, 1) }), /no control pay\.connect/)
  assert.match(
    await why(good, { ...manifest, controls: manifest.controls.map((control) => ({ ...control, title: 'C' })) }),
    /changed after it was signed/,
  )
  assert.match(await why(good, { ...manifest, scope: { ...manifest.scope, environment: 'test' } }), /payments in prod/)
  assert.match(await why(good, { ...manifest, approvers: [{ name: 'Bob', key: jane.pem }] }), /Bob approved their own request/)
})

test('what a waiver says can be shown without believing it; what is none is refused', () => {
  assert.equal(unverifiedWaiver(signed(eve.privateKey)).waiver.control, 'pay.connect')
  assert.throws(() => unverifiedWaiver({ payloadType: 'x', payload: '', signatures: [] }), { code: 'format.malformed' })
})
