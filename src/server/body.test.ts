import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Budget, whole, withBody } from './body.ts'

async function* chunks(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(1)
}

test('a body is whole up to the limit and cut beyond it', async () => {
  const budget = new Budget(1000)
  const read = (sizes: readonly number[], declared: number | null = null) =>
    withBody(chunks(...sizes), { declared, most: 10, budget }, async ({ bytes, isWhole }) => [bytes.length, isWhole])
  assert.deepEqual(await read([4, 6]), [10, true])
  assert.deepEqual(await read([4, 7]), [10, false])
  assert.deepEqual(await read([4, 7], 3), [10, false])
  assert.deepEqual(await read([]), [0, true])
  assert.equal(budget.held(), 0)
  assert.throws(() => whole({ bytes: new Uint8Array(10), isWhole: false }, 10), /more than 10 bytes/)
})

test('bodies together never hold more than the budget, and each gets its turn, whatever they said of their length', async () => {
  const MB = 1024 * 1024
  const body = fc.record({
    sizes: fc.array(fc.integer({ min: 0, max: MB / 2 }), { maxLength: 6 }),
    isDeclared: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(body, { maxLength: 12 }), async (bodies) => {
      const budget = new Budget(4 * MB)
      let most = 0
      const lengths = await Promise.all(
        bodies.map(({ sizes, isDeclared }) =>
          withBody(chunks(...sizes), { declared: isDeclared ? sum(sizes) : null, most: 2 * MB, budget }, async ({ bytes }) => {
            most = Math.max(most, budget.held())
            await new Promise((next) => setImmediate(next))
            return bytes.length
          }),
        ),
      )
      assert.ok(most <= 4 * MB)
      assert.equal(budget.held(), 0)
      assert.deepEqual(
        lengths,
        bodies.map(({ sizes }) => Math.min(2 * MB, sum(sizes))),
      )
    }),
    { numRuns: 30 },
  )
})

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
