import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Ledger } from '../store/ledger/ledger.ts'
import type { Objects } from '../store/objects/objects.ts'
import type { State } from '../store/state/state.ts'
import { createHousekeeping, type HousekeepingOptions } from './housekeeping.ts'

const MINUTE = 60_000
const start = Date.parse('2026-03-02T00:00:00Z')

/** A house with nothing in it but what a test puts there; `tick` asks for a round once in so many minutes and says when one was made. */
function house(options: Partial<HousekeepingOptions> & { readonly fails?: () => boolean } = {}) {
  let nowMs = start
  const rounds: number[] = []
  const said: string[] = []
  const housekeeping = createHousekeeping({
    ledger: { db: new DatabaseSync(':memory:') } as unknown as Ledger,
    state: { scopes: () => [], expiredThere: () => [] } as unknown as State,
    objects: {} as unknown as Objects,
    accessLog: { forgetAccesses: () => 0 },
    manifestOf: () => assert.fail('there is no promise'),
    pruneRaw() {
      rounds.push((nowMs - start) / MINUTE)
      if (options.fails?.() === true) throw new Error('the disk does not answer')
    },
    now: () => nowMs,
    rawRetentionMs: 30 * MINUTE,
    accessLogRetentionMs: 30 * MINUTE,
    latenessMs: 0,
    onExpired: () => {},
    onFailed: ({ error, failures, againInMs }) => said.push(`${failures}, again in ${againInMs / MINUTE}: ${error.message}`),
    ...options,
  })
  const minutes = (count: number): void => {
    for (let minute = 0; minute < count; minute++) {
      housekeeping.round()
      nowMs += MINUTE
    }
  }
  return { housekeeping, minutes, rounds, said }
}

test('while nothing fails, a round is made once an hour, however often one is asked for', () => {
  const { minutes, rounds, said } = house()
  minutes(181)
  assert.deepEqual(rounds, [0, 60, 120, 180])
  assert.deepEqual(said, [])
})

test('a round that failed is made again a minute later, then after twice as long each time, at most an hour', () => {
  const { minutes, rounds, said } = house({ fails: () => true })
  minutes(4 * 60)
  assert.deepEqual(rounds, [0, 1, 3, 7, 15, 31, 63, 123, 183])
  assert.deepEqual(said.slice(0, 2), ['1, again in 1: the disk does not answer', '2, again in 2: the disk does not answer'])
  assert.deepEqual(said.slice(-2), ['8, again in 60: the disk does not answer', '9, again in 60: the disk does not answer'])
})

test('after a round that did everything the next comes in an hour, and what fails then is tried again within a minute', () => {
  let left = 3
  const { minutes, rounds, said } = house({ fails: () => left-- > 0 || left === -2 })
  minutes(69)
  assert.deepEqual(rounds, [0, 1, 3, 7, 67, 68])
  assert.deepEqual(
    said.map((line) => line[0]),
    ['1', '2', '3', '1'],
  )
})

test('a part that fails keeps none of the others from being done, and all that failed is told', () => {
  const done: string[] = []
  const scopes = ['a', 'b'].map((application) => ({ application, environment: 'prod' }))
  const state = {
    scopes: () => scopes,
    manifestsOf({ application }: { readonly application: string }) {
      done.push(application)
      throw new Error(`${application} cannot be read`)
    },
    expiredThere: () => (done.push('removed'), []),
  } as unknown as State
  const { minutes, said } = house({ state, accessLog: { forgetAccesses: () => (done.push('forgotten'), 0) } })
  minutes(1)
  // The promises are read first for how long raw evidence is kept: what is not known is not deleted.
  assert.deepEqual(done, ['a', 'forgotten', 'a', 'b', 'removed'])
  assert.deepEqual(said, ['1, again in 1: a cannot be read; a cannot be read; b cannot be read'])
})

test('a store that does not answer at all is no reason to ask it every second', () => {
  let asked = 0
  const state = {
    scopes() {
      asked++
      throw new Error('no database')
    },
    expiredThere: () => [],
  } as unknown as State
  const { housekeeping, said } = house({ state })
  for (let second = 0; second < 50; second++) housekeeping.round()
  assert.deepEqual([asked, said.length], [2, 1])
})

test('whatever fails whenever, rounds are a minute apart at least and an hour at most', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 30 }), (outcomes) => {
      let next = 0
      const { minutes, rounds, said } = house({ fails: () => outcomes[next++] === true })
      minutes(12 * 60)
      const pauses = rounds.slice(1).map((at, index) => at - (rounds[index] ?? 0))
      for (const pause of pauses) assert.ok(pause >= 1 && pause <= 60, String(pause))
      assert.equal(said.length, outcomes.slice(0, rounds.length).filter(Boolean).length)
    }),
  )
})
