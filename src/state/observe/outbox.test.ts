import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch, nowMs } from './fixtures.ts'
import { Outbox } from './outbox.ts'

test('what waits outlives the program, in order; the oldest gives way when it is too much', (t) => {
  const folder = scratch(t)
  const first = new Outbox(folder, { messages: 3, bytes: 1000, dead: 2 })
  for (const body of ['1', '2', '3', '4']) first.add(body, nowMs)
  assert.deepEqual([first.size, first.dropped], [3, 1])
  const second = new Outbox(folder, { messages: 3, bytes: 1000, dead: 2 })
  const bodies: string[] = []
  for (let message = second.first(); message !== null; message = second.first()) {
    bodies.push(message.body)
    second.remove(message.id)
  }
  assert.deepEqual(bodies, ['2', '3', '4'])
  second.add('x'.repeat(2000), nowMs)
  assert.deepEqual([second.size, second.dropped], [0, 1])
  assert.equal(new Outbox(folder).size, 0)
})

test('of what was given up the newest are kept, and a file that somebody took away is no message', (t) => {
  const folder = scratch(t)
  const outbox = new Outbox(folder, { messages: 10, bytes: 1000, dead: 2 })
  for (const body of ['1', '2', '3']) {
    outbox.add(body, nowMs)
    outbox.bury(outbox.first()?.id ?? '')
  }
  assert.equal(readdirSync(join(folder, 'dead')).length, 2)
  outbox.add('4', nowMs)
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) rmSync(join(folder, name))
  assert.equal(outbox.first(), null)
  const handle = openSync(join(folder, 'other.txt'), 'w')
  writeSync(handle, 'x')
  closeSync(handle)
  assert.equal(new Outbox(folder).size, 0)
})
