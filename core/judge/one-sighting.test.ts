import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sighting } from '../model/behaviour.ts'
import { act, inputsOf, manifestOf } from './fixtures.ts'
import { sightingKey } from './merge.ts'
import { OneSighting } from './one-sighting.ts'

const { behaviours } = inputsOf({ acts: [act()], manifest: manifestOf() }).intake
const [sighting] = [...behaviours.values()].flatMap(({ sightings }) => [...sightings.values()]) as [Sighting]

test('one sighting is what a map of it is', () => {
  const [one, map] = [new OneSighting(sighting), new Map([[sightingKey(sighting), sighting]])]
  assert.deepEqual(new Map(one), map)
  assert.deepEqual([...one.keys()], [...map.keys()])
  assert.deepEqual([...one.values()], [...map.values()])
  assert.deepEqual([...one.entries()], [...map.entries()])
  assert.equal(one.size, 1)
  assert.equal(one.get(sightingKey(sighting)), sighting)
  assert.ok(one.has(sightingKey(sighting)))
  const seen: unknown[] = []
  one.forEach((value, key, all) => seen.push([value, key, all]))
  assert.deepEqual(seen, [[sighting, sightingKey(sighting), one]])
})

test('it has no other', () => {
  const other = sightingKey({ ...sighting, rule: 'another' })
  assert.equal(new OneSighting(sighting).get(other), undefined)
  assert.equal(new OneSighting(sighting).has(other), false)
})
