import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { sha256Hex } from '../../../core/proof/sha256.ts'
import type { Act } from '../../../core/model/act.ts'
import type { Attempt, Violation } from '../model.ts'
import type { JsonObject } from '../../sensors/connector.ts'
import { runproof } from '../../sensors/runproof/connector.ts'
import { containerOf } from './container.ts'
import { heartbeat, violation } from './fixtures.ts'
import { recordsOf } from './records.ts'

const records = recordsOf({ node: 'node-a', workload: null })
const parsed = (line: string): JsonObject => JSON.parse(line) as JsonObject

function actOf(line: string): Act {
  const reading = runproof.read(parsed(line))
  assert.ok((reading.class === 'detection' || reading.class === 'observation') && reading.act, line)
  return reading.act
}
const of = (changed: Partial<Violation>): Act => actOf(records.violation({ ...violation, ...changed }))

test('a violation is a detection with who, what, rule, mode, mechanism and sequence', () => {
  const act = actOf(
    records.violation(violation, { process: 'boot:4711:99', ancestors: ['/usr/bin/node'], commandLine: 'sh -c id' }),
  )
  assert.deepEqual(
    [act.class, act.sensor, act.rule, act.action, act.severity, act.effect, act.actionTaken, act.confidence],
    ['detection', 'runproof', 'payments.allowed_exec', 'exec', 'high', 'observed', 'logged', 1],
  )
  assert.deepEqual(act.target, { type: 'binary', path: '/bin/sh', partial: false })
  assert.deepEqual(act.tags, ['process:payments', 'type:exec', 'mode:audit', 'mechanism:tracefs', 'sequence:12'])
  const { node, onHost, pid, uid, executable, commandLine, ancestors } = act.subject
  assert.deepEqual(
    [node, onHost, pid, uid, executable, commandLine, ancestors],
    ['node-a', true, 4711, 1000, '/srv/payments', 'sh -c id', ['/usr/bin/node']],
  )
  assert.equal(Object.hasOwn(act, 'toKill'), false)
})

test('each kind of attempt is the act that other sensors make of it', () => {
  const kindOf = (attempt: Attempt): readonly unknown[] => {
    const { action, target, access, confidence } = of({ attempt })
    return [
      action,
      target && ('path' in target ? target.path : target.type === 'address' ? target.address : target.name),
      access,
      confidence,
    ]
  }
  assert.deepEqual(kindOf({ type: 'file', path: '/etc/shadow', access: 'write' }), ['open', '/etc/shadow', 'write', 0.9])
  assert.deepEqual(kindOf({ type: 'network', address: '10.0.0.1', port: 443, protocol: 'tcp' }), ['connect', '10.0.0.1', null, 1])
  assert.deepEqual(kindOf({ type: 'network', address: '10.0.0.1', port: 53, protocol: null }), ['connect', '10.0.0.1', null, 0.9])
  assert.deepEqual(kindOf({ type: 'syscall', name: 'ptrace' }), ['syscall', 'ptrace', null, 1])
  for (const name of ['setuid', 'setreuid', 'setresgid', 'setfsuid', 'setgroups', 'capset'])
    assert.equal(of({ attempt: { type: 'syscall', name } }).action, 'privilege_change', name)
  assert.equal(of({ attempt: { type: 'syscall', name: 'setns' } }).action, 'syscall')
  assert.deepEqual(kindOf({ type: 'memory', megabytes: 600 }), ['resource', 'memory', null, 1])
  assert.deepEqual(kindOf({ type: 'cpu', percent: 200 }), ['resource', 'cpu', null, 1])
})

test('a kill that was asked for names the process, and its end proves it; without its signal terminated is not claimed', () => {
  const asked = actOf(records.violation({ ...violation, effect: 'unknown' }, { process: 'boot:4711:99' }))
  assert.equal(asked.toKill, sha256Hex('boot:4711:99'))
  const end = runproof.read(parsed(records.end({ at: violation.at, process: 'boot:4711:99', pid: 4711, signal: 'SIGKILL' })))
  assert.ok(end.class === 'observation' && end.watch?.[0]?.kind === 'end')
  assert.equal(end.watch[0].process, asked.toKill)
  assert.equal(of({ effect: 'terminated', action: 'killed' }).effect, 'unknown')
  assert.equal(actOf(records.violation({ ...violation, effect: 'terminated' }, { signal: 'SIGKILL' })).effect, 'terminated')
})

test('whose act it was: the host’s, a container’s, a workload’s, or nobody knows', () => {
  const id = 'ab12'.repeat(16)
  const hosted = (cgroup: string | null) => of({ actor: { ...violation.actor, cgroup } }).subject
  assert.deepEqual([hosted('/').onHost, hosted(null).onHost], [true, null])
  for (const group of [
    `/docker/${id}`,
    `/system.slice/docker-${id}.scope`,
    `/kubepods.slice/x/cri-containerd-${id}.scope`,
    `/a/crio-${id}.scope/b`,
  ])
    assert.equal(containerOf(group), id.slice(0, 12), group)
  assert.deepEqual([hosted(`/docker/${id}`).onHost, hosted(`/docker/${id}`).container], [false, id.slice(0, 12)])
  assert.equal(containerOf('/user.slice/user-1000.slice'), null)
  const beside = recordsOf({ node: 'node-a', workload: { namespace: 'shop', name: 'api' } })
  const { namespace, workload, onHost } = actOf(beside.violation(violation)).subject
  assert.deepEqual([namespace, workload, onHost], ['shop', 'api', false])
})

const totals = {
  version: '1',
  reloadedAt: null,
  matched: 3,
  undelivered: 0,
  policies: { 'guard.yaml': 'ab'.repeat(32) },
  more: { mode: 'audit' },
}

test('a heartbeat is a snapshot of counters; of a sensor that only looks, what it did not see counts as dropped', () => {
  const watch = (line: string) => {
    const reading = runproof.read(parsed(line))
    assert.ok(reading.class === 'health')
    return reading.watch?.[0]
  }
  const counters = watch(records.counters(heartbeat, totals))
  assert.ok(counters?.kind === 'counters')
  assert.deepEqual([counters.received, counters.dropped, counters.matched, counters.policies], [100, 0, 3, totals.policies])
  const polled = watch(records.counters({ ...heartbeat, received: null, dropped: null, seen: 48, forks: 402 }, totals))
  assert.ok(polled?.kind === 'counters')
  assert.deepEqual([polled.received, polled.dropped], [402, 354])
  const blind = watch(records.counters({ ...heartbeat, received: null, dropped: null, seen: 48, forks: null }, totals))
  assert.ok(blind?.kind === 'counters')
  assert.deepEqual([blind.received, blind.dropped], [null, null])
})

test('a change by a person is a state that a control can name, with what was signed as evidence', () => {
  const line = records.change({
    at: violation.at,
    name: 'guard/mode/audit/payments',
    taken: 'mode enforce to audit',
    tags: ['key:x'],
    proof: '{"a":1}',
  })
  const act = actOf(line)
  assert.deepEqual(
    [act.class, act.action, act.target],
    ['observation', 'state', { type: 'state', name: 'guard/mode/audit/payments' }],
  )
  assert.deepEqual(parsed(line)['proof'], { a: 1 })
})

test('whatever a process is called or runs, its record is one line that is read again', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (name, path) => {
      const line = records.violation({
        ...violation,
        actor: { ...violation.actor, name, executable: path },
        attempt: { type: 'exec', path },
      })
      assert.ok(!line.includes('\n'))
      assert.equal(actOf(line).subject.executable, path)
    }),
  )
})
