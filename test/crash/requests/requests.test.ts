import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch } from '../../sample.ts'
import { misfits } from './json-schema.ts'
import { besiege } from './siege.ts'

test(
  '5,000 requests that nobody should send: each is refused in words or served as documented, and nothing hangs or grows',
  {
    timeout: 300_000,
  },
  async () => {
    const folder = scratch()
    const { wrong, tally } = await besiege({ data: join(folder, 'data'), requests: 5_000, seed: 1 })
    assert.deepEqual(wrong.slice(0, 20), [])
    const [kinds, statuses] = [0, 1].map((part) => new Set([...tally.keys()].map((name) => name.split(': ')[part])))
    // It reached what it was to reach: every kind, and more than refusals at the door.
    assert.ok((kinds?.size ?? 0) >= 12, [...tally.keys()].join())
    for (const status of ['200', '400', '401', '403', '404', '415', '431'])
      assert.ok(statuses?.has(status), `no answer had ${status}`)
    rmSync(folder, { recursive: true })
  },
)

test('a value that is not as its schema says is named with its place', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'integer', minimum: 1 }, names: { type: 'array', items: { enum: ['a', 'b'] } } },
    additionalProperties: false,
  }
  assert.deepEqual(misfits(schema, { id: 1, names: ['a'] }), [])
  assert.deepEqual(misfits(schema, { id: 0, names: ['a', 'c'], more: 1 }), [
    '$.id: 0 is out of bounds',
    '$.names[1]: "c" is none of the choices',
    '$.more: nothing fits',
  ])
  assert.deepEqual(misfits(schema, {}), ['$: id is missing'])
  assert.deepEqual(misfits({ anyOf: [{ type: 'null' }, { type: 'string', pattern: '^x' }] }, 'y'), ['$: "y" fits none'])
})

test('a schema with a word that the check does not know is not judged by guessing', () => {
  assert.throws(() => misfits({ if: {} }, 1), /keyword if/)
})
