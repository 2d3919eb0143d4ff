import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Guard } from '../guard.ts'
import type { Attempt, ViolationType } from '../model.ts'
import { compilePolicy } from '../policy/compile.ts'
import { readPolicy } from '../policy/read-policy.ts'
import { collapseDestinations, collapsePaths } from './collapse.ts'
import { sighting } from './fixtures.ts'
import { Learner, learningPolicy } from './learn.ts'

const all: ReadonlySet<ViolationType> = new Set(['exec', 'syscall', 'file', 'network', 'resource'])
const times = (...paths: readonly string[]): ReadonlyMap<string, number> => new Map(paths.map((path) => [path, 1]))

function learned(attempts: readonly Attempt[], visible = all, lost: number | null = 0): string {
  const learner = new Learner((name) => name)
  for (const attempt of attempts) learner.add({ ...sighting, attempt })
  return learner.policy({ how: 'observed for 60 s with tracefs', visible, lost })
}

test('parts of a path that change each time become one pattern, many files of one folder that folder', () => {
  const many = Array.from({ length: 9 }, (_, i) => `/srv/shop/static/${'abcdefghi'[i]}.css`)
  assert.deepEqual(
    collapsePaths(times('/proc/1/stat', '/proc/22/stat', '/tmp/tmp.Ab3dE9/x', ...many)).map(({ entry, count, from }) => [
      entry,
      count,
      from.length,
    ]),
    [
      ['/proc/*/stat', 2, 2],
      ['/srv/shop/static/*', 9, 9],
      ['/tmp/tmp.*/x', 1, 1],
    ],
  )
})

test('where secrets lie every file is named, however many there are', () => {
  for (const folder of ['/etc', '/etc/ssl/private', '/root/.ssh', '/home/ada', '/dev'])
    assert.equal(
      collapsePaths(times(...Array.from({ length: 20 }, (_, i) => `${folder}/${'abcdefghijklmnopqrst'[i]}`))).length,
      20,
      folder,
    )
  // A folder at the root would allow a whole part of the system.
  assert.equal(collapsePaths(times(...Array.from({ length: 20 }, (_, i) => `/usr/${'abcdefghijklmnopqrst'[i]}`))).length, 20)
})

test('many destinations of one network at one port are that network; others stay as they are', () => {
  const many = Array.from({ length: 9 }, (_, i) => `10.0.0.${i}:443`)
  assert.deepEqual(
    collapseDestinations(times(...many, '10.0.0.9:80', '[2001:db8::1]:443')).map(({ entry }) => entry),
    ['10.0.0.0/24:443', '10.0.0.9:80', '[2001:db8::1]:443'],
  )
})

test('a learned policy says with what it was learned, counts, and what it collapsed', () => {
  const text = learned([
    { type: 'exec', path: '/usr/bin/git' },
    { type: 'exec', path: '/usr/bin/git' },
    { type: 'file', path: '/proc/12/stat', access: 'read' },
    { type: 'network', address: '2001:db8::1', port: 443, protocol: 'tcp' },
    { type: 'memory', megabytes: 100 },
  ])
  assert.match(text, /^# Learned: observed for 60 s with tracefs; no event was lost\./)
  assert.match(text, /- "\/usr\/bin\/git" # 2×/)
  assert.match(text, /- "\/proc\/\*\/stat" # 1×, collapsed from 1: "\/proc\/12\/stat"/)
  assert.match(text, /- "\[2001:db8::1\]:443" # 1×/)
  assert.match(text, /max_memory_mb: 150 # 100 at most/)
  const { processes } = readPolicy(text, 'x', () => '')
  assert.ok(processes['payments']?.blocked_syscalls?.includes('ptrace'))
  // It ran a program: that it made the calls for it is known.
  assert.ok(!processes['payments']?.blocked_syscalls?.includes('fork'))
})

test('of what could not be seen nothing is said, and what was lost is', () => {
  const text = learned([{ type: 'exec', path: '/bin/a' }], new Set(['exec']), 7)
  assert.match(text, /7 events were lost/)
  assert.match(text, /not visible, and so not restricted: syscall, file, network, resource/)
  assert.deepEqual(readPolicy(text, 'x', () => '').processes['payments'], { allowed_exec: ['/bin/a'] })
  assert.match(learned([{ type: 'exec', path: '/bin/a' }], all, null), /nobody counted what was missed/)
})

test('a process that did nothing but live may run nothing and connect nowhere', () => {
  const { processes } = readPolicy(learned([{ type: 'cpu', percent: 3 }]), 'x', () => '')
  assert.deepEqual(processes['payments']?.allowed_network, [])
  assert.ok(processes['payments']?.blocked_syscalls?.includes('exec'))
})

const part = fc.stringMatching(/^[A-Za-z0-9._ *?[\]{}\\'"#:-]{1,12}$/).filter((text) => text !== '.' && text !== '..')
const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`)
const attempt: fc.Arbitrary<Attempt> = fc.oneof(
  path.map((path): Attempt => ({ type: 'exec', path })),
  path.map((path): Attempt => ({ type: 'file', path, access: 'read' })),
  fc.record({
    type: fc.constant('network' as const),
    address: fc.ipV4(),
    port: fc.integer({ min: 1, max: 65535 }),
    protocol: fc.constant('tcp' as const),
  }),
  fc.constantFrom('ptrace', 'setuid', 'mount', 'clone').map((name): Attempt => ({ type: 'syscall', name })),
  fc.integer({ min: 1, max: 5000 }).map((megabytes): Attempt => ({ type: 'memory', megabytes })),
)

test('under a learned policy everything that was seen could have happened', () => {
  fc.assert(
    fc.property(fc.array(attempt, { minLength: 1, maxLength: 60 }), (attempts) => {
      const guard = new Guard(compilePolicy(readPolicy(learned(attempts), 'x', () => '')))
      for (const each of attempts) assert.equal(guard.check({ ...sighting, attempt: each }), null, JSON.stringify(each))
    }),
  )
})

test('under the policy that learns, whatever its processes do is told', () => {
  const guard = new Guard(compilePolicy(learningPolicy(['payments'], false)))
  fc.assert(
    fc.property(attempt, (each) => {
      assert.notEqual(
        guard.check({ ...sighting, attempt: each.type === 'syscall' ? { type: 'syscall', name: 'ptrace' } : each }),
        null,
      )
    }),
  )
})
