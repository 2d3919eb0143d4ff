import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { act, inputsOf, manifestOf, noShell, verifiedWaiver } from '../../core/judge/fixtures.ts'
import { judge } from '../../core/judge/judge.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { subjectsOf } from './subjects.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const judged = (options: Parameters<typeof inputsOf>[0], decisions: Parameters<typeof judge>[0]['decisions'] = []) =>
  judge({ ...inputsOf({ gate, ...options }), decisions, evaluatedAt: '2026-03-02T00:10:00Z' })
const brief = (judgement: ReturnType<typeof judge>) =>
  subjectsOf(judgement).map(({ control, verdict, severity, confidence }) => [control, verdict, severity, confidence])
const bash = act({ target: { type: 'binary', path: '/bin/bash', partial: false } })

test('findings behind a fail and behind a review are subjects, worst first, in the gate’s words', () => {
  const judgement = judged({ acts: [act({ confidence: 0.5 }), { ...bash, severity: 'high' }] })
  assert.deepEqual(brief(judgement), [
    ['no-shell', 'fail', 'high', 1],
    ['no-shell', 'fail', 'medium', 0.5],
  ])
  const [worst, other] = subjectsOf(judgement)
  assert.equal(worst?.title, 'exec /bin/bash in shop/api')
  assert.match(worst?.reasons.join() ?? '', /fail the control/)
  assert.match(other?.reasons.join() ?? '', /must be looked at/)
})

test('what a waiver in force covers asks for nobody, and neither does what the control excepts', () => {
  assert.deepEqual(brief(judged({ acts: [act()] }, [verifiedWaiver()])), [])
  const manifest = manifestOf({ controls: [{ ...noShell, except: [{ workloads: ['api'], reason: 'Meant.' }] }] })
  assert.deepEqual(brief(judged({ acts: [act()], manifest })), [])
})

test('what one person accepted and two must still asks for somebody', () => {
  const manifest = manifestOf({ review: { twoPeopleFrom: 'medium' } })
  assert.deepEqual(brief(judged({ acts: [act()], manifest }, [verifiedWaiver()])), [['no-shell', 'fail', 'medium', 1]])
})

test('a detection that no control speaks about is a subject where it is severe enough', () => {
  const stray = act({ action: 'open', target: null, rule: 'Other', severity: 'high' })
  assert.deepEqual(brief(judged({ acts: [stray] })), [[null, 'review', 'high', 1]])
  assert.deepEqual(brief(judged({ acts: [{ ...stray, severity: 'low' }] })), [])
})

test('what is too uncertain to count is a subject although its control passes; what is too mild is not', () => {
  const thresholds = { fail: { confidence: 0.9, severity: 'medium' }, review: { confidence: 0.9 } } as const
  const manifest = manifestOf({ controls: [{ ...noShell, thresholds }] })
  assert.deepEqual(brief(judged({ acts: [act({ confidence: 0.5 })], manifest })), [['no-shell', 'none', 'medium', 0.5]])
  assert.deepEqual(brief(judged({ acts: [act({ confidence: 0.5, severity: 'low' })], manifest })), [])
})

test('a gate that names no findings stands behind each of them', () => {
  const judgement = judged({ acts: [act()] })
  const controls = judgement.controls.map((control) => ({ ...control, reasons: [] }))
  assert.deepEqual(brief({ ...judgement, controls }), [['no-shell', 'fail', 'medium', 1]])
})

test('what is kept of the evidence is bounded', () => {
  const [subject] = subjectsOf(judged({ acts: [act({ subject: { commandLine: `sh ${'x'.repeat(5000)}` } })] }))
  assert.ok((subject?.evidence?.commandLines[0]?.length ?? 0) <= 1000)
  assert.deepEqual(subject?.evidence?.sensors, [{ sensor: 'falco', rules: ['Terminal shell in container'] }])
})

test('a verdict with no finding behind it is a subject of its own; beside findings that explain it, it is none', () => {
  const manifest = manifestOf({ blind: 'fail' })
  const [subject] = subjectsOf(judged({ manifest, watch: [] }))
  assert.deepEqual(
    [subject?.control, subject?.fingerprint, subject?.verdict, subject?.evidence],
    ['no-shell', null, 'fail', null],
  )
  assert.ok((subject?.reasons.length ?? 0) > 0)
  assert.deepEqual(brief(judged({ watch: [] })), [], 'inconclusive asks for no decision')
  const judgement = judged({ acts: [act()] })
  assert.equal(subjectsOf(judgement).length, 1)
})

test('a window that fails although no control does asks for somebody once', () => {
  const judgement = { ...judged({}), verdict: 'review' as const }
  assert.deepEqual(brief(judgement), [[null, 'review', 'high', 1]])
})
