import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Act, Target } from '../../../core/model/act.ts'
import type { JsonObject } from '../connector.ts'
import { actOf, address, at, called, classic, classicDetections, flat, v1beta1, v1beta1Detections } from './fixtures.ts'

const path = (name: string, partial = false): Target => ({ type: 'path', path: name, partial })
const binary = (name: string): Target => ({ type: 'binary', path: name, partial: false })
const call = (name: string): Target => ({ type: 'syscall', name })
const capability = (name: string): Target => ({ type: 'capability', name })
const files = { classic, classicDetections, flat, v1beta1, v1beta1Detections }

type Case = readonly [
  line: number,
  name: string,
  action: Act['action'],
  target: Target | null,
  access: Act['access'],
  confidence: number,
  effect?: Act['effect'],
]

const cases: Readonly<Record<keyof typeof files, readonly Case[]>> = {
  classic: [
    [2, 'sched_process_exec', 'exec', binary('/bin/busybox'), null, 1],
    [3, 'execve', 'exec', binary('/usr/bin/id'), null, 1],
    [4, 'execve', 'exec', binary('/tmp/payload'), null, 1, 'prevented'],
    [5, 'security_file_open', 'open', path('/etc/shadow'), 'read', 1],
    [6, 'openat', 'open', path('/app/server.js'), 'write', 1],
    [7, 'openat', 'open', path('config.json', true), 'read', 0.6],
    [8, 'security_inode_rename', 'open', path('/app/a'), 'change', 1],
    [9, 'security_inode_symlink', 'open', path('/app/link'), 'change', 1],
    [10, 'fchmod', 'syscall', call('fchmod'), null, 1],
    [11, 'vfs_write', 'open', path('/app/log.txt'), 'write', 1],
    [12, 'security_socket_connect', 'connect', address({ address: '203.0.113.7', port: 443 }), null, 1],
    [13, 'connect', 'connect', address({ address: '2001:db8::7', port: 443 }), null, 1],
    [14, 'security_socket_connect', 'connect', path('/var/run/docker.sock'), null, 1],
    [15, 'security_socket_connect', 'syscall', call('connect'), null, 1],
    [16, 'security_socket_bind', 'connect', address({ address: '0.0.0.0', port: 4444, direction: 'listen' }), null, 1],
    [17, 'accept4', 'connect', address({ address: '198.51.100.9', direction: 'in' }), null, 1],
    [18, 'socket_accept', 'connect', address({ address: '198.51.100.9', port: 8443, direction: 'in' }), null, 1],
    [19, 'sendto', 'connect', address({ address: '10.43.0.10', port: 53 }), null, 1],
    [20, 'sendto', 'syscall', call('sendto'), null, 1],
    [
      21,
      'net_flow_tcp_begin',
      'connect',
      address({ address: '198.51.100.9', port: 8443, protocol: 'tcp', direction: 'in' }),
      null,
      1,
    ],
    [22, 'net_packet_dns', 'connect', address({ address: '10.43.0.10', name: 'pay.example', port: 53 }), null, 0.6],
    [23, 'net_packet_tcp', 'connect', address({ address: '203.0.113.7', port: 80, protocol: 'tcp' }), null, 0.6],
    [24, 'net_packet_ipv4', 'connect', address({ address: '203.0.113.7', protocol: 'icmpv4' }), null, 0.6],
    [25, 'ptrace', 'syscall', call('ptrace'), null, 1, 'prevented'],
    [26, 'getdents64', 'syscall', call('getdents64'), null, 1],
    [27, 'setuid', 'privilege_change', call('setuid'), null, 1],
    [28, 'commit_creds', 'privilege_change', call('commit_creds'), null, 1],
    [29, 'cap_capable', 'privilege_change', capability('CAP_SYS_ADMIN'), null, 1],
    [30, 'security_sb_mount', 'syscall', call('mount'), null, 1],
    [31, 'module_load', 'syscall', call('init_module'), null, 1],
  ],
  classicDetections: [
    [1, 'shadow_file_read', 'open', path('/etc/shadow'), 'read', 1],
    [2, 'tracer_refused', 'syscall', call('ptrace'), null, 1, 'prevented'],
    [3, 'chain', 'exec', binary('/bin/busybox'), null, 1],
    [4, 'only_a_name', null, null, null, 1],
    [5, 'without_metadata', 'syscall', call('close_range'), null, 1],
  ],
  flat: [
    [1, 'execve', 'exec', binary('/usr/bin/id'), null, 1],
    [2, 'close', 'syscall', call('close'), null, 0.6],
    [3, 'security_file_open', 'open', path('/etc/shadow'), 'write', 0.6],
  ],
  v1beta1: [
    [2, 'sched_process_exec', 'exec', binary('/bin/busybox'), null, 1],
    [3, 'security_file_open', 'open', path('/etc/shadow'), 'read', 1],
    [4, 'openat', 'open', path('/app/server.js'), 'write', 1, 'prevented'],
    [
      5,
      'net_tcp_connect',
      'connect',
      address({ address: '203.0.113.7', name: 'pay.example', port: 443, protocol: 'tcp' }),
      null,
      1,
    ],
    [6, 'security_socket_connect', 'connect', address({ address: '203.0.113.7', port: 443 }), null, 1],
    [7, 'security_socket_connect', 'connect', address({ address: '2001:db8::7', port: 443 }), null, 1],
    [
      8,
      'net_packet_dns_request',
      'connect',
      address({ address: '10.43.0.10', name: 'pay.example', port: 53, protocol: 'udp' }),
      null,
      1,
    ],
    [
      9,
      'net_packet_http_request',
      'connect',
      address({ address: '198.51.100.9', port: 8080, protocol: 'tcp', direction: 'in' }),
      null,
      1,
    ],
    [
      10,
      'net_packet_http_response',
      'connect',
      address({ address: '198.51.100.9', port: 8080, protocol: 'tcp', direction: 'in' }),
      null,
      1,
    ],
    [11, 'cap_capable', 'privilege_change', capability('CAP_NET_RAW'), null, 1],
    [13, 'security_file_open', 'open', path('/etc/shadow'), 'write', 1],
  ],
  v1beta1Detections: [
    [1, 'decoy_file_read', 'open', path('/root/.ssh'), 'read', 1],
    [
      2,
      'unknown_domain',
      'connect',
      address({ address: '10.43.0.10', name: 'a.evil.example', port: 53, protocol: 'udp' }),
      null,
      1,
    ],
    [3, 'second_order', 'connect', address({ address: '203.0.113.7', port: 443, protocol: 'tcp' }), null, 1],
    [4, 'threat_alone', null, null, null, 1],
  ],
}

for (const file of ['classic', 'classicDetections', 'flat', 'v1beta1', 'v1beta1Detections'] as const) {
  for (const [line, name, action, target, access, confidence, effect = 'observed'] of cases[file]) {
    test(`${name} (${file}, line ${line}): what was done, to what, how sure that is, and what came of it`, () => {
      const act = actOf(at(files[file], line))
      assert.deepEqual([act.rule, act.class], [name, file.endsWith('Detections') ? 'detection' : 'observation'])
      assert.deepEqual(
        { action: act.action, target: act.target, access: act.access, confidence: act.confidence, effect: act.effect },
        { action, target, access, confidence, effect },
      )
    })
  }
}

const open = called(v1beta1, 'security_file_open')
const withArgs = (name: string, data: JsonObject[string], call = ''): JsonObject => {
  const { process } = open['workload'] as { readonly process: JsonObject }
  const workload = { ...(open['workload'] as JsonObject), process: { ...process, thread: { name: 'node', syscall: call } } }
  return { ...open, name, data, workload }
}
const packet = (name: string, metadata: JsonObject, call = ''): Act =>
  actOf(withArgs(name, [{ name: 'metadata', packet_metadata: { src_ip: '10.0.0.1', dst_ip: '10.0.0.2', ...metadata } }], call))

test('an open whose path did not come is still an open, of which the target is not known', () => {
  for (const name of ['openat', 'security_file_open', 'creat', 'unlink']) {
    const { action, target, confidence } = actOf(withArgs(name, []))
    assert.deepEqual([action, target, confidence], ['open', null, 0.6])
  }
})

test('a packet that went to a service in a sending call went out; in any other call that is assumed', () => {
  const ports = { src_port: 44_041, dst_port: 53, protocol: 17 }
  assert.equal(packet('net_packet_dns_request', ports, 'sendto').confidence, 1)
  for (const call of ['recvmsg', '', 'constructor']) assert.equal(packet('net_packet_dns_request', ports, call).confidence, 0.6)
  const answer = packet('net_packet_dns_response', { src_port: 53, dst_port: 44_041, protocol: 17 }, 'sendto')
  assert.equal(answer.confidence, 0.6)
})

test('a port is the service’s only where it is not ephemeral, and of two the lower one', () => {
  const targetOf = (ports: JsonObject): Target | null => packet('net_packet_udp', ports).target
  assert.deepEqual(targetOf({ src_port: 44_041, dst_port: 50_051 }), address({ address: '10.0.0.2', protocol: 'udp' }))
  assert.deepEqual(targetOf({ src_port: 53, dst_port: 5353 }), address({ address: '10.0.0.1', port: 53, protocol: 'udp' }))
  assert.deepEqual(targetOf({}), address({ address: '10.0.0.2', protocol: 'udp' }))
})

test('a connection that was accepted without a word about the peer has the own port', () => {
  const local = { sa_family: 'AF_INET', sin_addr: '10.42.0.7', sin_port: 8443 }
  const act = actOf(withArgs('security_socket_accept', [{ name: 'local_addr', sockaddr: local }]))
  assert.deepEqual([act.target, act.confidence], [address({ port: 8443, direction: 'in' }), 0.6])
})

test('a connection whose address did not come is one to somewhere unknown', () => {
  const act = actOf(withArgs('connect', [{ name: 'sockfd', int32: 9 }], 'connect'))
  assert.deepEqual([act.action, act.target, act.confidence], ['connect', null, 0.6])
})

test('a capability is read from its number and its name, and from nothing else', () => {
  const targetOf = (cap: JsonObject[string]): Target | null =>
    actOf(withArgs('cap_capable', [{ name: 'cap', value: cap }])).target
  assert.deepEqual(targetOf(0), capability('CAP_CHOWN'))
  assert.deepEqual(targetOf('sys_module'), capability('CAP_SYS_MODULE'))
  for (const nonsense of [41, -1, '', 'a b', null, {}]) assert.equal(targetOf(nonsense), null)
})

test('what a kernel function’s event returns proves no refusal', () => {
  const act = actOf(
    withArgs('security_file_open', [
      { name: 'pathname', str: '/etc/shadow' },
      { name: 'returnValue', int64: '-13' },
    ]),
  )
  assert.equal(act.effect, 'observed')
})

test('a name that is no system call and not in the table is no act, whatever its arguments say', () => {
  const unknown = called(v1beta1, 'some_new_event')
  for (const name of ['some_new_event', '__proto__', 'constructor', 'sched_process_fork']) {
    const detection = actOf({ ...unknown, detected_from: { id: 1, name, data: [{ name: 'pathname', str: '/etc/shadow' }] } })
    assert.deepEqual([detection.action, detection.target], [null, null])
  }
})

test('causes are followed to the first that is an act, and not without end', () => {
  let cause: JsonObject = { id: 1, name: 'ptrace', data: [] }
  for (let depth = 0; depth < 7; depth++) cause = { id: 2, name: 'a_detection', data: [], parent: cause }
  const detection = called(v1beta1Detections, 'second_order')
  assert.equal(actOf({ ...detection, detected_from: cause }).action, 'syscall')
  assert.equal(actOf({ ...detection, detected_from: { id: 2, name: 'a_detection', parent: cause } }).action, null)
})

test('where the cause came without its arguments the detection’s own say what it is about', () => {
  const act = actOf({
    ...called(v1beta1Detections, 'decoy_file_read'),
    detected_from: { id: 732, name: 'security_file_open' },
  })
  assert.deepEqual([act.action, act.target], ['open', path('/root/.ssh')])
})

test('the command line is the arguments, the ancestor what ran before', () => {
  const { subject } = actOf(called(classic, 'sched_process_exec'))
  assert.deepEqual([subject.commandLine, subject.ancestors], ['sh -c id', ['node']])
  assert.deepEqual(actOf(at(classic, 3)).subject.ancestors, ['/usr/local/bin/node'])
  assert.equal(actOf(called(classicDetections, 'chain')).subject.commandLine, 'sh')
  assert.equal(actOf(at(classic, 5)).subject.commandLine, null)
})
