import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { beatPayload, eventPayload, frameOf } from '../../src/guard/probes/ebpf/fixtures.ts'
import { event, flags } from '../../src/guard/probes/ebpf/layout.ts'
import { guestOf, problemsIn } from './matrix.ts'
import { newc } from './newc.ts'

const hello = {
  protocol: 1,
  version: '1',
  sha256: '',
  kernel: '6.1',
  architecture: 'x86_64',
  boot_id: null,
  lockdown: null,
  lsm: null,
  privileges: '',
  boot_ns: '0',
  realtime_ns: '0',
  ring_bytes: 4096,
  hooks: [],
  tiers: { exec: 'prevent', file: 'prevent', network: 'prevent', syscall: 'prevent' },
  calls: [],
  classes: [],
  blind: [],
}

function violation(pid: number, effect: number): Buffer {
  const bytes = eventPayload()
  bytes.writeUInt32LE(pid, event.tgid)
  bytes.writeUInt8(flags.violation, event.flags)
  bytes.writeUInt8(effect, event.effect)
  return bytes
}

type Said = {
  readonly outcome?: string
  readonly effect?: boolean
  readonly effectTold?: number
  readonly next?: number
  readonly after?: string
  readonly withoutLsm?: string
}

/** A guest that ran one attack in the three modes. */
function guest({
  outcome = 'refused',
  effect = false,
  effectTold = 1,
  next = 3,
  after = 'refused',
  withoutLsm = 'killed',
}: Said = {}): readonly string[] {
  const line = (mode: string, pid: number, end: string, has: boolean): string =>
    `RP case ${mode} ${JSON.stringify({ case: 'open', outcome: end, errno: 1, effect: has, pid })}`
  const frames = Buffer.concat([
    frameOf('hello', 0, Buffer.from(JSON.stringify(hello))),
    ...[
      [1, 0],
      [2, 0],
      [3, effectTold],
    ].map(([pid = 0, told = 0], i) => frameOf('event', i + 1, violation(pid, told))),
    frameOf('bye', 4, beatPayload(0, next, 3)),
  ])
  return [
    'RP kernel 6.1 lsm bpf',
    line('audit', 1, 'done', true),
    line('alert', 2, 'done', true),
    line('enforce', 3, outcome, effect),
    'RP nolsm refused 1',
    line('nolsm', 5, withoutLsm, false),
    ...[
      'plain:guarded refused',
      'plain:killed done',
      'persist:guarded refused',
      `persist:killed ${after}`,
      'persist:unpinned done',
    ].map((step) => {
      const [name, end] = step.split(' ')
      return `RP after ${name} {"case":"openat","outcome":"${end}"}`
    }),
    'RP frames begin',
    gzipSync(frames).toString('base64'),
    'RP frames end',
  ]
}

const problems = (lines: readonly string[]): readonly string[] => problemsIn(guestOf(lines), ['open'])

test('a guest in which everything was denied and told is green', () => {
  assert.deepEqual(problems(guest()), [])
})

for (const [what, said, expected] of [
  ['an attack that was not denied', { outcome: 'done', effect: true }, /enforce open: not denied/],
  ['a denial that had its effect all the same', { effect: true }, /enforce open: not denied/],
  ['a kill that is not a denial', { outcome: 'killed' }, /enforce open: not denied/],
  ['a denial that no event tells of', { effectTold: 0 }, /enforce open: no event says that it was prevented/],
  ['events that do not add up', { next: 4 }, /3 events came, 0 were dropped, 4 were made/],
  ['an attack that goes on where LSM is not', { withoutLsm: 'done' }, /without LSM, open: done/],
  ['denials that do not outlive their sensor', { after: 'done' }, /persist:killed: done, not refused/],
] as const)
  test(`${what} is a problem`, () => {
    const found = problems(guest(said))
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', expected)
  })

test('a guest that says nothing, or whose account is spoilt, is not green', () => {
  assert.ok(problems([]).length > 5)
  assert.ok(problems(guest().map((line) => (line.length > 100 && !line.startsWith('RP') ? line.slice(9) : line))).length > 0)
})

test('an account of which one copy is spoilt is read from the other', () => {
  const whole = guest()
  const copy = whole.slice(whole.indexOf('RP frames begin'))
  const spoilt = copy.map((line) => (line.startsWith('RP') ? line : `${line.slice(0, 40)}?${line.slice(41)}`))
  assert.deepEqual(problems([...whole.slice(0, -copy.length), ...spoilt, ...copy]), [])
  assert.ok(problems([...whole.slice(0, -copy.length), ...spoilt, ...spoilt]).length > 0)
})

test('an archive is one that the kernel unpacks: names, sizes, padding, end', () => {
  const archive = newc([{ path: 'init', mode: 0o100755, data: Buffer.from('#!/bin/sh') }]).toString('latin1')
  assert.ok(archive.startsWith('07070100000001000081ed'))
  assert.equal(archive.slice(54, 62), '00000009')
  assert.equal(archive.length % 4, 0)
  assert.ok(archive.includes('TRAILER!!!'))
})
