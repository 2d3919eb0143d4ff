import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act, Target } from '../../../core/model/act.ts'
import { kubearmor } from './connector.ts'
import { actOf, address, alert, logs } from './fixtures.ts'

const path = (name: string, partial = false): Target => ({ type: 'path', path: name, partial })
const binary = (name: string, partial = false): Target => ({ type: 'binary', path: name, partial })
const call = (name: string): Target => ({ type: 'syscall', name })
const capability = (name: string): Target => ({ type: 'capability', name })
const cases: readonly (readonly [
  policy: string,
  action: Act['action'],
  target: Target | null,
  access: Act['access'],
  confidence: number,
])[] = [
  ['exec-shell', 'exec', binary('/bin/busybox'), null, 1],
  ['exec-old', 'exec', binary('/usr/bin/apt'), null, 1],
  ['exec-bare-name', 'exec', binary('/usr/bin/apt'), null, 0.6],
  ['exec-without-a-file', 'exec', binary('memfd:payload', true), null, 0.6],
  ['trace-a-process', 'syscall', call('ptrace'), null, 1],
  ['read-config', 'open', path('/etc/shop/checkout.conf'), 'read', 1],
  ['write-app', 'open', path('/app/my files/server.js'), 'write', 1],
  ['open-hook', 'open', path('/etc/shadow'), null, 1],
  ['unlink-hook', 'open', path('/app/server.js'), 'change', 1],
  ['change-owner', 'open', path('payload', true), 'change', 0.6],
  ['close', 'syscall', call('close'), null, 1],
  ['connect-kprobe', 'connect', address({ address: '203.0.113.7', port: 443, protocol: 'tcp' }), null, 1],
  ['accept-kprobe', 'connect', address({ address: '198.51.100.9', port: 8443, protocol: 'tcp', direction: 'in' }), null, 1],
  ['connect-call', 'connect', address({ address: '2001:db8::7', port: 443 }), null, 1],
  ['accept-call', 'connect', address({ address: '198.51.100.9', direction: 'in' }), null, 1],
  ['bind-call', 'connect', address({ address: '0.0.0.0', port: 4444, direction: 'listen' }), null, 1],
  ['listen-call', 'connect', null, null, 0.6],
  ['socket-inet', 'connect', null, null, 0.6],
  ['socket-raw', 'syscall', call('socket'), null, 1],
  ['socket-hook', 'connect', null, null, 0.6],
  ['packet-out', 'connect', address({ address: '203.0.113.7', port: 443, protocol: 'tcp' }), null, 0.6],
  ['packet-in', 'connect', address({ address: '198.51.100.9', protocol: 'icmp', direction: 'in' }), null, 0.6],
  ['raw-packets', 'privilege_change', capability('CAP_NET_RAW'), null, 1],
  ['old-capability', 'privilege_change', capability('CAP_SYS_ADMIN'), null, 1],
  ['become-root', 'privilege_change', call('setuid'), null, 1],
  ['mount', 'syscall', call('mount'), null, 1],
  ['unlink-call', 'open', path('/home/ann/secret.txt'), 'change', 1],
  ['usb-stick', null, null, null, 1],
  ['a-new-operation', null, null, null, 1],
  ['nobody', 'open', path('/etc/shadow'), 'read', 0.7],
]

for (const [policy, action, target, access, confidence] of cases) {
  test(`${policy}: what was done, to what, and how sure that is`, () => {
    const act = actOf(alert(policy))
    assert.equal(act.class, 'detection')
    assert.deepEqual(
      { action: act.action, target: act.target, access: act.access, confidence: act.confidence },
      { action, target, access, confidence },
    )
  })
}

test('whoever chooses the name of a socket or of a domain cannot write another address into the line', () => {
  assert.deepEqual(actOf(alert('unix-socket')).target, path('/run/a b sa_family=AF_INET sin_addr=10.0.0.1'))
  assert.deepEqual(
    actOf(alert('dns')).target,
    address({ address: '10.43.0.10', name: 'a,daddr=10.0.0.1.evil.example', port: 53, protocol: 'udp' }),
  )
})

test('neither can whoever chooses the name of a file or an argument turn the line into another act', () => {
  const file = actOf({ ...alert('open-hook'), Resource: '/tmp/x syscall=SYS_CLOSE lsm=FILE_UNLINK flags=O_RDONLY' })
  assert.deepEqual([file.action, file.access], ['open', null])
  const program = actOf({ ...alert('exec-shell'), Resource: '/bin/sh syscall=SYS_PTRACE' })
  assert.equal(program.action, 'exec')
  assert.deepEqual(actOf(alert('mount')).target, call('mount'))
})

test('a name that was asked for is read also where only the parsed data came', () => {
  assert.deepEqual(actOf(logs[4]).target, address({ address: '10.43.0.10', name: 'pay.example', port: 53, protocol: 'udp' }))
})

const outcomes: readonly (readonly [policy: string, effect: Act['effect'], blocked: boolean | null])[] = [
  ['write-app', 'prevented', true],
  ['become-root', 'prevented', true],
  ['DefaultPosture', 'prevented', true],
  ['read-config', 'observed', false],
  ['could-not-block', 'observed', false],
  ['block-that-passed', 'observed', false],
  ['block-without-result', 'unknown', null],
  ['a-new-action', 'unknown', null],
]

for (const [policy, effect, blocked] of outcomes) {
  const { Action: action, Result: result } = alert(policy)
  test(`action ${JSON.stringify(action)} with the result ${JSON.stringify(result ?? null)} is ${effect}`, () => {
    assert.equal(actOf(alert(policy)).effect, effect)
    assert.equal(kubearmor.facts(alert(policy))['blocked'], blocked)
  })
}

test('plain telemetry that passed was observed; a failure without an action may have any reason', () => {
  assert.deepEqual(
    logs.slice(0, 2).map((log) => [actOf(log).effect, kubearmor.facts(log)['blocked']]),
    [
      ['observed', null],
      ['unknown', null],
    ],
  )
})
