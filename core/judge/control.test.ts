import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Target } from '../model/act.ts'
import type { Identity, Sighting } from '../model/behaviour.ts'
import type { Control, Exception, Selection } from '../model/manifest.ts'
import { compileControl } from './control.ts'
import { manifestOf, noShell } from './fixtures.ts'
import { resolve } from './resolve.ts'

const identity: Identity = {
  application: 'shop',
  environment: 'prod',
  cluster: null,
  namespace: 'shop',
  workload: 'api',
  action: 'exec',
  executable: null,
  target: { type: 'binary', path: '/bin/sh', partial: false },
}
const sighting: Sighting = {
  class: 'detection',
  sensor: 'falco',
  rule: 'Terminal shell in container',
  severity: null,
  confidence: 1,
  effect: 'observed',
  access: null,
  actionTaken: null,
  toKill: null,
  minute: '2026-03-02T00:02',
  count: 1,
  first: '2026-03-02T00:02:05.000000000Z',
  last: '2026-03-02T00:02:05.000000000Z',
}
function compiled(control: Partial<Control>) {
  const [resolved] = resolve(manifestOf({ controls: [{ id: 'c', title: 'c', behaviour: 'exec', ...control }] })).controls
  assert.ok(resolved)
  return compileControl(resolved)
}
const file = (path: string, partial = false): Target => ({ type: 'path', path, partial })
const binary = (path: string, partial = false): Target => ({ type: 'binary', path, partial })
const address = (rest: Partial<Extract<Target, { type: 'address' }>>): Target => ({
  type: 'address',
  address: '10.0.0.1',
  name: null,
  port: 443,
  protocol: 'tcp',
  direction: 'out',
  ...rest,
})
const allowed = null
const denied = { because: 'denied', sure: true }
const perhapsDenied = { because: 'denied', sure: false }
const unlisted = { because: 'not_allowed', sure: true }
const perhapsUnlisted = { because: 'not_allowed', sure: false }

type Case = readonly [string, Partial<Control>, Partial<Identity>, Partial<Sighting>, unknown]
const open = (lists: { readonly deny?: Selection; readonly allow?: Selection }): Partial<Control> => ({
  behaviour: 'open',
  ...lists,
})
const connect = (lists: { readonly deny?: Selection; readonly allow?: Selection }): Partial<Control> => ({
  behaviour: 'connect',
  ...lists,
})
const opened = (target: Target | null, executable: string | null = null): Partial<Identity> => ({
  action: 'open',
  executable,
  target,
})
const connected = (target: Target | null): Partial<Identity> => ({ action: 'connect', target })
const metadata: Selection = { destinations: [{ cidr: '169.254.169.254/32' }] }

const cases: readonly Case[] = [
  ['what the deny list names', noShell, {}, {}, denied],
  ['what it does not name', noShell, { target: binary('/bin/ls') }, {}, allowed],
  ['another behaviour', noShell, { action: 'open', target: file('/bin/sh') }, {}, allowed],
  ['an act that has no action', noShell, { action: null }, {}, allowed],
  ['a denied act of an unknown target', noShell, { target: null }, {}, perhapsDenied],
  ['a denied name without its path', noShell, { target: binary('sh', true) }, {}, perhapsDenied],
  ['another name without its path', noShell, { target: binary('ls', true) }, {}, allowed],
  ['a relative path that ends in the name', noShell, { target: binary('x/sh', true) }, {}, perhapsDenied],
  ['a name below a denied folder', open({ deny: { paths: ['/etc/**'] } }), opened(file('shadow', true)), {}, perhapsDenied],
  ['what the allow list names', { allow: { binaries: ['/app/*'] } }, { target: binary('/app/api') }, {}, allowed],
  ['what it does not', { allow: { binaries: ['/app/*'] } }, {}, {}, unlisted],
  ['an unknown target under an allow list', { allow: { binaries: ['/app/*'] } }, { target: null }, {}, perhapsUnlisted],
  [
    'a name that an allowed path could have',
    { allow: { binaries: ['/app/api'] } },
    { target: binary('api', true) },
    {},
    perhapsUnlisted,
  ],
  ['a name that no allowed path could have', { allow: { binaries: ['/app/api'] } }, { target: binary('sh', true) }, {}, unlisted],
  ['deny beats allow', { allow: { binaries: ['/**'] }, deny: { binaries: ['/bin/*'] } }, {}, {}, denied],
  [
    'neither denied nor allowed',
    { allow: { binaries: ['/app/*'] }, deny: { binaries: ['/bin/*'] } },
    { target: binary('/opt/x') },
    {},
    unlisted,
  ],
  [
    'perhaps denied, surely not allowed',
    { allow: { binaries: ['/app/*'] }, deny: { binaries: ['/bin/sh'] } },
    { target: binary('sh', true) },
    {},
    perhapsDenied,
  ],
  ['a target of another type', noShell, { target: file('/bin/sh') }, {}, allowed],

  [
    'a write where writing is denied',
    open({ deny: { paths: ['/etc/**'], access: ['write', 'change'] } }),
    opened(file('/etc/x')),
    { access: 'write' },
    denied,
  ],
  [
    'a read where writing is denied',
    open({ deny: { paths: ['/etc/**'], access: ['write'] } }),
    opened(file('/etc/x')),
    { access: 'read' },
    allowed,
  ],
  [
    'unknown access where writing is denied',
    open({ deny: { paths: ['/etc/**'], access: ['write'] } }),
    opened(file('/etc/x')),
    {},
    perhapsDenied,
  ],
  ['unknown access elsewhere', open({ deny: { paths: ['/etc/**'], access: ['write'] } }), opened(file('/var/x')), {}, allowed],
  [
    'unknown access where reading is allowed',
    open({ allow: { paths: ['/etc/**'], access: ['read'] } }),
    opened(file('/etc/x')),
    {},
    perhapsUnlisted,
  ],
  [
    'a read where reading is allowed',
    open({ allow: { paths: ['/etc/**'], access: ['read'] } }),
    opened(file('/etc/x')),
    { access: 'read' },
    allowed,
  ],
  [
    'a write where reading is allowed',
    open({ allow: { paths: ['/etc/**'], access: ['read'] } }),
    opened(file('/etc/x')),
    { access: 'write' },
    unlisted,
  ],

  [
    'a denied file by the denied program',
    open({ deny: { paths: ['/k'], by: ['/bin/cat'] } }),
    opened(file('/k'), '/bin/cat'),
    {},
    denied,
  ],
  ['by another program', open({ deny: { paths: ['/k'], by: ['/bin/cat'] } }), opened(file('/k'), '/app/api'), {}, allowed],
  ['by nobody known', open({ deny: { paths: ['/k'], by: ['/bin/cat'] } }), opened(file('/k')), {}, perhapsDenied],
  [
    'by a program known by name',
    open({ deny: { paths: ['/k'], by: ['/bin/cat'] } }),
    opened(file('/k'), 'cat'),
    {},
    perhapsDenied,
  ],

  [
    'a denied file whose path was folded',
    open({ deny: { paths: ['/proc/1/environ'] } }),
    opened(file('/proc/<id>/environ')),
    {},
    perhapsDenied,
  ],
  ['a folded file of another name', open({ deny: { paths: ['/proc/1/environ'] } }), opened(file('/proc/<id>/mem')), {}, allowed],
  [
    'a folded file that a glob denies',
    open({ deny: { paths: ['/proc/*/environ'] } }),
    opened(file('/proc/<id>/environ')),
    {},
    denied,
  ],
  [
    'a folded file that is allowed',
    open({ allow: { paths: ['/opt/20260101/x'] } }),
    opened(file('/opt/<id>/x')),
    {},
    perhapsUnlisted,
  ],

  ['a denied address', connect({ deny: metadata }), connected(address({ address: '169.254.169.254' })), {}, denied],
  ['another address', connect({ deny: metadata }), connected(address({})), {}, allowed],
  [
    'a host of which only the name is known',
    connect({ deny: metadata }),
    connected(address({ address: null, name: 'x.test' })),
    {},
    perhapsDenied,
  ],
  ['an unknown destination', connect({ deny: metadata }), connected(null), {}, perhapsDenied],
  [
    'listening, under a control over outbound',
    connect({ deny: metadata }),
    connected(address({ address: '169.254.169.254', direction: 'listen' })),
    {},
    allowed,
  ],
  [
    'listening, under an allow list over outbound',
    connect({ allow: metadata }),
    connected(address({ direction: 'in' })),
    {},
    allowed,
  ],
  [
    'outbound, under a control over listening',
    connect({ deny: { destinations: [{ ports: [443], direction: 'listen' }] } }),
    connected(address({})),
    {},
    allowed,
  ],
  [
    'listening where that is denied',
    connect({ deny: { destinations: [{ ports: ['1-1024'], direction: 'listen' }] } }),
    connected(address({ direction: 'listen', port: 1024 })),
    {},
    denied,
  ],
  [
    'listening above the denied ports',
    connect({ deny: { destinations: [{ ports: ['1-1024'], direction: 'listen' }] } }),
    connected(address({ direction: 'listen', port: 1025 })),
    {},
    allowed,
  ],
  [
    'an allowed destination',
    connect({ allow: { destinations: [{ cidr: '10.0.0.0/8', ports: [443], protocol: 'tcp' }] } }),
    connected(address({})),
    {},
    allowed,
  ],
  [
    'another port',
    connect({ allow: { destinations: [{ cidr: '10.0.0.0/8', ports: [443] }] } }),
    connected(address({ port: 80 })),
    {},
    unlisted,
  ],
  [
    'an unknown port',
    connect({ allow: { destinations: [{ cidr: '10.0.0.0/8', ports: [443] }] } }),
    connected(address({ port: null })),
    {},
    perhapsUnlisted,
  ],
  [
    'another protocol',
    connect({ allow: { destinations: [{ ports: [443], protocol: 'tcp' }] } }),
    connected(address({ protocol: 'udp' })),
    {},
    unlisted,
  ],
  [
    'an unknown protocol',
    connect({ allow: { destinations: [{ ports: [443], protocol: 'tcp' }] } }),
    connected(address({ protocol: null })),
    {},
    perhapsUnlisted,
  ],
  [
    'an allowed name',
    connect({ allow: { destinations: [{ dns: '*.Example.com' }] } }),
    connected(address({ name: 'a.example.com' })),
    {},
    allowed,
  ],
  [
    'another name',
    connect({ allow: { destinations: [{ dns: '*.example.com' }] } }),
    connected(address({ name: 'example.org' })),
    {},
    unlisted,
  ],
  [
    'an address without its name',
    connect({ allow: { destinations: [{ dns: '*.example.com' }] } }),
    connected(address({})),
    {},
    perhapsUnlisted,
  ],

  [
    'a denied capability',
    { behaviour: 'privilege_change', deny: { capabilities: ['CAP_SYS_*'], syscalls: ['setuid'] } },
    { action: 'privilege_change', target: { type: 'capability', name: 'CAP_SYS_ADMIN' } },
    {},
    denied,
  ],
  [
    'a denied system call',
    { behaviour: 'privilege_change', deny: { capabilities: ['CAP_SYS_*'], syscalls: ['setuid'] } },
    { action: 'privilege_change', target: { type: 'syscall', name: 'setuid' } },
    {},
    denied,
  ],
  [
    'a system call named like a denied capability',
    { behaviour: 'privilege_change', deny: { capabilities: ['setuid'] } },
    { action: 'privilege_change', target: { type: 'syscall', name: 'setuid' } },
    {},
    allowed,
  ],
  [
    'an unknown privilege',
    { behaviour: 'privilege_change', deny: { capabilities: ['CAP_SYS_*'] } },
    { action: 'privilege_change', target: null },
    {},
    perhapsDenied,
  ],
  [
    'a denied state',
    { behaviour: 'state', deny: { names: ['a/*/c'] } },
    { action: 'state', target: { type: 'state', name: 'a/b/x/c' } },
    {},
    denied,
  ],
  [
    'another state',
    { behaviour: 'state', deny: { names: ['a'] } },
    { action: 'state', target: { type: 'state', name: 'b' } },
    {},
    allowed,
  ],
  ['an unknown state', { behaviour: 'state', deny: { names: ['a'] } }, { action: 'state', target: null }, {}, perhapsDenied],
]
for (const [what, control, who, seen, expected] of cases) {
  test(`deny and allow: ${what}`, () => {
    assert.deepEqual(compiled(control).rejects({ ...identity, ...who }, { ...sighting, ...seen }), expected)
  })
}

test('evidence maps detections by sensor and rule glob', () => {
  const { maps } = compiled({ evidence: { falco: ['Terminal*', 'Run/{a,b}'] } })
  assert.equal(maps(sighting), true)
  assert.equal(maps({ ...sighting, rule: 'Run/b' }), true)
  assert.equal(maps({ ...sighting, rule: 'terminal shell' }), false)
  assert.equal(maps({ ...sighting, rule: null }), false)
  assert.equal(maps({ ...sighting, sensor: 'tetragon' }), false)
})

test('sensors and rules that prototypes have names for map nothing by accident', () => {
  const { maps } = compiled({ evidence: { falco: ['constructor'] } })
  assert.equal(maps({ ...sighting, sensor: '__proto__', rule: 'constructor' }), false)
  assert.equal(maps({ ...sighting, sensor: 'constructor', rule: 'name' }), false)
  assert.equal(maps({ ...sighting, rule: 'toString' }), false)
  assert.equal(maps({ ...sighting, rule: 'constructor' }), true)
})

const excepting = (exception: Partial<Exception>, control: Partial<Control> = noShell) =>
  compiled({ ...control, except: [{ reason: 'It is meant to.', ...exception }] }).excepts

test('an exception must cover every sighting', () => {
  const excepts = excepting({ rules: ['Terminal*'] })
  assert.equal(excepts(identity, [sighting, sighting], ['shop/api']), 'It is meant to.')
  assert.equal(excepts(identity, [sighting, { ...sighting, rule: 'Other' }], ['shop/api']), null)
  assert.equal(excepts(identity, [sighting, { ...sighting, rule: null }], ['shop/api']), null)
})

test('an exception must cover every workload that it could have been', () => {
  const excepts = excepting({ workloads: ['api'] })
  assert.equal(excepts(identity, [sighting], ['shop/api']), 'It is meant to.')
  assert.equal(excepts(identity, [sighting], ['shop/api', 'shop/web']), null)
})

test('an exception for workloads speaks of their names or of namespace and name, as appliesTo does', () => {
  assert.equal(excepting({ workloads: ['shop/*'] })(identity, [sighting], ['shop/api']), 'It is meant to.')
  assert.equal(excepting({ workloads: ['a*'] })(identity, [sighting], ['shop/api']), 'It is meant to.')
  // Not every workload of a namespace that begins alike.
  assert.equal(excepting({ workloads: ['sh*'] })(identity, [sighting], ['shop/api']), null)
  assert.equal(excepting({ workloads: ['*'] })(identity, [sighting], ['shop/api']), 'It is meant to.')
})

test('an exception does not guess', () => {
  assert.equal(excepting({ binaries: ['/bin/sh'] })(identity, [sighting], ['shop/api']), 'It is meant to.')
  assert.equal(excepting({ binaries: ['/bin/sh'] })({ ...identity, target: null }, [sighting], ['shop/api']), null)
  assert.equal(excepting({ binaries: ['/bin/sh'] })({ ...identity, target: binary('sh', true) }, [sighting], ['shop/api']), null)
  const reading = excepting({ paths: ['/etc/**'], access: ['read'] }, open({ deny: { paths: ['/**'] } }))
  assert.equal(
    reading({ ...identity, ...opened(file('/etc/x')) }, [{ ...sighting, access: 'read' }], ['shop/api']),
    'It is meant to.',
  )
  assert.equal(
    reading({ ...identity, ...opened(file('/etc/x')) }, [{ ...sighting, access: 'read' }, sighting], ['shop/api']),
    null,
  )
})

test('two exceptions that each cover a part cover nothing together', () => {
  const { excepts } = compiled({
    ...noShell,
    except: [
      { rules: ['a'], reason: 'A' },
      { rules: ['b'], reason: 'B' },
    ],
  })
  const of = (rule: string) => ({ ...sighting, rule })
  assert.equal(excepts(identity, [of('a')], ['shop/api']), 'A')
  assert.equal(excepts(identity, [of('b')], ['shop/api']), 'B')
  assert.equal(excepts(identity, [of('a'), of('b')], ['shop/api']), null)
})

test('what is surely denied stays denied when more becomes known, and what is allowed was never surely denied', () => {
  const part = fc.constantFrom('/bin/sh', '/bin/ls', '/app/api', 'sh', 'api')
  const lists = fc.record({
    deny: fc.option(fc.subarray(['/bin/*', '/app/api', '**/sh'], { minLength: 1 })),
    allow: fc.option(fc.subarray(['/app/*', '/bin/ls', '/**'], { minLength: 1 })),
  })
  fc.assert(
    fc.property(lists, part, ({ deny, allow }, path) => {
      const control = compiled({ ...(deny && { deny: { binaries: deny } }), ...(allow && { allow: { binaries: allow } }) })
      const whole = control.rejects({ ...identity, target: binary(path) }, sighting)
      const name = control.rejects({ ...identity, target: binary(path.slice(path.lastIndexOf('/') + 1), true) }, sighting)
      // Knowing less never turns a rejected act into an allowed one, nor an allowed one into a surely rejected one.
      if (path.startsWith('/') && whole !== null) assert.notEqual(name, null)
      if (path.startsWith('/') && whole === null) assert.notEqual(name?.sure, true)
    }),
  )
})
