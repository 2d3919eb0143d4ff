import { parentPort, workerData } from 'node:worker_threads'
import { redactorOf } from '../../sensors/redact.ts'
import { answerer, type Asked, type ThreadData } from './reader-thread-answers.ts'

/** The thread's own half: every message is answered once, in order. */
const data = workerData as ThreadData
const answer = answerer(data, await redactorOf(data.redaction))
parentPort?.on('message', (asked: Asked) => {
  const { reply, transfer } = answer(asked)
  parentPort?.postMessage(reply, [...transfer])
})
