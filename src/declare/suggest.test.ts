import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, nearestDuration, nearestLabel, nearestVersion } from './suggest.ts'

test('a word near a known one is taken for it, a far one is not', () => {
  assert.equal(nearest('namespce', ['name', 'namespace', 'nodes']), 'namespace')
  assert.equal(nearest('flaco', ['falco', 'tetragon']), 'falco')
  assert.equal(nearest('Binaries', ['binaries']), 'binaries')
  assert.equal(nearest('execute', ['exec', 'open']), 'exec')
  assert.equal(nearest('zzz', ['falco', 'tetragon']), null)
  assert.equal(nearest('x', []), null)
  assert.equal(nearest('a'.repeat(100_000), ['a'.repeat(99_999)]), null)
})

test('durations in words become durations, other text does not', () => {
  assert.equal(nearestDuration('24 hours'), '24h')
  assert.equal(nearestDuration('5 min'), '5m')
  assert.equal(nearestDuration('2 weeks'), '14d')
  assert.equal(nearestDuration('1d12h'), null)
  assert.equal(nearestDuration('soon'), null)
})

test('names become labels where anything is left', () => {
  assert.equal(nearestLabel('Payments API'), 'payments-api')
  assert.equal(nearestLabel('--'), null)
})

test('versions get their missing numbers', () => {
  assert.equal(nearestVersion('v2'), '2.0.0')
  assert.equal(nearestVersion('1.4'), '1.4.0')
  assert.equal(nearestVersion('latest'), null)
})
