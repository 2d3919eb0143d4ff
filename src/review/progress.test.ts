import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { act, beating, inputsOf, manifestOf, noShell } from '../../core/judge/fixtures.ts'
import { judge } from '../../core/judge/judge.ts'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { cleanSince, isOver, outcomesIn, type CaseWindow, type Outcome } from './progress.ts'

const gate = JSON.parse(readFileSync(new URL('../../catalogue/gate/plan.json', import.meta.url), 'utf8')) as JsonValue
const judged = (options: Parameters<typeof inputsOf>[0]) =>
  judge({ ...inputsOf({ gate, ...options }), decisions: [], evaluatedAt: '2026-03-02T00:10:00Z' })
const seen = judged({ acts: [act()] })
const fingerprint = seen.findings[0]?.fingerprint ?? ''
const sought = { control: 'no-shell', fingerprint, workloads: ['shop/api'] }
const windows = (...outcomes: readonly Outcome[]): CaseWindow[] =>
  outcomes.map((outcome, index) => ({ endsAt: `2026-03-${String(index + 1).padStart(2, '0')}T00:00:00Z`, outcome }))

test('G10: not seen is clean only where whoever had to watch its workload did', () => {
  assert.equal(outcomesIn(seen)(sought), 'seen')
  assert.equal(outcomesIn(judged({}))(sought), 'clean')
  assert.equal(outcomesIn(judged({ watch: beating(0, 4) }))(sought), 'blind')
  assert.equal(outcomesIn(judged({ watch: [] }))(sought), 'blind')
})

test('a control or workload that is not promised any more was watched by nobody', () => {
  const outcomeOf = outcomesIn(judged({}))
  assert.equal(outcomeOf({ ...sought, control: 'no-curl' }), 'blind')
  assert.equal(outcomeOf({ ...sought, workloads: ['shop/web'] }), 'blind')
  assert.equal(outcomeOf({ ...sought, workloads: [] }), 'blind')
})

test('what no control spoke about is clean when every control was watched', () => {
  assert.equal(outcomesIn(judged({}))({ ...sought, control: null }), 'clean')
  assert.equal(outcomesIn(judged({ watch: [] }))({ ...sought, control: null }), 'blind')
})

test('what the manifest excepts since is not sought any more', () => {
  const manifest = manifestOf({ controls: [{ ...noShell, except: [{ workloads: ['api'], reason: 'Meant.' }] }] })
  assert.equal(outcomesIn(judged({ acts: [act()], manifest }))(sought), 'clean')
})

test('a verdict with no finding behind it is gone when the control passes, and nobody can tell while it is blind', () => {
  const about = { ...sought, fingerprint: null }
  assert.equal(outcomesIn(judged({}))(about), 'clean')
  assert.equal(outcomesIn(judged({ watch: [] }))(about), 'blind')
  assert.equal(outcomesIn(judged({}))({ ...about, control: null }), 'clean')
  assert.equal(outcomesIn(judged({ acts: [act()] }))(about), 'blind')
})

test('the procedure’s own word about the window after the last sighting is taken as it is', () => {
  const judgement = judged({})
  assert.equal(outcomesIn({ ...judgement, gone: [{ fingerprint, watched: false }] })(sought), 'blind')
})

const counts: readonly (readonly [readonly Outcome[], number])[] = [
  [['seen'], 0],
  [['seen', 'clean', 'clean'], 2],
  [['seen', 'clean', 'blind', 'clean'], 2],
  [['seen', 'blind', 'blind', 'blind'], 0],
  [['seen', 'clean', 'clean', 'seen', 'clean'], 1],
  [['seen', 'clean', 'clean', 'seen'], 0],
]
for (const [outcomes, clean] of counts) {
  test(`${outcomes.join(', ')}: ${clean} clean since`, () => {
    assert.equal(cleanSince(windows(...outcomes)), clean)
    assert.equal(isOver(windows(...outcomes), 2), clean >= 2)
  })
}

test('property: blind windows change nothing, wherever they lie, nor does the order in which windows are told', () => {
  const outcome = fc.constantFrom<Outcome>('seen', 'clean', 'blind')
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 12 }), fc.nat(), (outcomes, turn) => {
      const all = windows(...outcomes)
      assert.equal(cleanSince(all), cleanSince(all.filter((window) => window.outcome !== 'blind')))
      const at = all.length === 0 ? 0 : turn % all.length
      assert.equal(cleanSince([...all.slice(at), ...all.slice(0, at)]), cleanSince(all))
    }),
  )
})
