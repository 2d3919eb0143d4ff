import * as fc from 'fast-check'
import type { JsonValue } from '../../core/proof/jcs.ts'

/** Questions to the gate of the form that `gateInput` asks them (docs/formats/gate.md): few different values, so that rules meet. */
export function gateInputs(): fc.Arbitrary<JsonValue> {
  return fc
    .record({
      blind: fc.constantFrom('inconclusive', 'fail'),
      unmappedVerdict: fc.constantFrom('review', 'fail', 'list'),
      unmappedSeverity: rank,
      overflow: fc.subarray(['overflow/watch', 'overflow/acts']),
      controls: fc.array(control, { maxLength: 8 }),
      unmapped: fc.array(finding, { maxLength: 3 }),
      minutes,
    })
    .map(({ blind, unmappedVerdict, unmappedSeverity, overflow, controls, unmapped, minutes: length }) => ({
      window: { id: 'w', start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z', minutes: length },
      evaluatedAt: '2026-01-01T01:05:00Z',
      manifest: { name: 'shop', version: '1', blind, unmapped: { severity: unmappedSeverity, verdict: unmappedVerdict } },
      overflow,
      controls: controls.map((each, i) => ({ ...each, id: `control-${i}` })),
      unmapped,
    }))
}

const rank = fc.integer({ min: 0, max: 4 })
const confidence = fc.constantFrom(0, 0.25, 0.5, 0.8, 0.9, 1)
const minutes = fc.integer({ min: 0, max: 60 })
/** Texts that formatting could stumble over. */
const word = fc.constantFrom('shop/pay', 'falco', 'node-1', 'ünï 😀', '100 %', '%v', '"', '', 'a'.repeat(200))

const plain = fc.record({
  fingerprint: fc.stringMatching(/^[0-9a-f]{8}$/),
  severity: rank,
  confidence,
  placed: fc.boolean(),
  attributed: fc.boolean(),
  waived: fc.boolean(),
  count: fc.integer({ min: 1, max: 9 }),
  because: word,
  recurrence: fc.constantFrom('new', 'known'),
})
const finding = fc.oneof(
  { weight: 3, arbitrary: plain },
  plain.map((found) => ({ ...found, awaitsSecondPerson: true })),
)

const severityWords = ['info', 'low', 'medium', 'high', 'critical']
const threshold = fc
  .record({ count: fc.integer({ min: 1, max: 3 }), severity: rank, confidence })
  .map((fields) => ({ ...fields, severityWord: severityWords[fields.severity] ?? 'info' }))

const watched = fc.record({
  workload: word,
  sensor: fc.constantFrom('falco', 'tetragon', 'kubearmor'),
  observed: minutes,
  degraded: minutes,
  silent: minutes,
  ratio: fc.constantFrom(0, 0.5, 0.95, 1),
  minCoverage: fc.constantFrom(0.5, 0.95),
  sufficient: fc.boolean(),
})

const gap = fc.record({
  sensor: fc.constantFrom('falco', 'tetragon'),
  node: fc.option(word),
  from: fc.constant('2026-01-01T00:10:00Z'),
  to: fc.constant('2026-01-01T00:20:00Z'),
  minutes,
  why: word,
})

const control = fc.record({
  title: word,
  stage: fc.constantFrom('observe', 'enforce'),
  workloads: fc.array(word, { maxLength: 2 }),
  thresholds: fc.record({ fail: threshold, review: threshold }),
  findings: fc.array(finding, { maxLength: 7 }),
  excepted: fc.integer({ min: 0, max: 3 }),
  missingHistory: fc.boolean(),
  watched: fc.array(watched, { maxLength: 7 }),
  gaps: fc.array(gap, { maxLength: 7 }),
  ceilings: fc.array(fc.record({ sensor: word, blind: fc.array(word, { minLength: 1, maxLength: 2 }) }), { maxLength: 2 }),
  undescribed: fc.array(word, { maxLength: 7 }),
})
