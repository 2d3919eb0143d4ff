import { parentPort } from 'node:worker_threads'
import { fuzz, type Budget } from './engine.ts'
import { targetNamed } from './targets/registry.ts'

/** What a worker is asked to do. `shared`: a counter of inputs, the length of the current one, and its bytes. */
export type Job = { readonly target: string; readonly budget: Budget; readonly shared: SharedArrayBuffer }

export const HEADER_BYTES = 8
export const SHARED_BYTES = HEADER_BYTES + 3 * 1024 * 1024

// A thread of its own, so that somebody is left to say which input never came back.
parentPort?.on('message', (job: Job) => void run(job))

async function run({ target, budget, shared }: Job): Promise<void> {
  const header = new Int32Array(shared, 0, 2)
  const bytes = new Uint8Array(shared, HEADER_BYTES)
  const prepared = await targetNamed(target).prepare()
  const outcome = await fuzz(prepared, budget, (input) => {
    bytes.set(input.subarray(0, bytes.length))
    header[1] = Math.min(input.length, bytes.length)
    Atomics.add(header, 0, 1)
  })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort?.postMessage(outcome)
}
