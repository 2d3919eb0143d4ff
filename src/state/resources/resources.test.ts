import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate } from '../evaluate.ts'
import type { Answer, CertificateFact, MountFact, ProcessFact, Query, SocketFact } from '../model/fact.ts'
import type { Dialect, Resource } from '../model/resource.ts'
import { deprecations, integerOf } from './deprecated.ts'
import { bundleOf, judged, resource } from './fixtures.ts'
import { GossPanic } from './kind.ts'
import { queriesOf, queriesOfSuite } from './resources.ts'

const of = (dialect: Dialect) => ({ dialect, packageManager: null }) as const

const proc: MountFact = { mountpoint: '/data', options: ['rw', 'rw'], superOptions: ['rw'], source: 'a', filesystem: 'ext4' }
const mounts = (...rows: MountFact[]): [Query, Answer<unknown>] => [{ kind: 'mounts' }, { value: rows }]
const usage: [Query, Answer<unknown>] = [{ kind: 'usage', mountpoint: '/data', timeoutMs: 1000 }, { value: 7 }]

test('a mount that is absent is an error to goss, and false to us, so that absence can be asserted', () => {
  const unwanted = resource('mount', '/data', { exists: false })
  assert.deepEqual(judged([unwanted], [mounts(), usage]), ['exists: error (Mountpoint not found)'])
  assert.deepEqual(judged([unwanted], [mounts(), usage], 'runproof'), ['exists: pass'])
  assert.deepEqual(judged([resource('mount', '/data', { exists: true })], [mounts(), usage], 'runproof'), ['exists: fail'])
})

test('of several mounts at one place goss takes the first, we the one on top', () => {
  const top = { ...proc, source: 'b' }
  const expected = resource('mount', '/data', { exists: true, source: 'b' })
  assert.deepEqual(judged([expected], [mounts(proc, top), usage]), ['exists: pass', 'source: fail'])
  assert.deepEqual(judged([expected], [mounts(proc, top), usage], 'runproof'), ['exists: pass', 'source: pass'])
})

test('a trailing slash is another mount point', () => {
  const slash = resource('mount', '/data/', { exists: true })
  assert.deepEqual(judged([slash], [mounts(proc)], 'runproof'), ['exists: fail'])
})

const socket = (protocol: SocketFact['protocol'], address: string, port: number, isListening = true): SocketFact => ({
  protocol,
  address,
  port,
  isListening,
  uid: 0,
})
const sockets: [Query, Answer<unknown>] = [
  { kind: 'sockets' },
  {
    value: [
      socket('tcp', '127.0.0.1', 80),
      socket('tcp', '10.0.0.1', 81, false),
      socket('tcp6', 'fd00::2', 443),
      socket('udp', '0.0.0.0', 53, false),
    ],
  },
]

test('a port is tcp unless it says otherwise; only tcp needs to listen', () => {
  const port = (key: string) => resource('port', key, { listening: true })
  assert.deepEqual(
    judged([port('80'), port('tcp:80'), port('81'), port('tcp6:80'), port('udp:53'), port('udp6:53')], [sockets]),
    ['pass', 'pass', 'fail', 'fail', 'pass', 'fail'].map((outcome) => `listening: ${outcome}`),
  )
})

test('goss prints IPv6 in capitals; we compare it as the kernel has it', () => {
  const written = (ip: string) => resource('port', 'tcp6:443', { listening: true, ip: [ip] })
  assert.deepEqual(judged([written('FD00::2'), written('fd00::2')], [sockets]).slice(1), [
    'ip: pass',
    'listening: pass',
    'ip: fail',
  ])
  assert.equal(judged([written('fd00::2')], [sockets], 'runproof')[1], 'ip: pass')
})

test('a UDP dial shows nothing: true always to goss, an error to us', () => {
  const udp = resource('addr', 'udp://127.0.0.1:1', { reachable: true })
  const [query] = queriesOf(udp, of('goss')) as [Query]
  assert.deepEqual(judged([udp], [[query, { value: true }]]), ['reachable: pass'])
  assert.match(judged([udp], [], 'runproof')[0] ?? '', /^reachable: error \(nobody answers a UDP dial/)
  assert.deepEqual(queriesOf(udp, of('runproof')), [])
})

test('a typed query without a server forgets its type in goss’s dialect alone', () => {
  const mx = resource('dns', 'MX:example.org', { resolvable: true })
  assert.deepEqual(queriesOf(mx, of('goss')), [{ kind: 'dns', name: 'example.org', type: null, server: null, timeoutMs: 500 }])
  assert.deepEqual(queriesOf(mx, of('runproof')), [
    { kind: 'dns', name: 'example.org', type: 'MX', server: null, timeoutMs: 500 },
  ])
  const bogus = resource('dns', 'BOGUS:a', { resolvable: true, server: '::1' })
  assert.deepEqual(queriesOf(bogus, of('goss')), [{ kind: 'dns', name: 'a', type: null, server: '::1', timeoutMs: 500 }])
  assert.match(judged([bogus], [], 'runproof')[0] ?? '', /BOGUS is no record type/)
})

const passwd =
  'root:x:0:0:root:/root:/bin/bash\n# comment\n+nis:x:1:1::/:/bin/sh\nbad:x:y:0::/:/bin/sh\nweb:x:33:33:w:/var/www:/usr/sbin/nologin\n'
const group = 'root:x:0:\nweb:x:33:\nbroken\ndocker:x:999:web,root\n'
const accounts: [Query, Answer<unknown>] = [
  { kind: 'accounts' },
  { value: { passwd: { value: passwd }, group: { value: group } } },
]

test('users and groups are read as Go reads them: comments, NIS rows and rows with bad ids are not there', () => {
  const user = (key: string) => resource('user', key, { exists: true })
  assert.deepEqual(judged([user('root'), user('web'), user('+nis'), user('bad'), user('# comment')], [accounts]), [
    'exists: pass',
    'exists: pass',
    'exists: fail',
    'exists: fail',
    'exists: fail',
  ])
})

test('a user’s groups hold its own, sorted; its shell is an error behind a malformed row', () => {
  const web = resource('user', 'web', { exists: true, uid: 33n, groups: { is: null } as never, shell: '/usr/sbin/nologin' })
  const asked = resource('user', 'web', {
    ...Object.fromEntries(web.attributes),
    groups: new Map([['consist-of', ['docker', 'web']]]),
  })
  assert.deepEqual(judged([asked], [accounts]), [
    'exists: pass',
    'uid: pass',
    'groups: pass',
    'shell: error (invalid entry in /etc/passwd)',
  ])
})

test('ids that were written as texts are numbers to goss, which says so, and dies of those that are none', () => {
  const old = resource('user', 'r', { username: 'root', exists: true, uid: '0', gid: '0' })
  assert.deepEqual(judged([old], [accounts]), ['exists: pass', 'uid: pass', 'gid: pass'])
  assert.deepEqual(deprecations(old), [
    'DEPRECATION WARNING: root: user.uid should be an integer not a string',
    'DEPRECATION WARNING: root: user.gid should be an integer not a string',
  ])
  assert.throws(() => deprecations(resource('group', 'g', { gid: 'x' })), GossPanic)
  assert.deepEqual(deprecations(resource('group', 'g', { gid: 0n })), [])
  assert.equal(integerOf('0x10'), '0x10')
})

const processes: [Query, Answer<unknown>] = [
  { kind: 'processes' },
  {
    value: [
      { pid: 1, comm: 'nginx', uid: 0, commandLine: ['nginx', '-g', 'daemon off;'] },
      { pid: 2, comm: 'nginx', uid: 33, commandLine: ['nginx: worker'] },
      { pid: 3, comm: 'a)b', uid: 33, commandLine: [] },
    ] satisfies ProcessFact[],
  },
]

test('processes by name; ours also by owner, arguments and number', () => {
  const nginx = resource('process', 'nginx', {
    running: true,
    owner: new Map([['consist-of', ['root', 'web']]]),
    args: ['nginx: worker'],
    count: 2n,
  })
  assert.deepEqual(judged([nginx], [processes, accounts], 'runproof'), [
    'running: pass',
    'owner: pass',
    'args: pass',
    'count: pass',
  ])
  const cut = resource('process', 'a', { running: true })
  assert.deepEqual(judged([cut], [processes]), ['running: pass'])
  assert.deepEqual(judged([cut], [processes], 'runproof'), ['running: fail'])
})

test('plain package names share one question, a glob has its own', () => {
  const names = ['bash', 'libc6', 'lib*', 'libc6:amd64']
  const suite = { resources: names.map((name) => resource('package', name, { installed: true })) }
  assert.deepEqual(
    queriesOfSuite(suite, of('goss')).map((query) => (query.kind === 'packages' ? query.patterns : null)),
    [[], ['lib*'], ['libc6:amd64']],
  )
})

test('a list of packages that could not be read is "not installed" to goss, and an error to us', () => {
  const bash = resource('package', 'bash', { installed: true })
  const fact: [Query, Answer<unknown>] = [
    { kind: 'packages', manager: null, patterns: [] },
    { value: { manager: 'dpkg', problem: 'dpkg-query is not there', installed: {} } },
  ]
  assert.deepEqual(judged([bash], [fact]), ['installed: fail'])
  assert.deepEqual(judged([bash], [fact], 'runproof'), ['installed: error (dpkg-query is not there)'])
})

test('a request header without ": " ends goss, and is an error to us; nothing is asked', () => {
  const broken = resource('http', 'http://127.0.0.1/', { status: 200n, 'request-headers': ['X'] })
  assert.throws(() => judged([broken], []), GossPanic)
  assert.deepEqual(judged([broken], [], 'runproof'), ['status: error (request-headers: "X" is not of the form "Name: value")'])
  assert.deepEqual(queriesOf(broken, of('goss')), [])
})

test('headers are judged as sorted lines', () => {
  const http = resource('http', 'http://127.0.0.1/', { status: 200n, headers: 'A: 1\nB: 1\nB: 2' })
  const [query] = queriesOf(http, of('goss')) as [Query]
  const fact = {
    status: 200,
    headers: [
      ['B', '2'],
      ['B', '1'],
      ['A', '1'],
    ],
    body: { value: { text: '', size: 0, cut: false } },
  }
  assert.deepEqual(judged([http], [[query, { value: fact }]]), ['status: pass', 'Headers: pass'])
})

const certificate: CertificateFact = {
  subject: 'CN=a.example',
  issuer: 'CN=ca',
  names: ['a.example'],
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2026-03-31T12:00:01Z',
  serial: '01',
  sha256: 'ab',
  protocol: 'TLSv1.3',
  chainError: null,
}

function certificateJudged(given: Resource, fact: Partial<CertificateFact>): readonly string[] {
  const [query] = queriesOf(given, of('runproof')) as [Query]
  return judged([given], [[query, { value: { ...certificate, ...fact } }]], 'runproof')
}

test('a certificate: valid by default, days that are left counted from when the facts were taken', () => {
  const plain = resource('certificate', 'a.example:443', {})
  assert.deepEqual(queriesOf(plain, of('runproof')), [
    { kind: 'certificate', path: null, address: 'a.example:443', serverName: null, caFile: null, timeoutMs: 5000 },
  ])
  assert.deepEqual(certificateJudged(plain, {}), ['valid: pass'])
  assert.deepEqual(certificateJudged(plain, { chainError: 'self-signed' }), ['valid: fail'])
  assert.deepEqual(certificateJudged(plain, { notAfter: '2026-02-28T00:00:00Z' }), ['valid: fail'])
  const days = resource('certificate', '/etc/ssl/a.pem', { 'days-left': new Map([['ge', 30n]]) })
  assert.deepEqual(certificateJudged(days, {}), ['days-left: pass'])
  assert.deepEqual(certificateJudged(days, { notAfter: '2026-03-31T12:00:00Z' }), ['days-left: fail'])
})

test('kernel modules, sshd settings, crontabs and access by mode bits', () => {
  const facts: [Query, Answer<unknown>][] = [
    [{ kind: 'kernel-modules' }, { value: ['nf_tables'] }],
    [{ kind: 'sshd', context: null }, { value: { permitrootlogin: ['no'], acceptenv: ['LANG', 'LC_*'] } }],
    [{ kind: 'crontab', user: 'root' }, { value: ['0 5 * * * /usr/local/bin/backup'] }],
  ]
  const given = [
    resource('kernel-module', 'nf-tables', { loaded: true }),
    resource('sshd', 'PermitRootLogin', { value: 'no' }),
    resource('sshd', 'AcceptEnv', { value: ['LANG'] }),
    resource('sshd', 'Nonsense', { value: 'x' }),
    resource('crontab', 'root', { entries: ['/backup$/', '!reboot'] }),
  ]
  assert.deepEqual(judged(given, facts, 'runproof'), [
    'loaded: pass',
    'value: pass',
    'value: pass',
    'value: error (sshd has no setting Nonsense)',
    'entries: pass',
  ])
  const secret = resource('file', '/etc/shadow', { exists: true, access: new Map([['web', '---']]) })
  const [query] = queriesOf(secret, of('runproof')) as [Query]
  const may = { read: true, write: false, execute: false }
  const results = evaluate(
    { resources: [secret] },
    bundleOf([[query, { value: { exists: { value: true }, access: { web: { value: may } } } }]]),
    'runproof',
  )
  assert.deepEqual(
    results.map(({ property, outcome, matcher }) => [property, outcome, matcher.actual]),
    [
      ['exists', 'pass', true],
      ['access: web', 'fail', 'r--'],
    ],
  )
})

test('the Windows registry is an error on every host that we ask', () => {
  assert.match(judged([resource('registry', 'HKLM', { exists: false })], [], 'runproof')[0] ?? '', /only supported on Windows/)
})

test('what was opened and could not be read is named by goss beside its error; what could not be opened is not', () => {
  const folder = resource('file', '/etc', { exists: true, contents: ['x'] })
  const [query] = queriesOf(folder, of('goss')) as [Query]
  const shownFor = (error: string): unknown =>
    evaluate(
      { resources: [folder] },
      bundleOf([[query, { value: { exists: { value: true }, contents: { error } } }]]),
      'goss',
    ).map(({ outcome, matcher }) => [outcome, matcher.actual, matcher.message])[1]
  assert.deepEqual(shownFor('read /etc: is a directory'), ['error', 'object: *os.File', 'to have patterns'])
  assert.deepEqual(shownFor('open /etc: permission denied'), ['error', undefined, ''])
})
