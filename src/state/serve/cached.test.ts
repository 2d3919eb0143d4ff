import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cached } from './cached.ts'

test('four that ask at once of a cold cache get one run; after its time the next one runs again', async () => {
  let [runs, time] = [0, 0]
  const cached = new Cached(
    async () => ++runs,
    1000,
    () => time,
  )
  assert.deepEqual(await Promise.all([cached.get(), cached.get(), cached.get(), cached.get()]), [1, 1, 1, 1])
  time = 999
  assert.equal(await cached.get(), 1)
  time = 1000
  assert.equal(await cached.get(), 2)
  cached.drop()
  assert.equal(await cached.get(), 3)
})

test('a run that fails is not kept', async () => {
  let runs = 0
  const cached = new Cached(
    async () => {
      if (++runs === 1) throw new Error('no')
      return runs
    },
    1000,
    () => 0,
  )
  await assert.rejects(cached.get(), /no/)
  assert.equal(await cached.get(), 2)
})
