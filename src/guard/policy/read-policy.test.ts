import assert from 'node:assert/strict'
import { test } from 'node:test'
import { policyDigest } from './compile.ts'
import type { GuardPolicy } from './model.ts'
import { readPolicy, readPolicyDocuments } from './read-policy.ts'

const alone = (path: string): string => assert.fail(`nothing to read, and ${path} was asked for`)
const read = (text: string): GuardPolicy => readPolicy(text, 'guard.yaml', alone)
const from =
  (files: Readonly<Record<string, string>>) =>
  (path: string): string => {
    const text = files[path]
    if (text === undefined) throw new Error('no such file')
    return text
  }
/** The message of every problem with its place. */
const problems = (text: string, files: Readonly<Record<string, string>> = {}): readonly string[] => {
  const result = readPolicyDocuments(text, 'guard.yaml', from(files))
  return 'problems' in result
    ? result.problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)
    : []
}

const whole = `version: "1.0"
mode: enforce
processes:
  payments:
    description: the payment service
    allowed_exec: [/usr/bin/curl]
    blocked_syscalls: [ptrace, MOUNT]
    allowed_files: [/srv/payments/*, "*.so"]
    blocked_files: [/etc/shadow, "**/.ssh/"]
    allowed_network: ["10.0.0.0/8:5432", "[2001:db8::/32]:443"]
    blocked_network: ["169.254.169.254"]
    max_memory_mb: 512
    max_cpu_percent: 150
    names: [payments-worker]
    descendants: true
alerts:
  on_violation: log
  on_critical: [log, "webhook:https://hooks.example/guard"]
`

test('a policy with every field is what its author wrote', () => {
  const policy = read(whole)
  assert.equal(policy.mode, 'enforce')
  assert.deepEqual(policy.processes['payments']?.allowed_network, ['10.0.0.0/8:5432', '[2001:db8::/32]:443'])
  assert.deepEqual(policy.alerts, { on_violation: ['log'], on_critical: ['log', 'webhook:https://hooks.example/guard'] })
})

test('what is not said is version 1.0, audit, best effort, strict, not persistent, no alerts', () => {
  assert.deepEqual(read('version: 1.0\nprocesses: {nginx: {}}'), {
    version: '1.0',
    mode: 'audit',
    enforce: 'best_effort',
    matching: 'strict',
    persist: false,
    processes: { nginx: {} },
    alerts: { on_violation: [], on_critical: [] },
  })
})

test('the digest is that of the meaning: order and defaults do not count, an entry does', () => {
  const digest = (text: string): string => policyDigest(read(text))
  assert.equal(
    digest('processes: {a: {max_memory_mb: 1, blocked_files: [/x]}}'),
    digest('mode: audit\nprocesses:\n  a:\n    blocked_files: [/x]\n    max_memory_mb: 1'),
  )
  assert.notEqual(digest('processes: {a: {blocked_files: [/x]}}'), digest('processes: {a: {blocked_files: [/y]}}'))
})

test('everything that is wrong is told at once, each with its place and what to do', () => {
  const text = `version: "2.0"
mode: enforced
colour: blue
processes:
  /usr/bin/payments:
    blocked_file: [/etc/shadow]
  payments:
    blocked_syscalls: [ptrce, sys_mount, read]
    allowed_files: [etc/passwd, "/a[b", "/ok"]
    allowed_network: [db.internal:5432, "10.0.0.1/8", "::1", "10.0.0.0/8:99999", "10.0.0.0/8:443"]
    max_memory_mb: -1
alerts: {on_violation: slack}
`
  assert.deepEqual(problems(text), [
    'guard.yaml:1:10 must be 1.0',
    'guard.yaml:2:7 must be one of: audit, alert, enforce',
    'guard.yaml:3:1 there is no field `colour` here',
    'guard.yaml:5:3 a path where a process name belongs',
    'guard.yaml:6:5 there is no field `blocked_file` here',
    'guard.yaml:8:24 is no system call of Linux',
    'guard.yaml:8:31 is no system call of Linux',
    'guard.yaml:9:21 is a relative path',
    'guard.yaml:9:33 opens a [ that it does not close',
    'guard.yaml:10:23 is a host name, and what a name points to changes without the policy',
    'guard.yaml:10:41 has bits beyond its prefix length',
    'guard.yaml:10:55 is an IPv6 address without brackets',
    'guard.yaml:10:62 has a port that is none (99999)',
    'guard.yaml:11:20 must be at least 0',
    'guard.yaml:12:24 is no destination',
  ])
  const fixes = readPolicyDocuments(text, 'guard.yaml', alone)
  assert.ok('problems' in fixes)
  const fixOf = (at: number): string | undefined => fixes.problems[at]?.fix
  assert.deepEqual(
    [fixOf(4), fixOf(5), fixOf(6)],
    ['did you mean `blocked_files`?', 'did you mean `ptrace`?', 'did you mean `mount`?'],
  )
  assert.throws(() => read(text), {
    code: 'guard_policy.invalid',
    message: /15 problems[^]*guard\.yaml:8:24: processes\.payments\.blocked_syscalls\[0\]/,
  })
})

test('no processes, an empty document, and what is no YAML are each one story', () => {
  assert.deepEqual(problems('mode: audit'), ['guard.yaml:1:1 no processes'])
  assert.deepEqual(problems('processes: {}'), ['guard.yaml:1:1 no processes'])
  assert.deepEqual(problems(''), ['guard.yaml:1:1 the document is empty'])
  assert.equal(problems('a: [').length, 1)
  assert.deepEqual(problems('processes:\n  a: {}\n  a: {}'), ['guard.yaml:3:3 the key a for the second time'])
})

test('compat takes what the original never looked at, and no word of ours', () => {
  const text =
    'matching: compat\nprocesses: {a: {allowed_network: [db.internal:5432], blocked_files: [relative/path, ""], blocked_syscalls: [PTRACE]}}'
  assert.deepEqual(problems(text), ['guard.yaml:2:85 is empty'])
  assert.deepEqual(problems('matching: compat\nprocesses: {a: {blocked_syscalls: [module]}}'), [
    'guard.yaml:2:36 is no system call of Linux',
  ])
})

test('what a policy extends comes first: prohibitions add up, everything else is replaced', () => {
  const files = {
    'base/host.yaml':
      'mode: enforce\nprocesses: {payments: {blocked_files: [/etc/shadow], allowed_files: [/srv/*], max_memory_mb: 9}, cron: {}}',
    'base/net.yaml': 'extends: host.yaml\nprocesses: {payments: {blocked_network: ["*:25"]}}',
  }
  const text = 'extends: [base/net.yaml]\nprocesses: {payments: {blocked_files: [/root/, /etc/shadow], allowed_files: [/opt/*]}}'
  const policy = readPolicy(text, 'guard.yaml', from(files))
  assert.equal(policy.mode, 'enforce')
  assert.deepEqual(policy.processes, {
    payments: {
      blocked_files: ['/etc/shadow', '/root/'],
      allowed_files: ['/opt/*'],
      max_memory_mb: 9,
      blocked_network: ['*:25'],
    },
    cron: {},
  })
})

test('extending oneself, too deep, out of reach or absolutely is refused where it is written', () => {
  const circle = { 'a.yaml': 'extends: b.yaml\nprocesses: {x: {}}', 'b.yaml': 'extends: a.yaml\nprocesses: {y: {}}' }
  assert.deepEqual(problems('extends: a.yaml\nprocesses: {z: {}}', circle), [
    'b.yaml:1:10 extends itself: a.yaml → b.yaml → a.yaml',
  ])
  const chain = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.yaml`, `extends: ${i + 1}.yaml`]))
  assert.deepEqual(problems('extends: 0.yaml\nprocesses: {z: {}}', chain), ['7.yaml:1:10 extends deeper than 8'])
  assert.deepEqual(problems('extends: [gone.yaml, /etc/p.yaml, "https://x/p.yaml"]\nprocesses: {z: {}}'), [
    'guard.yaml:1:11 cannot be read: no such file',
    'guard.yaml:1:22 not a path relative to this file',
    'guard.yaml:1:35 not a path relative to this file',
  ])
  assert.deepEqual(problems('extends: a.yaml\nprocesses: {z: {}}', { 'a.yaml': 'processes: {x: {blocked_syscalls: [ptrce]}}' }), [
    'a.yaml:1:36 is no system call of Linux',
  ])
})

test('a name belongs to one entry', () => {
  assert.deepEqual(problems('processes:\n  a: {names: [b, c]}\n  b: {}\n  d: {names: [c]}'), [
    'guard.yaml:2:7 b belongs to the entry b already',
    'guard.yaml:4:7 c belongs to the entry a already',
  ])
})

test('too much of anything is refused with its number', () => {
  const many = (count: number, entry: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => entry(i)).join(', ')
  assert.match(
    problems(`processes: {a: {blocked_files: [${many(10_001, (i) => `/f${i}`)}]}}`).join(),
    /10001 entries, more than 10000/,
  )
  assert.match(problems(`processes: {${many(1001, (i) => `p${i}: {}`)}}`).join(), /1001 processes/)
  assert.match(problems(`# ${'x'.repeat(4 * 1024 * 1024)}`).join(), /larger than/)
  assert.match(
    problems(`processes: {a: {blocked_files: [${many(900, (i) => `"/{a,b,c,d,e}/{a,b,c,d,e}/${i}"`)}]}}`).join(),
    /too many/,
  )
  assert.match(
    problems(`processes: {a: {blocked_network: [${many(2000, (i) => `"10.0.0.0/8:${i}-${60_000 - i}"`)}]}}`).join(),
    /overlap in too many ways/,
  )
})
