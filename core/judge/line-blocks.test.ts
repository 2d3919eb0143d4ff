import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { blocksOf } from './line-blocks.ts'

const long = fc.integer({ min: 80_000, max: 300_000 }).map((length) => 'é'.repeat(length))
const line = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: fc.constantFrom('a', '€', '😀', '"') }) },
  { weight: 1, arbitrary: long },
)

test('blocks hold every line once, with its newline, and end with a line', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
      const blocks = [...blocksOf(lines)]
      for (const block of blocks) assert.equal(block.at(-1), 0x0a)
      assert.equal(Buffer.concat(blocks).toString(), lines.map((line) => `${line}\n`).join(''))
    }),
    { numRuns: 60 },
  )
})

test('no line is asked for before it is needed, and a block stays as it was when the next is made', () => {
  let made = 0
  function* lines(): Generator<string> {
    for (; made < 1_000; made++) yield String(made % 10).repeat(1_000)
  }
  const blocks = blocksOf(lines())
  const first = blocks.next().value as Uint8Array
  assert.ok(made < 1_000)
  const text = Buffer.from(first).toString()
  assert.ok(!blocks.next().done)
  assert.equal(Buffer.from(first).toString(), text)
})

test('no lines are no blocks', () => {
  assert.deepEqual([...blocksOf([])], [])
})
