import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Watch } from '../../../core/model/watch.ts'
import type { JsonObject } from '../connector.ts'
import { kubearmor } from './connector.ts'
import { health } from './fixtures.ts'

const instance = { sensor: 'kubearmor', node: 'node-a' }

function watchOf(event: JsonObject | undefined): readonly Watch[] {
  const reading = kubearmor.read(event ?? {})
  assert.ok(reading.class === 'health', JSON.stringify(reading))
  return reading.watch
}

test('dropped alerts are a blind spot of that container for as long as the line says', () => {
  const [at, until] = ['2026-01-01T09:01:00.123456000Z', '2026-01-01T09:01:30.123456000Z']
  const scope = `${'3f9d2c1ab0e4'.repeat(5)}abcd at ${at}`
  assert.deepEqual(watchOf(health[0]), [
    { ...instance, kind: 'throttle', at, state: 'start', scope },
    { ...instance, kind: 'throttle', at: until, state: 'stop', scope },
  ])
})

test('dropped alerts without a length have no known end, those of a pod carry its name, undated ones count nothing', () => {
  assert.deepEqual(
    watchOf(health[1]).map((signal) => signal.kind === 'throttle' && signal.state),
    ['start'],
  )
  const [start] = watchOf(health[2])
  assert.ok(start?.kind === 'throttle' && start.scope?.startsWith('shop/checkout-7c9b5d8f6-q2x8z at '))
  assert.deepEqual(watchOf(health[3]), [])
})

test('two stretches that overlap never end each other', () => {
  const later = { ...health[0], UpdatedTime: '2026-01-01T09:01:29Z' }
  const scopes = [...watchOf(health[0]), ...watchOf(later)].map((signal) => signal.kind === 'throttle' && signal.scope)
  assert.equal(new Set(scopes).size, 2)
})

test("the daemon's messages are no heartbeat; an error is a fault of that moment", () => {
  for (const message of health.slice(4, 6)) {
    const reading = kubearmor.read(message)
    assert.ok(reading.class === 'health')
    assert.equal(reading.at, null)
  }
  assert.deepEqual(watchOf(health[4]), [])
  const at = '2026-01-01T09:00:00.500000000Z'
  assert.deepEqual(watchOf(health[5]), [{ ...instance, kind: 'fault', at, what: 'KubeArmor reported an error', lasting: false }])
})
