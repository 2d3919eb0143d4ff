import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Confirmation } from '../model/decision.ts'
import type { Control } from '../model/manifest.ts'
import { JudgementSchema } from '../model/judgement.ts'
import type { Verified } from '../model/waiver.ts'
import type { JsonValue } from '../proof/jcs.ts'
import { jcs } from '../proof/jcs.ts'
import { act, inputsOf, manifestOf, noShell, scope, verifiedWaiver, windowFrom } from './fixtures.ts'
import { judge } from './judge.ts'
import { controlDigest } from './resolve.ts'
import { digestOf } from './step-digests.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const evaluatedAt = '2026-03-02T00:30:00Z'
// Too uncertain to fail the control: it asks for a person.
const inputs = inputsOf({ acts: [act({ confidence: 0.5 })], gate })
const [print = ''] = inputs.intake.behaviours.keys()

function confirmation(change: Partial<Confirmation> = {}, name = 'Ada', control: Control = noShell) {
  const value: Confirmation = {
    ...{ id: 'c-1', ...scope, window: windowFrom().id, control: control.id, fingerprints: [print], reason: 'Seen it.' },
    decidedAt: '2026-03-02T00:20:00Z',
    ...change,
  }
  const signedBy = { name, keyId: 'k1' }
  return { value, signedBy, digest: 'c'.repeat(64), subject: [controlDigest(control)] } as unknown as Verified<Confirmation>
}

test('a confirmed violation is certain: what waited for a person fails by the ordinary thresholds', () => {
  assert.equal(judge({ ...inputs, decisions: [], evaluatedAt }).verdict, 'review')
  const judgement = judge({ ...inputs, decisions: [confirmation()], evaluatedAt })
  assert.equal(judgement.verdict, 'fail')
  assert.deepEqual(
    judgement.findings.map(({ confidence, confirmedBy }) => [confidence, confirmedBy]),
    [[1, ['c-1']]],
  )
  assert.deepEqual(
    judgement.confirmations?.map(({ state, findings, signedBy }) => [state, findings, signedBy.name]),
    [['counted', [print], 'Ada']],
  )
  // A reader's schema takes it, and the step's digest is over what is there.
  JudgementSchema.parse(JSON.parse(jcs(judgement)))
  const { findings, waivers, confirmations } = judgement
  assert.equal(judgement.steps[2]?.digest, digestOf([findings, waivers, confirmations]))
})

test('what was confirmed may still be accepted: a waiver covers it', () => {
  assert.equal(judge({ ...inputs, decisions: [confirmation(), verifiedWaiver()], evaluatedAt }).verdict, 'pass')
})

test('without a confirmation nothing of it stands in the judgement', () => {
  const judgement = judge({ ...inputs, decisions: [], evaluatedAt })
  assert.ok(!('confirmations' in judgement) && judgement.findings.every((finding) => !('confirmedBy' in finding)))
})

const refused: readonly (readonly [string, Verified<Confirmation>, string])[] = [
  ['another window', confirmation({ window: 'w' }), 'other_window'],
  ['another environment', confirmation({ environment: 'test' }), 'other_scope'],
  ['a control that is not there', confirmation({ control: 'no-curl' }), 'unknown_control'],
  ['a control that has changed', confirmation({}, 'Ada', { ...noShell, severity: 'low' }), 'control_changed'],
  ['somebody’s own request', confirmation({ requestedBy: 'ada' }), 'self_approved'],
  ['a time that is to come', confirmation({ decidedAt: '2026-03-02T00:30:01Z' }), 'not_yet'],
]
for (const [what, given, state] of refused) {
  test(`a confirmation of ${what} changes nothing and is listed`, () => {
    const judgement = judge({ ...inputs, decisions: [given], evaluatedAt })
    assert.equal(judgement.verdict, 'review')
    assert.deepEqual(
      judgement.confirmations?.map((use) => [use.state, use.findings]),
      [[state, []]],
    )
  })
}

test('what the control excepts is not confirmed away', () => {
  const control: Control = { ...noShell, except: [{ workloads: ['api'], reason: 'Meant.' }] }
  const manifest = manifestOf({ controls: [control] })
  const { findings } = judge({
    ...inputsOf({ acts: [act()], manifest, gate }),
    decisions: [confirmation({}, 'Ada', control)],
    evaluatedAt,
  })
  assert.deepEqual(
    findings.map(({ confirmedBy }) => confirmedBy),
    [undefined],
  )
})

test('the report says that a waiver lacks its second person, in words and with a reason of its own', () => {
  const manifest = manifestOf({ review: { twoPeopleFrom: 'medium' } })
  const judgement = judge({ ...inputsOf({ acts: [act()], manifest, gate }), decisions: [verifiedWaiver()], evaluatedAt })
  assert.equal(judgement.verdict, 'fail')
  const reason = judgement.controls[0]?.reasons.find(({ code }) => code === 'second_person')
  assert.match(reason?.message ?? '', /1 violating behaviour is accepted by one person alone/)
  assert.deepEqual(reason?.findings, [print])
})
