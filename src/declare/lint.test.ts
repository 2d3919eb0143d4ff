import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { lint, lintRules, warningText, type Warning } from './lint.ts'
import { isBoundless, normalisedPattern } from './lint-pattern.ts'
import { readManifest } from './read-manifest.ts'

const clean = `apiVersion: runproof.dev/v1
kind: AssuranceManifest
metadata: {name: payments, version: 1.0.0, owner: Payments}
scope:
  application: payments
  environment: prod
  workloads:
    - {name: api, namespace: payments, nodes: [node-a]}
sensors:
  - name: tetragon
    nodes: [node-a]
    liveness: activity
window:
  every: 24h
controls:
  - id: payments.exec.no-shell
    title: No shell
    statement: Nothing starts a shell.
    owner: Payments
    remediation: Isolate the pod.
    frameworks: {soc2: [CC6.8]}
    behaviour: exec
    deny:
      binaries: [/bin/sh]
approvers:
  - name: Jane
    key: |
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
      6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
      -----END PUBLIC KEY-----
`

function warnings(text: string): readonly Warning[] {
  const read = readManifest(text, 'manifest.yaml')
  assert.ok('manifest' in read, 'problems' in read ? JSON.stringify(read.problems) : '')
  return lint(read.manifest, read.locate, 'manifest.yaml')
}
function edited(from: string, to: string): string {
  assert.ok(clean.includes(from), from)
  return clean.replace(from, to)
}
const control = (lines: string): string =>
  edited(
    'approvers:',
    `  - id: a.b\n    title: t\n    statement: s\n    owner: o\n    remediation: r\n    frameworks: {soc2: [x]}\n${lines}\napprovers:`,
  )

test('a manifest that leaves nothing open has no warning', () => {
  assert.deepEqual(warnings(clean), [])
})

/** One manifest for each rule, and where its warning stands: the line of the text that it is about. */
const cases: Readonly<Record<keyof typeof lintRules, readonly [text: string, line: string]>> = {
  RP001: [edited('    owner: Payments\n', ''), 'id: payments'],
  RP002: [edited('    remediation: Isolate the pod.\n', ''), 'id: payments'],
  RP003: [edited('    frameworks: {soc2: [CC6.8]}\n', ''), 'id: payments'],
  RP004: [edited('id: payments.exec.no-shell', 'id: no-shell'), 'id: no-shell'],
  RP005: [edited('    statement: Nothing starts a shell.\n', ''), 'id: payments'],
  RP006: [
    edited('    behaviour: exec', '    appliesTo: {workloads: [api]}\n    behaviour: exec').replace(
      'sensors:',
      '    - {name: db, class: vm}\nsensors:',
    ),
    'name: db',
  ],
  RP010: [edited('    nodes: [node-a]\n', ''), '- name: tetragon'],
  RP011: [edited('- name: tetragon', '- name: falco'), 'liveness: activity'],
  RP012: [edited('- name: tetragon', '- name: falco').replace('activity', 'heartbeat'), '- name: falco'],
  RP013: [edited('    liveness: activity\n', ''), '- name: tetragon'],
  RP014: [edited('liveness: activity', 'liveness: activity\n    maxDropRate: 0.01'), 'maxDropRate'],
  RP015: [edited('liveness: activity', 'liveness: activity\n    minCoverage: 0.9'), 'minCoverage'],
  RP016: [edited('nodes: [node-a]}', 'nodes: [node-a, node-b]}'), 'node-b'],
  RP017: [edited('every: 24h', 'every: 5m'), '- name: tetragon'],
  RP018: [
    edited('window:', '  - {name: kubearmor, nodes: [node-a], liveness: activity}\nwindow:').replace(
      '    deny:',
      '    sensors: [tetragon]\n    deny:',
    ),
    'kubearmor',
  ],
  RP020: [edited('    deny:', '    evidence: {tetragon: ["*"]}\n    deny:'), 'evidence'],
  RP021: [control('    behaviour: exec\n    allow: {binaries: [/app/**]}'), '/app/**'],
  RP022: [control('    behaviour: open\n    deny: {paths: [/proc/1/environ]}'), '/proc/1'],
  RP023: [edited('[/bin/sh]', '[sh]'), '[sh]'],
  RP024: [control('    behaviour: connect\n    allow: {destinations: [{cidr: 10.0.0.0/8}]}'), 'destinations'],
  RP030: [clean.slice(0, clean.indexOf('approvers:')), 'apiVersion'],
  RP031: [`${clean}unmapped: {verdict: list}\n`, 'unmapped'],
  RP032: [edited('    remediation: Isolate the pod.\n', '    stage: enforce\n'), 'stage: enforce'],
  RP033: [
    edited('    behaviour: exec', '    stage: enforce\n    behaviour: exec').replace('- name: tetragon', '- name: falco'),
    'stage: enforce',
  ],
  RP034: [edited('    deny:', '    thresholds: {review: {count: 5}}\n    deny:'), 'thresholds'],
  RP035: [`${clean}review: {twoPeopleFrom: high}\n`, 'review'],
  RP040: [edited('every: 24h', 'every: 5h'), 'every: 5h'],
  RP041: [edited('every: 24h', 'every: 7d'), 'every: 7d'],
}
for (const [rule, [text, line]] of Object.entries(cases)) {
  test(`${rule}: ${lintRules[rule as keyof typeof lintRules].title}`, () => {
    const found = warnings(text).find((warning) => warning.rule === rule)
    assert.ok(found, `no ${rule} among ${warnings(text).map(warningText).join('\n')}`)
    assert.ok(text.split('\n')[found.line - 1]?.includes(line), `${found.line} is not the line of ${line}`)
    assert.ok(found.message !== '' && found.fix !== '')
  })
}

test('Falco that is quiet is told which line of its configuration cures that', () => {
  const warning = warnings(cases.RP011[0]).find(({ rule }) => rule === 'RP011')
  assert.match(
    warning?.fix ?? '',
    /liveness: heartbeat.*falco\.yaml: metrics: \{enabled: true, interval: 5m, output_rule: true\}/,
  )
})

test('a literal that normalisation changes can never match; wildcards beside it may', () => {
  const id = '<id>'
  assert.equal(normalisedPattern('/proc/1/environ'), `/proc/${id}/environ`)
  assert.equal(normalisedPattern('/proc/1/*'), `/proc/${id}/*`)
  assert.equal(normalisedPattern('/var/run/0123456789abcdef/x'), `/var/run/${id}/x`)
  assert.equal(normalisedPattern('/data/123e4567-e89b-12d3-a456-426614174000'), `/data/${id}`)
  for (const fine of [
    '/proc/*/environ',
    `/proc/${id}/environ`,
    '/etc/shadow',
    '/opt/deadbeef',
    '/x/0123456789abcdef*',
    '/{a/b,c}/d',
  ]) {
    assert.equal(normalisedPattern(fine), fine)
  }
})

test('an allow entry is boundless when its author cannot know what it lets in', () => {
  for (const [pattern, list] of [
    ['**', 'paths'],
    ['/**', 'paths'],
    ['/etc/**', 'paths'],
    ['/app/**', 'binaries'],
    ['*', 'syscalls'],
  ] as const) {
    assert.ok(isBoundless(pattern, list), pattern)
  }
  for (const [pattern, list] of [
    ['/var/lib/**', 'paths'],
    ['/app/*', 'binaries'],
    ['sys_*', 'syscalls'],
    ['/tmp/*', 'paths'],
  ] as const) {
    assert.ok(!isBoundless(pattern, list), pattern)
  }
})

test('every rule is listed in the reference, with its level and words, and no other is', () => {
  const reference = readFileSync(new URL('../../docs/formats/manifest.md', import.meta.url), 'utf8')
  const listed = [...reference.matchAll(/^\| (RP\d{3}) \| (\w+) \| (.+) \|$/gm)].map(([, rule, level, title]) => [
    rule,
    level,
    title,
  ])
  assert.deepEqual(
    listed,
    Object.entries(lintRules).map(([rule, { level, title }]) => [rule, level, title]),
  )
})
