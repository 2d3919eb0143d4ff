import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RunproofError } from '../../../../core/model/errors.ts'
import { policyOf } from '../../run/fixtures.ts'
import { controlFrame, modeChange, policyBlob, withDigest } from './encode.ts'
import { frame, ruleBits } from './layout.ts'
import { sensorPolicy, type SensorPolicy, type SensorProcess } from './sensor-policy.ts'

const made = (...args: Parameters<typeof policyOf>): SensorPolicy =>
  sensorPolicy(policyOf(...args), { generation: 1, modeOf: () => 'audit' })
const only = (policy: SensorPolicy): SensorProcess => policy.processes[0] ?? assert.fail('no process')

test('whole paths and folders are compared in the kernel', () => {
  const policy = made({ shop: { blocked_files: ['/etc/shadow', '/etc/ssh/*'], allowed_exec: ['/srv/'] } })
  assert.deepEqual(
    only(policy).paths.map(({ domain, exact, bits, text }) => [domain, exact, bits, text]),
    [
      ['file', true, ruleBits.block, '/etc/shadow'],
      ['file', false, ruleBits.block, '/etc/ssh/'],
      ['exec', true, ruleBits.allow, '/srv'],
      ['exec', false, ruleBits.allow, '/srv/'],
    ],
  )
  assert.deepEqual(policy.undecided, [])
})

test('a pattern is told as one that the host must judge, from where it may begin', () => {
  const policy = made({ shop: { blocked_files: ['/home/*/.ssh/id_rsa', '*.pem'] } })
  assert.deepEqual(
    only(policy).paths.map(({ exact, bits, text }) => [exact, bits, text]),
    [
      [false, ruleBits.maybeBlock, '/home/'],
      [false, ruleBits.maybeBlock, ''],
    ],
  )
  assert.deepEqual(
    policy.undecided.map(({ rule, type }) => [rule, type]),
    [
      ['shop.blocked_files[0]', 'file'],
      ['shop.blocked_files[1]', 'file'],
    ],
  )
})

test('a path that the kernel cannot hold is declared, and cut between characters', () => {
  const policy = made({ shop: { blocked_files: [`/${'ä'.repeat(200)}`] } })
  const [path] = only(policy).paths
  assert.equal(path?.text, `/${'ä'.repeat(125)}`)
  assert.equal(path?.bits, ruleBits.maybeBlock)
  assert.equal(policy.undecided.length, 1)
})

test('addresses become one rule for each port, both families of localhost included', () => {
  const policy = made({ shop: { allowed_network: ['10.0.0.0/8:443,8080-8081', 'localhost'] } })
  assert.deepEqual(
    only(policy).networks.map(({ family, prefix, port }) => [family, prefix, port]),
    [
      [4, 8, 443],
      [4, 8, 8080],
      [4, 8, 8081],
      [4, 8, 0],
      [6, 128, 0],
    ],
  )
  assert.deepEqual(only(policy).closed, { file: false, exec: false, network: true })
})

test('more ports than there is room for are left to the host, which is declared', () => {
  const policy = made({ shop: { blocked_network: ['10.0.0.0/8:1024-60000'] } })
  assert.deepEqual(
    only(policy).networks.map(({ port, bits }) => [port, bits]),
    [[0, ruleBits.maybeBlock]],
  )
  assert.equal(policy.undecided[0]?.type, 'network')
})

test('a family stands for all its calls', () => {
  assert.deepEqual(only(made({ shop: { blocked_syscalls: ['ptrace'] } })).syscalls, [
    'ptrace',
    'process_vm_readv',
    'process_vm_writev',
  ])
})

test('an empty list of addresses allows none, an absent one restricts nothing; in compat it is the other way round', () => {
  assert.equal(only(made({ shop: { allowed_network: [] } })).closed.network, true)
  assert.equal(only(made({ shop: { allowed_exec: ['/x'] } })).closed.network, false)
  assert.equal(only(made({ shop: { allowed_exec: ['/x'] } }, { matching: 'compat' })).closed.network, true)
  assert.equal(only(made({ shop: { allowed_network: ['anything'] } }, { matching: 'compat' })).closed.network, false)
})

test('a name that a kernel cannot hold is declared, not cut', () => {
  const policy = made({ [`x${'y'.repeat(70)}`]: { allowed_exec: ['/x'] } })
  assert.deepEqual(policy.processes, [])
  assert.equal(policy.undecided.length, 1)
})

test('of two entries with one name the first has it', () => {
  const policy = made({ a: { names: ['web'], allowed_exec: ['/1'] }, b: { names: ['web', 'c'], allowed_exec: ['/2'] } })
  assert.deepEqual(
    policy.processes.map(({ names }) => names),
    [
      ['a', 'web'],
      ['b', 'c'],
    ],
  )
})

test('a policy as bytes: its head, its names, its rules', () => {
  const blob = policyBlob(
    sensorPolicy(policyOf({ sh: { blocked_files: ['/k'] } }, { enforce: 'prevent' }), { generation: 5, modeOf: () => 'enforce' }),
  )
  assert.equal(
    blob.toString('hex'),
    // magic, version, processes, generation | names | mode, demand, flags | calls | one path: domain, kind, bits, number, text | addresses
    '52505042' +
      '0100' +
      '0100' +
      '0500000000000000' +
      '0100' +
      '0200' +
      '7368' +
      '02' +
      '01' +
      '0000' +
      '0000' +
      '01000000' +
      '00' +
      '00' +
      '01' +
      '00' +
      '00000000' +
      '0200' +
      '2f6b' +
      '00000000',
  )
  assert.deepEqual(withDigest(blob).subarray(0, 32), createHash('sha256').update(blob).digest())
})

test('an address is written as it is on the wire', () => {
  const { networks } = only(made({ shop: { blocked_network: ['[2001:db8::1]:53', '192.0.2.7'] } }))
  assert.deepEqual(
    networks.map(({ family, address }) => [family, address.toString(16)]),
    [
      [6, '20010db8000000000000000000000001'],
      [4, 'c0000207'],
    ],
  )
})

test('control frames count up from 0 and name their length', () => {
  const bytes = controlFrame('setMode', 3n, modeChange('enforce', null, 9))
  assert.equal(bytes.readUInt32LE(frame.length), 8)
  assert.equal(bytes.readBigUInt64LE(frame.sequence), 3n)
  assert.equal(bytes.subarray(frame.size).toString('hex'), 'ffff020009000000')
})

test('a policy that is longer than the sensor reads is refused before it is sent', () => {
  const process = only(made({ shop: { blocked_files: ['/x'] } }))
  const paths = Array.from({ length: 100_000 }, (_, i) => ({
    ...(process.paths[0] ?? assert.fail()),
    text: `/${String(i).padStart(200, '0')}`,
  }))
  assert.throws(
    () => policyBlob({ generation: 1, undecided: [], processes: [{ ...process, paths }] }),
    (error) => error instanceof RunproofError && error.code === 'format.too_large',
  )
})

test('every rule has its number and its words', () => {
  const path = fc.stringMatching(/^\/[a-z]{1,8}(\/[a-z]{1,8}){0,3}(\/\*)?$/)
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 20 }), fc.array(path, { maxLength: 20 }), (blocked, allowed) => {
      const process = only(made({ shop: { blocked_files: blocked, allowed_files: allowed } }))
      for (const { number, bits } of process.paths)
        assert.match(
          process.rules[number] ?? '',
          (bits & ruleBits.block) !== 0 ? /^shop\.blocked_files\[\d+\]$/ : /^shop\.allowed_files\[\d+\]$/,
        )
    }),
  )
})
