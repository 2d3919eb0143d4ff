import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { FastifyRequest } from 'fastify'
import { accesses } from './fixtures/world.ts'
import { readCookie } from './cookies.ts'
import { Failures, networkOf } from './failures.ts'
import { escaped } from './pages.ts'
import { safeReturn } from './return-to.ts'
import { forms, newSecret } from '../../access/secrets.ts'

const access = accesses()

test('after a login one goes to a page of this service and nowhere else', () => {
  for (const [asked, got] of [
    ['/', '/'],
    ['/windows?scope=a#top', '/windows?scope=a#top'],
    ['/a/../b', '/b'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/..//evil.example', '/'],
    ['/a/..//evil.example', '/'],
    ['/%2e%2e//evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['/\n/evil.example', '/'],
    ['https://evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['', '/'],
    [undefined, '/'],
    [['/a'], '/'],
    [`/${'a'.repeat(3000)}`, '/'],
  ])
    assert.equal(safeReturn(asked), got, String(asked))
  const bits = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '@',
    ':',
    'evil.example',
    'http:',
    '?',
    '#',
    '\t',
    ' ',
    ';',
  )
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 8 }), (parts) => {
      const base = 'https://runproof.example'
      assert.equal(new URL(safeReturn(`/${parts.join('')}`), base).origin, base)
    }),
    { numRuns: 2000 },
  )
})

test('a cookie is read when it has the form and comes once', () => {
  const value = newSecret()
  const read = (cookie: string) => readCookie({ cookie }, 'runproof_session', false, forms.secret)
  assert.equal(read(`runproof_session=${value}`), value)
  assert.equal(read(`a=b;  runproof_session=${value}; c=d`), value)
  assert.equal(read(`runproof_session=${value}; runproof_session=${newSecret()}`), null)
  assert.equal(read(`xrunproof_session=${value}`), null)
  assert.equal(read(`runproof_session=${value}x`), null)
  assert.equal(read('runproof_session='), null)
  assert.equal(readCookie({}, 'runproof_session', false, forms.secret), null)
})

test('failures are counted by network, come back with time, and hold a bounded memory', () => {
  let now = 0
  const failures = new Failures(() => now, { burst: 3, perMinute: 6, addresses: 100 })
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => failures.count('192.0.2.1')),
    [0, 0, 0, null, null],
  )
  assert.equal(failures.count('192.0.2.2'), 0)
  now += 10_000
  assert.equal(failures.count('192.0.2.1'), 2, 'two went unnoted')
  assert.equal(failures.count('192.0.2.1'), null)
  now -= 60_000
  assert.equal(failures.count('192.0.2.1'), null, 'a clock that was set back gives nothing away')
  for (let i = 0; i < 1000; i++) failures.count(`198.51.100.${i}`)
  assert.equal(failures.size(), 100)
})

test('one network is one sender, however its addresses are written', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:0DB8:0001:0002:ffff::1'))
  assert.equal(networkOf('2001:db8::1'), networkOf('2001:db8:0:0:1::'))
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.notEqual(networkOf('192.0.2.7'), networkOf('192.0.2.8'))
})

test('the access log is written in groups, keeps what could not be written, and lets no row look like two', () => {
  const own = access()
  const { log, state, ledger } = own.world
  const event = (what: string) => ({ who: 'nobody', action: 'test', what, outcome: 'refused', address: '192.0.2.1' })
  const read = () => state.accesses({ who: null, before: null, limit: 20_000 })
  log.record(event('a\nb\u0000'))
  assert.equal(read().length, 0)
  log.flush()
  assert.deepEqual(
    read().map(({ what }) => what),
    ['a\\nb\\u0000'],
  )
  log.record(event('x'.repeat(10_000)))
  ledger.db.exec('BEGIN')
  log.flush()
  assert.equal(own.problems.length, 1, 'a transaction is under way')
  ledger.db.exec('COMMIT')
  for (let i = 1; i < 10_000; i++) log.record(event(String(i)))
  assert.throws(() => log.record(event('one more')), { code: 'service.overloaded' })
  log.flush()
  assert.equal(read().length, 10_001)
  assert.equal(read().at(-2)?.what.length, 500)
  log.record(event('last'))
  log.close()
  assert.equal(read()[0]?.what, 'last')
  assert.equal(state.accesses({ who: 'person:x', before: null, limit: 10 }).length, 0)
})

test('many rows are written without waiting, few within a moment', async () => {
  const own = access()
  const { log, state } = own.world
  const count = () => state.accesses({ who: null, before: null, limit: 1000 }).length
  for (let i = 0; i < 100; i++) log.record({ who: 'nobody', action: 'a', what: '', outcome: 'b', address: '' })
  await new Promise((done) => setTimeout(done, 20))
  assert.equal(count(), 100)
})

test('no header, whatever it holds, is more than a refusal or nobody', async () => {
  const own = access()
  const piece = fc.constantFrom(
    'Bearer ',
    'Basic ',
    'rp_',
    'rps_',
    '0123456789abcdef',
    '_',
    'A'.repeat(43),
    'eyJhbGciOiJub25lIn0',
    '.',
    'e30',
    '=',
    ':',
  )
  const header = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(header, fc.option(header), async (authorization, cookie) => {
      const headers = { authorization, ...(cookie !== null && { cookie: `runproof_session=${cookie}` }) }
      const request = { method: 'POST', headers, ip: '192.0.2.1', protocol: 'http', host: 'a', raw: { socket: null } }
      await own.authenticate(request as unknown as FastifyRequest).then(
        (who) => assert.equal(who, null),
        (error: unknown) => assert.match((error as { code: string }).code, /^access\.(unauthenticated|rate_limited)$/),
      )
    }),
  )
  own.world.log.flush()
  assert.ok(
    own.world.state.accesses({ who: 'nobody', before: null, limit: 1000 }).length <= 21,
    'the log does not grow with the attempts',
  )
})

test('what came from outside is no markup', () => {
  fc.assert(fc.property(fc.string(), (text) => assert.doesNotMatch(escaped(text), /[<>"']/)))
})
