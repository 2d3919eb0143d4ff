import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionTaken, Guard } from './guard.ts'
import { modes, type Sighting, type Violation } from './model.ts'
import type { GuardPolicy, ProcessPolicy } from './policy/model.ts'
import { toJson } from './to-json.ts'

const policyOf = (processes: Readonly<Record<string, ProcessPolicy>>, more: Partial<GuardPolicy> = {}): GuardPolicy => ({
  version: '1.0',
  mode: 'audit',
  enforce: 'best_effort',
  matching: 'strict',
  persist: false,
  processes,
  alerts: { on_violation: [], on_critical: [] },
  ...more,
})
const payments: ProcessPolicy = {
  blocked_files: ['/etc/shadow'],
  blocked_syscalls: ['ptrace'],
  allowed_exec: ['/usr/bin/curl'],
  max_memory_mb: 100,
}
const who = { name: 'payments', pid: 7 }
const noon = Date.UTC(2026, 2, 2, 12)

test('a violation says what, who, when, by which rule, and what was really done', () => {
  const guard = new Guard(policyOf({ payments }, { mode: 'enforce' }), { host: 'node-a', now: () => noon })
  const found = guard.checkFileAccess(who, '/etc/../etc/shadow', 'read')
  assert.deepEqual(toJson(found as Violation), {
    timestamp: '2026-03-02T12:00:00.000000000Z',
    process_name: 'payments',
    pid: 7,
    type: 'file',
    detail: '/etc/../etc/shadow is blocked by /etc/shadow',
    severity: 'HIGH',
    action: 'alerted',
    policy_mode: 'enforce',
    rule: 'payments.blocked_files[0]',
    effect: 'observed',
    mechanism: 'none',
    host: 'node-a',
    sequence: null,
    parent_pid: null,
    uid: null,
    executable: null,
    cgroup: null,
    attempt: { type: 'file', path: '/etc/../etc/shadow', access: 'read' },
  })
  assert.equal(guard.checkFileAccess(who, '/etc/hosts'), null)
})

test('blocked is claimed for what the kernel prevented alone, killed for what it terminated', () => {
  for (const mode of modes) {
    assert.equal(actionTaken('prevented', mode), 'blocked')
    assert.equal(actionTaken('terminated', mode), 'killed')
    assert.equal(actionTaken('observed', mode), mode === 'audit' ? 'logged' : 'alerted')
    assert.equal(actionTaken('unknown', mode), mode === 'audit' ? 'logged' : 'alerted')
  }
})

const sighting = (attempt: Sighting['attempt'], name = 'payments'): Sighting => ({
  at: '2026-03-02T08:33:05.000000000Z',
  sequence: 41,
  actor: { name, pid: 9, parent: 1, uid: 0, executable: `/opt/${name}`, cgroup: null },
  attempt,
  effect: 'prevented',
  mechanism: 'bpf_lsm',
})

test('a sighting is checked by its type, and keeps its time, number, effect and mechanism', () => {
  const guard = new Guard(policyOf({ payments }))
  const found = guard.check(sighting({ type: 'syscall', name: 'process_vm_readv' }))
  assert.deepEqual(
    [found?.at, found?.sequence, found?.action, found?.mechanism, found?.severity, found?.rule],
    ['2026-03-02T08:33:05.000000000Z', 41, 'blocked', 'bpf_lsm', 'CRITICAL', 'payments.blocked_syscalls[0]'],
  )
  assert.equal(guard.check(sighting({ type: 'exec', path: '/bin/sh' }))?.type, 'exec')
  assert.equal(guard.check(sighting({ type: 'memory', megabytes: 101 }))?.rule, 'payments.max_memory_mb')
  assert.equal(guard.check(sighting({ type: 'exec', path: '/usr/bin/curl' })), null)
  assert.equal(guard.check(sighting({ type: 'network', address: '192.0.2.1', port: 1, protocol: null })), null)
  assert.equal(guard.check(sighting({ type: 'cpu', percent: 1000 })), null)
})

test('what the kernel found by itself is a violation whatever the path says', () => {
  const guard = new Guard(policyOf({ payments }))
  const link = sighting({ type: 'file', path: '/tmp/hard-link', access: 'read' })
  assert.equal(guard.check(link), null)
  assert.equal(guard.check(link, { rule: 'payments.blocked_files[0]' })?.severity, 'HIGH')
})

test('blocking exec is a violation of every program that is run', () => {
  const guard = new Guard(policyOf({ payments: { blocked_syscalls: ['exec'], allowed_exec: ['/usr/bin/curl'] } }))
  assert.equal(guard.checkExec(who, '/usr/bin/curl')?.rule, 'payments.blocked_syscalls[0]')
})

test('every event is counted: within the policy, against it, of processes that it does not list, and what nobody can say', () => {
  const guard = new Guard(policyOf({ payments, idle: {} }), { now: () => noon })
  for (let i = 0; i < 100; i++) guard.checkFileAccess(who, '/srv/data')
  guard.checkFileAccess(who, '/etc/shadow')
  guard.check(sighting({ type: 'syscall', name: 'ptrace' }))
  guard.checkExec({ name: 'bash', pid: 1 }, '/bin/ls')
  guard.checkExec({ name: '__proto__', pid: 1 }, '/bin/ls')
  guard.checkFileAccess(who, 'etc/shadow')
  const stats = guard.stats()
  assert.deepEqual(
    { ...stats, byProcess: { ...stats.byProcess } },
    {
      since: '2026-03-02T12:00:00.000000000Z',
      totalEvents: 105,
      violations: 2,
      blocked: 1,
      killed: 0,
      byProcess: { payments: { events: 103, violations: 2 }, idle: { events: 0, violations: 0 } },
      byType: { exec: 0, syscall: 1, file: 1, network: 0, resource: 0 },
      unlisted: {
        events: 2,
        processes: Object.fromEntries([
          ['bash', 1],
          ['__proto__', 1],
        ]),
        others: 0,
      },
      unresolved: 1,
      handlerErrors: 0,
      handlerOverflow: 0,
    },
  )
})

test('a flood of names is counted without being remembered', () => {
  const guard = new Guard(policyOf({ payments }))
  for (let i = 0; i < 5000; i++) guard.checkExec({ name: `p${i}`, pid: i }, '/bin/ls')
  const { unlisted, totalEvents } = guard.stats()
  assert.deepEqual(
    [totalEvents, unlisted.events, unlisted.others, Object.keys(unlisted.processes).length],
    [5000, 5000, 904, 4096],
  )
})

test('handlers get every violation after its check, and what they throw breaks nothing', async () => {
  const guard = new Guard(policyOf({ payments }))
  const seen: string[] = []
  guard.onViolation(() => {
    throw new Error('broken')
  })
  guard.onViolation(async () => {
    await Promise.resolve()
    throw new Error('broken later')
  })
  const stop = guard.onViolation(({ rule }) => {
    seen.push(rule)
    // A handler that checks is no loop: what it finds is handed on later.
    if (seen.length === 1) guard.checkSyscall(who, 'ptrace')
  })
  assert.notEqual(guard.checkFileAccess(who, '/etc/shadow'), null)
  assert.deepEqual(seen, [])
  await guard.drained()
  assert.deepEqual(seen, ['payments.blocked_files[0]', 'payments.blocked_syscalls[0]'])
  stop()
  guard.checkFileAccess(who, '/etc/shadow')
  await guard.drained()
  await Promise.resolve()
  assert.equal(seen.length, 2)
  assert.equal(guard.stats().handlerErrors, 6)
})

test('what finds the queue full is counted, and counted as a violation too', async () => {
  const guard = new Guard(policyOf({ payments }), { queue: 3 })
  let seen = 0
  guard.onViolation(() => seen++)
  for (let i = 0; i < 10; i++) guard.checkFileAccess(who, '/etc/shadow')
  await guard.drained()
  const { violations, handlerOverflow } = guard.stats()
  assert.deepEqual([seen, violations, handlerOverflow], [3, 10, 7])
})

test('the mode can be set for all and for one, lasts over a reload, and can be given back to the policy', () => {
  const guard = new Guard(policyOf({ payments, idle: {} }, { mode: 'enforce' }))
  guard.setMode('audit')
  guard.setMode('alert', 'payments')
  assert.deepEqual([guard.mode, guard.modeOf('payments'), guard.modeOf('idle')], ['audit', 'alert', 'audit'])
  assert.equal(guard.checkFileAccess(who, '/etc/shadow')?.mode, 'alert')
  guard.reload(policyOf({ payments }, { mode: 'enforce' }))
  assert.equal(guard.modeOf('payments'), 'alert')
  guard.setMode(null, 'payments')
  guard.setMode(null)
  assert.equal(guard.modeOf('payments'), 'enforce')
  assert.throws(() => guard.setMode('audit', 'idle'), { code: 'usage' })
})

test('a reload is whole or not at all, and keeps the counts', () => {
  const guard = new Guard(policyOf({ payments }))
  guard.checkFileAccess(who, '/etc/shadow')
  assert.throws(() => guard.reload(policyOf({ payments: { blocked_files: ['relative/path'] } })), { code: 'format.malformed' })
  assert.notEqual(guard.checkFileAccess(who, '/etc/shadow'), null)
  guard.reload(policyOf({ other: {}, payments: { blocked_files: ['/etc/hosts'] } }))
  assert.equal(guard.checkFileAccess(who, '/etc/shadow'), null)
  assert.notEqual(guard.checkFileAccess(who, '/etc/hosts'), null)
  assert.deepEqual(guard.stats().byProcess['payments'], { events: 4, violations: 3 })
})

test('an entry is for its names, for descendants where it says so, and for what the kernel keeps of a long name', () => {
  const long = 'payment-settlement'
  const guard = new Guard(
    policyOf({ payments: { ...payments, names: ['pay-worker'], descendants: true }, sh: {}, [long]: payments }),
  )
  const checks = (name: string, ancestors?: readonly string[]): boolean =>
    guard.checkFileAccess({ name, pid: 1 }, '/etc/shadow', null, ancestors ? { ancestors } : {}) !== null
  assert.deepEqual([checks('pay-worker'), checks('payment-settle'), checks('payment-settlem')], [true, false, true])
  assert.deepEqual([checks('cat', ['bash', '/opt/payments']), checks('cat', ['bash']), checks('cat')], [true, false, false])
  assert.equal(checks('sh', ['payments']), false)
  assert.equal(checks('/usr/bin/payments'), true)
})
