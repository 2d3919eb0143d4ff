import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Target } from '../model/act.ts'
import { normalisePath, normaliseTarget } from './normalise.ts'

const folded: readonly (readonly [string, string])[] = [
  ['/proc/4711/environ', '/proc/<id>/environ'],
  ['/proc/1', '/proc/<id>'],
  ['/proc/4711/task/4712/comm', '/proc/<id>/task/<id>/comm'],
  ['/proc/self/task/12/stat', '/proc/self/task/<id>/stat'],
  ['/var/lib/kubelet/pods/0b1f6d54-2f3e-4c55-9c1a-1c2d3e4f5a6b/etc-hosts', '/var/lib/kubelet/pods/<id>/etc-hosts'],
  ['/run/containerd/9f86d081884c7d659a2feaa0c55ad015/rootfs', '/run/containerd/<id>/rootfs'],
  ['/tmp/tmp.Ab3dE9', '/tmp/tmp.<id>'],
  ['/tmp/tmp.Ab3dE9fGh1', '/tmp/tmp.<id>'],
  ['/tmp/tmp.Ab3dE9/x', '/tmp/tmp.<id>/x'],
  ['/opt/1234567/12345678', '/opt/1234567/<id>'],
  ['/var/log/app-20260302.log', '/var/log/app-<id>.log'],
  ['/etc//shadow', '/etc/shadow'],
  ['/etc/././/shadow', '/etc/shadow'],
]
for (const [path, expected] of folded) {
  test(`${path} is folded into ${expected}`, () => assert.equal(normalisePath(path), expected))
}

const kept = [
  '/bin/sh',
  '/etc/shadow',
  '/proc/self/environ',
  '/proc/sys/kernel/core_pattern',
  '/home/4711/environ',
  '/opt/deadbeef/run',
  '/opt/1234567/run',
  '/opt/x12345678/run',
  '/opt/12345678g/run',
  '/tmp/tmp.abcde',
  '/usr/lib/libc-2.31.so',
  '',
  'sh',
]
for (const path of kept) test(`${JSON.stringify(path)} stays as it is`, () => assert.equal(normalisePath(path), path))

test('folding twice is folding once', () => {
  const part = fc.constantFrom('/', 'proc', 'task', '4711', 'tmp.', 'Ab3dE9', 'deadbeef', '12345678', '-', '.', '<id>', 'x')
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const once = normalisePath(parts.join(''))
      assert.equal(normalisePath(once), once)
    }),
  )
})

test('one mktemp file and the next are the same target', () => {
  const random = fc.stringMatching(/^[A-Za-z0-9]{6,12}$/)
  fc.assert(fc.property(random, (tail) => assert.equal(normalisePath(`/tmp/tmp.${tail}`), '/tmp/tmp.<id>')))
})

const https: Target = {
  type: 'address',
  address: '2001:db8::1',
  name: 'api.example.com',
  port: 443,
  protocol: 'tcp',
  direction: 'out',
}

test('an address is written one way, whichever way the sensor wrote it', () => {
  const shouted = { ...https, address: '2001:0DB8:0:0:0:0:0:1', name: 'API.Example.com.', protocol: 'TCP' }
  assert.deepEqual(normaliseTarget(shouted), https)
  assert.deepEqual(normaliseTarget({ ...https, address: '::ffff:10.0.0.1' }), { ...https, address: '10.0.0.1' })
})

test('an address that cannot be read stays as it is, and an unknown one unknown', () => {
  assert.deepEqual(normaliseTarget({ ...https, address: '10.0.0.010', name: null, protocol: null }), {
    ...https,
    address: '10.0.0.010',
    name: null,
    protocol: null,
  })
  assert.deepEqual(normaliseTarget({ ...https, address: null }), { ...https, address: null })
})

test('port and direction stay part of the target', () => {
  assert.notDeepEqual(normaliseTarget({ ...https, port: 8443 }), normaliseTarget(https))
  assert.notDeepEqual(normaliseTarget({ ...https, direction: 'listen' }), normaliseTarget(https))
})

test('files keep whether their path is whole, names stay as they are', () => {
  assert.deepEqual(normaliseTarget({ type: 'path', path: '/proc/1/mem', partial: true }), {
    type: 'path',
    path: '/proc/<id>/mem',
    partial: true,
  })
  assert.deepEqual(normaliseTarget({ type: 'capability', name: 'CAP_SYS_ADMIN' }), { type: 'capability', name: 'CAP_SYS_ADMIN' })
})
