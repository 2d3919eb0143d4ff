import { gzipSync } from 'node:zlib'
import { BATCH_PAYLOAD_TYPE, BATCH_TYPE } from '../../core/model/batch.ts'
import { base64, fromBase64, utf8 } from '../../core/proof/bytes.ts'
import { jcs } from '../../core/proof/jcs.ts'
import { sha256Hex } from '../../core/proof/sha256.ts'
import { signEnvelope } from '../../src/keys/sign-envelope.ts'
import { falcoLine } from '../../bench/events/falco.ts'
import { tetragonLine } from '../../bench/events/tetragon.ts'
import type { Random } from '../fuzz/random.ts'
import type { Account } from './account.ts'
import type { Answer, Asked } from './client.ts'
import { jsonOf } from './client.ts'
import { clockNow } from './clock.ts'
import { promiseOf, publication, type Application, type World } from './world.ts'

export type Ask = (path: string, asked: Asked) => Promise<Answer>

/** Something that acts on the service, one act after the other, also over its deaths. */
export type Sender = {
  readonly token: keyof World['tokens']
  /** Milliseconds between two acts, on average. */
  readonly paceMs: number
  /** @throws Error when no answer came: the service died */
  readonly act: (ask: Ask) => Promise<void>
  /** Nothing of it waits for an answer. */
  readonly isDone: () => boolean
}

type Parts = { readonly world: World; readonly account: Account; readonly random: Random }

/** An unmodified sensor: sends once and never again, whatever comes back. */
export function sensorSender({ world, account, random }: Parts): Sender {
  return {
    token: 'sensor',
    paceMs: 60,
    isDone: () => true,
    async act(ask) {
      const numbers = account.take(1 + random.int(5), ['payments', 'shop'])
      const isPacked = random.chance(0.3)
      const kind = kindOf(random)
      const text = linesOf(kind, numbers, world, random)
      const body = isPacked ? gzipSync(text) : text
      const answer = await noting(account, () =>
        ask(random.pick([`/ingest/${kind}`, '/ingest/auto']), {
          method: 'POST',
          body,
          headers: isPacked ? { 'content-encoding': 'gzip' } : {},
        }),
      )
      if (answer.status === 200) account.acknowledge(numbers)
      else account.wrong.push(`the sensor door answered ${said(answer)}`)
    },
  }
}

/** A client that repeats a batch until it is acknowledged, sometimes once more than needed, sometimes twice at once. */
export function batchSender({ world, account, random }: Parts): Sender {
  const name = `b${random.int(1e9)}`
  let batches = 0
  let pending: { readonly id: string; readonly numbers: readonly number[]; readonly asked: Asked; readonly path: string } | null =
    null
  let attempts = 0

  function next() {
    const numbers = account.take(1 + random.int(5), ['payments'])
    const id = `${name}-${batches++}`
    const kind = kindOf(random)
    const lines = linesOf(kind, numbers, world, random)
    if (random.chance(0.5)) {
      const path = `/api/v1/runtime/findings/ingest?batch_id=${id}&sensor=${kind}`
      return { id, numbers, path, asked: { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines } }
    }
    const body = `{"batch_id":"${id}","sensor":"${kind}","findings":[${lines.trimEnd().replaceAll('\n', ',')}]}`
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    return { id, numbers, path: '/api/v1/runtime/findings/ingest', asked }
  }

  return {
    token: 'api',
    paceMs: 60,
    isDone: () => pending === null,
    async act(ask) {
      if (pending === null) [pending, attempts] = [next(), 0]
      const { id, numbers, path, asked } = pending
      const copies = random.chance(0.1) ? 2 : 1
      const isFirst = attempts === 0
      attempts += copies
      const answers = await noting(account, () => Promise.all(Array.from({ length: copies }, () => ask(path, asked))))
      for (const answer of answers) {
        if (answer.status !== 200) return void account.wrong.push(`batch ${id} was answered ${said(answer)}`)
        const { events } = jsonOf(answer) as { readonly events: number }
        if (events !== numbers.length) account.wrong.push(`batch ${id} of ${numbers.length} events was answered ${said(answer)}`)
      }
      const repeated = answers.filter((answer) => (jsonOf(answer) as { readonly repeated: boolean }).repeated).length
      account.repeated += repeated
      if (isFirst && repeated !== copies - 1) account.wrong.push(`batch ${id}, ${copies} at once, was repeated ${repeated} times`)
      account.acknowledge(numbers)
      if (random.chance(0.9)) pending = null
    },
  }
}

/** A forwarder: each batch signed and naming the one before, the next only when this one is acknowledged. */
export function streamSender({ world, account, random }: Parts): Sender {
  const { id: sensor, key } = world.forwarder
  const stream = `s${random.int(1e9)}`
  let [seq, prevDigest]: [number, string | null] = [0, null]
  let pending: { readonly numbers: readonly number[]; readonly asked: Asked; readonly digest: string } | null = null

  async function next() {
    const numbers = account.take(1 + random.int(5), ['shop'])
    const body = utf8(linesOf(kindOf(random), numbers, world, random))
    const header = {
      type: BATCH_TYPE,
      sensor,
      stream,
      seq: seq + 1,
      prevDigest,
      createdAt: new Date(clockNow(world.clock)).toISOString(),
      count: numbers.length,
      body: { sha256: sha256Hex(body), bytes: body.length },
    }
    const payload = utf8(jcs(header))
    const envelope = await signEnvelope(key, BATCH_PAYLOAD_TYPE, payload)
    const headers = { 'runproof-batch': base64(utf8(jcs(envelope))) }
    return { numbers, digest: sha256Hex(payload), asked: { method: 'POST', headers, body } }
  }

  return {
    token: 'forwarder',
    paceMs: 60,
    isDone: () => pending === null,
    async act(ask) {
      pending ??= await next()
      const { numbers, asked, digest } = pending
      const answer = await noting(account, () => ask('/api/v1/batches', asked))
      if (answer.status !== 200) return void account.wrong.push(`link ${seq + 1} of ${stream} was answered ${said(answer)}`)
      account.acknowledge(numbers)
      ;[seq, prevDigest, pending] = [seq + 1, digest, null]
    },
  }
}

/** The owner of an application, who promises something new every now and then. */
export function publisher({ world, account }: Parts): Sender & { readonly published: ReadonlySet<string> } {
  const application: Application = 'shop'
  const published = new Set<string>()
  let pending: { readonly version: string; readonly body: string } | null = null
  let count = 0
  return {
    token: 'reader',
    paceMs: 2_500,
    published,
    isDone: () => pending === null,
    async act(ask) {
      const version = `1.1.${count}`
      pending ??= {
        version,
        body: JSON.stringify(await publication(world.owner, promiseOf(application, version, world.approver))),
      }
      const headers = { 'content-type': 'application/json' }
      const answer = await noting(account, () => ask('/api/v1/manifests', { method: 'POST', headers, body: pending?.body ?? '' }))
      if (answer.status !== 200) return void account.wrong.push(`publishing ${version} was answered ${said(answer)}`)
      published.add(version)
      ;[pending, count] = [null, count + 1]
    },
  }
}

/**
 * A person who confirms what they are shown: drafts, signs with their own key, hands it in, and again until it is acknowledged. Somebody
 * who decides slowly: late evidence may have moved the case to another window meanwhile, and then the service refuses.
 */
export function decider({ world, account, random }: Parts): Sender & { readonly decided: ReadonlySet<string> } {
  const decided = new Set<string>()
  const headers = { 'content-type': 'application/json' }
  let pending: { readonly id: number; readonly digest: string; readonly body: string } | null = null

  async function next(ask: Ask): Promise<typeof pending> {
    const listed = await ask('/api/v1/cases?limit=20', {})
    if (listed.status !== 200) account.wrong.push(`the list of cases was answered ${said(listed)}`)
    const { cases } = jsonOf(listed) as { readonly cases: readonly { readonly id: number; readonly control: string | null }[] }
    const open = cases.filter(({ control }) => control !== null)
    if (open.length === 0) return null
    const { id } = random.pick(open)
    const wish = JSON.stringify({ verdict: 'reject', reason: 'it is what it looks like' })
    const drafted = await ask(`/api/v1/cases/${id}/draft`, { method: 'POST', headers, body: wish })
    if (drafted.status !== 200) {
      // Another judgement may have closed it between the two questions.
      if (drafted.status !== 409 && drafted.status !== 422)
        account.wrong.push(`the draft for case ${id} was answered ${said(drafted)}`)
      return null
    }
    const { payload, payload_type: type } = jsonOf(drafted) as { readonly payload: string; readonly payload_type: string }
    const bytes = fromBase64(payload)
    const envelope = await signEnvelope(world.approver, type, bytes)
    return { id, digest: sha256Hex(bytes), body: JSON.stringify({ verdict: 'reject', envelope }) }
  }

  return {
    token: 'approver',
    paceMs: 300,
    decided,
    isDone: () => pending === null,
    async act(ask) {
      pending ??= await next(ask)
      if (pending === null) return
      const { id, digest, body } = pending
      const answer = await noting(account, () => ask(`/api/v1/cases/${id}/decide`, { method: 'POST', headers, body }))
      // It was committed before the service died, and the person is told so.
      const isThere = answer.status === 409 && answer.body.includes('you handed in this very decision before')
      if (answer.status === 200 || isThere) decided.add(digest)
      else if (answer.status !== 409 && answer.status !== 422)
        account.wrong.push(`deciding case ${id} was answered ${said(answer)}`)
      pending = null
    },
  }
}

/** What a reader of the API was shown of a report; it must stay so. */
export type Seen = {
  readonly digest: string
  readonly window_id: string
  readonly verdict: string
  readonly ledger_index: number
}

/** Somebody who looks at the newest reports. */
export function reader({ account }: Parts): Sender & { readonly seen: ReadonlyMap<string, Seen> } {
  const seen = new Map<string, Seen>()
  return {
    token: 'reader',
    paceMs: 150,
    seen,
    isDone: () => true,
    async act(ask) {
      const answer = await ask('/api/v1/reports?limit=100', {})
      if (answer.status !== 200) return void account.wrong.push(`the list of reports was answered ${said(answer)}`)
      for (const report of (jsonOf(answer) as { readonly reports: readonly Seen[] }).reports) seen.set(report.digest, report)
    },
  }
}

type Kind = 'falco' | 'tetragon'

/** Alerts are findings, which every later window remembers: a few of them. Executions are plain evidence: most. */
function kindOf(random: Random): Kind {
  return random.chance(0.1) ? 'falco' : 'tetragon'
}

/** Events most of which are of this moment, some of windows that may be sealed already; none from before the first. */
function linesOf(kind: Kind, numbers: readonly number[], { clock }: World, random: Random): string {
  const now = clockNow(clock)
  return numbers
    .map((number) => {
      const ms = Math.max(clock.baseMs, now - (random.chance(0.05) ? 60_000 * (1 + random.int(5)) : random.int(1000)))
      const moment = { index: number, ms, nanos: random.int(1_000_000), noise: 1000 + random.int(1000) }
      const line = kind === 'falco' ? falcoLine : tetragonLine
      return `${line({ ...moment, behaviour: kind === 'falco' ? number : executionOf(number) })}\n`
    })
    .join('')
}

/** Every third of Tetragon's generated behaviours is none. */
const executionOf = (number: number): number => 3 * number + 1

/** The number of the event that a behaviour came from, by what it did it to. */
export function numberOf(target: string): number {
  const alert = /\/batch-(\d+)\//.exec(target)?.[1]
  const execution = /\/step-(\d+)/.exec(target)?.[1]
  return alert === undefined ? (Number(execution ?? NaN) - 1) / 3 : Number(alert)
}

async function noting<T>(account: Account, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    account.unanswered++
    throw error
  }
}

function said({ status, body }: Answer): string {
  return `${status} ${body.toString().slice(0, 500)}`
}
