import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { isOnP256 } from './p256-point.ts'

test('a real public key lies on the curve, with one bit changed it does not', () => {
  for (let i = 0; i < 5; i++) {
    const spki = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' })
    const point = new Uint8Array(spki.subarray(-64))
    assert.ok(isOnP256(point))
    point[i] = (point[i] ?? 0) ^ 1
    assert.ok(!isOnP256(point))
  }
})

test('coordinates beyond the field are refused, though they could be reduced into it', () => {
  assert.ok(!isOnP256(new Uint8Array(64).fill(0xff)))
  assert.ok(!isOnP256(new Uint8Array(64)))
})
