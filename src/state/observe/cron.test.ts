import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readCron } from './cron.ts'

function due(text: string, after: string, count: number, zone?: string): readonly string[] {
  const schedule = readCron(text, zone)
  const found: string[] = []
  for (let at = Date.parse(after); found.length < count;) {
    at = schedule.next(at)
    found.push(new Date(at).toISOString().replace('.000Z', 'Z'))
  }
  return found
}

const cases: readonly (readonly [text: string, after: string, expected: readonly string[], zone?: string])[] = [
  [
    '*/15 * * * *',
    '2026-03-02T10:07:00Z',
    ['2026-03-02T10:15:00Z', '2026-03-02T10:30:00Z', '2026-03-02T10:45:00Z', '2026-03-02T11:00:00Z'],
  ],
  ['*/20 * * * * *', '2026-03-02T10:00:00Z', ['2026-03-02T10:00:20Z', '2026-03-02T10:00:40Z', '2026-03-02T10:01:00Z']],
  ['5 * * * * *', '2026-03-02T10:00:05Z', ['2026-03-02T10:01:05Z']],
  ['0 3 * * *', '2026-02-28T04:00:00Z', ['2026-03-01T03:00:00Z', '2026-03-02T03:00:00Z']],
  ['30 8-10/2 * * mon-fri', '2026-03-06T09:00:00Z', ['2026-03-06T10:30:00Z', '2026-03-09T08:30:00Z']],
  ['0 0 29 2 *', '2026-03-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
  ['0 0 29 2 *', '2096-03-01T00:00:00Z', ['2104-02-29T00:00:00Z']],
  ['0 0 13 * fri', '2026-03-01T00:00:00Z', ['2026-03-06T00:00:00Z', '2026-03-13T00:00:00Z', '2026-03-20T00:00:00Z']],
  ['0 12 * jan,JUL 7', '2026-01-30T00:00:00Z', ['2026-07-05T12:00:00Z']],
  [
    '5/20 * * * *',
    '2026-03-02T10:00:00Z',
    ['2026-03-02T10:05:00Z', '2026-03-02T10:25:00Z', '2026-03-02T10:45:00Z', '2026-03-02T11:05:00Z'],
  ],
  ['@hourly', '2026-03-02T10:00:00Z', ['2026-03-02T11:00:00Z']],
  ['@weekly', '2026-03-02T10:00:00Z', ['2026-03-08T00:00:00Z']],
  ['0 3 * * *', '2026-07-01T00:00:00Z', ['2026-07-01T01:00:00Z'], 'Europe/Berlin'],
  ['0 9 * * *', '2026-07-01T00:00:00Z', ['2026-07-01T03:15:00Z'], 'Asia/Kathmandu'],
  ['0 0 1 1 *', '2026-07-01T00:00:00Z', ['2026-12-31T11:00:00Z'], 'Pacific/Auckland'],
  // The hour from 2 to 3 is left out on 29 March 2026 in Berlin: due right after it.
  ['30 2 * * *', '2026-03-28T02:00:00Z', ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'], 'Europe/Berlin'],
  // And comes twice on 25 October: due twice.
  [
    '30 2 * * *',
    '2026-10-24T12:00:00Z',
    ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-26T01:30:00Z'],
    'Europe/Berlin',
  ],
]

for (const [text, after, expected, zone] of cases) {
  test(`${text} after ${after}${zone === undefined ? '' : ` in ${zone}`}`, () =>
    assert.deepEqual(due(text, after, expected.length, zone), expected))
}

for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']) {
  test(`an hourly check is due every hour of a year in ${zone}, whatever the clocks do`, () => {
    const times = due('0 * * * *', '2026-01-01T00:00:00Z', 8759, zone).map((time) => Date.parse(time))
    const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 60_000)
    // Lord Howe moves its clock by half an hour.
    assert.ok(Math.max(...gaps) <= 90, String(Math.max(...gaps)))
    if (zone !== 'Australia/Lord_Howe') assert.deepEqual([...new Set(gaps)], [60])
  })
}

const refused = [
  '',
  '* * * *',
  '* * * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '*/0 * * * *',
  '5-1 * * * *',
  '1-2-3 * * * *',
  'a * * * *',
  '-1 * * * *',
  '1.5 * * * *',
  '* * * foo *',
  '0 0 30 2 *',
  '0 0 31 apr,jun *',
  '1,,2 * * * *',
  '*/2/2 * * * *',
  '@never',
]

for (const text of refused)
  test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => readCron(text), { name: 'CronFault' }))

test('a zone that nobody knows is refused', () => {
  assert.throws(() => readCron('* * * * *', 'Mars/Olympus'), /no time zone/)
})

test('no text makes the reader hang or fail otherwise', () => {
  const field = fc.constantFrom('*', '*/7', '0', '5', '1-5', '1,3', '?', 'mon', 'jan', 'x', '99', '')
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 4, maxLength: 7 }),
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      (fields, after) => {
        try {
          const next = readCron(fields.join(' ')).next(after)
          assert.ok(next > after)
        } catch (error) {
          assert.equal((error as Error).name, 'CronFault')
        }
      },
    ),
  )
})

test('nothing between two due moments is due', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('*/7 * * * *', '3,40 */5 * * *', '0 6 1-7 * 1'),
      fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
      (text, after) => {
        const schedule = readCron(text)
        const next = schedule.next(after)
        const between = after + Math.floor((next - after) / 2)
        if (between > after && between < next) assert.equal(schedule.next(between), next)
      },
    ),
  )
})
