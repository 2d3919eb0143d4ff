import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../../../core/model/act.ts'
import type { Facts, JsonObject, Reading } from '../connector.ts'
import { createEventReader, type ReadEvent } from '../read/event-reader.ts'
import { connectors } from '../registry.ts'
import { kubearmor } from './connector.ts'
import { actOf, address, alert, alerts, daemon, health, logs, sidekick } from './fixtures.ts'

const corpus = new URL('../../../../shared/corpus/sensors/', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of real events is not beside this repository'

test('the whole act of a shell that was refused', () => {
  assert.deepEqual(actOf(alert('exec-shell')), {
    class: 'detection',
    sensor: 'kubearmor',
    rule: 'exec-shell',
    at: '2026-01-01T09:01:00.123456000Z',
    action: 'exec',
    target: { type: 'binary', path: '/bin/busybox', partial: false },
    access: null,
    subject: {
      cluster: 'prod-eu',
      node: 'node-a',
      namespace: 'shop',
      workload: 'checkout',
      pod: 'checkout-7c9b5d8f6-q2x8z',
      container: `${'3f9d2c1ab0e4'.repeat(5)}abcd`,
      image: `registry.example/shop/checkout:2.4.1@sha256:${'0a'.repeat(32)}`,
      onHost: false,
      pid: 41877,
      uid: 1000,
      executable: '/bin/busybox',
      executablePartial: false,
      commandLine: '/bin/sh -c id',
      ancestors: ['/usr/local/bin/node'],
    },
    severity: 'high',
    confidence: 1,
    effect: 'prevented',
    actionTaken: 'Block',
    tags: ['MITRE', 'T1059'],
  })
})

const severities: readonly (readonly [word: JsonObject[string], severity: Act['severity']])[] = [
  ['1', 'low'],
  ['3', 'low'],
  ['4', 'medium'],
  ['6', 'medium'],
  ['7', 'high'],
  ['8', 'high'],
  ['9', 'critical'],
  ['10', 'critical'],
  [10, 'critical'],
  ['Medium', 'medium'],
  ['0', null],
  ['', null],
  [null, null],
  ['-1', 'high'],
  ['4.5', 'high'],
  [4.5, 'high'],
  ['whatever', 'high'],
  ['constructor', 'high'],
]

for (const [word, severity] of severities) {
  test(`severity ${JSON.stringify(word)} is ${severity ?? 'not said'}`, () => {
    assert.equal(actOf({ ...alert('exec-shell'), Severity: word }).severity, severity)
  })
}

test('a user that the line does not name is neither root nor not root', () => {
  assert.equal(actOf(alert('become-root')).subject.uid, null)
  assert.equal(kubearmor.facts(alert('become-root'))['uid'], null)
  assert.equal(actOf(daemon[0]).subject.uid, 0)
})

test('an act is on the host only where the type says so and no pod is named', () => {
  const placeOf = (event: JsonObject): boolean | null => actOf(event).subject.onHost
  assert.equal(placeOf(alert('become-root')), true)
  assert.equal(placeOf(logs[2] ?? {}), true)
  assert.equal(placeOf({ ...alert('become-root'), PodName: 'checkout-0' }), false)
  assert.equal(placeOf(alert('packet-out')), false)
  assert.equal(placeOf(alert('packet-in')), null)
})

test('placeholders for a namespace, a pod and a cluster are no names', () => {
  const { namespace, pod, onHost } = actOf(alert('nobody')).subject
  assert.deepEqual({ namespace, pod, onHost }, { namespace: null, pod: null, onHost: null })
  assert.equal(actOf(alert('become-root')).subject.cluster, null)
  assert.equal(kubearmor.facts(alert('become-root'))['cluster'], 'default')
})

test('an owner whose name changes with every rollout is not the workload', () => {
  const workloadOf = (kind: string): string | null =>
    actOf({ ...alert('exec-shell'), Owner: { Ref: kind, Name: 'checkout', Namespace: 'shop' } }).subject.workload
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']) assert.equal(workloadOf(kind), 'checkout')
  for (const kind of ['ReplicaSet', 'Job', 'Pod', 'constructor']) assert.equal(workloadOf(kind), null)
})

test('a line without `UpdatedTime` has the second of its `Timestamp`; without both it is undated', () => {
  assert.equal(actOf(logs[3]).at, '2026-01-01T09:04:00.000000000Z')
  const undated = actOf({ ...logs[0], UpdatedTime: 'yesterday', Timestamp: 'x' })
  assert.equal(undated.at, null)
  assert.equal(actOf({ ...logs[0], UpdatedTime: '1970-01-01T00:00:00Z', Timestamp: -1 }).at, null)
})

test("the daemon's own file says the same in other words", () => {
  const act = actOf(daemon[0])
  assert.deepEqual(
    [act.rule, act.severity, act.effect, act.access, act.tags, act.subject.node, act.subject.onHost],
    ['no-unlink', 'critical', 'prevented', 'change', ['CIS'], 'vm-1', true],
  )
  assert.equal(actOf(daemon[1]).class, 'observation')
  assert.deepEqual(actOf(daemon[1]).target, address({ address: '203.0.113.7', port: 443, protocol: 'tcp' }))
  assert.equal(kubearmor.read(daemon[2] ?? {}).class, 'health')
})

test('the sidekick nests the fields, writes numbers as text and leaves the action out, which proves nothing then', () => {
  for (const event of sidekick.slice(0, 2)) {
    const { rule, severity, effect, tags, subject } = actOf(event)
    assert.deepEqual([rule, severity, effect, tags], ['no-shadow', 'high', 'unknown', ['CIS', 'PCI']])
    assert.deepEqual([subject.node, subject.workload, subject.pid, subject.uid], ['node-b', 'ledger', 102_947, 0])
  }
  assert.equal(actOf(sidekick[2]).class, 'observation')
  assert.equal(kubearmor.read(sidekick[3] ?? {}).class, 'health')
})

test('an event of the system that we do not know is not ignored', () => {
  const unknown: Reading = { class: 'malformed', sensor: 'kubearmor', reason: 'unknown_kind' }
  assert.deepEqual(kubearmor.read(health[6] ?? {}), unknown)
  assert.deepEqual(kubearmor.read({ ...alert('exec-shell'), Type: 'Somebody' }), unknown)
  assert.deepEqual(kubearmor.read({}), { class: 'malformed', sensor: 'kubearmor', reason: 'unknown_shape' })
})

function readAll(file: URL): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push(event) })
  reader.push(readFileSync(file))
  reader.end()
  return events
}

test('what one sensor wrote no other connector recognises', () => {
  // A report is no event: it is read whole, and what is told of it are its results.
  for (const { sensor, report, xml } of connectors) {
    if (report !== undefined || xml !== undefined) continue
    const folder = new URL(`../${sensor}/fixtures/`, import.meta.url)
    for (const file of readdirSync(folder)) {
      for (const { event, line } of readAll(new URL(file, folder))) {
        const claims =
          event === null ? [sensor] : connectors.filter((other) => other.recognises(event)).map((other) => other.sensor)
        assert.deepEqual(claims, [sensor], `${file}:${line}`)
      }
    }
  }
})

test('no event of the real corpus is claimed by two connectors', { skip }, () => {
  for (const folder of readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const files = readdirSync(new URL(`${folder.name}/`, corpus)).filter((file) => file.endsWith('.ndjson'))
    for (const file of files) {
      for (const { event, line, reading } of readAll(new URL(`${folder.name}/${file}`, corpus))) {
        const claims = event === null ? [] : connectors.filter((other) => other.recognises(event))
        assert.ok(claims.length <= 1, `${file}:${line}`)
        if (reading.sensor === 'kubearmor') assert.equal(folder.name, 'kubearmor', `${file}:${line}`)
      }
    }
  }
})

type Expected = { readonly src_file: string; readonly src_line: number; readonly cls: string } & Facts

test('every key of every real line is as somebody else read it, and every real line is expected', { skip }, () => {
  const folder = new URL('kubearmor/', corpus)
  const lines = readFileSync(new URL('EXPECTED.jsonl', folder), 'utf8').trim().split('\n')
  const expected = lines.map((line) => JSON.parse(line) as Expected)
  const classes: Readonly<Record<string, string>> = { finding: 'detection', telemetry: 'observation', sensor_health: 'health' }
  for (const [file, ofFile] of Map.groupBy(expected, ({ src_file }) => src_file)) {
    const events = readAll(new URL(file, folder))
    assert.equal(events.length, ofFile.length, file)
    for (const { src_file, src_line, cls, ...wanted } of ofFile) {
      const found = events.find(({ line }) => line === src_line)
      assert.ok(found?.event, `${src_file}:${src_line}`)
      assert.equal(found.reading.class, classes[cls])
      assert.partialDeepStrictEqual(kubearmor.facts(found.event), wanted, `${src_file}:${src_line}`)
    }
  }
})

const words = [
  '',
  '/a',
  'apt update',
  'MatchedPolicy',
  'MatchedHostPolicy',
  'ContainerLog',
  'SystemEvent',
  'Message',
  'Process',
  'File',
  'Network',
  'NetworkFirewall',
  'Capabilities',
  'Syscall',
  'AlertThreshold',
  'EGRESS',
  'Block',
  'syscall=SYS_CONNECT',
  'syscall=SYS_OPEN flags=O_WRONLY',
  'lsm=SOCKET_CREATE',
  'kfunc=UDP_SENDMSG,domain=a,daddr=1.2.3.4,qtype=A',
  'sun_path=',
  'sa_family=AF_INET sin_addr=1.2.3.4 sin_port=99999',
  'domain=AF_UNIX',
  'ERROR',
  '__proto__',
  'constructor',
]
const names = Object.keys({ ...alert('exec-shell'), ...daemon[0], ...health[0], ...health[5], ...sidekick[0] })
const anything = fc.oneof(fc.constantFrom<JsonObject[string]>(...words), fc.jsonValue(), fc.bigInt()) as fc.Arbitrary<
  JsonObject[string]
>
const flat = fc.dictionary(fc.constantFrom(...names, '__proto__', 'Owner', 'EventData'), anything, { maxKeys: 12 })
const nested = fc.record({ EventType: anything, Detail: flat, OutputFields: flat }, { requiredKeys: [] })

test('no JSON object makes it throw, and each has one reading and printable facts', () => {
  fc.assert(
    fc.property(fc.oneof(flat, nested, fc.object()) as fc.Arbitrary<JsonObject>, (event) => {
      const reading = kubearmor.read(event)
      assert.ok(['detection', 'observation', 'health', 'malformed'].includes(reading.class))
      assert.equal(kubearmor.recognises(event), !('reason' in reading) || reading.reason !== 'unknown_shape')
      JSON.stringify([reading, kubearmor.facts(event)])
    }),
    { numRuns: 3000 },
  )
})

test('a real line with any of its fields replaced is still one reading', () => {
  const field = fc.tuple(fc.constantFrom(...alerts, ...daemon, ...health, ...sidekick), fc.constantFrom(...names), anything)
  fc.assert(
    fc.property(field, ([event, name, value]) => {
      const changed = { ...event, [name]: value }
      assert.doesNotThrow(() => JSON.stringify([kubearmor.read(changed), kubearmor.facts(changed)]))
    }),
    { numRuns: 3000 },
  )
})
