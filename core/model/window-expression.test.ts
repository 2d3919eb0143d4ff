import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { instantMs } from './time.ts'
import { parseWindowExpression, windowOfExpression } from './window-expression.ts'

const scope = { application: 'shop', environment: 'prod' }
const daily = { every: '24h', offset: '0m' }
const now = '2026-03-04T10:30:00Z'

function edges(text: string, cadence = daily, at = now): readonly [string, string] {
  const { start, end } = windowOfExpression(parseWindowExpression(text), scope, cadence, instantMs(at))
  return [start, end]
}

const cases: readonly (readonly [text: string, cadence: typeof daily, start: string, end: string])[] = [
  ['{today}', daily, '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
  ['{yesterday}', daily, '2026-03-03T00:00:00Z', '2026-03-04T00:00:00Z'],
  ['2026-03-02', daily, '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z'],
  ['2026-03-02', { every: '24h', offset: '6h' }, '2026-03-02T06:00:00Z', '2026-03-03T06:00:00Z'],
  ['{yesterday}', { every: '24h', offset: '6h' }, '2026-03-03T06:00:00Z', '2026-03-04T06:00:00Z'],
  // Weeks since 1970 begin on a Thursday; 2026-03-02 is a Monday.
  ['2026-03-02', { every: '7d', offset: '0m' }, '2026-02-26T00:00:00Z', '2026-03-05T00:00:00Z'],
  ['2026-02-26', { every: '7d', offset: '0m' }, '2026-02-26T00:00:00Z', '2026-03-05T00:00:00Z'],
  ['~0', daily, '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'],
  ['~1', daily, '2026-03-03T00:00:00Z', '2026-03-04T00:00:00Z'],
  ['~2', { every: '1h', offset: '0m' }, '2026-03-04T08:00:00Z', '2026-03-04T09:00:00Z'],
  ['2026-03-02T00:00..2026-03-03T00:00', daily, '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z'],
  ['2026-03-02T06:00:00Z..2026-03-02T07:30Z', daily, '2026-03-02T06:00:00Z', '2026-03-02T07:30:00Z'],
  ['2026-03-02..2026-03-05', daily, '2026-03-02T00:00:00Z', '2026-03-05T00:00:00Z'],
]
for (const [text, cadence, start, end] of cases) {
  test(`${text} with a window every ${cadence.every} from ${cadence.offset} on`, () =>
    assert.deepEqual(edges(text, cadence), [start, end]))
}

const refusals = [
  '',
  '{tomorrow}',
  'yesterday',
  '~',
  '~-1',
  '~1.5',
  '~123456',
  '2026-02-30',
  '2026-3-2',
  '2026-03-02T00:00',
  '2026-03-02..',
  '..2026-03-02',
  '2026-03-02..2026-03-03..2026-03-04',
  '2026-03-02T24:00..2026-03-03',
  '2026-03-02T00:00+01:00..2026-03-03T00:00',
  '__proto__',
]
for (const text of refusals) {
  test(`${JSON.stringify(text)} names no window`, () =>
    assert.throws(() => parseWindowExpression(text), { code: 'usage', message: /names no window; say \{yesterday\}/ }))
}

test('a day on which several windows start is refused, with how to say one of them', () => {
  assert.throws(() => edges('2026-03-02', { every: '6h', offset: '0m' }), {
    code: 'usage',
    message: /every 6h, so several start on 2026-03-02; say which, like 2026-03-02T00:00\.\.2026-03-02T06:00/,
  })
})

test('a span that is no window is refused as everywhere else', () => {
  assert.throws(() => edges('2026-03-03..2026-03-02'), { code: 'format.malformed' })
  assert.throws(() => edges('2026-03-02T00:00:30..2026-03-03'), { code: 'format.malformed' })
  assert.throws(() => edges('2026-01-01..2026-03-03'), { code: 'format.too_large' })
})

test('~n are the windows of the cadence one after the other, without gap or overlap', () => {
  const cadences = fc.constantFrom(
    daily,
    { every: '1h', offset: '0m' },
    { every: '24h', offset: '6h' },
    { every: '7d', offset: '1d' },
  )
  fc.assert(
    fc.property(
      cadences,
      fc.integer({ min: 0, max: 5000 }),
      fc.integer({ min: instantMs('2020-01-01T00:00:00Z'), max: instantMs('2030-01-01T00:00:00Z') }),
      (cadence, back, at) => {
        const of = (windows: number) => windowOfExpression({ kind: 'back', windows }, scope, cadence, at)
        assert.equal(of(back + 1).end, of(back).start)
        const newest = of(0)
        assert.ok(instantMs(newest.start) <= at && at < instantMs(newest.end))
      },
    ),
  )
})

test('any text either names a window or is refused as usage', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[{~}0-9T:.Z-]{0,40}$/)), (text) => {
      try {
        parseWindowExpression(text)
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'usage')
      }
    }),
  )
})
