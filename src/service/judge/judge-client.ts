import { Worker } from 'node:worker_threads'
import type { Window } from '../../../core/model/window.ts'
import type { Cause } from '../../store/state/reports.ts'
import type { Closed } from '../close-window.ts'
import type { FromJudge, JudgeThreadData, ToJudge } from './judge-thread.ts'

/** The thread that seals and judges, as the service sees it. */
export type JudgeClient = {
  readonly close: (window: Window, manifest: number, cause: Cause) => Promise<Closed>
  readonly stop: () => Promise<void>
}

type Waiter = { readonly resolve: (closed: Closed) => void; readonly reject: (error: Error) => void }

/** Starts the thread. `onFailure` is called once when it cannot go on; windows then stay open until the next start. */
export async function startJudging(data: JudgeThreadData, onFailure: (why: string) => void): Promise<JudgeClient> {
  const worker = new Worker(new URL('judge-thread.ts', import.meta.url), { workerData: data })
  const waiting = new Map<number, Waiter>()
  let nextId = 1
  let stopped: (() => void) | null = null
  let failure: Error | null = null
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const say = (message: ToJudge): void => worker.postMessage(message)
  const fail = (error: Error): void => {
    if (failure !== null) return
    failure = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    onFailure(error.message)
  }

  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.on('message', (message: FromJudge) => {
      if (message === 'ready') {
        worker.off('error', reject)
        return resolve()
      }
      if (message === 'stopped') return stopped?.()
      const waiter = waiting.get(message.id)
      waiting.delete(message.id)
      if ('closed' in message) waiter?.resolve(message.closed)
      else waiter?.reject(Object.assign(new Error(message.error.message), { code: message.error.code }))
    })
  })
  worker.on('error', fail)
  worker.on('exit', (code) => {
    if (stopped === null) fail(new Error(`the thread that judges ended with code ${code}`))
  })

  return {
    close(window, manifest, cause) {
      if (failure !== null) return Promise.reject(failure)
      const id = nextId++
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        say({ id, window, manifest, cause })
      })
    },
    async stop() {
      if (failure === null) {
        await new Promise<void>((resolve) => {
          stopped = resolve
          say('stop')
        })
      }
      stopped ??= () => {}
      await worker.terminate()
    },
  }
}
