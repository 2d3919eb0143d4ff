import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../model/act.ts'
import type { Identity } from '../model/behaviour.ts'
import { fingerprint, identityText } from './fingerprint.ts'
import { act, foldScopeOf, manifestOf } from './fixtures.ts'
import { createFold } from './fold.ts'

const shell: Identity = {
  application: 'shop',
  environment: 'prod',
  cluster: 'eu1',
  namespace: 'shop',
  workload: 'api',
  action: 'exec',
  executable: null,
  target: { type: 'binary', path: '/bin/sh', partial: false },
}

test('rpf1 is frozen: fingerprints in published reports still match', () => {
  assert.equal(
    identityText(shell),
    '["runproof/behaviour/v1","shop","prod","eu1","shop","api","exec",null,["binary","/bin/sh",false]]',
  )
  assert.equal(fingerprint(shell), 'rpf1:974d57de66c3e3eb642c0acb0ad6261822e583e03728ecd296a257e2da7917ee')
})

test('rpf1 is frozen for addresses and names too', () => {
  const target = { type: 'address', address: '10.0.0.1', name: null, port: 443, protocol: 'tcp', direction: 'out' } as const
  const connect: Identity = { ...shell, action: 'connect', executable: '/app/api', target }
  assert.equal(fingerprint(connect), 'rpf1:ca283c6af418080599a434aeebdbbdf1d6c51b2547de2a8cf3a6c35c67181d58')
  const nothing: Identity = { ...shell, cluster: null, namespace: null, workload: null, action: null, target: null }
  assert.equal(fingerprint(nothing), 'rpf1:4b02c4a8f4a25fc2fcab2ea48775f12a50d7fc4a594106a9c056d2d9ffa1e44a')
  assert.equal(
    fingerprint({ ...shell, action: 'syscall', target: { type: 'syscall', name: 'ptrace' } }),
    'rpf1:155e1aba242130c1bf6f8114ea1b5aef857aade37a0c203b1f10cfcead225959',
  )
})

/** The fingerprint that folding gives an act. */
function printOf(seen: Act): string {
  const fold = createFold(foldScopeOf(manifestOf({ scope: { application: 'shop', environment: 'prod', workloads: [api, web] } })))
  fold.act(seen, () => '0'.repeat(64), 0)
  const [print, ...others] = fold.intake().behaviours.keys()
  assert.ok(print !== undefined && others.length === 0)
  return print
}
const api = { name: 'api', namespace: 'shop' }
const web = { name: 'web', namespace: 'shop' }

test('G9: a fingerprint is stable under whatever varies between repetitions, and under who saw it', () => {
  const expected = printOf(act())
  const text = fc.string({ maxLength: 20 })
  const nullable = fc.option(text)
  fc.assert(
    fc.property(
      fc.record({
        pid: fc.option(fc.nat()),
        uid: fc.option(fc.nat()),
        pod: nullable,
        container: nullable,
        image: nullable,
        node: nullable,
        commandLine: nullable,
        executable: nullable,
        executablePartial: fc.boolean(),
        ancestors: fc.array(text),
      }),
      fc.record({
        class: fc.constantFrom('detection', 'observation'),
        sensor: fc.string({ minLength: 1, maxLength: 20 }),
        rule: nullable,
        severity: fc.constantFrom(null, 'info', 'critical'),
        confidence: fc.double({ min: 0, max: 1, noNaN: true }),
        effect: fc.constantFrom('prevented', 'terminated', 'observed', 'unknown'),
        access: fc.constantFrom(null, 'read', 'write', 'change'),
        actionTaken: nullable,
        at: fc.constantFrom(null, '2026-03-02T00:09:59.999999999Z'),
        tags: fc.array(text),
      }),
      // For exec the acting executable is who started it, and stands in the samples.
      (subject, rest) => assert.equal(printOf(act({ ...(rest as Partial<Act>), subject })), expected),
    ),
    { numRuns: 200 },
  )
})

test('a path that changes from run to run keeps the fingerprint', () => {
  const open = (path: string, executable: string) =>
    printOf(act({ action: 'open', target: { type: 'path', path, partial: false }, subject: { executable } }))
  assert.equal(open('/proc/1/mem', '/tmp/tmp.abcdef'), open('/proc/22/mem', '/tmp/tmp.ABCDEF'))
  assert.notEqual(open('/proc/1/mem', '/bin/a'), open('/proc/1/mem', '/bin/b'))
  assert.notEqual(open('/proc/1/mem', '/bin/a'), open('/proc/1/maps', '/bin/a'))
})

const changes: readonly (readonly [string, Partial<Identity>])[] = [
  ['application', { application: 'shop2' }],
  ['environment', { environment: 'test' }],
  ['cluster', { cluster: null }],
  ['namespace', { namespace: 'other' }],
  ['workload', { workload: 'web' }],
  ['no workload', { workload: null }],
  ['action', { action: 'open' }],
  ['executable', { executable: '/app/api' }],
  ['target', { target: { type: 'binary', path: '/bin/bash', partial: false } }],
  ['target known by name only', { target: { type: 'binary', path: '/bin/sh', partial: true } }],
  ['type of the target', { target: { type: 'path', path: '/bin/sh', partial: false } }],
  ['no target', { target: null }],
]
for (const [what, change] of changes) {
  test(`another ${what} is another behaviour`, () => assert.notEqual(fingerprint({ ...shell, ...change }), fingerprint(shell)))
}

test('each part of an address is part of the identity', () => {
  const target = { type: 'address', address: '10.0.0.1', name: 'db', port: 443, protocol: 'tcp', direction: 'out' } as const
  const variants = [
    target,
    { ...target, address: '10.0.0.2' },
    { ...target, address: null },
    { ...target, name: null },
    { ...target, port: 444 },
    { ...target, port: null },
    { ...target, protocol: 'udp' },
    { ...target, direction: 'in' as const },
    { ...target, direction: 'listen' as const },
  ]
  const prints = variants.map((each) => fingerprint({ ...shell, action: 'connect', target: each }))
  assert.equal(new Set(prints).size, variants.length)
})

test('two identities have one fingerprint only when they are equal, wherever texts are cut', () => {
  const text = fc.constantFrom('', 'a', 'b', 'ab', '"', ',', '","', 'null', '\\', '[')
  const nullable = fc.option(text)
  const identity = fc.record({
    application: text,
    environment: text,
    cluster: nullable,
    namespace: nullable,
    workload: nullable,
    executable: nullable,
    name: text,
  })
  const print = ({ name, ...rest }: { readonly name: string } & Omit<Identity, 'action' | 'target'>) =>
    fingerprint({ ...rest, action: 'state', target: { type: 'state', name } })
  fc.assert(
    fc.property(identity, identity, (a, b) =>
      assert.equal(
        print(a) === print(b),
        Object.entries(a).every(([key, value]) => (b as Record<string, unknown>)[key] === value),
      ),
    ),
    { numRuns: 1000 },
  )
})
