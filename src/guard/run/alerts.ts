import { appendFile } from 'node:fs/promises'
import { createHmac } from 'node:crypto'
import { visibleText } from '../../lib/visible-text.ts'
import type { Violation } from '../model.ts'
import type { Alerts as AlertLists, AlertTarget } from '../policy/model.ts'
import { reasonOf } from '../probes/reason.ts'
import { toJson } from '../to-json.ts'

export type AlertsOptions = {
  readonly lists: AlertLists
  readonly targetOf: (text: string) => AlertTarget
  /** Signs what goes to webhooks; null: there is none, and webhooks are refused. */
  readonly secret: Uint8Array | null
  readonly log: (line: string) => void
  /** Something that a person should know, and evidence: an alert that could not be given. */
  readonly failed: (what: string) => void
  readonly post?: Post
  readonly now?: () => number
  readonly retryMs?: number
}
/** Resolves to the status of the answer. Throws when there is none. */
export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<number>

const MOST_WAITING = 1000
const ATTEMPTS = 5
const TIMEOUT_MS = 10_000

export type AlertCounts = { readonly given: number; readonly failed: number; readonly waiting: number }
type Job = { readonly target: AlertTarget; readonly body: string; readonly text: string }

/**
 * Tells people of violations: on standard error, in a file, or by a webhook that is signed and tried a bounded number of times. Never
 * waits for any of them; what finds no room is counted.
 */
export class Alerts {
  private readonly options: Required<AlertsOptions>
  private onViolation: readonly AlertTarget[] = []
  private onCritical: readonly AlertTarget[] = []
  private readonly queues = new Map<string, { readonly jobs: Job[]; working: Promise<void> | null }>()
  private readonly pausing = new Set<() => void>()
  private isEnding = false
  private isLate = false
  private given = 0
  private failures = 0

  constructor(options: AlertsOptions) {
    this.options = { post, now: Date.now, retryMs: 1000, ...options }
    this.use(options.lists)
  }

  /** Who is told from now on. */
  use({ on_violation, on_critical }: AlertLists): void {
    this.onViolation = on_violation.map(this.options.targetOf)
    this.onCritical = on_critical.map(this.options.targetOf)
  }

  get counts(): AlertCounts {
    let waiting = 0
    for (const { jobs } of this.queues.values()) waiting += jobs.length
    return { given: this.given, failed: this.failures, waiting }
  }

  /** In mode audit nobody is alerted: that is what tells it from alert. */
  tell(violation: Violation): void {
    if (violation.mode === 'audit') return
    const targets = violation.severity === 'CRITICAL' ? [...this.onViolation, ...this.onCritical] : this.onViolation
    const seen = new Set<string>()
    for (const target of targets) {
      const key = JSON.stringify(target)
      if (!seen.has(key)) this.enqueue(key, { target, body: JSON.stringify(toJson(violation)), text: textOf(violation) })
      seen.add(key)
    }
  }

  /** What waits is tried once more, for at most so long; what could not be given until then is told as failed. */
  async end(withinMs = 15_000): Promise<void> {
    this.isEnding = true
    this.wake()
    const limit = new AbortController()
    const late = new Promise<void>((over) => {
      const timer = setTimeout(() => {
        this.isLate = true
        over()
      }, withinMs)
      limit.signal.addEventListener('abort', () => clearTimeout(timer))
    })
    const all = [...this.queues.values()].map(({ working }) => working ?? Promise.resolve())
    await Promise.race([Promise.all(all), late])
    limit.abort()
    for (const { jobs } of this.queues.values())
      for (const { target } of this.isLate ? jobs.splice(0) : []) this.fail(target, 'the guard ended before it could be given')
  }

  private enqueue(key: string, job: Job): void {
    const queue = this.queues.get(key) ?? { jobs: [], working: null }
    this.queues.set(key, queue)
    if (queue.jobs.length >= MOST_WAITING) return this.fail(job.target, 'too many wait already')
    queue.jobs.push(job)
    queue.working ??= this.work(queue)
  }

  private async work(queue: { readonly jobs: Job[]; working: Promise<void> | null }): Promise<void> {
    for (let job = queue.jobs[0]; job !== undefined; job = queue.jobs[0]) {
      const why = await this.give(job)
      // It was told as failed already.
      if (this.isLate) break
      queue.jobs.shift()
      if (why === null) this.given += 1
      else this.fail(job.target, why)
    }
    queue.working = null
  }

  /** Why it could not be given; null: it was. */
  private async give({ target, body, text }: Job): Promise<string | null> {
    if (target.kind === 'log') {
      this.options.log(text)
      return null
    }
    if (target.kind === 'webhook') return this.send(target.url, body)
    try {
      await appendFile(target.path, `${body}\n`, { mode: 0o600 })
      return null
    } catch (error) {
      return reasonOf(error)
    }
  }

  private async send(url: string, body: string): Promise<string | null> {
    const { secret, post: ask, retryMs } = this.options
    if (secret === null) return 'no secret was given to sign with'
    let why = ''
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) {
        if (!this.isEnding) await this.pause(retryMs * 2 ** (attempt - 1))
        if (this.isEnding) break
      }
      try {
        const status = await ask(url, this.headersOf(secret, body), body)
        if (status >= 200 && status < 300) return null
        why = `it answers ${status}`
        // It will not take this one later either.
        if (status >= 400 && status < 500 && status !== 408 && status !== 429) break
      } catch (error) {
        why = reasonOf(error)
      }
    }
    return why
  }

  /** The time is signed, too: whoever overhears one cannot send it again tomorrow. */
  private headersOf(secret: Uint8Array, body: string): Readonly<Record<string, string>> {
    const timestamp = String(Math.floor(this.options.now() / 1000))
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
    return {
      'content-type': 'application/json',
      'runproof-timestamp': timestamp,
      'runproof-signature': `v1=${signature}`,
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((over) => {
      const go = (): void => {
        clearTimeout(timer)
        this.pausing.delete(go)
        over()
      }
      const timer = setTimeout(go, ms)
      this.pausing.add(go)
    })
  }

  private wake(): void {
    for (const go of [...this.pausing]) go()
  }

  private fail(target: AlertTarget, why: string): void {
    this.failures += 1
    this.options.failed(`an alert could not be given to ${shown(target)}: ${why}`)
  }
}

function shown(target: AlertTarget): string {
  if (target.kind === 'log') return 'the log'
  // The query of an address may hold a secret.
  return target.kind === 'file' ? target.path : target.url.replace(/[?#].*$/, '').replace(/\/\/[^/]*@/, '//')
}

function textOf({ at, severity, actor, detail, action, rule }: Violation): string {
  return visibleText(`${at.slice(0, 19)}Z ${severity} ${actor.name}[${actor.pid}] ${action}: ${detail} (${rule})`)
}

async function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  await answer.body?.cancel()
  return answer.status
}
