import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import { createRandom } from '../../fuzz/random.ts'
import type { Attempt, Known } from './attempt.ts'
import { attemptOf } from './garbage.ts'
import { isObject, misfits } from './json-schema.ts'
import { exchange, type Exchange, type RawAnswer } from './raw-http.ts'

export type Bombardment = {
  readonly port: number
  readonly pid: number
  readonly known: Known
  readonly requests: number
  readonly seed: number
}

export type Survived = {
  readonly tally: ReadonlyMap<string, number>
  /** Answers that are none, or not of the form that is documented; hangs. */
  readonly wrong: readonly string[]
  /** MB of memory after the first half, and at the end. */
  readonly memory: { readonly warm: number; readonly end: number }
  /** Longest wait for /livez meanwhile. */
  readonly slowestMs: number
}

const AT_ONCE = 24
/** Whoever waits longer for an answer that must come was left hanging. */
const HANG_MS = 30_000
/** What need not be answered is let go of after this. */
const PATIENCE_MS = 250

/** Sends what nobody should, many at once, and checks every answer. */
export async function bombard({ port, pid, known, requests, seed }: Bombardment): Promise<Survived> {
  const random = createRandom(seed)
  const tally = new Map<string, number>()
  const wrong: string[] = []
  let [sent, warm] = [0, 0]

  const line = async (): Promise<void> => {
    while (sent < requests) {
      sent++
      if (sent === Math.ceil(requests / 2)) warm = megabytesOf(pid)
      const attempt = attemptOf(known, random)
      const { parts, pauseMs, isHead, expected } = attempt
      const waitMs = expected === 0 ? PATIENCE_MS : HANG_MS
      const outcome = await exchange({ port, parts, pauseMs, waitMs, isHead, expected: Math.max(1, expected) })
      for (const { status } of outcome.answers) {
        const name = `${attempt.kind}: ${status}`
        tally.set(name, (tally.get(name) ?? 0) + 1)
      }
      for (const problem of problemsWith(attempt, outcome)) {
        if (wrong.length < 1000) wrong.push(`${attempt.kind}: ${problem}; sent ${shown(attempt)}`)
      }
    }
  }
  const alive = probe(port)
  await Promise.all(Array.from({ length: AT_ONCE }, line))
  const slowestMs = await alive.stop()
  return { tally, wrong, memory: { warm, end: megabytesOf(pid) }, slowestMs }
}

function problemsWith({ expected, operation, isHead }: Attempt, { answers, end }: Exchange): readonly string[] {
  const problems = answers.flatMap((answer) => problemsIn(answer, isHead))
  if (answers.length < expected) problems.push(`${answers.length} of ${expected} answers came (${end})`)
  const [answer] = answers
  if (operation === null || answer === undefined || answer.status !== 200 || operation.answer === null) return problems
  return [...problems, ...misfits(operation.answer, jsonIn(answer)).map((misfit) => `${operation.id}: ${misfit}`)]
}

/** A success, or a refusal as RFC 9457 has it. */
function problemsIn(answer: RawAnswer, isHead: boolean): readonly string[] {
  const { status, headers, body } = answer
  if (status >= 200 && status < 300) return []
  const type = headers.get('content-type') ?? ''
  const said = `${status} ${type} ${body.toString('utf8').slice(0, 200)}`
  if (status >= 500 || status < 400) return [said]
  if (type.startsWith('text/html')) return []
  if (!type.startsWith('application/problem+json')) return [`no problem document: ${said}`]
  if (isHead) return []
  const problem = jsonIn(answer)
  const isWhole =
    isObject(problem) &&
    problem['status'] === status &&
    ['type', 'title', 'detail', 'code'].every((name) => typeof problem[name] === 'string')
  return isWhole ? [] : [`an incomplete problem document: ${said}`]
}

function jsonIn({ body }: RawAnswer): JsonValue {
  try {
    return JSON.parse(body.toString('utf8')) as JsonValue
  } catch {
    return 'no JSON'
  }
}

function shown({ parts }: Attempt): string {
  return JSON.stringify(
    Buffer.concat(parts.map((part) => Buffer.from(part)))
      .toString('latin1')
      .slice(0, 400),
  ).replaceAll(/rps?_[\w-]+/g, 'TOKEN')
}

/** Asks whether it lives, all the time. */
function probe(port: number) {
  const request = 'GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'
  const over = new AbortController()
  let slowestMs = 0
  const running = (async () => {
    while (!over.signal.aborted) {
      const startedMs = performance.now()
      await exchange({ port, parts: [request], pauseMs: 0, waitMs: HANG_MS, isHead: false, expected: 1 })
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
      await wait(100)
    }
  })()
  return {
    async stop() {
      over.abort()
      await running
      return slowestMs
    },
  }
}

/** Resident memory of a process. */
export function megabytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
  return Math.round(Number(kilobytes) / 1024)
}
