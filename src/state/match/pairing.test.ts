import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { pair } from './pairing.ts'

/** By trying everything. */
function most(
  left: number,
  right: number,
  fits: (l: number, r: number) => boolean,
  used: ReadonlySet<number> = new Set(),
  at = 0,
): number {
  if (at === left) return 0
  let best = most(left, right, fits, used, at + 1)
  for (let r = 0; r < right; r += 1)
    if (!used.has(r) && fits(at, r)) best = Math.max(best, 1 + most(left, right, fits, new Set([...used, r]), at + 1))
  return best
}

test('an item that could serve two is given to the one that has no other', () => {
  const edges = new Set(['0-0', '0-1', '1-0'])
  assert.deepEqual(
    pair(2, 2, (l, r) => edges.has(`${l}-${r}`)),
    { freeLeft: [], freeRight: [] },
  )
})

test('nothing fits nothing', () => {
  assert.deepEqual(
    pair(2, 1, () => false),
    { freeLeft: [0, 1], freeRight: [0] },
  )
  assert.deepEqual(
    pair(0, 0, () => true),
    { freeLeft: [], freeRight: [] },
  )
})

test('property: no pairing is larger', () => {
  const side = fc.integer({ min: 0, max: 5 })
  fc.assert(
    fc.property(side, side, fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }), (left, right, table) => {
      const fits = (l: number, r: number): boolean => table[l * 5 + r] === true
      const { freeLeft, freeRight } = pair(left, right, fits)
      assert.equal(left - freeLeft.length, most(left, right, fits))
      assert.equal(left - freeLeft.length, right - freeRight.length)
    }),
  )
})

test('many items are paired in reasonable steps', () => {
  const { freeLeft } = pair(400, 400, (l, r) => l + r >= 399)
  assert.deepEqual(freeLeft, [])
})
