import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Guard } from '../../guard/guard.ts'
import { heartbeat, policyOf, violation } from '../../guard/run/fixtures.ts'
import type { RunStatus } from '../../guard/run/run.ts'
import { frame } from './frame.ts'
import { seenLine } from './seen.ts'

const status: RunStatus = {
  at: '2026-01-01T10:02:03.000000000Z',
  startedAt: '2026-01-01T09:00:00.000000000Z',
  probe: 'ebpf',
  policy: { name: 'guard.yaml', digest: 'ab'.repeat(32), generation: 1 },
  mode: 'enforce',
  processModes: { payments: 'audit' },
  stats: { ...new Guard(policyOf({ payments: {} })).stats(), violations: 2, blocked: 1, totalEvents: 40 },
  heartbeat,
  coverage: {
    tiers: { exec: 'terminate', syscall: 'terminate', file: 'prevent', network: 'prevent', resource: 'sample' },
    hooks: [],
    blindSpots: [
      { id: 'a', what: 'of this host alone', isCatalogued: false },
      { id: 'b', what: 'of every host', isCatalogued: true },
    ],
  },
  needs: ['exec', 'network'],
  records: { written: 7, dropped: 0, waitingBytes: 0 },
  alerts: { given: 1, failed: 0, waiting: 0 },
  restarts: 0,
}
const options = {
  to: 'out.ndjson',
  colour: false,
  violations: [violation],
  said: ['10:00:00 hello'],
  columns: 120,
  rows: 30,
  perSecond: [1, 2, 3],
}

test('one screen says policy, mode, coverage, counts, rates and what was found last', () => {
  const text = frame(status, options).join('\n')
  for (const words of [
    /runproof guard +guard\.yaml abababababab +ENFORCE/,
    /ebpf, up 1 h 2 min, records to out\.ndjson; payments audit/,
    /coverage +exec terminate +network prevent\n/,
    /100 events made, 0 dropped, 10 of 10 new processes seen \(100 %\)/,
    /blind +of this host alone/,
    /events +3\.0\/s +▃▆█/,
    /violations 2 +blocked 1 +killed 0/,
    /09:00:00 HIGH +payments\[4711\] logged: \/bin\/sh is not among/,
    /10:00:00 hello/,
  ])
    assert.match(text, words)
  assert.doesNotMatch(text, /of every host/)
  const narrow = frame({ ...status, needs: ['exec', 'syscall', 'file', 'network', 'resource'] }, { ...options, columns: 60 })
  assert.ok(narrow.includes('coverage   exec terminate   syscall terminate'), narrow.join('\n'))
  assert.match(frame(status, { ...options, violations: [] }).join('\n'), /nothing against the policy was seen yet/)
})

test('whatever it is about, it never is larger than the screen and never sends a control character', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 200 }),
      fc.integer({ min: 8, max: 60 }),
      fc.array(fc.string({ maxLength: 300 }), { maxLength: 40 }),
      fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 200 }),
      (columns, rows, names, perSecond) => {
        const violations = names.map((name) => ({ ...violation, detail: name, actor: { ...violation.actor, name } }))
        const lines = frame(status, { ...options, columns, rows, violations, perSecond, colour: true })
        assert.ok(lines.length <= rows)
        for (const line of lines.map(stripVTControlCharacters)) {
          // oxlint-disable-next-line no-control-regex -- these are what is looked for
          assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f]/)
          assert.ok(line.length < columns, line)
        }
      },
    ),
  )
})

test('what was seen is said as exactly as it is known', () => {
  assert.equal(seenLine(null), 'no heartbeat yet')
  assert.equal(
    seenLine({ ...heartbeat, received: null, dropped: null, unreadable: null, untracked: null, seen: 48, forks: 402 }),
    '48 of 402 new processes seen (11 %)',
  )
  assert.equal(seenLine({ ...heartbeat, seen: null, forks: null, unreadable: 2 }), '100 events made, 0 dropped, 2 unreadable')
})
