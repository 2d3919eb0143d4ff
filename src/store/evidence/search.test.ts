import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { severities, severityRank } from '../../../core/model/severity.ts'
import { instantMs, instantOf } from '../../../core/model/time.ts'
import { windowOf, type Window } from '../../../core/model/window.ts'
import { openEvidence, readEvidence, type EvidenceReader, type EvidenceWriter } from './evidence.ts'
import { findingStates, type FindingRow } from './finding-types.ts'
import { scratchDatabases } from './fixtures/deltas.ts'
import { found } from './fixtures/found.ts'
import type { FindingQuery } from './search.ts'

const fresh = scratchDatabases()
const midnight = instantMs('2026-03-02T00:00:00Z')
const hour = (count: number, application = 'shop'): Window =>
  windowOf(
    { application, environment: 'prod' },
    instantOf(midnight + count * 3_600_000),
    instantOf(midnight + (count + 1) * 3_600_000),
  )
const all = { scopes: null, order: 'newest', limit: 200 } as const

function opened(work: (writer: EvidenceWriter, reader: EvidenceReader) => void): void {
  const path = fresh()
  const writer = openEvidence(path)
  const reader = readEvidence(path)
  work(writer, reader)
  reader.close()
  writer.close()
}

/** All pages, one after the other. */
function walked(reader: EvidenceReader, query: FindingQuery): FindingRow[] {
  const rows: FindingRow[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = reader.searchFindings(cursor === undefined ? query : { ...query, cursor })
    assert.ok(page.rows.length <= query.limit)
    rows.push(...page.rows)
    assert.ok(rows.length < 10_000, 'the pages never end')
    cursor = page.next
  }
  return rows
}
const keyOf = ({ windowId, control, fingerprint }: FindingRow) => `${windowId} ${control} ${fingerprint}`
const keys = (rows: readonly FindingRow[]) => rows.map(keyOf).sort()

const scopeNames = ['shop', 'bank', 'mail']
const aFinding = fc.record({
  window: fc.integer({ min: 0, max: 4 }),
  application: fc.constantFrom(...scopeNames),
  number: fc.nat(30),
  control: fc.constantFrom(null, 'no-shell', 'egress'),
  workload: fc.constantFrom(null, 'shop/api', 'shop/web'),
  severity: fc.constantFrom(...severities),
  state: fc.constantFrom(...findingStates),
  action: fc.constantFrom(null, 'exec', 'open'),
  target: fc.constantFrom('/usr/bin/nsenter', '10.0.0.1:443', null),
})
const conditions = fc.record({
  scope: fc.constantFrom(...scopeNames).map((application) => ({ application, environment: 'prod' })),
  control: fc.constantFrom('no-shell', 'egress', 'unheard-of'),
  workload: fc.constantFrom('shop/api', 'shop/none'),
  severityAtLeast: fc.constantFrom(...severities),
  action: fc.constantFrom('exec'),
  state: fc.constantFrom(...findingStates),
  window: fc.constantFrom(hour(1).id, hour(2, 'bank').id, 'no-window'),
  from: fc.constantFrom(hour(1).start, hour(2).start),
  to: fc.constantFrom(hour(3).start, hour(2).start),
  text: fc.constantFrom('nsenter', 'target:10.0.0.1', 'shell nsent*'),
})
// A few at a time: all together find nothing.
const names = ['scope', 'control', 'workload', 'severityAtLeast', 'action', 'state', 'window', 'from', 'to', 'text'] as const
const aQuery = fc
  .tuple(conditions, fc.subarray([...names], { maxLength: 3 }))
  .map(([all, kept]): Partial<FindingQuery> => Object.fromEntries(kept.map((name) => [name, all[name]])))

test('every query, page by page, finds exactly what is asked for, once, in its order', () => {
  const plan = fc.record({
    findings: fc.array(aFinding, { maxLength: 60, size: 'max' }),
    query: aQuery,
    visible: fc.option(fc.subarray(scopeNames), { nil: null }),
    order: fc.constantFrom('newest' as const, 'severity' as const),
    limit: fc.constantFrom(1, 3, 200),
  })
  fc.assert(
    fc.property(plan, ({ findings, query, visible, order, limit }) => {
      opened((writer, reader) => {
        const rows = new Map<string, FindingRow>()
        for (const { window, application, number, ...rest } of findings) {
          const row = found(hour(window, application), number, rest)
          rows.set(keyOf(row), row)
        }
        for (const [id, some] of Map.groupBy(rows.values(), ({ windowId }) => windowId)) {
          const [row] = some
          const window = [0, 1, 2, 3, 4].map((count) => hour(count, row?.scope.application)).find((each) => each.id === id)
          assert.ok(window)
          writer.replaceFindings(window, 'd1', some)
        }
        const scopes = visible?.map((application) => ({ application, environment: 'prod' })) ?? null
        const got = walked(reader, { ...query, scopes, order, limit })
        const wanted = [...rows.values()].filter((row) => isAsked(row, query, visible))
        assert.deepEqual(keys(got), keys(wanted))
        const places = got.map(
          (row) => [order === 'severity' ? severityRank(row.severity) : 0, instantMs(row.windowStart)] as const,
        )
        for (const [index, [severity, start]] of places.entries()) {
          const [worse, later] = places[index - 1] ?? [severity, start]
          assert.ok(worse > severity || (worse === severity && later >= start))
        }
      })
    }),
    { numRuns: 60 },
  )
})

function isAsked(row: FindingRow, query: Partial<FindingQuery>, visible: readonly string[] | null): boolean {
  const texts = new Map([
    ['nsenter', row.target === '/usr/bin/nsenter'],
    ['target:10.0.0.1', row.target === '10.0.0.1:443'],
    ['shell nsent*', row.target === '/usr/bin/nsenter'],
  ])
  return (
    (visible === null || visible.includes(row.scope.application)) &&
    (query.scope === undefined || query.scope.application === row.scope.application) &&
    (query.control === undefined || query.control === row.control) &&
    (query.workload === undefined || query.workload === row.workload) &&
    (query.severityAtLeast === undefined || severityRank(row.severity) >= severityRank(query.severityAtLeast)) &&
    (query.action === undefined || query.action === row.action) &&
    (query.state === undefined || query.state === row.state) &&
    (query.window === undefined || query.window === row.windowId) &&
    (query.from === undefined || row.windowStart >= query.from) &&
    (query.to === undefined || row.windowStart < query.to) &&
    (query.text === undefined || texts.get(query.text) === true)
  )
}

test('pages stay as they are while new windows and a superseding report arrive', () => {
  opened((writer, reader) => {
    const rows = Array.from({ length: 40 }, (_, number) => found(hour(0), number))
    writer.replaceFindings(hour(0), 'd1', rows)
    const query = { ...all, limit: 10 }
    const first = reader.searchFindings(query)
    assert.ok(first.next)
    const second = reader.searchFindings({ ...query, cursor: first.next })
    writer.replaceFindings(hour(1), 'd2', [found(hour(1), 99)])
    writer.replaceFindings(
      hour(0),
      'd3',
      rows.map((row) => ({ ...row, reportDigest: 'd3' })),
    )
    const again = reader.searchFindings({ ...query, cursor: first.next })
    assert.deepEqual(keys(again.rows), keys(second.rows))
    assert.equal(again.rows[0]?.reportDigest, 'd3')
    assert.equal(keyOf(reader.searchFindings(query).rows[0] as FindingRow), keyOf(found(hour(1), 99)))
  })
})

test('a report is seen whole or not at all, while it is written and while the one before is deleted', () => {
  opened((writer, reader) => {
    const of = (digest: string, control: string) =>
      Array.from({ length: 4500 }, (_, number) => found(hour(0), number, { control, reportDigest: digest }))
    writer.replaceFindings(hour(0), 'd1', of('d1', 'no-shell'))
    const states = new Set<string>()
    for (const _ of writer.replacingFindings(hour(0), 'd2', of('d2', 'egress'))) {
      // What else goes on in the thread does not disturb it.
      writer.replaceFindings(hour(5), 'x', [found(hour(5), 1, { severity: 'info' })])
      const digests = new Set(walked(reader, { ...all, to: hour(1).start }).map(({ reportDigest }) => reportDigest))
      const texts = new Set(
        walked(reader, { ...all, text: 'shell', severityAtLeast: 'high' }).map(({ reportDigest }) => reportDigest),
      )
      const overview = reader.overview({ scopes: null, from: hour(0).start, to: hour(1).start })
      assert.deepEqual([digests.size, texts.size, overview.length, overview[0]?.counts.high], [1, 1, 1, 4500])
      assert.deepEqual(digests, texts)
      assert.equal(overview[0]?.control, digests.has('d1') ? 'no-shell' : 'egress')
      states.add([...digests].join())
    }
    assert.deepEqual([...states], ['d1', 'd2'])
  })
})

test('what a crash left half written is swept, and never shown', () => {
  const path = fresh()
  const rows = Array.from({ length: 4500 }, (_, number) => found(hour(0), number))
  const crashed = openEvidence(path)
  crashed.replacingFindings(hour(0), 'd1', rows).next()
  crashed.close()
  const writer = openEvidence(path)
  const reader = readEvidence(path)
  assert.equal(reader.searchFindings(all).rows.length, 0)
  writer.replaceFindings(hour(0), 'd1', rows)
  assert.deepEqual(keys(walked(reader, all)), keys(rows))
  writer.forgetFindings(hour(0).id)
  assert.deepEqual(
    [reader.searchFindings(all).rows.length, reader.overview({ scopes: null, from: hour(0).start, to: hour(9).start })],
    [0, []],
  )
  reader.close()
  writer.close()
})

test('a cursor of another query, one that was changed, and a page of no size are refused', () => {
  opened((writer, reader) => {
    writer.replaceFindings(
      hour(0),
      'd1',
      [1, 2, 3].map((number) => found(hour(0), number)),
    )
    const { next } = reader.searchFindings({ ...all, limit: 1 })
    assert.ok(next)
    assert.equal(reader.searchFindings({ ...all, limit: 2, cursor: next, scopes: [] }).rows.length, 0)
    const refused = (query: FindingQuery) => assert.throws(() => reader.searchFindings(query), { code: 'request.invalid' })
    refused({ ...all, cursor: next, action: 'exec' })
    refused({ ...all, cursor: next, order: 'severity' })
    refused({ ...all, cursor: `${next.slice(0, -2)}AA` })
    for (const cursor of ['', 'x', '1.2.3', 'a'.repeat(10_000)]) refused({ ...all, cursor })
    for (const limit of [0, 201, 1.5, Number.NaN]) refused({ ...all, limit })
  })
})

test('no text that somebody types is an error of the index, and none reaches what they may not see', () => {
  opened((writer, reader) => {
    writer.replaceFindings(hour(0), 'd1', [found(hour(0), 1)])
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .array(
          fc.constantFrom(
            '"',
            '*',
            'NEAR(',
            ')',
            'AND',
            'OR',
            'NOT',
            'facets',
            ':',
            '{',
            '}',
            'a1',
            '^',
            '+',
            '-',
            ' ',
            'rule:',
            '\0',
          ),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(typed, (text) => {
        try {
          assert.ok(reader.searchFindings({ ...all, text }).rows.length <= 1)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'request.invalid')
        }
      }),
      { numRuns: 500 },
    )
    for (const text of ['facets:a1', 'a1', 'v3', 's0', '"sh" OR "nothing"', 'sh" OR "nothing']) {
      assert.deepEqual(reader.searchFindings({ ...all, text }).rows, [], text)
    }
    const own = [{ application: 'bank', environment: 'prod' }]
    assert.deepEqual(reader.searchFindings({ ...all, scopes: own, text: 'shell' }).rows, [])
  })
})

test('words, phrases, beginnings, parts of paths and single columns are found, and what differs is not', () => {
  opened((writer, reader) => {
    const row = found(hour(0), 1, {
      executable: '/usr/bin/python3.11',
      target: 'db.internal:5432',
      commandLines: ['curl -k https://10.0.0.7:8443/x?y=1'],
    })
    writer.replaceFindings(hour(0), 'd1', [row])
    const hits = (text: string): boolean => reader.searchFindings({ ...all, text }).rows.length === 1
    for (const text of [
      'python3.11',
      '/usr/bin/python3.11',
      '/usr/bin/py*',
      'pyth*',
      'db.internal',
      'db.internal:5432',
      '10.0.0.7',
    ]) {
      assert.ok(hits(text), text)
    }
    for (const text of [
      '"shell in container"',
      'rule:terminal',
      'pod:api-7c9d-x2x4z',
      'workload:shop/api',
      'TERMINAL curl',
      'command:"curl -k"',
    ]) {
      assert.ok(hits(text), text)
    }
    for (const text of ['python', '"container shell"', 'command:terminal', 'pod:api', 'terminal wget', '5431']) {
      assert.ok(!hits(text), text)
    }
    for (const text of ['', ' ', '***', '"" ()', 'a b c d e f g h i']) {
      assert.throws(() => hits(text), { code: 'request.invalid' }, text)
    }
  })
})

test('the overview counts violations by severity and the others by state, of what may be seen', () => {
  opened((writer, reader) => {
    const shop = hour(0)
    const rows = [
      found(shop, 1),
      found(shop, 2, { severity: 'critical' }),
      found(shop, 3, { state: 'waived' }),
      found(shop, 4, { state: 'excepted', control: 'egress' }),
      found(shop, 5, { state: 'unmapped', control: null }),
    ]
    writer.replaceFindings(shop, 'd1', rows)
    writer.replaceFindings(hour(1), 'd2', [found(hour(1), 1)])
    writer.replaceFindings(hour(0, 'bank'), 'd3', [found(hour(0, 'bank'), 1)])
    const none = { info: 0, low: 0, medium: 0, high: 0, critical: 0, waived: 0, excepted: 0, unmapped: 0 }
    const scope = { application: 'shop', environment: 'prod' }
    const day = { from: hour(0).start, to: hour(24).start }
    assert.deepEqual(reader.overview({ ...day, scopes: [scope] }), [
      { scope, control: null, counts: { ...none, unmapped: 1 } },
      { scope, control: 'egress', counts: { ...none, excepted: 1 } },
      { scope, control: 'no-shell', counts: { ...none, high: 2, critical: 1, waived: 1 } },
    ])
    assert.equal(reader.overview({ ...day, scopes: null }).length, 4)
    assert.deepEqual(reader.overview({ ...day, scopes: [] }), [])
    const [later, ...more] = reader.overview({ scopes: [scope], from: hour(1).start, to: hour(2).start })
    assert.deepEqual([later?.counts, more], [{ ...none, high: 1 }, []])
  })
})

test('an overview over days is what its windows add up to, also after a report was superseded', () => {
  opened((writer, reader) => {
    for (let count = -30; count < 60; count += 3) {
      writer.replaceFindings(hour(count), `d${count}`, [found(hour(count), 1), found(hour(count), 2, { state: 'waived' })])
    }
    writer.replaceFindings(hour(0), 'again', [found(hour(0), 1, { severity: 'low' })])
    writer.forgetFindings(hour(3).id)
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 70 }), fc.integer({ min: -40, max: 70 }), (from, to) => {
        const [row] = reader.overview({ scopes: null, from: hour(from).start, to: hour(to).start })
        const starts = Array.from({ length: 30 }, (_, index) => -30 + 3 * index).filter((count) => count >= from && count < to)
        const whole = starts.filter((count) => count !== 0 && count !== 3).length
        const low = starts.includes(0) ? 1 : 0
        assert.deepEqual([row?.counts.high ?? 0, row?.counts.waived ?? 0, row?.counts.low ?? 0], [whole, whole, low])
        assert.equal(row === undefined, whole + low === 0)
      }),
    )
  })
})
