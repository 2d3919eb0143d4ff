// The sensor itself, by its protocol: nothing is lost unseen, nothing is half in force, nothing malformed is obeyed.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RunproofError } from '../../core/model/errors.ts'
import type { Mode } from '../../src/guard/model.ts'
import { has, total, type KernelBeat } from '../../src/guard/probes/ebpf/decode.ts'
import { controlFrame, policyBlob, withDigest } from '../../src/guard/probes/ebpf/encode.ts'
import { openBinary } from '../../src/guard/probes/ebpf/binary.ts'
import type { Sensor } from '../../src/guard/probes/ebpf/sensor.ts'
import { sensorPolicy, type SensorPolicy } from '../../src/guard/probes/ebpf/sensor-policy.ts'
import type { ProcessPolicy } from '../../src/guard/policy/model.ts'
import { policyOf } from '../../src/guard/run/fixtures.ts'
import { sensorBinary, skip, until, watched, workload } from './ebpf-world.ts'

const policy = (name: string, entry: ProcessPolicy, generation = 1, mode: Mode = 'audit', emitAll = false): SensorPolicy =>
  sensorPolicy(policyOf({ [name]: entry }), { generation, modeOf: () => mode, emitAll })

const blindOf = (sensor: Sensor, beat: KernelBeat | null, name: string): bigint =>
  beat?.blind[sensor.hello.blind.indexOf(name)] ?? -1n

test(
  'a reader that stalls loses events, and what came and what was dropped is what was made, to the event',
  { skip },
  async (t) => {
    const work = workload()
    const kept = await watched(t, { ringBytes: 65_536 })
    await kept.sensor.setPolicy(policy(work.name, { blocked_files: ['/etc/hostname'] }))
    kept.sensor.pause()
    await work.run('flood', '40000', '/etc/hostname')
    await kept.sensor.stop()
    const { last, events } = kept
    assert.ok(last)
    const dropped = total(last, 'dropped')
    assert.ok(dropped > 10_000n, `${dropped} dropped`)
    assert.equal(BigInt(events.length) + dropped, last.nextSequence)
    assert.equal(BigInt(events.length), last.sent)
    assert.equal(total(last, 'emitted'), last.sent)
    assert.equal(total(last, 'violated'), 40_000n)
    // Numbers alone would not have told: what was lost at the end leaves no gap.
    const sequences = events.map(({ sequence }) => sequence)
    const gaps = (sequences.at(-1) ?? 0n) + 1n - BigInt(sequences.length)
    assert.ok(gaps < dropped, `${gaps} missing by number, ${dropped} dropped`)
  },
)

test('a reader that keeps up loses nothing, and numbers have no gap', { skip }, async (t) => {
  const work = workload()
  const kept = await watched(t, { ringBytes: 16 * 1024 * 1024 })
  await kept.sensor.setPolicy(policy(work.name, { blocked_files: ['/etc/hostname'] }))
  await work.run('flood', '3000', '/etc/hostname')
  await kept.sensor.stop()
  assert.ok(kept.last)
  assert.equal(total(kept.last, 'dropped'), 0n)
  assert.deepEqual(
    kept.events.map(({ sequence }) => sequence),
    kept.events.map((_, i) => BigInt(i)),
  )
  assert.equal(kept.events.filter((event) => event.kind === 'file' && has(event, 'violation')).length, 3000)
})

test('a policy is exchanged between two acts: never half of each, never none', { skip }, async (t) => {
  const work = workload()
  const files = ['a', 'b', 'both'].map((name) => join(work.folder, name))
  for (const file of files) writeFileSync(file, '')
  const [a = '', b = '', both = ''] = files
  const kept = await watched(t)
  const swap = (generation: number): Promise<unknown> =>
    kept.sensor.setPolicy(policy(work.name, { blocked_files: [generation % 2 === 1 ? a : b, both] }, generation))
  await swap(1)
  const flooding = { isOver: false }
  const flood = work.run('flood', '20000', a, b, both).finally(() => (flooding.isOver = true))
  let generation = 1
  while (!flooding.isOver) await swap((generation += 1))
  await flood
  await kept.sensor.stop()
  const seen = kept.events.filter(({ kind }) => kind === 'file')
  const wrong = seen.filter(({ path, generation: made }) => path !== both && path !== (made % 2n === 1n ? a : b))
  assert.deepEqual(wrong, [])
  assert.ok(generation > 3, `${generation} generations`)
  assert.ok(kept.last)
  const lost = total(kept.last, 'dropped')
  // Each of these opens was forbidden by every policy that there was.
  assert.equal(BigInt(seen.filter(({ path }) => path === both).length) + lost >= 20_000n, true)
  assert.equal(BigInt(kept.events.length) + lost, kept.last.nextSequence)
})

test('modes change for one process and for all, and only of the policy in force', { skip }, async (t) => {
  const work = workload()
  const kept = await watched(t)
  await kept.sensor.setPolicy(policy(work.name, { blocked_files: [`${work.folder}/secret/*`] }, 3))
  assert.equal((await work.attack('openat')).outcome, 'done')
  await kept.sensor.setMode('enforce', 0, 3)
  assert.notEqual((await work.attack('openat')).outcome, 'done')
  await kept.sensor.setMode('audit', null, 3)
  assert.equal((await work.attack('openat')).outcome, 'done')
  await assert.rejects(kept.sensor.setMode('enforce', null, 2), /mode\.generation/)
  await assert.rejects(kept.sensor.setMode('enforce', 9, 3), /mode\.malformed/)
  await assert.rejects(kept.sensor.setPolicy(policy(work.name, { blocked_files: ['/x'] }, 3)), /policy\.generation/)
  await kept.sensor.stop()
})

test('a host that falls silent ends enforcement: the kernel at the deadline, the sensor for good', { skip }, async (t) => {
  const work = workload()
  const kept = await watched(t, { deadmanSeconds: 1 })
  await kept.sensor.setPolicy(policy(work.name, { blocked_files: [`${work.folder}/secret/*`] }, 1, 'enforce'))
  assert.notEqual((await work.attack('openat')).outcome, 'done')
  await until(() => kept.modes.some(({ why, mode }) => why === 'host_silent' && mode === 'audit'))
  assert.equal((await work.attack('openat')).outcome, 'done')
  await kept.sensor.stop()
})

const shop = policyBlob(policy('shop', { blocked_files: ['/x'] }))

for (const [what, payload, code] of [
  ['whose digest is another one', Buffer.concat([Buffer.alloc(32), shop]), 'policy.digest'],
  ['that is cut', withDigest(shop.subarray(0, -5)), 'policy.malformed'],
  ['with something behind its end', withDigest(Buffer.concat([shop, Buffer.from('x')])), 'policy.malformed'],
  [
    'of another version',
    withDigest(Buffer.concat([shop.subarray(0, 4), Buffer.from([9, 0]), shop.subarray(6)])),
    'policy.malformed',
  ],
  ['without a digest', Buffer.from('short'), 'policy.cut'],
] as const)
  test(`a policy ${what} is refused with its reason, and the sensor goes on`, { skip }, async (t) => {
    const kept = await watched(t)
    kept.sensor.sendRaw(controlFrame('setPolicy', 0n, payload))
    await until(() => kept.faults.length > 0)
    assert.match(kept.faults[0] ?? '', new RegExp(code.replaceAll('.', '\\.')))
    assert.equal(kept.ended, null)
    kept.sensor.sendRaw(controlFrame('stop', 1n))
    await until(() => kept.ended !== null)
    assert.equal(kept.ended, 'the sensor ended with 0')
  })

const tooLong = controlFrame('setPolicy', 0n)
tooLong.writeUInt32LE(0x7fffffff, 8)

for (const [what, bytes, code] of [
  ['that is no frame', Buffer.alloc(64, 'x'), 'frame.magic'],
  ['that is too long', tooLong, 'frame.too_long'],
  ['out of its turn', controlFrame('ping', 5n), 'frame.sequence'],
  [
    'of an unknown type',
    (() => {
      const made = controlFrame('ping', 0n)
      made.writeUInt16LE(99, 6)
      return made
    })(),
    'frame.type',
  ],
  ['with a word too many', controlFrame('ping', 0n, Buffer.from('x')), 'frame.too_long'],
] as const)
  test(`after a control frame ${what} the sensor says why and ends, with its account`, { skip }, async (t) => {
    const kept = await watched(t)
    kept.sensor.sendRaw(bytes)
    await until(() => kept.ended !== null)
    assert.match(kept.faults[0] ?? '', new RegExp(code.replaceAll('.', '\\.')))
    assert.ok(kept.last)
  })

test('random bytes at the control stream do nothing but end it', { skip }, async (t) => {
  for (let i = 0; i < 5; i++) {
    const kept = await watched(t)
    kept.sensor.sendRaw(Buffer.from(Array.from({ length: 500 }, (_, at) => (at * 7919 + i * 104_729) % 251)))
    await until(() => kept.ended !== null)
    assert.equal(kept.ended, 'the sensor ended with 0')
  }
})

test('a path that is longer than the kernel holds is counted, not cut', { skip }, async (t) => {
  const work = workload()
  const deep = join(work.folder, 'x'.repeat(200), 'y'.repeat(100))
  mkdirSync(deep, { recursive: true })
  writeFileSync(join(deep, 'file'), '')
  const kept = await watched(t)
  // Blocked is the start of its path, as far as the kernel reads paths at all.
  await kept.sensor.setPolicy(policy(work.name, { blocked_files: [`${work.folder}/none/*`], allowed_files: ['/*'] }))
  await work.run('flood', '3', join(deep, 'file'))
  await kept.sensor.stop()
  assert.equal(blindOf(kept.sensor, kept.last, 'long_path'), 3n)
  assert.equal(kept.last?.stats.file.unreadable, 3n)
})

test('two programs with one descriptor table, and a ring of io_uring, are counted as blind', { skip }, async (t) => {
  const work = workload()
  const kept = await watched(t, { isWithoutLsm: true })
  await kept.sensor.setPolicy(policy(work.name, { blocked_files: [`${work.folder}/secret/*`] }))
  await work.attack('shared_files')
  const ring = await work.attack('io_uring_open')
  const ia32 = await work.attack('ia32')
  await work.attack('unread_page')
  await work.attack('relative')
  await kept.sensor.stop()
  assert.equal(blindOf(kept.sensor, kept.last, 'shared_files'), 1n)
  assert.equal(blindOf(kept.sensor, kept.last, 'io_uring'), ring.outcome === 'unsupported' ? 0n : 1n)
  assert.equal(blindOf(kept.sensor, kept.last, 'compat') > 0n, ia32.outcome !== 'unsupported')
  // Not readable at entry, and known all the same when it was open.
  assert.ok(blindOf(kept.sensor, kept.last, 'entry_unreadable') > 0n)
  assert.equal(blindOf(kept.sensor, kept.last, 'unreadable'), 0n)
  assert.ok(kept.events.filter(({ path }) => path.endsWith('/secret/key')).length >= 4)
})

test('for learning every act is told, and every call once', { skip }, async (t) => {
  const work = workload()
  const kept = await watched(t)
  await kept.sensor.setPolicy(policy(work.name, { blocked_files: ['/nothing'] }, 1, 'audit', true))
  await work.run('flood', '2', '/etc/hostname', '/etc/hosts')
  await kept.sensor.stop()
  const opened = kept.events.filter(({ kind }) => kind === 'file').map(({ path }) => path)
  assert.equal(opened.filter((path) => path === '/etc/hosts').length, 2)
  const calls = kept.events.filter(({ kind }) => kind === 'syscall').map(({ number }) => kept.sensor.hello.calls[number])
  assert.ok(calls.includes('openat'))
  assert.equal(new Set(calls).size, calls.length)
})

test('what it needs to load it gives away before it reads a word', { skip }, async (t) => {
  const kept = await watched(t)
  assert.equal(kept.sensor.hello.privileges, 'uid 65534, CAP_DAC_READ_SEARCH')
  await kept.sensor.stop()
})

test('only the sensor that was agreed on is run', { skip }, async (t) => {
  assert.throws(
    () => openBinary(sensorBinary, '0'.repeat(64)),
    (error) => error instanceof RunproofError && error.code === 'signature.invalid',
  )
  const binary = openBinary(sensorBinary, null)
  binary.close()
  const kept = await watched(t, { sha256: binary.sha256 })
  assert.equal(kept.sensor.hello.sha256, binary.sha256)
  await kept.sensor.stop()
  assert.throws(() => openBinary('/nowhere/runproof-sensor', null), /make -C bpf/)
})

test('every hook says what became of it, with the reason', { skip }, async (t) => {
  const kept = await watched(t)
  const { hooks, kernel, calls } = kept.sensor.hello
  assert.ok(hooks.some(({ name, state }) => name === 'raw_tp/sys_enter' && state === 'attached'))
  assert.ok(hooks.every(({ state, errno, note }) => (state === 'attached' ? errno === 0 : errno !== 0 || note !== null)))
  assert.ok(hooks.some(({ name }) => name === 'lsm/file_open'))
  assert.match(kernel, /^\d+\.\d+/)
  assert.ok(calls.includes('openat') && calls.includes('init_module'))
  await kept.sensor.stop()
})
