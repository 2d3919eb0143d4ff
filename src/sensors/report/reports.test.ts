import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Act } from '../../../core/model/act.ts'
import type { Watch } from '../../../core/model/watch.ts'
import { createEventReader, type ReadEvent } from '../read/event-reader.ts'
import { connectors } from '../registry.ts'

const corpus = new URL('../../../../shared/corpus/state/', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of real reports is not beside this repository'

function read(input: string | Uint8Array, { sensor = 'auto', size = Infinity } = {}): readonly ReadEvent[] {
  const events: ReadEvent[] = []
  const reader = createEventReader({
    sensor,
    connectors,
    onEvent: ({ line, raw, reading, event }) => events.push({ line, raw: raw.slice(), reading, event }),
  })
  const bytes = typeof input === 'string' ? Buffer.from(input) : input
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, Math.min(bytes.length, at + size)))
  reader.end()
  return events
}

const fixture = (path: string): Buffer => readFileSync(new URL(`../${path}`, import.meta.url))
const fromCorpus = (path: string): Buffer => readFileSync(new URL(path, corpus))

function acts(events: readonly ReadEvent[]): readonly Act[] {
  return events.flatMap(({ reading }) =>
    (reading.class === 'detection' || reading.class === 'observation') && reading.act !== null ? [reading.act] : [],
  )
}

/** What each result became: its class, or why it was ignored or refused, and what it is about. */
function told(events: readonly ReadEvent[]): readonly string[] {
  return events.map(({ reading, event }) => {
    if (reading.class === 'ignored' || reading.class === 'malformed') return `${reading.class} ${reading.reason}`
    return `${reading.class} ${typeof event?.['name'] === 'string' ? event['name'] : (reading.watch?.[0]?.kind ?? 'nothing')}`
  })
}

function watchOf(events: readonly ReadEvent[]): readonly Watch[] {
  return events.flatMap(({ reading }) => (reading.class === 'health' ? reading.watch : []))
}

const gossFixtures = ['goss/fixtures/goss-0.4.10-json.json', 'goss/fixtures/goss-0.4.10-structured.json']

for (const file of gossFixtures) {
  test(`${file}: pass, fail, skip and error are kept apart`, () => {
    const events = read(fixture(file))
    assert.deepEqual(told(events).toSorted(), [
      'detection file /etc/no-such-file exists',
      'detection file /etc/passwd mode',
      'health fault',
      'ignored not_judged',
      'ignored skipped',
      'ignored skipped',
      'observation file /etc/passwd exists',
    ])
    const failed = acts(events).find(({ target }) => target?.type === 'state' && target.name === 'file /etc/passwd mode')
    assert.ok(failed)
    assert.deepEqual(
      [failed.class, failed.sensor, failed.rule, failed.action, failed.severity, failed.subject.node],
      ['detection', 'goss', '7.1.1', 'state', 'medium', null],
    )
    for (const tag of ['expected: to equal 0600', 'actual: 0644', 'remediation: chmod 0644 /etc/passwd', 'CIS_ID: 7.1.2'])
      assert.ok(failed.tags.includes(tag), `${tag} in ${failed.tags.join(' | ')}`)
  })
}

test('a run that could not judge a check is no sign of life, and says which check it was', () => {
  const events = read(fixture(gossFixtures[0] ?? ''))
  const health = events.filter(({ reading }) => reading.class === 'health')
  assert.equal(health.length, 1)
  assert.equal(health[0]?.reading.class === 'health' && health[0].reading.at, null)
  const [fault] = watchOf(events)
  assert.ok(fault?.kind === 'fault' && fault.lasting)
  assert.match(fault.what, /^1 of 6 checks could not be judged: kernel-param net\.no_such_parameter value \(could not find/)
})

test('a run that judged everything is a sign of life at its end', () => {
  const events = read(fixture('goss/fixtures/goss-0.4.10-all-pass.json'))
  const [counters] = watchOf(events)
  assert.ok(counters?.kind === 'counters')
  assert.equal(counters.startedAt, null, 'a run is no process that was restarted')
  assert.ok(counters.reloadedAt !== null && counters.reloadedAt <= counters.at)
  assert.deepEqual(told(events), ['observation file /etc/passwd exists', 'health counters'])
})

test('a report whose counts do not agree with its results proves nothing', () => {
  const report = JSON.parse(fixture('goss/fixtures/goss-0.4.10-all-pass.json').toString()) as { summary: Record<string, number> }
  report.summary['test-count'] = 2
  assert.deepEqual(told(read(JSON.stringify(report))), ['observation file /etc/passwd exists', 'health fault'])
})

test('a report without a result is refused', () => {
  assert.deepEqual(told(read('{"results":[],"summary":{"test-count":0}}')), ['malformed empty_report'])
})

test('a result that is none is refused and counted, the others are read', () => {
  const report = '{"results":[{"resource-type":"File"},7],"summary":{"test-count":2}}'
  assert.deepEqual(told(read(report)), ['malformed no_result', 'malformed no_result', 'malformed empty_report'])
})

test('a report in a record has the host, the time and the workload that its sender names', () => {
  const report: unknown = JSON.parse(fixture('goss/fixtures/goss-0.4.10-all-pass.json').toString())
  const head = { runproof: 'v1', kind: 'report', sensor: 'goss-web', node: 'web-1', at: '2026-03-02T10:00:00Z' }
  const [act] = acts(read(JSON.stringify({ ...head, report })))
  assert.ok(act)
  assert.deepEqual([act.sensor, act.subject.node, act.subject.onHost, act.confidence], ['goss-web', 'web-1', true, 1])
  const [inPod] = acts(read(JSON.stringify({ ...head, subject: { namespace: 'shop', workload: 'cart' }, report })))
  assert.deepEqual([inPod?.subject.workload, inPod?.subject.onHost, inPod?.confidence], ['cart', null, 1])
  const [alone] = acts(read(JSON.stringify({ report, runproof: 'v1', kind: 'report' })))
  assert.deepEqual([alone?.sensor, alone?.confidence], ['goss', 0.7], 'nothing says whose state it is')
})

test('a record may carry the text of an XML report; what is no report is refused', () => {
  const record = (report: unknown): string =>
    JSON.stringify({ runproof: 'v1', kind: 'report', sensor: 'junit-ci', node: 'b', at: '2026-03-02T10:00:00Z', report })
  const events = read(record(fixture('junit/fixtures/junit-surefire-shape.xml').toString()))
  assert.deepEqual(
    acts(events).map(({ sensor, subject }) => [sensor, subject.node]),
    [
      ['junit-ci', 'b'],
      ['junit-ci', 'b'],
    ],
  )
  assert.deepEqual(told(read(record('<html></html>'))), ['malformed unknown_report'])
  assert.deepEqual(told(read(record('<html>'))), ['malformed unknown_report', 'malformed truncated'])
  assert.deepEqual(told(read(record(7))), ['malformed no_report'])
  assert.deepEqual(told(read(record({ a: 1 }))), ['malformed unknown_report'])
})

test('Serverspec: an expectation that does not hold fails, a pending one is skipped, none has a time', { skip }, () => {
  const events = read(fromCorpus('serverspec/result.json'))
  const counts = Map.groupBy(told(events), (text) => text.split(' ')[0] ?? '')
  const counted = (kind: string): number | undefined => counts.get(kind)?.length
  assert.deepEqual([...['detection', 'health', 'ignored', 'observation'].map(counted), counts.size], [3, 1, 1, 13, 4])
  assert.ok(acts(events).every(({ at }) => at === null))
  assert.deepEqual(watchOf(events), [], 'undated, it proves nothing about any minute')
  const failed = acts(events).find(({ class: kind }) => kind === 'detection')
  assert.equal(failed?.rule, 'Package "nosuchpkg" is expected to be installed')
  assert.ok(failed.tags.includes('expected: expected Package "nosuchpkg" to be installed'))
})

test('RSpec: an exception that is no unmet expectation is an error', () => {
  const example = { full_description: 'x', status: 'failed', exception: { class: 'Errno::ECONNREFUSED', message: 'refused' } }
  const report = { version: '3', examples: [example], summary: { example_count: 1, errors_outside_of_examples_count: 0 } }
  assert.deepEqual(told(read(JSON.stringify(report))), ['ignored not_judged', 'health nothing'])
  const strange = { ...report, examples: [{ ...example, status: 'flaky' }] }
  assert.deepEqual(told(read(JSON.stringify(strange))), ['malformed no_result', 'malformed empty_report'])
})

for (const [file, rules] of [
  ['inspec/json_output', ['(generated from example.rb:21 2ff474c5357e7070f4c3efa932032dcb)']],
  ['inspec/json_min_output', ['(generated from example.rb:21 2ff474c5357e7070f4c3efa932032dcb)']],
] as const) {
  test(`${file}: controls, impact and time are read`, { skip }, () => {
    const events = read(fromCorpus(file))
    const found = acts(events)
    assert.equal(found.length, 4)
    assert.deepEqual(
      found.filter(({ class: kind }) => kind === 'detection').map(({ rule }) => rule),
      rules,
    )
    if (file === 'inspec/json_output') {
      assert.deepEqual(
        found.map(({ severity }) => severity),
        ['medium', 'high', 'medium', 'medium'],
      )
      assert.equal(found[0]?.at, '2018-01-05T16:43:04.000000000Z')
      assert.ok(found.some(({ tags }) => tags.includes('title: Create /tmp directory')))
    }
  })
}

test('InSpec in JUnit form is read as JUnit', { skip }, () => {
  const events = read(fromCorpus('inspec/junit_output'))
  assert.deepEqual(
    acts(events).map(({ class: kind, rule }) => [kind, rule]),
    [
      ['observation', 'long_commands.Anonymous File /tmp should be directory'],
      ['observation', 'long_commands.tmp-1.0 File /tmp should be directory'],
      ['detection', 'long_commands.Anonymous gem package rubocop should be installed'],
      ['observation', String.raw`long_commands.Anonymous Command whoami stdout should eq "jquick\n"`],
    ],
  )
})

test('HDF: a backtrace is an error, a profile that was not run is one too, impact 0 is information', () => {
  const result = { status: 'failed', code_desc: 'sshd is', start_time: '2026-03-02T10:00:00Z' }
  const control = (id: string, more: object, impact: unknown = 0.7): object => ({
    id,
    impact,
    tags: { nist: ['AC-17'], fix: 'set it' },
    results: [{ ...result, ...more }],
  })
  const controls = [control('SV-1', {}), control('SV-2', { backtrace: ['x'], message: 'boom' }), control('SV-3', {}, 0)]
  const report = {
    platform: { name: 'debian' },
    version: '5.22.3',
    statistics: {},
    profiles: [
      { name: 'a', controls: [...controls, { id: 'SV-4', results: [] }] },
      { name: 'b', status: 'failed', status_message: 'cannot be loaded', controls: [] },
    ],
  }
  const events = read(JSON.stringify(report))
  assert.deepEqual(told(events), [
    'detection inspec SV-1 sshd is',
    'ignored not_judged',
    'detection inspec SV-3 sshd is',
    'ignored skipped',
    'ignored not_judged',
    'health fault',
  ])
  const [first, second] = acts(events)
  assert.deepEqual([first?.severity, second?.severity], ['high', 'info'])
  assert.deepEqual(first?.tags, ['expected: sshd is', 'remediation: set it', 'nist: AC-17'])
})

test('JUnit: host, time without a zone, failure, error and skip', () => {
  const events = read(fixture('junit/fixtures/junit-surefire-shape.xml'))
  assert.deepEqual(told(events), [
    'observation junit AccessRules root cannot log in',
    'detection junit AccessRules no empty passwords',
    'ignored not_judged',
    'ignored skipped',
    'health fault',
  ])
  const failed = acts(events)[1]
  assert.deepEqual([failed?.at, failed?.subject.node, failed?.subject.onHost], ['2026-03-02T10:00:00.000000000Z', 'web-1', true])
  assert.deepEqual(failed?.tags, ['actual: 2 accounts <without> a password'])
  assert.equal(events[1]?.line, 7)
})

test('JUnit of goss: what goss could not find out looks like a failure there', () => {
  assert.deepEqual(
    acts(read(fixture('junit/fixtures/goss-0.4.10-junit.xml'))).map(({ class: kind }) => kind),
    ['detection', 'observation', 'detection', 'detection'],
  )
})

test('XCCDF: rule, severity, remediation, host and time', () => {
  const events = read(fixture('xccdf/fixtures/xccdf-1.2-openscap-shape.xml'))
  assert.deepEqual(told(events), [
    'detection xccdf no_empty_passwords',
    'observation xccdf sshd_root',
    'ignored skipped',
    'health counters',
  ])
  const [failed] = acts(events)
  assert.deepEqual(
    [failed?.rule, failed?.severity, failed?.subject.node, failed?.at],
    ['no_empty_passwords', 'high', 'web-1', '2026-03-02T09:00:03.000000000Z'],
  )
  assert.deepEqual(failed?.tags, [
    'title: No account has an empty password',
    'remediation: Lock /etc/shadow entries that are empty.',
  ])
  const [run] = watchOf(events)
  assert.equal(run?.kind === 'counters' && run.at, '2026-03-02T09:00:09.000000000Z')
})

test('XCCDF: a result that nobody checked, or that nobody knows, could not be judged', () => {
  const text = fixture('xccdf/fixtures/xccdf-1.2-openscap-shape.xml').toString()
  for (const word of ['notchecked', 'unknown', 'error', 'maybe', ''])
    assert.equal(
      told(read(text.replace('<result>fail</result>', `<result>${word}</result>`)))[0],
      'ignored not_judged',
      JSON.stringify(word),
    )
})

test('SARIF of INTERCEPT: its levels are read together with its words', () => {
  const events = read(fixture('sarif/fixtures/intercept-1.x-runtime-shape.sarif.json'))
  assert.deepEqual(told(events), [
    'observation file /etc/hosts exists',
    'detection file /etc/hosts mode',
    'ignored skipped',
    'ignored not_judged',
    'ignored summary',
    'ignored no_state',
    'health fault',
  ])
  const failed = acts(events)[1]
  assert.deepEqual([failed?.rule, failed?.severity], ['HOST-001', 'medium'])
  assert.ok(failed?.tags.includes('remediation: chmod 0644 /etc/hosts'))
})

test('SARIF of a scanner of source code is no state and no sign of life', () => {
  const result = { ruleId: 'a', level: 'error', message: { text: 'x' } }
  const report = { version: '2.1.0', runs: [{ tool: { driver: { name: 'lint' } }, results: [result] }] }
  assert.deepEqual(told(read(JSON.stringify(report))), ['ignored no_state'])
})

const files = [
  'goss/fixtures/goss-0.4.10-json.json',
  'junit/fixtures/junit-surefire-shape.xml',
  'xccdf/fixtures/xccdf-1.2-openscap-shape.xml',
]

for (const file of files) {
  test(`${file} is read alike however its bytes are divided`, () => {
    const whole = read(fixture(file))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), (size) => assert.deepEqual(read(fixture(file), { size }), whole)),
      { numRuns: 20 },
    )
  })

  test(`${file} cut anywhere is never a sign of life`, () => {
    const bytes = fixture(file)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bytes.toString().trimEnd().length - 2 }), (length) => {
        const events = read(bytes.subarray(0, length))
        assert.ok(events.every(({ reading }) => reading.class !== 'health' || reading.at === null))
        assert.ok(length < 3 || events.some(({ reading }) => reading.class !== 'observation'))
      }),
      { numRuns: 60 },
    )
  })
}

test('a report may be larger than an event, nothing else may', () => {
  const report = JSON.parse(fixture('goss/fixtures/goss-0.4.10-all-pass.json').toString()) as {
    results: object[]
    summary: object
  }
  const results = Array.from({ length: 3000 }, () => report.results[0])
  for (const indent of [0, 2]) {
    const events = read(JSON.stringify({ results, summary: { 'test-count': 3000 } }, null, indent), { size: 65_536 })
    assert.equal(events.length, 3001)
    assert.equal(events.at(-1)?.reading.class, 'health')
  }
  const [large] = read(JSON.stringify({ other: results }))
  assert.equal(large?.reading.class === 'malformed' && large.reading.reason, 'too_large')
})

test('XML that could grow, that is none, or that nobody knows is refused once', () => {
  const suite = '<testsuite name="a">'
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [`${suite}<!DOCTYPE x [<!ENTITY a "b">]></testsuite>`, ['malformed empty_report', 'malformed xml_doctype']],
    [`${suite}<testcase name="&other;"/></testsuite>`, ['malformed empty_report', 'malformed invalid_xml']],
    [`${suite}</other>`, ['malformed empty_report', 'malformed invalid_xml']],
    [`${suite}${'<a>'.repeat(70)}`, ['malformed empty_report', 'malformed too_deep']],
    [`${suite}<testcase name="x"/></testsuite>text`, ['observation junit a x', 'health nothing', 'malformed truncated']],
    ['<unheard><of/></unheard>', ['malformed not_json']],
  ]
  for (const [xml, expected] of cases) assert.deepEqual(told(read(xml)), expected, xml.slice(0, 60))
  const latin = Buffer.concat([Buffer.from(`${suite}<testcase name="`), Buffer.from([0xe9]), Buffer.from('"/></testsuite>')])
  assert.deepEqual(told(read(latin)), ['malformed empty_report', 'malformed invalid_utf8'])
})

test('lines that begin with a bracket are still lines', () => {
  const line =
    '<14>1 2026-01-01T09:00:00Z n1 app 7 - - {"runproof":"v1","kind":"health","sensor":"x","node":null,"at":"2026-01-01T09:00:00Z"}'
  assert.deepEqual(told(read(`${line}\n`)), ['health nothing'])
})

test('no bytes make the reader of reports throw', () => {
  const pieces = [
    '<testsuite>',
    '</testsuite>',
    '<testcase name="a"/>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '&amp;',
    '"',
    "'",
    '<',
    '>',
    'x',
    '\n',
    '<?',
    '?>',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const text = `<testsuite>${parts.join('')}`
      assert.deepEqual(told(read(text, { size })), told(read(text)))
    }),
  )
})

test('facts of a result are in words that all reports share', () => {
  const [event] = read(fixture('xccdf/fixtures/xccdf-1.2-openscap-shape.xml'))
  const connector = connectors.find(({ sensor }) => sensor === 'xccdf')
  assert.ok(event?.event && connector)
  assert.deepEqual(connector.facts(event.event), {
    rule: 'no_empty_passwords',
    target: 'xccdf no_empty_passwords',
    outcome: 'fail',
    title: 'No account has an empty password',
    expected: null,
    actual: null,
    error: null,
    native_severity: 'high',
    node: 'web-1',
    time_ns: '1772442003000000000',
  })
})
