import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from './backlog.ts'

test('what waits is counted until it is written, and is as old as its oldest part', () => {
  const backlog = new Backlog()
  backlog.add({ segment: 1, offset: 100 }, 100, 1000)
  backlog.add({ segment: 1, offset: 300 }, 200, 1050)
  backlog.add({ segment: 2, offset: 50 }, 50, 2000)
  assert.equal(backlog.bytes(), 350)
  assert.equal(backlog.lagSeconds(3000), 2)
  backlog.written({ segment: 1, offset: 100 })
  assert.equal(backlog.bytes(), 350)
  backlog.written({ segment: 1, offset: 300 })
  assert.equal(backlog.bytes(), 50)
  assert.equal(backlog.lagSeconds(3000), 1)
  backlog.written({ segment: 3, offset: 0 })
  assert.deepEqual([backlog.bytes(), backlog.lagSeconds(9000)], [0, 0])
})
