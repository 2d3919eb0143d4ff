import assert from 'node:assert/strict'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { act, at, inputsOf } from '../../../core/judge/fixtures.ts'
import { seal } from '../../../core/judge/seal.ts'
import { keptPacked } from './kept-packed.ts'

const inputs = inputsOf({
  acts: Array.from({ length: 9 }, (_, index) => act({ at: at(index * 60_000), sensor: `sensor-${index}` })),
})

test('evidence that was kept packed is read again as often as wanted, and has the sums of what was sealed', async () => {
  const kept = keptPacked()
  const sealed = await kept.keep(seal(inputs))
  const text = [...seal(inputs).lines].map((line) => `${line}\n`).join('')
  assert.equal((await buffer(sealed.pieces())).toString(), text)
  assert.equal((await buffer(sealed.pieces())).toString(), text)
  const { lines, root, digest } = sealed
  assert.deepEqual({ lines, root, digest }, seal(inputs).sums())
  assert.equal(gunzipSync(kept.packed()).toString(), text)
})

test('it is packed as if all of it had been there at once', async () => {
  const many = Array.from({ length: 4_000 }, (_, index) => act({ at: at(index * 100), rule: 'x'.repeat(index % 300) }))
  const kept = keptPacked()
  await kept.keep(seal(inputsOf({ acts: many })))
  const blocks = [...seal(inputsOf({ acts: many })).blocks()]
  assert.ok(blocks.length > 1)
  assert.deepEqual(Buffer.from(kept.packed()), gzipSync(Buffer.concat(blocks), { level: 6 }))
})

test('before anything was kept there is nothing to write', () => {
  assert.equal(keptPacked().packed().length, 0)
})

test('what cannot be sealed is not kept', async () => {
  const behaviours = new Map([['x', { ...inputs.intake.behaviours.values().next().value, fingerprint: '\ud800' }]])
  const broken = { ...inputs, intake: { ...inputs.intake, behaviours } } as typeof inputs
  const kept = keptPacked()
  await assert.rejects(kept.keep(seal(broken)), { code: 'format.malformed' })
  assert.equal(kept.packed().length, 0)
})
