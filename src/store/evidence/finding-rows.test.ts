import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../../../core/model/judgement.ts'
import type { Report } from '../../../core/model/report.ts'
import { windowFrom } from '../../../core/judge/fixtures.ts'
import { findingRows } from './finding-rows.ts'

const finding: Finding = {
  control: 'no-shell',
  fingerprint: `rpf1:${'0'.repeat(64)}`,
  identity: {
    ...{ application: 'shop', environment: 'prod', cluster: null, namespace: 'shop', workload: 'api', action: 'exec' },
    executable: null,
    target: { type: 'binary', path: '/bin/sh', partial: false },
  },
  workloads: ['api'],
  attributed: true,
  because: 'denied',
  severity: 'high',
  confidence: 0.9,
  placed: true,
  excepted: null,
  waivedBy: [],
  recurrence: 'returned',
  count: 4,
  first: '2026-03-02T00:02:01.000000000Z',
  last: '2026-03-02T00:02:09.000000000Z',
  sensors: [
    { sensor: 'falco', rules: ['Terminal shell', 'Run shell'], count: 3 },
    { sensor: 'tetragon', rules: ['Run shell'], count: 1 },
  ],
  effects: { prevented: 0, terminated: 0, observed: 4, unknown: 0 },
  samples: ['sh -c id', null, 'sh -c id'].map((commandLine, index) => ({
    ...{ at: null, digest: `${index}`, node: 'n1', pod: 'api-1', container: null, image: null, pid: 1, uid: 0 },
    ...{ commandLine, ancestors: [], tags: [], redacted: 0 },
  })),
}

function rowsOf(...findings: readonly Finding[]) {
  const window = windowFrom()
  return [...findingRows({ judgement: { window, findings } } as unknown as Report, 'd1')]
}

test('a finding becomes a row with its texts once each', () => {
  assert.deepEqual(rowsOf(finding), [
    {
      windowId: windowFrom().id,
      scope: { application: 'shop', environment: 'prod' },
      windowStart: '2026-03-02T00:00:00Z',
      reportDigest: 'd1',
      control: 'no-shell',
      fingerprint: finding.fingerprint,
      workload: 'shop/api',
      workloads: ['api'],
      action: 'exec',
      severity: 'high',
      confidence: 0.9,
      state: 'violation',
      count: 4,
      first: finding.first,
      last: finding.last,
      recurrence: 'returned',
      executable: null,
      target: '/bin/sh',
      sensors: ['falco', 'tetragon'],
      rules: ['Terminal shell', 'Run shell'],
      commandLines: ['sh -c id'],
      pods: ['api-1'],
    },
  ])
})

test('its state is that of the judgement', () => {
  const states = rowsOf(
    { ...finding, waivedBy: ['w-1'] },
    { ...finding, excepted: 'a debug image' },
    { ...finding, control: null, because: 'unmapped' },
  ).map(({ state }) => state)
  assert.deepEqual(states, ['waived', 'excepted', 'unmapped'])
})

test('targets are written as people write them, and an unattributed finding has no workload', () => {
  const address = { type: 'address', address: '10.0.0.1', name: null, port: 443, protocol: 'tcp', direction: 'out' } as const
  const targets = [
    address,
    { ...address, name: 'db.internal' },
    { ...address, address: '2001:db8::1' },
    { ...address, port: null },
    { type: 'capability', name: 'CAP_SYS_ADMIN' } as const,
    null,
  ]
  const rows = rowsOf(...targets.map((target) => ({ ...finding, identity: { ...finding.identity, workload: null, target } })))
  assert.deepEqual(
    rows.map(({ target }) => target),
    ['10.0.0.1:443', 'db.internal:443', '[2001:db8::1]:443', '10.0.0.1', 'CAP_SYS_ADMIN', null],
  )
  assert.ok(rows.every(({ workload }) => workload === null))
})
