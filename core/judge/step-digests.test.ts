import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Finding, WaiverUse } from '../model/judgement.ts'
import { utf8 } from '../proof/bytes.ts'
import { jcs } from '../proof/jcs.ts'
import { act, at, inputsOf, manifestOf, noFacts, verifiedWaiver } from './fixtures.ts'
import { FindingWriter } from './finding-text.ts'
import { withSamples, type Found } from './found.ts'
import { foundIn } from './match.ts'
import { ReadBehaviour } from './read-behaviour.ts'
import { resolve } from './resolve.ts'
import { open, seal } from './seal.ts'
import { digestOf, digestsOfFindings, digestsOfWritten } from './step-digests.ts'
import { waive } from './waive.ts'

const manifest = manifestOf({
  controls: [
    {
      id: 'no-shell',
      title: 'c',
      behaviour: 'exec',
      deny: { binaries: ['/bin/**'] },
      except: [{ binaries: ['/bin/true'], reason: 'said "so"' }],
    },
  ],
})
const [control] = manifest.controls
const acts = Array.from({ length: 400 }, (_, index) =>
  act({
    at: index % 7 === 0 ? null : at(index * 1000),
    target:
      index % 11 === 0
        ? null
        : { type: 'binary', path: index % 5 === 0 ? '/bin/true' : `/bin/caf\u00e9 "${index}"`, partial: false },
    rule: index % 3 === 0 ? null : `rule ${index % 3}`,
    class: index % 3 === 0 ? 'observation' : 'detection',
    sensor: index % 4 === 0 ? 'tetragon' : 'falco',
    subject: { commandLine: `sh -c '${index}\n'`, workload: index % 13 === 0 ? null : 'api', pod: null },
  }),
)
const inputs = inputsOf({ acts, manifest })
const waiver = verifiedWaiver({ scope: { targets: ['/bin/*1*'] } }, { name: 'Ada', keyId: 'k1' }, control)

test('the digests of match and waive are those of their canonical output', () => {
  for (const { intake } of [inputs, open(seal(inputs))]) {
    for (const waivers of [[], [waiver]]) {
      const found = foundIn(resolve(manifest), intake, noFacts)
      const waived = waive(manifest, found, { waivers, revocations: [] }, { evaluatedAt: '2026-03-05T00:00:00Z', window: null })
      const steps = { found, ...waived }
      const digests = digestsOfFindings(steps)
      assert.ok(found.length > 100)
      assert.equal(
        waived.findings.some((finding, index) => finding !== found[index]),
        waivers.length > 0,
      )
      const written = jcs(withSamples(structuredCloneOf(waived.findings)))
      assert.deepEqual(digestsOfWritten(steps, utf8(written)), digests)
      for (const other of [written.replace('"placed":true', '"placed":false'), `${written} `, written.slice(0, -1), '[]', ''])
        assert.equal(digestsOfWritten(steps, utf8(other)), null)
      assert.equal(digests.match, digestOf(withSamples(found)))
      assert.equal(digests.waive, digestOf([withSamples(waived.findings), waived.waivers]))
      // With their samples made they have the same digests.
      assert.deepEqual(digestsOfFindings(steps), digests)
    }
  }
})

/** Others that have their samples where the first have them. */
function structuredCloneOf(findings: readonly Found[]): Found[] {
  return findings.map((finding) => ({ ...finding }))
}

test('no findings at all have their digests too', () => {
  const none = { found: [], findings: [], waivers: [] }
  assert.deepEqual(digestsOfFindings(none), { match: digestOf([]), waive: digestOf([[], []]) })
  assert.deepEqual(digestsOfWritten(none, utf8('[]')), digestsOfFindings(none))
  assert.equal(digestsOfWritten(none, utf8('[1]')), null)
})

test('other waivers have another digest', () => {
  const uses = [{ id: 'w' }] as unknown as readonly WaiverUse[]
  const none = { found: [], findings: [], waivers: [] }
  assert.notEqual(digestsOfFindings(none).waive, digestsOfFindings({ ...none, waivers: uses }).waive)
  assert.notEqual(digestsOfWritten(none, utf8('[]'))?.waive, digestsOfWritten({ ...none, waivers: uses }, utf8('[]'))?.waive)
})

test('a sum that no number holds exactly is not what a report may say', () => {
  const found = foundIn(resolve(manifest), inputs.intake, noFacts).map((finding) => ({ ...finding, count: 2 ** 53 }))
  const steps = { found, findings: found, waivers: [] }
  assert.equal(digestsOfWritten(steps, utf8(jcs(withSamples(found)))), null)
})

const word = fc.oneof(fc.string(), fc.constantFrom('caf\u00e9', '"', '\\', '\u2028', '\u{1f600}'))
const orNull = fc.option(word, { nil: null })
const members = {
  control: orNull,
  fingerprint: word,
  identity: fc.record({
    application: word,
    environment: word,
    cluster: orNull,
    namespace: orNull,
    workload: orNull,
    action: fc.constant('exec'),
    executable: orNull,
    target: fc.constant(null),
  }),
  workloads: fc.array(word),
  attributed: fc.boolean(),
  because: fc.constantFrom('evidence', 'unmapped'),
  severity: fc.constantFrom('low', 'high'),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  placed: fc.boolean(),
  excepted: orNull,
  waivedBy: fc.array(word),
  recurrence: fc.constantFrom('new', 'returned'),
  count: fc.nat(),
  first: orNull,
  last: orNull,
  sensors: fc.array(fc.record({ sensor: word, rules: fc.array(word), count: fc.nat() })),
  effects: fc.record({ prevented: fc.nat(), terminated: fc.nat(), observed: fc.nat(), unknown: fc.nat() }),
  samples: fc.array(fc.record({ at: orNull, pid: fc.option(fc.nat(), { nil: null }) })),
}
const finding = fc.record(members)

test('a finding is written as canonical JSON writes it, whatever is in it', () => {
  fc.assert(
    fc.property(finding, (some) => {
      const value = some as unknown as Finding
      const writer = new FindingWriter()
      assert.equal(writer.text(value).join(''), jcs(value))
      const identityText = jcs(value.identity)
      const read = {
        fingerprint: '',
        identity: value.identity,
        sightings: new Map(),
        identityText,
        samplesText: jcs(value.samples),
      }
      const samples = new ReadBehaviour(read, () => value.samples)
      assert.equal(writer.text({ ...value, samples }).join(''), jcs(value))
    }),
  )
})

test('a finding that shares parts with the one before is written as canonical JSON writes it', () => {
  const next = fc.record({
    changed: fc.record(members, { requiredKeys: [] }),
    people: fc.option(fc.array(word), { nil: undefined }),
  })
  fc.assert(
    fc.property(finding, fc.array(next, { maxLength: 8 }), (first, several) => {
      const writer = new FindingWriter()
      let value = first as unknown as Finding
      for (const { changed, people } of several) {
        assert.equal(writer.text(value).join(''), jcs(value))
        value = {
          ...value,
          ...(changed as unknown as Finding),
          ...(people && { awaitsSecondPerson: people, confirmedBy: people }),
        }
      }
      assert.equal(writer.text(value).join(''), jcs(value))
    }),
  )
})
