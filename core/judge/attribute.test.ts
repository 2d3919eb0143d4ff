import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subject } from '../model/act.ts'
import { attribute, candidates, type Attribution, type DeclaredWorkload } from './attribute.ts'
import { somebody } from './fixtures.ts'

const workload = (name: string, namespace: string | null, more: Partial<DeclaredWorkload> = {}): DeclaredWorkload => ({
  name,
  namespace,
  class: namespace === null ? 'vm' : 'kubernetes',
  nodes: null,
  ...more,
})
const api = workload('api', 'shop')
const apiCache = workload('api-cache', 'shop')
const vm = workload('db', null)
const nobody: Partial<Subject> = { namespace: null, workload: null, pod: null, onHost: null }
const inWorkload = (namespace: string | null, name: string | null): Attribution => ({ outside: null, namespace, workload: name })

const cases: readonly (readonly [string, Partial<Subject>, readonly DeclaredWorkload[], Attribution])[] = [
  ['the sensor names it', { workload: 'api', pod: 'x' }, [api, apiCache], inWorkload('shop', 'api')],
  ['the sensor names it without a namespace', { ...nobody, workload: 'api' }, [api], inWorkload('shop', 'api')],
  ['the sensor names another', { workload: 'web' }, [api], { outside: 'undeclared_workload' }],
  [
    'the sensor names one of another namespace',
    { namespace: 'kube-system', workload: 'api' },
    [api],
    { outside: 'other_namespace' },
  ],
  ['the pod carries its name', { workload: null, pod: 'api-7c9d-x2x4z' }, [api, apiCache], inWorkload('shop', 'api')],
  ['the pod is named exactly so', { workload: null, pod: 'api' }, [api, apiCache], inWorkload('shop', 'api')],
  [
    'two names prefix the pod: the longest',
    { workload: null, pod: 'api-cache-0' },
    [api, apiCache],
    inWorkload('shop', 'api-cache'),
  ],
  ['a name that merely begins alike does not count', { workload: null, pod: 'apis-0' }, [api], inWorkload('shop', null)],
  ["the pod carries nobody's name", { workload: null, pod: 'web-0' }, [api], inWorkload('shop', null)],
  ['only the namespace is known', { workload: null, pod: null }, [api], inWorkload('shop', null)],
  ['nothing is known', nobody, [api], inWorkload(null, null)],
  ['on a host, and no machine is declared', { ...nobody, onHost: true }, [api], { outside: 'host' }],
  ['on a host, and one machine is declared', { ...nobody, onHost: true }, [api, vm], inWorkload(null, 'db')],
  [
    "on a host that is not the machine's",
    { ...nobody, onHost: true, node: 'n2' },
    [{ ...vm, nodes: ['n1'] }],
    { outside: 'host' },
  ],
  ['on an unknown host', { ...nobody, onHost: true, node: null }, [{ ...vm, nodes: ['n1'] }], inWorkload(null, 'db')],
  ['on a host, and two machines may be it', { ...nobody, onHost: true }, [vm, workload('db2', null)], inWorkload(null, null)],
]
for (const [what, subject, declared, expected] of cases) {
  test(`whose act it was: ${what}`, () => assert.deepEqual(attribute({ ...somebody, ...subject }, declared), expected))
}

test('G12: one name in two namespaces is not guessed when the act carries none, whatever the order of the manifest', () => {
  const both = [api, workload('api', 'admin')]
  for (const declared of [both, both.toReversed()]) {
    assert.deepEqual(attribute({ ...somebody, ...nobody, workload: 'api' }, declared), inWorkload(null, null))
    assert.deepEqual(attribute({ ...somebody, ...nobody, pod: 'api-0' }, declared), inWorkload(null, null))
    assert.deepEqual(attribute({ ...somebody, namespace: 'admin' }, declared), inWorkload('admin', 'api'))
  }
})

test("a workload of the act's own namespace goes before one of its name without a namespace", () => {
  const declared = [workload('api', null), api]
  assert.deepEqual(attribute({ ...somebody }, declared), inWorkload('shop', 'api'))
})

test('names that prototypes have are names like any other', () => {
  assert.deepEqual(attribute({ ...somebody, workload: '__proto__' }, [api]), { outside: 'undeclared_workload' })
  assert.deepEqual(
    attribute({ ...somebody, workload: 'constructor' }, [workload('constructor', 'shop')]),
    inWorkload('shop', 'constructor'),
  )
})

test('an unattributed behaviour may belong to each workload of its namespace, and to each of all when it has none', () => {
  const declared = [api, workload('web', 'admin'), vm]
  const anywhere = workload('job', null, { class: 'serverless' })
  // A machine is not in a Kubernetes namespace.
  assert.deepEqual(candidates({ namespace: 'shop' }, [...declared, anywhere]), [api, anywhere])
  assert.deepEqual(candidates({ namespace: null }, declared), declared)
  assert.deepEqual(candidates({ namespace: 'other' }, [api]), [])
})

test('where only machines are declared, an event that names no container speaks of its machine', () => {
  const subject = { ...somebody, ...nobody, container: null, node: 'n1' }
  assert.deepEqual(
    attribute(subject, [workload('db', null, { nodes: ['n1'] }), workload('web', null, { nodes: ['n2'] })]),
    inWorkload(null, 'db'),
  )
  assert.deepEqual(attribute(subject, [workload('db', null), workload('web', null)]), inWorkload(null, null))
  assert.deepEqual(attribute({ ...subject, container: 'c0ffee' }, [vm]), inWorkload(null, null))
  // Beside pods it may be either, and so it concerns all.
  assert.deepEqual(attribute(subject, [vm, api]), inWorkload(null, null))
})
