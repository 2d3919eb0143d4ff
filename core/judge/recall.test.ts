import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act, Subject } from '../model/act.ts'
import { attribute, type DeclaredWorkload } from './attribute.ts'
import { act, somebody } from './fixtures.ts'
import { actKey, attributor, Recall } from './recall.ts'

const declared: readonly DeclaredWorkload[] = [
  { name: 'api', namespace: 'shop', class: 'kubernetes', nodes: null },
  { name: 'api-cache', namespace: 'shop', class: 'kubernetes', nodes: null },
  { name: 'db', namespace: null, class: 'vm', nodes: ['n1'] },
]
const word = fc.constantFrom(null, 'api', 'api-cache', 'shop', 'n1', 'api-1', '2:ab', '-', '')
const subjects: fc.Arbitrary<Subject> = fc
  .record({ namespace: word, workload: word, pod: word, node: word, container: word, onHost: fc.constantFrom(null, true, false) })
  .map((some) => ({ ...somebody, ...some }))

test('a remembered attribution is the one that would be worked out', () => {
  for (const workloads of [declared, declared.slice(0, 2), declared.slice(2)]) {
    const ownerOf = attributor(workloads)
    fc.assert(fc.property(subjects, (subject) => assert.deepEqual(ownerOf(subject).attributed, attribute(subject, workloads))))
  }
})

test('two acts have one key only when they are one behaviour, also with texts made to look like keys', () => {
  const texts = fc.oneof(
    word,
    fc.string({ unit: fc.constantFrom('1', '2', ':', '-', '/', 'a', 'e', 'x', 'c', '=', '~'), maxLength: 14 }),
  )
  const acts: fc.Arbitrary<Act> = fc
    .record({ cluster: texts, executable: texts, path: fc.string({ maxLength: 4 }), id: fc.integer({ min: 0, max: 20 }) })
    .map(({ cluster, executable, path, id }) => {
      const subject = { ...somebody, cluster, executable, pid: id }
      return act({ subject, action: id % 2 === 0 ? 'exec' : null, target: { type: 'binary', path, partial: false } })
    })
  const keyOf = ({ subject, ...rest }: Act): string =>
    actKey({ id: subject.pid ?? 0, attributed: attribute(somebody, declared) }, { subject, ...rest })
  const namesOf = ({ subject: { cluster, executable, pid }, action, target }: Act): string =>
    JSON.stringify([pid, cluster, executable, action, target])
  fc.assert(
    fc.property(acts, acts, (a, b) => assert.equal(keyOf(a) === keyOf(b), namesOf(a) === namesOf(b))),
    { numRuns: 2000 },
  )
  // The number of the owner must not run into the length of the cluster's name.
  const named = (cluster: string): Act => act({ subject: { ...somebody, cluster } })
  const owner = (id: number) => ({ id, attributed: attribute(somebody, declared) })
  assert.notEqual(actKey(owner(1), named('abcdefghijkl')), actKey(owner(11), named('ab')))
})

test('a full memory forgets and goes on', () => {
  const recall = new Recall<number>()
  for (let i = 0; i < 40_000; i++) recall.set(String(i), i)
  assert.equal(recall.get('0'), undefined)
  assert.equal(recall.get('39999'), 39_999)
})
