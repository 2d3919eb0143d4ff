import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Run } from '../../../core/rego/machine.ts'
import { matchSchema } from '../../../core/rego/builtins/json-schemas.ts'
import { createEventReader, type ReadEvent } from '../../sensors/read/event-reader.ts'
import { connectors } from '../../sensors/registry.ts'
import { here, mapOf, resultOf } from '../fixtures.ts'
import type { Resource, Suite } from '../model/resource.ts'
import type { Result } from '../model/result.ts'
import { auditPolicies, selectPolicies, verdictOf, type Audit, type Checker, type HostCheck } from './audit.ts'
import { detectEnvironment, enforcedIn, isTagged, levelOf } from './enforce.ts'
import type { Policy } from './model.ts'
import { recordsOfPolicy, sensorOf } from './policy-records.ts'
import { readPolicies } from './read-policies.ts'
import { sarifOf } from './sarif.ts'

const schemaFile = new URL('../../../../shared/corpus/schemas/sarif/sarif-schema-2.1.0.json', import.meta.url)
const skip = existsSync(schemaFile) ? false : 'the official SARIF schema is not beside this repository'

const policy = (rest: string, id = 'HOST-001'): string => `
Policies:
  - id: ${JSON.stringify(id)}
    type: runtime
    metadata: {name: Hosts, score: "8", tags: [config, Runtime], msg_solution: restore it}
    _runtime: {config: checks/host.yaml}
${rest
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`
const everywhere = 'enforcement: [{environment: all, fatal: "true", exceptions: "false", confidence: high}]'

function readOne(text: string): Policy {
  const { policies, problems } = readPolicies(text, 'bundle/policies.yaml')
  assert.deepEqual(problems, [])
  assert.equal(policies.length, 1)
  return policies[0] ?? assert.fail()
}

function faultsOf(text: string): readonly string[] {
  return readPolicies(text, 'policies.yaml')
    .problems.filter(({ level }) => level === 'error')
    .map(({ message }) => message)
}

test('a policy is read with quoted booleans and numbers, and its gossfile is found beside the policy file', () => {
  const read = readOne(policy(everywhere))
  assert.equal(read.configPath, 'bundle/checks/host.yaml')
  assert.deepEqual([read.score, read.tags, read.solution], [8, ['config', 'Runtime'], 'restore it'])
  assert.deepEqual(read.enforcement, [{ environment: 'all', fatal: true, exceptions: [], confidence: 'high' }])
  assert.equal(read.place.row, 3)
})

const forms: readonly (readonly [
  written: string,
  environments: readonly string[],
  fatal: boolean,
  exceptions: readonly string[],
])[] = [
  ['enforcement: production', ['production'], false, []],
  ['enforcement: {environment: production, fatal: true}', ['production'], true, []],
  ['enforcement: [{environment: [production, staging], fatal: yes, exceptions: none}]', ['production', 'staging'], true, []],
  ['enforcement: [{fatal: false, exceptions: development}]', ['all'], false, ['development']],
  ['enforcement: [{environment: all, exceptions: [development, test]}]', ['all'], false, ['development', 'test']],
  ['enforcement: [{environment: all, exceptions: true}]', ['all'], false, ['all']],
  ['enforcement: [{environment: all, exceptions: "true"}]', ['all'], false, ['all']],
  ['enforcement: [{environment: all, exceptions: false}]', ['all'], false, []],
]

for (const [written, environments, fatal, exceptions] of forms) {
  test(`${written} is understood`, () => {
    const { enforcement } = readOne(policy(written))
    assert.deepEqual(
      enforcement.map((rule) => [rule.environment, rule.fatal, rule.exceptions]),
      environments.map((environment) => [environment, fatal, exceptions]),
    )
  })
}

const broken: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  ['no YAML', 'Policies: [', /not readable as YAML/],
  ['a key twice', 'Policies: []\nPolicies: []', /not readable as YAML/],
  ['no list', 'Rules: []', /no `Policies:` list/],
  ['an empty list', 'Policies: []', /nothing to judge/],
  ['no id', 'Policies: [{type: runtime}]', /without an id/],
  ['a type that nobody knows', 'Policies: [{id: a, type: run}]', /type "run"/],
  ['no type', 'Policies: [{id: a}]', /has no type/],
  ['no gossfile', 'Policies: [{id: a, type: runtime, enforcement: all}]', /has no gossfile/],
  ['no enforcement', policy('enforcement: []'), /has no enforcement/],
  [
    'a boolean that is none',
    policy('enforcement: [{environment: all, fatal: maybe}]'),
    /fatal must be true or false, not "maybe"/,
  ],
  ['a confidence that nobody knows', policy('enforcement: [{environment: all, confidence: sure}]'), /confidence "sure"/],
  ['a score beyond the scale', policy(everywhere).replace('"8"', '"11"'), /score 11/],
  ['a score that is none', policy(everywhere).replace('"8"', 'high'), /score must be a number/],
  ['one id twice', `${policy(everywhere)}${policy(everywhere).replace('\nPolicies:\n', '')}`, /there 2 times/],
  ['a hook that cannot be sent', `${policy(everywhere)}\nConfig: {Hooks: [{endpoint: nowhere}]}`, /endpoint must be an http/],
]

for (const [what, text, message] of broken) {
  test(`${what} is an error, never silence`, () => {
    const faults = faultsOf(text)
    assert.ok(
      faults.some((fault) => message.test(fault)),
      faults.join('\n'),
    )
  })
}

test('aliases that grow are refused', () => {
  const grown = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nPolicies: [*c,*c,*c,*c,*c,*c,*c,*c]`
  assert.match(faultsOf(grown).join(), /alias/)
})

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((text) => `Policies:\n  - ${text}`),
      ),
      (text) => {
        const { problems, policies } = readPolicies(text, 'p.yaml')
        assert.ok(policies.length > 0 || problems.length > 0, 'either there is a policy or it is said why not')
      },
    ),
  )
})

test('a policy about files is noted, not judged and not lost', () => {
  const { policies, problems } = readPolicies('Policies: [{id: S-1, type: scan}]', 'p.yaml')
  assert.deepEqual(policies, [])
  assert.deepEqual(
    problems.map(({ level, policy: id }) => [level, id]),
    [['note', 'S-1']],
  )
})

const rules = [
  { environment: 'all', fatal: false, exceptions: [], confidence: null },
  { environment: 'Production', fatal: true, exceptions: ['staging'], confidence: null },
] as const

test('the rule of the environment beats the one for all, whatever their order and case', () => {
  for (const enforcement of [rules, rules.toReversed()]) {
    assert.equal(enforcedIn({ enforcement }, 'production')?.rule.fatal, true)
    assert.equal(enforcedIn({ enforcement }, 'staging')?.rule.fatal, false)
    assert.equal(enforcedIn({ enforcement }, null)?.rule.fatal, false)
  }
  assert.equal(enforcedIn({ enforcement: [rules[1]] }, 'staging'), null)
  assert.equal(enforcedIn({ enforcement: [rules[1]] }, null), null)
})

test('an exception holds where it is named, and everywhere where it is true', () => {
  const enforced = (exceptions: readonly string[], environment: string | null): boolean =>
    enforcedIn({ enforcement: [{ environment: 'all', fatal: true, exceptions, confidence: null }] }, environment)?.exception !==
    null
  assert.deepEqual(
    [enforced(['dev'], 'DEV'), enforced(['dev'], 'prod'), enforced(['dev'], null), enforced(['all'], null), enforced([], 'dev')],
    [true, false, false, true, false],
  )
})

test('levels are graded by fatal, confidence and exception', () => {
  const level = (fatal: boolean, confidence: 'high' | 'low' | 'info' | null, exception: string | null): string =>
    levelOf({ rule: { environment: 'all', fatal, exceptions: [], confidence }, exception })
  assert.deepEqual(
    [
      level(true, 'info', null),
      level(false, 'high', null),
      level(false, 'high', 'x'),
      level(false, 'low', null),
      level(false, 'low', 'x'),
    ],
    ['error', 'error', 'warning', 'warning', 'note'],
  )
  assert.deepEqual(
    [level(false, 'info', 'x'), level(false, 'info', null), level(false, null, null)],
    ['none', 'warning', 'warning'],
  )
})

test('tags are looked for without regard to case, and the id is one of them', () => {
  const tagged = { id: 'HOST-001', tags: ['Config', 'runtime'] }
  const asks: readonly (readonly [any: readonly string[], all: readonly string[], found: boolean])[] = [
    [[], [], true],
    [['config'], [], true],
    [['host-001'], [], true],
    [['other'], [], false],
    [[], ['config', 'RUNTIME'], true],
    [[], ['config', 'other'], false],
    [['other', 'config'], ['runtime'], true],
  ]
  for (const [any, all, found] of asks) assert.equal(isTagged(tagged, { any, all }), found, `${any.join()} / ${all.join()}`)
})

test('the environment is detected by the most particular variable; an empty one says nothing', () => {
  assert.deepEqual(detectEnvironment({ NODE_ENV: 'production', APP_ENV: 'staging', ENVIRONMENT: ' ' }), {
    environment: 'staging',
    variable: 'APP_ENV',
  })
  assert.equal(detectEnvironment({ HOME: '/root' }), null)
})

test('every policy is a sensor of its own, with a name that a manifest can hold', () => {
  assert.equal(sensorOf({ id: 'RUNTIME-001 Hosts!' }), 'state-runtime-001-hosts')
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 300 }), (id) =>
      assert.match(sensorOf({ id }), /^state-[a-z0-9]([a-z0-9-]{0,55}[a-z0-9])?$/),
    ),
  )
})

const sources = [{ path: 'bundle/checks/host.yaml', sha256: 'ab'.repeat(32) }]
const resource: Resource = resultOf().resource

function checkerOf(results: readonly Result[], { resources = [resource], failure = null as string | null } = {}): Checker {
  const suite: Suite = { resources, notes: [], sources }
  const check: HostCheck = { target: here, startedAt: '2026-03-02T10:00:00Z', endedAt: '2026-03-02T10:00:01Z', results, failure }
  return {
    load(one) {
      if (one.id === 'BROKEN') throw new Error('open checks/host.yaml: no such file or directory')
      return suite
    },
    check: () => Promise.resolve([check]),
    now: () => '2026-03-02T10:00:02Z',
  }
}

const noFilter = { any: [], all: [] }

async function audited(
  text: string,
  results: readonly Result[],
  environment: string | null,
  more?: Parameters<typeof checkerOf>[1],
): Promise<Audit> {
  return auditPolicies(readPolicies(text, 'bundle/policies.yaml'), environment, noFilter, checkerOf(results, more))
}

const failing = resultOf({
  outcome: 'fail',
  resource: { title: 'Shadow is private', attributes: mapOf({ remediation: 'chmod 0640 /etc/shadow' }) },
})
const soft = 'enforcement: [{environment: all, fatal: false, exceptions: development}]'
const onlyInProduction = 'enforcement: [{environment: production, fatal: true}]'

const verdicts: readonly (readonly [
  what: string,
  text: string,
  results: readonly Result[],
  environment: string | null,
  strict: boolean,
  verdict: string,
])[] = [
  ['everything holds', policy(everywhere), [resultOf()], 'production', false, 'compliant'],
  ['a fatal policy fails', policy(everywhere), [failing], 'production', false, 'non_compliant'],
  ['a policy that is not fatal fails', policy(soft), [failing], 'production', false, 'compliant'],
  ['the same, strictly', policy(soft), [failing], 'production', true, 'non_compliant'],
  ['the same where an exception holds', policy(soft), [failing], 'development', true, 'compliant'],
  ['a check could not be judged', policy(everywhere), [resultOf({ outcome: 'error', error: 'x' })], null, false, 'not_judged'],
  ['everything was skipped', policy(everywhere), [resultOf({ outcome: 'skip' })], null, false, 'not_judged'],
  ['no policy holds here', policy(onlyInProduction), [failing], 'staging', false, 'not_judged'],
  ['nobody said where this is', policy(onlyInProduction), [failing], null, false, 'not_judged'],
  ['a gossfile cannot be read', policy(everywhere, 'BROKEN'), [], null, false, 'policy_error'],
  [
    'a policy is broken beside one that holds',
    `${policy(everywhere)}\n  - {id: x, type: runtime}\n`,
    [resultOf()],
    null,
    false,
    'policy_error',
  ],
  [
    'what failed beats a broken policy',
    `${policy(everywhere)}\n  - {id: x, type: runtime}\n`,
    [failing],
    null,
    false,
    'non_compliant',
  ],
]

for (const [what, text, results, environment, strict, verdict] of verdicts) {
  test(`${what}: ${verdict.replace('_', ' ')}`, async () => {
    assert.equal(verdictOf(await audited(text, results, environment), strict), verdict)
  })
}

test('a host that does not answer and a gossfile that checks nothing are never compliant', async () => {
  assert.equal(verdictOf(await audited(policy(everywhere), [], null, { failure: 'connection refused' }), false), 'not_judged')
  assert.equal(verdictOf(await audited(policy(everywhere), [], null, { resources: [] }), false), 'policy_error')
})

test('policies that do not hold here are told with where they do', () => {
  const { selected, notes } = selectPolicies(readPolicies(policy(onlyInProduction), 'p.yaml').policies, 'staging', noFilter)
  assert.deepEqual(selected, [])
  assert.match(notes[0]?.message ?? '', /does not hold in staging, only in production/)
})

type Sarif = {
  readonly runs: readonly {
    readonly invocations: readonly { readonly executionSuccessful: boolean; readonly exitCode: number }[]
    readonly results: readonly {
      readonly kind: string
      readonly level: string
      readonly partialFingerprints: object
      readonly suppressions?: readonly object[]
      readonly message: { readonly text: string }
      readonly properties: Readonly<Record<string, string>>
    }[]
  }[]
}
const sarif = (audit: Audit): Sarif => sarifOf(audit, { version: '1.0.0', isStrict: false }) as unknown as Sarif

const outcomes = [
  failing,
  resultOf(),
  resultOf({ outcome: 'skip', property: 'owner' }),
  resultOf({ outcome: 'error', error: 'permission denied', id: 'sh -c "echo <x>" #%', resource: { type: 'command' } }),
]

/** Checked by the official schema; what it calls a URI is looked at by hand, since our validator leaves that format to others. */
function valid(report: unknown): unknown {
  const schema: unknown = JSON.parse(readFileSync(schemaFile, 'utf8'), (key, value: unknown) =>
    key === 'format' && (value === 'uri' || value === 'uri-reference') ? undefined : value,
  )
  JSON.stringify(report, (key, value: unknown) => {
    if (key === 'uri' || key === 'helpUri') assert.match(String(value), /^(?:[\w.~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$/)
    return value
  })
  return matchSchema([JSON.stringify(report), JSON.stringify(schema)], new Run(50_000_000))
}

test(
  'the report is valid SARIF 2.1.0, also with broken policies, exceptions and hosts that do not answer',
  { skip },
  async () => {
    const broken = `${policy(soft)}\n  - {id: x, type: runtime}\n`
    for (const audit of [
      await audited(policy(everywhere), outcomes, 'production'),
      await audited(broken, outcomes, 'development'),
      await audited(policy(everywhere), [], null, { failure: 'refused' }),
      await audited('Policies: [', [], null),
    ]) {
      assert.deepEqual(valid(sarif(audit)), [true, []])
    }
  },
)

test('the official schema refuses what is no SARIF', { skip }, async () => {
  const report = JSON.stringify(sarif(await audited(policy(everywhere), outcomes, null)))
  const [isValid] = valid(JSON.parse(report.replace('"kind":"open"', '"kind":"error"'))) as [boolean]
  assert.equal(isValid, false)
})

test('every outcome has its kind, and only a failure a level', async () => {
  const [run] = sarif(await audited(policy(everywhere), outcomes, 'production')).runs
  assert.deepEqual(
    run?.results.map(({ kind, level }) => [kind, level]),
    [
      ['fail', 'error'],
      ['pass', 'none'],
      ['notApplicable', 'none'],
      ['open', 'none'],
    ],
  )
  assert.match(
    run?.results[0]?.message.text ?? '',
    /Shadow is private .* 0644 was found, expected to equal 0640.*chmod 0640 \/etc\/shadow/,
  )
  assert.deepEqual([run?.invocations[0]?.executionSuccessful, run?.invocations[0]?.exitCode], [true, 1])
})

test('a broken policy makes a run that was not successful', async () => {
  const [run] = sarif(await audited(policy(everywhere, 'BROKEN'), [], null)).runs
  assert.deepEqual([run?.invocations[0]?.executionSuccessful, run?.invocations[0]?.exitCode], [false, 2])
  assert.match(JSON.stringify(run?.invocations), /no such file or directory/)
})

test('a failure that the policy accepts here is suppressed with the reason, not left out', async () => {
  const [accepted] = sarif(await audited(policy(soft), [failing], 'development')).runs[0]?.results ?? []
  assert.deepEqual(accepted?.suppressions, [
    { kind: 'external', status: 'accepted', justification: 'the policy accepts failures in development' },
  ])
})

test('the fingerprint of a check stays what it is when its outcome, time and title change, and differs with host, resource and property', async () => {
  const print = async (results: readonly Result[]): Promise<object | undefined> =>
    sarif(await audited(policy(everywhere), results, null)).runs[0]?.results[0]?.partialFingerprints
  const first = await print([failing])
  assert.deepEqual(await print([resultOf({ endedAt: '2026-03-09T10:00:01Z' })]), first)
  for (const other of [{ property: 'owner' }, { id: '/etc/passwd' }, { resource: { type: 'mount' as const } }])
    assert.notDeepEqual(await print([resultOf(other)]), first)
})

test('secrets in commands and addresses do not enter the report', async () => {
  const secret = 'hunter2secret'
  const results = (['pass', 'fail', 'error'] as const).map((outcome) =>
    resultOf({
      outcome,
      id: `curl -u ann:${secret} https://ann:${secret}@x.example`,
      error: outcome === 'error' ? `password=${secret}` : null,
    }),
  )
  assert.ok(!JSON.stringify(sarif(await audited(policy(everywhere), results, null))).includes(secret))
})

function read(text: string): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({ sensor: 'auto', connectors, onEvent: (event) => events.push({ ...event }) })
  reader.push(Buffer.from(text))
  reader.end()
  return events
}

test('our own report is read back: the same checks, outcomes and hosts', async () => {
  const events = read(JSON.stringify(sarif(await audited(policy(everywhere), outcomes, null)), null, 2))
  assert.deepEqual(
    events.map(({ reading }) => ('reason' in reading ? reading.reason : reading.class)),
    ['detection', 'observation', 'skipped', 'not_judged', 'health'],
  )
  const [first] = events
  assert.ok(first?.reading.class === 'detection' && first.reading.act !== null)
  const { target, subject, rule, tags, severity } = first.reading.act
  assert.deepEqual(
    [target, subject.node, rule, severity],
    [{ type: 'state', name: 'file /etc/shadow mode' }, 'web-1', 'HOST-001', 'high'],
  )
  assert.ok(tags.includes('remediation: chmod 0640 /etc/shadow'))
})

test('records of a policy carry its severity, confidence, tags and exception', async () => {
  const text = policy('enforcement: [{environment: all, exceptions: development, confidence: low}]').replace('"8"', '9.5')
  const { runs } = await audited(text, [resultOf({ outcome: 'fail' })], 'development')
  const events = read(runs.flatMap((run) => recordsOfPolicy(run, '1.0.0')).join('\n'))
  const [first] = events
  assert.ok(first?.reading.class === 'detection' && first.reading.act !== null)
  const { sensor, severity, confidence, tags } = first.reading.act
  assert.deepEqual([sensor, severity, confidence], ['state-host-001', 'critical', 0.6])
  for (const tag of [
    'policy: HOST-001',
    'config',
    'remediation: restore it',
    'exception: the policy accepts failures in development',
  ])
    assert.ok(tags.includes(tag), tags.join(' | '))
})

test('a host that does not answer leaves a fault and no sign of life', async () => {
  const { runs } = await audited(policy(everywhere), [], null, { failure: 'connection refused' })
  const events = read(runs.flatMap((run) => recordsOfPolicy(run, '1.0.0')).join('\n'))
  assert.deepEqual(
    events.map(({ reading }) => [reading.class, reading.class === 'health' && reading.at]),
    [['health', null]],
  )
})
