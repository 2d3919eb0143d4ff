import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { lintPolicy } from './lint-policy.ts'
import type { GuardPolicy, ProcessPolicy } from './model.ts'
import { pathForms } from './path-pattern.ts'
import { compilePaths } from './path-set.ts'

const policyOf = (payments: ProcessPolicy): GuardPolicy => ({
  version: '1.0',
  mode: 'audit',
  enforce: 'best_effort',
  matching: 'strict',
  persist: false,
  processes: { payments: { allowed_network: ['*'], ...payments } },
  alerts: { on_violation: [], on_critical: [] },
})

for (const [entry, example, strict] of [
  ['/etc/ssh/*', '/etc/ssh', false],
  ['*.pem', '/x/x.pem', true],
  ['/home/*/.ssh/id_rsa', '/home/x/.ssh/id_rsa', true],
  ['/a/', '/a', true],
  ['/tmp/?', '/tmp/x', true],
  ['/tmp/[ab]', '/tmp/a', true],
  ['/tmp/**', '/tmp/', true],
  ['passwd', '/x/passwd', true],
] as const) {
  test(`${entry} is named, with an example that only ${strict ? 'strict' : 'compat'} matches`, () => {
    const [found, ...more] = lintPolicy(policyOf({ blocked_files: ['/etc/passwd', entry] }))
    assert.equal(more.length, 0)
    assert.equal(found?.rule, 'payments.blocked_files[1]')
    assert.deepEqual(found?.matches, { strict, compat: !strict })
    if (example !== '/tmp/') assert.equal(found?.example, example)
  })
}

test('entries that mean the same in both are not named', () => {
  assert.deepEqual(
    lintPolicy(
      policyOf({ blocked_files: ['/etc/passwd', '/var/log/app*'], blocked_syscalls: ['reboot', 'clone'], max_memory_mb: 1 }),
    ),
    [],
  )
})

test('a relative path, which strict refuses, is named with the reason', () => {
  const [found] = lintPolicy(policyOf({ allowed_files: ['etc/passwd'] }))
  assert.match(found?.message ?? '', /strict refuses it: is a relative path/)
})

test('what compat never looks at is named: programs, CPU, both network lists', () => {
  const found = lintPolicy(
    policyOf({ allowed_exec: ['/bin/a'], max_cpu_percent: 50, allowed_network: ['10.0.0.0/8'], blocked_network: ['*:25'] }),
  )
  assert.deepEqual(
    found.map(({ rule }) => rule),
    ['payments.allowed_exec[0]', 'payments.max_cpu_percent', 'payments.allowed_network[0]', 'payments.blocked_network[0]'],
  )
})

test('a policy without a network list is named: compat denies everything', () => {
  const { allowed_network: _, ...rest } = policyOf({}).processes['payments'] ?? {}
  const found = lintPolicy({ ...policyOf({}), processes: { payments: rest } })
  assert.deepEqual(
    found.map(({ rule, kind }) => [rule, kind]),
    [['payments.allowed_network', 'differs']],
  )
})

test('calls are named whose family or whose severity differs', () => {
  const found = lintPolicy(policyOf({ blocked_syscalls: ['fork', 'capset', 'ptrace', 'reboot'] }))
  assert.deepEqual(
    found.map(({ entry, example }) => [entry, example]),
    [
      ['fork', 'vfork'],
      ['capset', 'capset'],
      ['ptrace', 'process_vm_readv'],
    ],
  )
})

test('advice: an empty list of files restricts nothing, and two long names may be one', () => {
  const found = lintPolicy({
    ...policyOf({ allowed_files: [] }),
    processes: {
      'payment-settlement-a': { allowed_network: ['*'], allowed_files: [] },
      'payment-settlement-b': { allowed_network: ['*'] },
    },
  })
  assert.deepEqual(
    found.map(({ kind, rule }) => [kind, rule]),
    [
      ['advice', 'payment-settlement-a.allowed_files'],
      ['advice', 'payment-settlement-b'],
    ],
  )
})

test('an entry that is not named means the same for any normalised path', () => {
  const piece = fc.constantFrom('/', 'a', 'b', '*', '**', '?', '[ab]', '.pem', '\\*', '/*', '{a,b}')
  const entries = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''))
  const paths = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'x.pem', '*', 'a*'), { minLength: 1, maxLength: 4 })
    .map((names) => `/${names.join('/')}`)
  fc.assert(
    fc.property(entries, fc.array(paths, { minLength: 5, maxLength: 20 }), (entry, some) => {
      if (lintPolicy(policyOf({ blocked_files: [entry] })).length > 0) return
      const [strict, compat] = [compilePaths([pathForms(entry, 'strict')]), compilePaths([pathForms(entry, 'compat')])]
      for (const path of some) assert.equal(strict.find(path), compat.find(path), `${entry} and ${path}`)
    }),
    { numRuns: 500 },
  )
})
