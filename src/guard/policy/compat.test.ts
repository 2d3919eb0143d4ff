import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guard } from '../guard.ts'
import type { GuardPolicy, ProcessPolicy } from './model.ts'

const who = { name: 'payments', pid: 7 }
const guardOf = (payments: ProcessPolicy, matching: 'strict' | 'compat'): Guard => {
  const policy: GuardPolicy = {
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching,
    persist: false,
    processes: { payments },
    alerts: { on_violation: [], on_critical: [] },
  }
  return new Guard(policy)
}

/** What the original matched and what strict matches: the entry under blocked_files, the path, in compat, in strict. */
const paths: readonly [why: string, entry: string, path: string, compat: boolean, strict: boolean][] = [
  ['1: a folder is a start of a text', '/etc/ssh/*', '/etc/sshd_config', true, false],
  ['1: what lies in the folder', '/etc/ssh/*', '/etc/ssh/sshd_config.d/a.conf', true, true],
  ['2: the folder itself', '/etc/*', '/etc', true, false],
  ['2: a folder that starts alike', '/etc/*', '/etcetera/x', true, false],
  ['3: nothing is normalised', '/var/log/*', '/var/log/../../etc/shadow', true, false],
  ['3: and the file that is meant is not seen', '/etc/*', '/var/log/../../etc/shadow', false, true],
  ['4: the root is everything', '/*', 'etc/passwd', true, false],
  ['4: even nothing', '/*', '', true, false],
  ['5: a star alone takes the empty path', '*', '', true, true],
  ['6: a star in front', '*.pem', '/srv/key.pem', false, true],
  ['6: a star within', '/home/*/.ssh/id_rsa', '/home/jane/.ssh/id_rsa', false, true],
  ['6: a star within and one at the end', '/home/*/.ssh/*', '/home/jane/.ssh/id_rsa', false, true],
  ['6: one character', '/tmp/?', '/tmp/a', false, true],
  ['6: two stars', '/tmp/**', '/tmp/a', false, true],
  ['6: two stars are one and a literal one', '/tmp/**', '/tmp/*a', true, true],
  ['7: a folder with its slash', '/a/', '/a/b', false, true],
  ['8: two slashes', '/etc/passwd', '/etc//passwd', false, true],
  ['a start of names goes on through folders', '/var/log/app*', '/var/log/app/2026/x.log', true, true],
  ['case counts', '/etc/passwd', '/etc/PASSWD', false, false],
]

for (const [why, entry, path, compat, strict] of paths) {
  test(`${why}: ${entry} and ${JSON.stringify(path)}`, () => {
    const blocks = (matching: 'strict' | 'compat'): boolean =>
      guardOf({ blocked_files: [entry] }, matching).checkFileAccess(who, path) !== null
    assert.equal(blocks('compat'), compat)
    assert.equal(blocks('strict'), strict)
  })
}

test('9: compat lets an empty entry match an empty path; strict refuses the entry', () => {
  assert.equal(guardOf({ blocked_files: [''] }, 'compat').checkFileAccess(who, '')?.severity, 'HIGH')
  assert.throws(() => guardOf({ blocked_files: [''] }, 'strict'), { code: 'format.malformed' })
})

test('10: blocked beats allowed in both, even the narrower allowed', () => {
  for (const matching of ['strict', 'compat'] as const) {
    const guard = guardOf({ blocked_files: ['/etc/*'], allowed_files: ['/etc/passwd'] }, matching)
    assert.equal(guard.checkFileAccess(who, '/etc/passwd')?.rule, 'payments.blocked_files[0]')
  }
})

test('11: an allow list with entries denies everything else in both, MEDIUM', () => {
  for (const matching of ['strict', 'compat'] as const) {
    const guard = guardOf({ allowed_files: ['/srv/*'] }, matching)
    assert.equal(guard.checkFileAccess(who, '/etc/ld.so.cache')?.severity, 'MEDIUM')
    assert.equal(guard.checkFileAccess(who, '/srv/app'), null)
    assert.equal(guardOf({ allowed_files: [] }, matching).checkFileAccess(who, '/etc/ld.so.cache'), null)
  }
})

test('12: without a network list compat denies every connection, strict none; with an empty one both deny all', () => {
  assert.equal(guardOf({}, 'compat').checkNetwork(who, '10.0.0.1', 443)?.severity, 'CRITICAL')
  assert.equal(guardOf({}, 'strict').checkNetwork(who, '10.0.0.1', 443), null)
  for (const matching of ['strict', 'compat'] as const)
    assert.equal(guardOf({ allowed_network: [] }, matching).checkNetwork(who, '10.0.0.1', 443)?.severity, 'CRITICAL')
})

test('12: any entry allows every connection in compat, and what it says in strict', () => {
  const compat = guardOf({ allowed_network: ['db.internal:5432'] }, 'compat')
  assert.equal(compat.checkNetwork(who, '203.0.113.9', 1), null)
  const strict = guardOf({ allowed_network: ['10.0.0.0/8:5432'] }, 'strict')
  assert.equal(strict.checkNetwork(who, '10.1.2.3', 5432), null)
  assert.equal(strict.checkNetwork(who, '203.0.113.9', 5432)?.severity, 'HIGH')
  assert.equal(strict.checkNetwork(who, '10.1.2.3', 5433)?.rule, 'payments.allowed_network')
})

test('13: compat never reads blocked_network', () => {
  const policy = { allowed_network: ['*'], blocked_network: ['*:25'] }
  assert.equal(guardOf(policy, 'compat').checkNetwork(who, '10.0.0.1', 25), null)
  assert.equal(guardOf(policy, 'strict').checkNetwork(who, '10.0.0.1', 25)?.rule, 'payments.blocked_network[0]')
})

test('14: compat checks neither programs nor CPU', () => {
  const policy = { allowed_exec: ['/usr/bin/payments'], max_cpu_percent: 50 }
  assert.equal(guardOf(policy, 'compat').checkExec(who, '/bin/sh'), null)
  assert.equal(guardOf(policy, 'compat').checkCpu(who, 99), null)
  assert.equal(guardOf(policy, 'strict').checkExec(who, '/bin/sh')?.severity, 'HIGH')
  assert.equal(guardOf(policy, 'strict').checkCpu(who, 99)?.type, 'resource')
})

test('15: names of processes keep their case; calls do not, in compat with the two letters of Unicode', () => {
  for (const matching of ['strict', 'compat'] as const) {
    const guard = guardOf({ blocked_syscalls: ['ptrace', 'fork', 'setuid'] }, matching)
    assert.equal(guard.checkSyscall({ name: 'Payments', pid: 1 }, 'ptrace'), null)
    assert.notEqual(guard.checkSyscall(who, 'PTRACE'), null)
    assert.equal(guard.checkSyscall(who, 'for\u212a') !== null, matching === 'compat')
    assert.equal(guard.checkSyscall(who, '\u017fetuid') !== null, matching === 'compat')
  }
})

test('16: fork covers clone in strict alone', () => {
  assert.equal(guardOf({ blocked_syscalls: ['fork'] }, 'compat').checkSyscall(who, 'clone'), null)
  assert.equal(guardOf({ blocked_syscalls: ['fork'] }, 'strict').checkSyscall(who, 'clone')?.severity, 'HIGH')
})

test('20: in compat the severity of a call depends on its case, and some that give the host away are MEDIUM', () => {
  const calls = ['ptrace', 'setuid', 'bpf', 'mount', 'capset', 'kexec_file_load', 'execveat', 'vfork']
  const severities = (matching: 'strict' | 'compat', names: readonly string[]): unknown[] =>
    names.map((name) => guardOf({ blocked_syscalls: calls }, matching).checkSyscall(who, name)?.severity)
  assert.deepEqual(severities('compat', ['PTRACE', ...calls]), [
    'MEDIUM',
    'CRITICAL',
    ...Array.from({ length: 7 }, () => 'MEDIUM'),
  ])
  assert.deepEqual(severities('strict', ['PTRACE', ...calls]), [
    'CRITICAL',
    'CRITICAL',
    'HIGH',
    'HIGH',
    'HIGH',
    'HIGH',
    'CRITICAL',
    'HIGH',
    'HIGH',
  ])
})

test('what is exactly at the limit is within it, in both', () => {
  for (const matching of ['strict', 'compat'] as const) {
    const guard = guardOf({ max_memory_mb: 512 }, matching)
    assert.equal(guard.checkMemory(who, 512), null)
    assert.equal(guard.checkMemory(who, 512.5)?.severity, 'HIGH')
    assert.equal(guardOf({ max_memory_mb: 0 }, matching).checkMemory(who, 1e6), null)
  }
})
