import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertTarget } from './alert-target.ts'
import { buildGlobs } from './glob-automaton.ts'
import { families } from './families.ts'
import { networkEntry } from './network-entry.ts'
import { normalisePath } from './normalise-path.ts'
import { pathForms } from './path-pattern.ts'
import { compilePaths } from './path-set.ts'
import { syscall, syscallNames } from './syscalls.ts'

for (const [entry, why] of [
  ['', /is empty/],
  ['etc/passwd', /relative path; start it with/],
  ['*/x', /relative path/],
  ['/etc//passwd', /empty folder name/],
  ['/etc/../passwd', /a \. or \.\./],
  ['/a/.', /a \. or \.\./],
  ['/a[b', /does not close/],
  ['/a[]', /does not close/],
  ['/a[z-a]', /ends before it starts/],
  ['/a[[:alpha:]]', /named class/],
  ['/a[b/c]', /a \/ in a class/],
  ['/a\\', /ends with a backslash/],
  ['/a{b', /does not close/],
  ['{,a}', /alternative that is empty/],
  ['/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', /more than 256 alternatives/],
  ['/\ud800', /half a character/],
] as const) {
  test(`refused as a path: ${JSON.stringify(entry)}`, () => {
    assert.throws(() => pathForms(entry, 'strict'), { code: 'format.malformed', message: why })
    if (entry !== '') assert.equal(compilePaths([pathForms(entry, 'compat')]).find(entry), 0)
  })
}

for (const [entry, why] of [
  ['', /no address/],
  [':443', /no address/],
  ['example.com:443', /host name/],
  ['10.0.0.0/33', /prefix length/],
  ['10.0.0.0/x', /prefix length/],
  ['10.0.0.1/8', /bits beyond/],
  ['10.0.0/8', /no IP address/],
  ['010.0.0.0/8', /no IP address/],
  ['10.0.0.0/8/8', /no IP address/],
  ['2001:db8::/32', /without brackets/],
  ['[2001:db8::/32', /does not close/],
  ['[2001:db8::1]x', /goes on after/],
  ['[10.0.0.1]:443', /in brackets/],
  ['[fe80::1%eth0]:443', /zone/],
  ['[::ffff:10.0.0.0/64]', /cuts the IPv4/],
  ['10.0.0.1:', /no.* port|port that is none/],
  ['10.0.0.1:0x50', /port that is none/],
  ['10.0.0.1:90-80', /port that is none/],
  ['10.0.0.1:80,', /port that is none \(empty\)/],
] as const) {
  test(`refused as a destination: ${JSON.stringify(entry)}`, () => {
    assert.throws(() => networkEntry(entry), { code: 'format.malformed', message: why })
  })
}

test('destinations with a block, several ports, any port, both places of the prefix', () => {
  const ports = [
    { from: 443, to: 443 },
    { from: 8000, to: 8999 },
  ]
  assert.deepEqual(networkEntry('10.0.0.0/8:443,8000-8999'), {
    blocks: [{ family: 4, first: 0x0a000000n, last: 0x0affffffn, prefix: 8 }],
    ports,
  })
  assert.deepEqual(networkEntry('[2001:db8::/32]:443'), networkEntry('[2001:db8::]/32:443'))
  assert.deepEqual(networkEntry('[::ffff:10.0.0.0/104]:1'), networkEntry('10.0.0.0/8:1'))
  assert.deepEqual(
    networkEntry('*').blocks.map(({ family, prefix }) => [family, prefix]),
    [
      [4, 0],
      [6, 0],
    ],
  )
  assert.deepEqual(networkEntry('10.0.0.1:*').ports, [])
})

test('alerts go to the log, a file or a webhook, and nowhere with a password in it', () => {
  assert.deepEqual(alertTarget('log'), { kind: 'log' })
  assert.deepEqual(alertTarget('file:/var/log/guard.ndjson'), { kind: 'file', path: '/var/log/guard.ndjson' })
  assert.deepEqual(alertTarget('webhook:https://h.example/x'), { kind: 'webhook', url: 'https://h.example/x' })
  for (const text of ['slack', 'file:', 'ftp://h.example', 'https://u:p@h.example'])
    assert.throws(() => alertTarget(text), { code: 'format.malformed' })
})

test('a path is compared without what does not change its meaning, and as it is where nobody knows its start', () => {
  const cases = {
    '/a//b/./c/../d/': '/a/b/d',
    '/..': '/',
    '/': '/',
    '//': '/',
    '/a/..x/.y/...': '/a/..x/.y/...',
    '/a/.': '/a',
    'a/../b': 'a/../b',
    '': '',
  }
  for (const [path, plain] of Object.entries(cases)) assert.equal(normalisePath(path), plain)
})

test('a name stands for the calls that do the same, whatever its case; in compat for itself', () => {
  assert.deepEqual(families('FORK'), ['fork', 'vfork', 'clone', 'clone3'])
  assert.deepEqual(families('module'), ['init_module', 'finit_module'])
  assert.deepEqual(families('ptrace'), ['ptrace', 'process_vm_readv', 'process_vm_writev'])
  assert.deepEqual(families('read'), ['read'])
  assert.deepEqual(families('fork', 'compat'), ['fork'])
  assert.deepEqual(families('module', 'compat'), [])
  assert.deepEqual(families('ptrce'), [])
})

test('every call of every family exists, and numbers are those of the architecture', () => {
  for (const name of [...syscallNames(), 'exec', 'module', 'kexec', 'io_uring'])
    for (const call of families(name)) assert.notEqual(syscall(call), null, call)
  assert.deepEqual(syscall('openat'), { name: 'openat', x64: 257, arm64: 56 })
  assert.deepEqual(syscall('fork'), { name: 'fork', x64: 57, arm64: null })
  assert.deepEqual(syscall('mseal'), { name: 'mseal', x64: 462, arm64: 462 })
  assert.equal(syscall('constructor'), null)
})

test('a list that does not fit into the memory of its automaton is answered alike', () => {
  const rules = Array.from({ length: 200 }, (_, rule) => {
    const [form] = pathForms(`/h/*${rule}*a${rule}*/key`, 'strict')
    assert.ok(form?.kind === 'glob')
    return { rule, tokens: form.tokens }
  })
  const tiny = buildGlobs([rules], { states: 4, forgottenAfter: 3 })
  const ample = buildGlobs([rules])
  for (let i = 0; i < 300; i++) {
    const text = `/h/x${i}é${i}a${i % 7}${i}😀/key`
    assert.equal(tiny.find(0, text, 3), ample.find(0, text, 3), text)
  }
  assert.equal(ample.find(0, '/h/17xa17/key', 3), 1)
})

test('a text that is cut within its last character is a text like any other, however often it comes', () => {
  const set = compilePaths([
    pathForms('**/?/*x', 'strict'),
    pathForms('/srv/**/[😀-😂]', 'strict'),
    pathForms('/srv/**/?', 'strict'),
  ])
  const whole = '/srv/data/more/😀/rest/of/the/path'
  const cut = whole.slice(0, whole.indexOf('😀') + 1)
  for (let i = 0; i < 20_000; i++) {
    assert.equal(set.find(cut), 2)
    assert.equal(set.find('/srv/data/😀'), 1)
  }
})
