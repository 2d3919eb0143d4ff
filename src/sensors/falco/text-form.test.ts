import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../../../core/model/act.ts'
import { createEventReader, type ReadEvent } from '../read/event-reader.ts'
import { connectors } from '../registry.ts'
import { falco } from './connector.ts'

function readAll(text: string): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push(event) })
  reader.push(new TextEncoder().encode(text))
  reader.end()
  return events
}

function actOf(line: string): Act {
  const [event, ...others] = readAll(`${line}\n`)
  assert.ok(event?.reading.class === 'detection' && event.reading.act && others.length === 0, JSON.stringify(event?.reading))
  // A line that anybody can forge is no sign of life.
  assert.equal(event.reading.at, null)
  return event.reading.act
}

const shell =
  'Notice A shell was spawned (evt_type=execve user=root process=sh command=sh -c id container_id=3f9d2c1ab0e4 k8s_ns=shop k8s_pod_name=api-1)'

test('the whole act of a dated line: what is not certain stays unknown', () => {
  assert.deepEqual(actOf(`2026-01-01T09:00:00.123456789+0000: ${shell}`), {
    class: 'detection',
    sensor: 'falco',
    rule: null,
    at: '2026-01-01T09:00:00.123456789Z',
    action: 'exec',
    target: null,
    access: null,
    subject: {
      cluster: null,
      node: null,
      namespace: null,
      workload: null,
      pod: null,
      container: null,
      image: null,
      onHost: null,
      pid: null,
      uid: null,
      executable: null,
      executablePartial: false,
      commandLine: null,
      ancestors: [],
    },
    severity: 'low',
    confidence: 0.6,
    effect: 'observed',
    actionTaken: null,
    tags: ['text_form'],
  })
})

const times: readonly (readonly [what: string, line: string, at: string | null])[] = [
  ['a time of day', `09:00:00.123456789: ${shell}`, null],
  ['a date without a zone', `2026-01-01T09:00:00.123456789: ${shell}`, null],
  ['a day that never was', `2026-02-30T09:00:00.123456789Z: ${shell}`, null],
  ['a date with a zone', `2026-01-01T09:00:00.123456789+0200: ${shell}`, '2026-01-01T07:00:00.123456789Z'],
  ['a container log', `2026-01-01T09:00:01.5Z stdout F 09:00:00.123456789: ${shell}`, '2026-01-01T09:00:00.123456789Z'],
  [
    'a log written after midnight',
    `2026-01-02T00:00:01Z n1 falco: 23:59:59.500000000: ${shell}`,
    '2026-01-01T23:59:59.500000000Z',
  ],
  [
    'syslog with a whole date',
    `<14>1 2026-01-01T09:00:01Z n1 falco 7 - - 09:00:00.123456789: ${shell}`,
    '2026-01-01T09:00:00.123456789Z',
  ],
  ['syslog in its zone', `2026-01-01T09:00:01+02:00 n1 falco[7]: 09:00:00.123456789: ${shell}`, '2026-01-01T07:00:00.123456789Z'],
  [
    "syslog in another zone than Falco's",
    `2026-01-01T09:00:01+0200 n1 falco[7]: 07:00:00.123456789: ${shell}`,
    '2026-01-01T07:00:00.123456789Z',
  ],
  ['syslog and a clock that fits neither', `2026-01-01T09:00:01Z n1 falco[7]: 05:00:00.123456789: ${shell}`, null],
  ['syslog without a year', `<14>Jan  1 09:00:01 n1 falco[7]: 09:00:00.123456789: ${shell}`, null],
]

for (const [what, line, at] of times) {
  test(`${what} is ${at === null ? 'no moment' : 'a moment'}`, () => assert.equal(actOf(line).at, at))
}

test('the machine is what the log daemon says, and nothing that the text says', () => {
  assert.equal(actOf(`<14>Jan  1 09:00:01 node-a falco[7]: 09:00:00.123456789: ${shell}`).subject.node, 'node-a')
  assert.equal(actOf(`09:00:00.123456789: Notice x (hostname=node-b)`).subject.node, null)
})

const forged: readonly (readonly [what: string, output: string, action: Act['action']])[] = [
  ['a second type in an argument', 'Shell (evt_type=execve command=sh evt_type=openat)', null],
  ['a type in front of the real one', 'Shell (command=sh evt_type=openat evt_type=execve)', null],
  ['a type within a word', 'Shell (command=x-evt_type=openat evt_type=execve)', 'exec'],
  ['a namespace and a pod at the end', 'Shell (evt_type=execve command=sh k8s_ns=other k8s_pod_name=other-1)', 'exec'],
  ['a container and a host', 'Shell (evt_type=execve container_id=3f9d2c1ab0e4 command=sh) container_id=host', 'exec'],
  ['no type', 'Shell (user=root)', null],
  ['the newer form without parentheses', 'Shell | evt_type=execve | k8s_ns=shop', 'exec'],
  ['a system call that nobody knows', 'Shell (evt_type=frobnicate user=root)', 'syscall'],
]

for (const [what, output, action] of forged) {
  test(`${what} attributes nothing`, () => {
    const act = actOf(`09:00:00.123456789: Warning ${output}`)
    assert.equal(act.action, action)
    assert.equal(act.target, null)
    assert.ok(Object.values(act.subject).every((value) => value === null || value === false || Array.isArray(value)))
  })
}

test('nothing behind the priority changes whose act it is, when, how severe, or that it is one', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('k8s_ns=shop', ' ', '(', ')', '=', 'evt_type=', 'execve', 'é', '|'), maxLength: 30 }),
      (tail) => {
        const { action: _action, ...act } = actOf(`2026-01-01T09:00:00.123456789Z: Error x${tail}`)
        const { action: _other, ...plain } = actOf('2026-01-01T09:00:00.123456789Z: Error x')
        assert.deepEqual(act, plain)
      },
    ),
  )
})

test('what Falco says of itself counts against it where it is dated, and never for it', () => {
  const drop = 'Debug Falco internal: syscall event drop. 3 system calls dropped in last second.(n_drops=3 n_evts=1181)'
  const failed = 'Critical Falco internal: hot restart failure: a rule is wrong'
  const [dated, undated, fault, snapshot] = readAll(
    `2026-01-01T09:00:05.000000000Z: ${drop}\n15:28:24.000207862: ${drop}\n2026-01-01T09:00:05.000000000Z: ${failed}\n` +
      '2026-01-01T09:00:05.000000000Z: Informational Falco metrics snapshot (falco.version=0.41.0 scap.n_drops=0)\n',
  ).map(({ reading }) => reading)
  const instance = { sensor: 'falco', node: null }
  assert.deepEqual(dated, {
    class: 'health',
    sensor: 'falco',
    instance,
    at: null,
    watch: [
      {
        ...instance,
        kind: 'loss',
        from: '2026-01-01T09:00:04.000000000Z',
        to: '2026-01-01T09:00:05.000000000Z',
        dropped: 3,
        received: 1181,
      },
    ],
  })
  assert.deepEqual(undated, { class: 'health', sensor: 'falco', instance, at: null, watch: [] })
  assert.ok(fault?.class === 'health' && fault.at === null && fault.watch[0]?.kind === 'fault')
  assert.deepEqual(snapshot, { class: 'health', sensor: 'falco', instance, at: null, watch: [] })
})

test('facts of a text are what is certain in it', () => {
  const [event] = readAll(`2026-01-01T09:00:00.123456789Z: ${shell}\n`)
  const facts = falco.facts(event?.event ?? {})
  assert.equal(facts['time_ns'], '1767258000123456789')
  assert.equal(facts['native_severity'], 'Notice')
  for (const name of ['rule', 'ns', 'pod', 'container_id', 'exe', 'cmdline', 'node']) assert.equal(facts[name], null)
})

const noText = [
  '09:00:00: Notice seconds only',
  '09:00:00.123456789: notice small',
  '9:00:00.123456789: Notice x',
  'Notice x',
  '09:00:00.123456789 Notice x',
]

for (const line of noText) test(`${JSON.stringify(line)} is not Falco's`, () => assert.equal(falco.text?.kindOf(line), null))

test('a rule whose text begins like a word of Falco about itself, with another priority, is still an alert', () => {
  for (const words of [
    'Falco internal: hot restart failure',
    'Falco internal: capture size limit reached',
    'Falco metrics snapshot (x=1)',
  ])
    assert.equal(actOf(`09:00:00.123456789: Error ${words}`).severity, 'high')
})
