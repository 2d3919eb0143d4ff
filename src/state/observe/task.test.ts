import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { start, until } from './fixtures.ts'
import { Task } from './task.ts'

test('what is asked for while a run is under way is one more run, however often it is asked for', async () => {
  const seen: string[] = []
  const gates: (() => void)[] = []
  let [atOnce, most] = [0, 0]
  const task = new Task(async ({ what }) => {
    most = Math.max(most, ++atOnce)
    seen.push(what ?? '')
    await new Promise<void>((resolve) => gates.push(resolve))
    atOnce--
  })
  const first = task.ask({ kind: 'request', what: 'a' })
  for (const what of ['b', 'c', 'd']) void task.ask({ kind: 'request', what })
  await until(() => gates.length === 1)
  gates[0]?.()
  await until(() => gates.length === 2)
  gates[1]?.()
  await first
  assert.deepEqual([seen, most, task.isRunning], [['a', 'b'], 1, false])
  const again = task.ask({ kind: 'request', what: 'e' })
  await until(() => gates.length === 3)
  gates[2]?.()
  await again
  assert.deepEqual(seen, ['a', 'b', 'e'])
})

test('after the stop nothing begins, and what runs is finished', async () => {
  let runs = 0
  const task = new Task(async () => {
    runs++
    await sleep(5)
  })
  void task.ask(start)
  void task.ask(start)
  await task.stop()
  await task.ask(start)
  assert.equal(runs, 1)
})
