import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untilPassing } from './run.ts'

function world(codes: readonly number[], costMs: number) {
  let [time, at] = [0, 0]
  const said: string[] = []
  const attempt = async (): Promise<number> => {
    time += costMs
    return codes[Math.min(at++, codes.length - 1)] ?? 0
  }
  const clock = { now: () => time, sleep: async (ms: number) => void (time += ms) }
  const announce = {
    retrying: (sleep: number, elapsed: number, timeout: number) => said.push(`${sleep} ${elapsed}/${timeout}`),
    attempt: (number: number) => said.push(`#${number}`),
  }
  return { said, run: (retry: { timeoutMs: number; sleepMs: number } | null) => untilPassing(attempt, retry, clock, announce) }
}

test('without retries the first attempt decides', async () => {
  const { run, said } = world([1, 0], 10)
  assert.equal(await run(null), 1)
  assert.deepEqual(said, [])
})

test('an attempt that passes ends the wait', async () => {
  const { run, said } = world([1, 1, 0], 10)
  assert.equal(await run({ timeoutMs: 10_000, sleepMs: 100 }), 0)
  assert.deepEqual(said, ['100 10/10000', '#2', '100 120/10000', '#3'])
})

test('no attempt begins after the time is up, and that is exit code 3', async () => {
  const { run, said } = world([1], 10)
  assert.equal(await run({ timeoutMs: 250, sleepMs: 100 }), 3)
  assert.deepEqual(said, ['100 10/250', '#2', '100 120/250', '#3'])
})
