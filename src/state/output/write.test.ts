import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { judge } from '../match/judge.ts'
import type { Resource } from '../model/resource.ts'
import type { Outcome, Result } from '../model/result.ts'
import type { GoMap, GoValue } from '../model/value.ts'
import { formats, parseFormat, parseStyle, plainStyle, wantsColour, type Format, type Style } from './options.ts'
import type { RunInfo } from './run.ts'
import { writeResults } from './write.ts'

const run: RunInfo = {
  dialect: 'runproof',
  endedAt: '2026-01-01T00:00:02.500Z',
  host: 'web-1',
  runId: 'run-7',
  version: '0.1.0',
  sources: [{ path: 'goss.yaml', sha256: 'ab'.repeat(32) }],
}
const asGoss: RunInfo = { ...run, dialect: 'goss' }

function resource(key: string, more: Partial<Resource> = {}): Resource {
  const place = { file: 'goss.yaml', row: 1, column: 1 }
  return { type: 'matching', key, attributes: new Map(), title: '', meta: null, skip: false, place, ...more }
}

function result(of: Resource, outcome: Outcome, more: Partial<Result> = {}): Result {
  const expected: GoValue = outcome === 'pass' ? 1n : 2n
  const judged =
    outcome === 'skip' ? null : judge(outcome === 'error' ? new Map() : expected, { kind: 'value', value: 1n }, 'goss')
  return {
    resource: of,
    id: of.key,
    property: 'matches',
    outcome,
    error: judged?.error ?? null,
    matcher: judged?.matcher ?? { message: '' },
    startedAt: '2026-01-01T00:00:00Z',
    endedAt: '2026-01-01T00:00:01.250Z',
    ...more,
  }
}

const mixed = [
  result(resource('z'), 'pass'),
  result(resource('b'), 'fail'),
  result(resource('a'), 'skip'),
  result(resource('c'), 'error'),
]
const fine = [result(resource('a'), 'pass'), result(resource('s'), 'skip')]

function write(format: Format, results: readonly Result[], style: Partial<Style> = {}, info: RunInfo = run): string {
  return writeResults(format, results, info, { ...plainStyle, ...style }).text
}

test('every format says by its exit code that something failed; goss lets two of them pass', () => {
  const exits = (results: readonly Result[], info: RunInfo): Readonly<Record<string, number>> =>
    Object.fromEntries(formats.map((format) => [format, writeResults(format, results, info, plainStyle).exit]))
  assert.deepEqual(new Set(Object.values(exits(fine, run))), new Set([0]))
  const failing = { documentation: 1, json: 1, junit: 1, nagios: 2, prometheus: 1, rspecish: 1, silent: 1, structured: 1, tap: 1 }
  assert.deepEqual(exits(mixed, run), failing)
  assert.deepEqual(exits(mixed, asGoss), { ...failing, prometheus: 0, structured: 0 })
  assert.deepEqual(exits([mixed[3] as Result], run), failing)
})

test('results stand as the gossfile has them, sorted if asked, and always sorted for goss', () => {
  assert.equal(write('rspecish', mixed).split('\n')[0], '.FSF')
  assert.equal(write('rspecish', mixed, { sort: true }).split('\n')[0], 'SFF.')
  assert.equal(write('rspecish', mixed, {}, asGoss).split('\n')[0], 'SFF.')
})

test('the JSON of ours names host, run, version and gossfiles, and keeps errors apart', () => {
  const { results, run: about } = JSON.parse(write('json', mixed)) as {
    results: { outcome: string; result: number }[]
    run: unknown
  }
  assert.deepEqual(about, {
    host: 'web-1',
    'run-id': 'run-7',
    version: '0.1.0',
    'ended-at': run.endedAt,
    gossfiles: [{ path: 'goss.yaml', sha256: 'ab'.repeat(32) }],
  })
  assert.deepEqual(
    results.map(({ outcome, result: code }) => [outcome, code]),
    [
      ['pass', 0],
      ['fail', 1],
      ['skip', 2],
      ['error', 1],
    ],
  )
})

test('the JSON of goss has its members and no others', () => {
  const { results, summary, ...others } = JSON.parse(write('json', mixed, {}, asGoss)) as {
    results: Record<string, unknown>[]
    summary: Record<string, unknown>
  }
  assert.deepEqual(others, {})
  assert.deepEqual(Object.keys(results[0] ?? {}), [
    'duration',
    'end-time',
    'err',
    'matcher-result',
    'meta',
    'property',
    'resource-id',
    'resource-type',
    'result',
    'skipped',
    'start-time',
    'successful',
    'summary-line',
    'summary-line-compact',
    'title',
  ])
  assert.equal(results[0]?.['duration'], 1_250_000_000)
  assert.deepEqual(summary, {
    'failed-count': 2,
    'skipped-count': 1,
    'summary-line': 'Count: 4, Failed: 2, Skipped: 1, Duration: 1.250s',
    'test-count': 4,
    'total-duration': 1_250_000_000,
  })
})

test('`pretty` changes blanks alone', () => {
  for (const [format, indent] of [
    ['json', '    '],
    ['structured', '  '],
  ] as const) {
    const pretty = write(format, mixed, { pretty: true })
    assert.deepEqual(JSON.parse(pretty), JSON.parse(write(format, mixed)))
    assert.match(pretty, new RegExp(`^{\n${indent}"results": \\[\n${indent}${indent}{\n`))
  }
  assert.equal(write('json', [], { pretty: true }, asGoss).split('\n')[1], '    "results": null,')
})

test('nagios counts, and tells more if asked', () => {
  const line = 'GOSS CRITICAL - Count: 4, Failed: 2, Skipped: 1, Duration: 1.250s'
  assert.equal(write('nagios', mixed), `${line}\n`)
  assert.equal(write('nagios', mixed, { perfdata: true }), `${line}|total=4 failed=2 skipped=1 duration=1.250s\n`)
  assert.match(
    write('nagios', mixed, { verbose: true }),
    /\nFail 1 - Matching: b: matches: Expected 1 to be numerically eq 2\nFail 2 - Matching: c: /,
  )
  assert.match(write('nagios', fine), /^GOSS OK - Count: 2, Failed: 0/)
})

test('colours surround what a person reads, and no JSON', () => {
  const colour = { colour: true }
  assert.equal(
    write('rspecish', mixed, colour).split('\n')[0],
    '\u001b[32m.\u001b[0m\u001b[31mF\u001b[0m\u001b[33mS\u001b[0m\u001b[31mF\u001b[0m',
  )
  assert.ok(
    write('tap', fine, colour).startsWith(
      '1..2\nok 1 - \u001b[32mMatching: a: matches: matches expectation: 1\u001b[0m\nok 2 - # SKIP \u001b[33m',
    ),
  )
  for (const format of ['json', 'junit', 'prometheus', 'silent'] as const)
    assert.equal(write(format, mixed, colour), write(format, mixed))
})

test('`exclude_raw` leaves out what was before a transform', () => {
  const transformed = result(resource('t'), 'fail', judge(new Map([['gt', 5n]]), { kind: 'value', value: '3' }, 'goss'))
  assert.match(write('tap', [transformed]), /the raw value was "3"$/m)
  assert.doesNotMatch(write('tap', [transformed], { excludeRaw: true }), /raw value/)
})

test('series of Prometheus are one per type and outcome, or per resource', () => {
  const quoted = result(resource('say "hi"\\\n'), 'pass')
  assert.match(write('prometheus', [...fine, quoted]), /^goss_tests_outcomes_total\{outcome="pass",type="matching"\} 2$/m)
  assert.match(
    write('prometheus', [quoted], { verbose: true }),
    /^goss_tests_outcomes_total\{outcome="pass",resource_id="say \\"hi\\"\\\\\\n",type="matching"\} 1$/m,
  )
  assert.match(write('prometheus', fine), /^goss_tests_outcomes_duration_milliseconds\{outcome="pass",type="matching"\} 1250$/m)
  assert.match(write('prometheus', fine), /^goss_tests_run_duration_milliseconds\{outcome="pass"\} 2500$/m)
  assert.match(write('prometheus', mixed), /^goss_tests_run_outcomes_total\{outcome="fail"\} 1$/m)
})

test('title and meta stand before the results of their resource', () => {
  const meta: GoMap = new Map<string, GoValue>([
    ['severity', 5n],
    ['cis', ['1.1', '1.2']],
  ])
  const titled = resource('a', { title: 'A <title>', meta })
  const both = [result(titled, 'pass'), result(titled, 'fail', { property: 'other' })]
  const text = write('documentation', both)
  assert.ok(
    text.startsWith(
      'Title: A <title>\nMeta:\n    cis: [1.1 1.2]\n    severity: 5\nMatching: a: matches: matches expectation: 1\n',
    ),
  )
  assert.equal(text.match(/Title:/g)?.length, 2)
})

test('XML holds what XML can hold', () => {
  const odd = result(resource(`<a> & "b" 'c'\u0000\n`), 'pass')
  assert.match(
    write('junit', [odd]),
    /<testcase name="Matching &lt;a&gt; &amp; &#34;b&#34; &#39;c&#39;\ufffd&#xA; matches" time="1\.250">/,
  )
  assert.match(write('junit', fine), /timestamp="2026-01-01T00:00:02Z">/)
})

test('a value that no JSON can hold leaves the rest readable', () => {
  const endless = result(resource('i'), 'fail', judge(0n, { kind: 'value', value: Infinity }, 'goss'))
  assert.deepEqual(Object.keys((JSON.parse(write('json', [endless], {}, asGoss)) as { results: object[] }).results[0] ?? {}), [
    'duration',
    'successful',
    'summary-line',
    'summary-line-compact',
  ])
  assert.equal(write('structured', [endless], {}, asGoss), '\n')
  assert.match(write('tap', [endless]), /Expected json: unsupported value: \+Inf to be numerically eq 0/)
})

test('no results at all are written too', () => {
  for (const format of formats) assert.equal(writeResults(format, [], run, plainStyle).exit, 0, format)
  assert.match(write('rspecish', []), /Total Duration: 0\.000s\nCount: 0/)
})

test('formats and options that are none are refused, options by ours alone', () => {
  assert.equal(parseFormat('tap'), 'tap')
  for (const name of ['', 'TAP', 'json_oneline', 'toString'])
    assert.throws(() => parseFormat(name), { code: 'usage', message: /^bad output format: / })
  assert.deepEqual(parseStyle(['sort,pretty', 'verbose'], false, 'runproof'), {
    ...plainStyle,
    sort: true,
    pretty: true,
    verbose: true,
  })
  assert.throws(() => parseStyle(['sorted'], false, 'runproof'), { code: 'usage' })
  assert.deepEqual(parseStyle(['sorted', 'perfdata'], false, 'goss'), { ...plainStyle, perfdata: true })
})

test('colours follow what was asked, then whether a terminal reads', () => {
  assert.equal(wantsColour({ color: true }, {}, false), true)
  assert.equal(wantsColour({ color: true, noColor: true }, {}, true), false)
  assert.equal(wantsColour({}, { GOSS_COLOR: '1' }, false), true)
  assert.equal(wantsColour({}, { GOSS_NOCOLOR: 'true', GOSS_COLOR: '1' }, true), false)
  assert.equal(wantsColour({}, {}, true), true)
  assert.equal(wantsColour({}, { NO_COLOR: '1' }, true), false)
  assert.equal(wantsColour({}, {}, false), false)
})

test('property: JSON formats are JSON whatever the texts', () => {
  const any = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(any, any, any, (id, actual, title) => {
      const one = result(resource(id, { title }), 'fail', judge('expected', { kind: 'value', value: actual }, 'goss'))
      for (const format of ['json', 'structured'] as const) {
        const { results } = JSON.parse(write(format, [one])) as {
          results: { 'resource-id': string; 'matcher-result': { actual: unknown } }[]
        }
        assert.equal(results[0]?.['resource-id'], id)
        assert.equal(results[0]?.['matcher-result'].actual, actual)
      }
      assert.equal(write('tap', [one]).split('\n')[0], '1..1')
    }),
  )
})
