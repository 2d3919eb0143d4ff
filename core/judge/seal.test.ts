import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Behaviour } from '../model/behaviour.ts'
import type { RunproofError } from '../model/errors.ts'
import { fromHex, hex, utf8 } from '../proof/bytes.ts'
import { jcs } from '../proof/jcs.ts'
import { inclusionProof, leafHash, merkleRoot, verifyInclusion } from '../proof/merkle.ts'
import { sha256Hex } from '../proof/sha256.ts'
import { act, at, beating, counters, inputsOf, minute, digestsOf } from './fixtures.ts'
import { sortedByKey } from './merge.ts'
import type { SealedInputs, Sums } from '../model/sealed.ts'
import { open, openPieces, seal } from './seal.ts'

const print = `rpf1:${'a'.repeat(64)}`
const inputs = inputsOf({
  acts: [
    act(),
    act({ at: at(10_000), sensor: 'tetragon', rule: null, class: 'observation', severity: null }),
    act({ at: null, target: null, action: null }),
    act({ action: 'connect', target: { type: 'address', address: '::1', name: null, port: 1, protocol: null, direction: 'in' } }),
  ],
  watch: [
    ...beating(),
    counters(minute(2), { policies: { 'rules.yaml': 'abc', constructor: 'x' }, received: 12_345_678_901 }),
    { kind: 'loss', sensor: 'falco', node: null, from: minute(1), to: minute(2), dropped: null, received: 3 },
    { kind: 'throttle', sensor: 'falco', node: 'n1', at: minute(3), state: 'stop', scope: '/kube\u2028pods' },
    { kind: 'fault', sensor: 'falco', node: 'n1', at: minute(4), what: 'reload failed', lasting: true },
  ],
  facts: {
    previous: { windowId: 'w0', reportDigest: 'ff' },
    history: new Map([[print, { firstWindow: 'w0', lastWindow: 'w0', windows: 1, controls: [], workloads: [] }]]),
  },
  gate: { plan: [1, 2.5, { deep: null }] },
})
const sealed = whole(inputs)
const refused = (lines: readonly string[], says: RegExp) =>
  assert.throws(
    () => open({ lines }),
    (error: RunproofError) => error.code === 'evidence.malformed' && says.test(error.message),
  )

test('what was sealed opens as what it was, and seals to the same bytes again', () => {
  const opened = open(sealed)
  assert.deepEqual(opened.intake.tally, inputs.intake.tally)
  assert.deepEqual(opened.facts, inputs.facts)
  assert.deepEqual(opened.manifest, inputs.manifest)
  assert.deepEqual(opened.gate, inputs.gate)
  assert.deepEqual(new Map(sortedByKey(opened.intake.watch)), new Map(sortedByKey(inputs.intake.watch)))
  const asTheyLie = ({ identity, samples }: Behaviour) => ({ identity: jcs(identity), samples: jcs(samples) })
  assert.deepEqual(
    [...opened.intake.behaviours].map(([print, { fingerprint, identity, sightings, samples, written }]) => [
      print,
      { fingerprint, identity, sightings: new Map(sightings), samples, written },
    ]),
    sortedByKey(inputs.intake.behaviours).map(([print, behaviour]) => [print, { ...behaviour, written: asTheyLie(behaviour) }]),
  )
  assert.deepEqual(whole(opened), sealed)
})

test('lines come by kind, and within a kind by their keys', () => {
  const kinds = sealed.lines.map((line) => (JSON.parse(line) as { readonly kind: string }).kind)
  assert.deepEqual(kinds, [
    'sealed',
    'manifest',
    'gate',
    'blindSpots',
    'tally',
    'facts',
    'history',
    ...Array.from({ length: 15 }, () => 'watch'),
    ...Array.from({ length: 3 }, () => 'behaviour'),
  ])
  assert.equal(
    sealed.lines[0],
    '{"counts":{"behaviours":3,"history":1,"watch":15},"kind":"sealed","procedure":"rpj1","window":{"application":"shop","end":"2026-03-02T00:10:00Z","environment":"prod","id":"20260302T000000Z_20260302T001000Z_shop_prod","start":"2026-03-02T00:00:00Z"}}',
  )
  const prints = sealed.lines.slice(-3).map((line) => (JSON.parse(line) as { readonly fingerprint: string }).fingerprint)
  assert.deepEqual(prints, prints.toSorted())
})

test('the empty window is sealed too: that nothing was seen is evidence', () => {
  const empty = whole(inputsOf({ watch: [] }))
  assert.equal(empty.lines.length, 6)
  assert.equal(open(empty).intake.watch.size, 0)
})

test('S1: one finding is proven to be in the evidence without disclosing the others', () => {
  const leaves = sealed.lines.map((line) => leafHash(utf8(line)))
  const index = sealed.lines.length - 1
  const proof = inclusionProof(leaves, index)
  const line = sealed.lines[index] ?? ''
  verifyInclusion({ index, size: leaves.length, leafHash: leafHash(utf8(line)), proof, root: fromHex(sealed.root) })
  const forged = line.replace('"count":1', '"count":2')
  assert.notEqual(forged, line)
  assert.throws(() =>
    verifyInclusion({ index, size: leaves.length, leafHash: leafHash(utf8(forged)), proof, root: fromHex(sealed.root) }),
  )
})

test('the blocks are the lines with their newlines, and root and digest are those of RFC 6962 over them', () => {
  const sealing = seal(inputs)
  const text = Buffer.concat([...sealing.blocks()]).toString()
  const { lines } = sealed
  assert.equal(text, lines.map((line) => `${line}\n`).join(''))
  const root = hex(merkleRoot(lines.map((line) => leafHash(utf8(line)))))
  assert.deepEqual(sealing.sums(), { lines: lines.length, root, digest: sha256Hex(text) })
})

test('sums are the same whether the blocks went by, in part or not at all', () => {
  const [begun, untouched] = [seal(inputs), seal(inputs)]
  assert.equal(begun.blocks().next().done, false)
  assert.deepEqual(begun.sums(), untouched.sums())
})

test('pieces open as the lines do, wherever they were cut', async () => {
  const bytes = Buffer.concat([...seal(inputs).blocks()])
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (cuts) => {
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const pieces = edges.slice(1).map((to, index) => bytes.subarray(edges[index], to))
      assert.deepEqual(await openPieces(streamed(pieces)), open(sealed))
    }),
    { numRuns: 40 },
  )
})

test('pieces that are cut off, no text or not sealed are refused', async () => {
  const bytes = Buffer.concat([...seal(inputs).blocks()])
  const refusals: readonly (readonly [Uint8Array, RegExp])[] = [
    [bytes.subarray(0, -1), /does not end with a newline/],
    [Buffer.concat([bytes, Buffer.from([0xe2, 0x82])]), /not UTF-8/],
    [Buffer.concat([Buffer.from([0xff]), bytes]), /not UTF-8/],
    [bytes.subarray(0, bytes.indexOf('\n') + 1), /exactly one manifest line, not 0/],
    [Buffer.from('x\n'), /line 1: not strict JSON/],
    [Buffer.alloc(0), /exactly one sealed line, not 0/],
  ]
  for (const [pieces, says] of refusals)
    await assert.rejects(openPieces(streamed([pieces])), { code: 'evidence.malformed', message: says })
})

test('any line changed, removed, repeated or moved is refused or changes the root', () => {
  const { lines, root, digest } = sealed
  const meddled = fc.integer({ min: 0, max: lines.length - 1 }).chain((index) =>
    fc.oneof(
      fc.constant(lines.toSpliced(index, 1)),
      fc.constant(lines.toSpliced(index, 0, lines[index] ?? '')),
      fc.integer({ min: 0, max: lines.length - 1 }).map((other) => lines.toSpliced(index, 1, lines[other] ?? '')),
      fc.integer({ min: 0, max: lines.length - 2 }).map((to) => lines.toSpliced(index, 1).toSpliced(to, 0, lines[index] ?? '')),
      fc.integer({ min: 0, max: (lines[index] ?? '').length - 1 }).chain((place) =>
        fc.constantFrom('0', '1', '"', ' ', '}', 'x', '').map((character) => {
          const line = lines[index] ?? ''
          return lines.toSpliced(index, 1, line.slice(0, place) + character + line.slice(place + 1))
        }),
      ),
    ),
  )
  fc.assert(
    fc.property(meddled, (changed) => {
      if (changed.length === lines.length && changed.every((line, index) => line === lines[index])) return
      const digests = digestsOf(changed)
      assert.notEqual(digests.root, root)
      assert.notEqual(digests.digest, digest)
      try {
        open({ lines: changed })
      } catch (error) {
        assert.equal((error as RunproofError).code, 'evidence.malformed')
      }
    }),
    { numRuns: 600 },
  )
})

test('every line removed, repeated or swapped with its neighbour is refused', () => {
  for (const [index, line] of sealed.lines.entries()) {
    refused(sealed.lines.toSpliced(index, 1), /evidence/)
    refused(sealed.lines.toSpliced(index, 0, line), /evidence/)
    const next = sealed.lines[index + 1]
    if (next !== undefined) refused(sealed.lines.toSpliced(index, 2, next, line), /line \d+/)
  }
})

const last = sealed.lines.length - 1
const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['nothing at all', [], /exactly one sealed line, not 0/],
  ['another procedure', sealed.lines.with(0, (sealed.lines[0] ?? '').replace('rpj1', 'rpj2')), /line 1.*procedure/],
  [
    'another count',
    sealed.lines.with(0, (sealed.lines[0] ?? '').replace('"history":1', '"history":2')),
    /canonical form at line 1/,
  ],
  ['white space', sealed.lines.with(3, ` ${sealed.lines[3]}`), /canonical form at line 4/],
  ['an unknown kind', sealed.lines.with(3, '{"kind":"note"}'), /line 4/],
  ['no JSON', sealed.lines.with(3, 'x'), /line 4: not strict JSON/],
  ['a duplicate key', sealed.lines.with(3, '{"counts":{},"counts":{},"kind":"tally"}'), /line 4.*duplicate key/],
  ['an unknown field', sealed.lines.with(4, (sealed.lines[4] ?? '').replace('}', ',"more":1}')), /line 5/],
  ['a negative count', sealed.lines.with(3, '{"counts":{"detection/falco":-1},"kind":"tally"}'), /line 4/],
  [
    'a behaviour under another fingerprint',
    sealed.lines.with(
      last,
      (sealed.lines[last] ?? '').replace(/"rpf1:./, (start) => (start.endsWith('f') ? '"rpf1:e' : '"rpf1:f')),
    ),
    new RegExp(`line ${last + 1}.*does not have the fingerprint`),
  ],
  [
    'an identity that was renamed under its fingerprint',
    sealed.lines.with(last, (sealed.lines[last] ?? '').replace('"workload":"api"', '"workload":"web"')),
    /does not have the fingerprint/,
  ],
  [
    'a behaviour that nobody sighted',
    sealed.lines.with(last, (sealed.lines[last] ?? '').replace(/"sightings":\[.*\]/, '"sightings":[]')),
    /sightings/,
  ],
]
for (const [what, lines, says] of refusals) test(`refused: ${what}`, () => refused(lines, says))

test('the order in which maps were filled does not show in the sealed bytes', () => {
  const { intake, facts } = inputs
  const backwards = <V>(map: ReadonlyMap<string, V>) => new Map([...map].reverse())
  const again = whole({
    ...inputs,
    intake: { behaviours: backwards(intake.behaviours), watch: backwards(intake.watch), tally: backwards(intake.tally) },
    facts: { ...facts, history: backwards(facts.history) },
  })
  assert.deepEqual(again, sealed)
})

/** Sealed evidence with all of its lines at hand. */
function whole(inputs: SealedInputs): Omit<Sums, 'lines'> & { readonly lines: readonly string[] } {
  const sealing = seal(inputs)
  return { ...sealing.sums(), lines: [...sealing.lines] }
}

async function* streamed(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* pieces
}
