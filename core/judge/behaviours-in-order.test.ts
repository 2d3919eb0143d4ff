import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BehavioursInOrder } from './behaviours-in-order.ts'
import { act, inputsOf, manifestOf } from './fixtures.ts'
import { sortedByKey } from './merge.ts'

const acts = ['/bin/sh', '/bin/bash', '/bin/ls'].map((path) => act({ target: { type: 'binary', path, partial: false } }))
const map = new Map(sortedByKey(inputsOf({ acts, manifest: manifestOf() }).intake.behaviours))
const behaviours = new BehavioursInOrder([...map.values()])

test('behaviours in their order are what a map of them is', () => {
  assert.equal(behaviours.size, 3)
  assert.deepEqual(new Map(behaviours), map)
  assert.deepEqual([...behaviours.keys()], [...map.keys()])
  assert.deepEqual([...behaviours.values()], [...map.values()])
  assert.deepEqual([...behaviours.entries()], [...map.entries()])
  for (const [fingerprint, behaviour] of map) assert.equal(behaviours.get(fingerprint), behaviour)
  const seen: unknown[] = []
  behaviours.forEach((behaviour, fingerprint, all) => seen.push([fingerprint, behaviour, all === behaviours]))
  assert.deepEqual(
    seen,
    [...map].map(([fingerprint, behaviour]) => [fingerprint, behaviour, true]),
  )
})

test('there are no others, and there may be none', () => {
  assert.equal(behaviours.get('rpf1:0'), undefined)
  assert.equal(behaviours.has('rpf1:0'), false)
  assert.deepEqual([...new BehavioursInOrder([])], [])
})
