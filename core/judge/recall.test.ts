import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act, Subject } from '../model/act.ts'
import { attribute, type DeclaredWorkload } from './attribute.ts'
import { act, somebody } from './fixtures.ts'
import { ActRecall, attributor, Recall } from './recall.ts'

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
    fc.assert(fc.property(subjects, (subject) => assert.deepEqual(ownerOf(subject), attribute(subject, workloads))))
  }
})

const targets: fc.Arbitrary<Act['target']> = fc.oneof(
  fc.constant(null),
  fc.record({ type: fc.constantFrom('binary', 'path'), path: fc.constantFrom('/a', '/b'), partial: fc.boolean() }),
  fc.record({ type: fc.constantFrom('capability', 'syscall', 'state'), name: fc.constantFrom('/a', 'x') }),
  fc.record({
    type: fc.constant('address' as const),
    address: fc.constantFrom(null, '/a', '10.0.0.1'),
    name: fc.constantFrom(null, 'x'),
    port: fc.constantFrom(null, 80),
    protocol: fc.constantFrom(null, 'tcp'),
    direction: fc.constantFrom('out', 'in'),
  }),
)
const acts: fc.Arbitrary<Act> = fc
  .record({ subject: subjects, cluster: word, executable: word, action: fc.constantFrom(null, 'exec', 'open'), target: targets })
  .map(({ subject, cluster, executable, action, target }) =>
    act({ subject: { ...subject, cluster, executable }, action, target }),
  )

/** All that decides which behaviour an act is, written out. */
function keyOf({ subject, action, target }: Act, workloads: readonly DeclaredWorkload[]): string {
  return JSON.stringify([attribute(subject, workloads), subject.cluster, subject.executable, action, target])
}

test('what is remembered of an act was worked out for one that is the same behaviour', () => {
  for (const workloads of [declared, declared.slice(0, 2), declared.slice(2)]) {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 40 }), (many) => {
        const recall = new ActRecall<string>(workloads)
        for (const one of many) {
          const key = keyOf(one, workloads)
          assert.equal(recall.get(one) ?? recall.set(one, key), key)
          assert.equal(recall.get(one), key)
        }
      }),
      { numRuns: 500 },
    )
  }
})

test('an act that differs in who acted is not taken for another', () => {
  const recall = new ActRecall<number>(declared)
  recall.set(act({ subject: { ...somebody, workload: 'api' } }), 1)
  assert.equal(recall.get(act({ subject: { ...somebody, workload: 'api-cache' } })), undefined)
})

test('more acts with one text than are remembered are worked out again', () => {
  const recall = new ActRecall<number>(declared.slice(0, 2))
  const inPod = (pod: number): Act => act({ subject: { ...somebody, workload: null, pod: `api-${pod}` } })
  for (let pod = 0; pod < 100; pod++) recall.set(inPod(pod), pod)
  const found = Array.from({ length: 100 }, (_, pod) => recall.get(inPod(pod)))
  assert.equal(found.filter((value) => value !== undefined).length, 16)
  assert.ok(found.every((value, pod) => value === undefined || value === pod))
})

test('a full memory forgets and goes on', () => {
  const recall = new Recall<number>()
  for (let i = 0; i < 40_000; i++) recall.set(String(i), i)
  assert.equal(recall.get('0'), undefined)
  assert.equal(recall.get('39999'), 39_999)
})
