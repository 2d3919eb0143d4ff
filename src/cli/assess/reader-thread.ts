import { parentPort, workerData } from 'node:worker_threads'
import { answerer, type Asked, type ThreadData } from './reader-thread-answers.ts'

/** The thread's own half: every message is answered once, in order. */
const answer = answerer(workerData as ThreadData)
parentPort?.on('message', (asked: Asked) => {
  const { reply, transfer } = answer(asked)
  parentPort?.postMessage(reply, [...transfer])
})
