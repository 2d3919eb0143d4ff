import { createHmac } from 'node:crypto'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hook } from '../policies/model.ts'
import type { Outbox } from './outbox.ts'

/** What a hook is called with that is not written into a policy. */
export type HookSecrets = {
  /** The key of its signatures. */
  readonly secret: Uint8Array
  readonly token: string | null
}

/** The longest wait between two attempts. */
const MOST_WAIT_MS = 600_000

/** `whsec_` and base64, as the field writes such keys; any other text is the key itself. */
export function secretOf(text: string): Uint8Array {
  const trimmed = text.trim()
  return trimmed.startsWith('whsec_') ? Buffer.from(trimmed.slice(6), 'base64') : Buffer.from(trimmed)
}

/**
 * The headers of one message. Signed is id, time and body (Standard Webhooks, `v1`), so that neither can be changed and an old message is
 * known for one; `x-signature` is over the body alone, for receivers that know no other.
 */
export function hookHeaders(
  hook: Hook,
  { secret, token }: HookSecrets,
  id: string,
  nowMs: number,
  body: string,
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(nowMs / 1000))
  const mac = (text: string): string => createHmac('sha256', secret).update(text).digest('base64')
  return {
    'content-type': 'application/json',
    'user-agent': 'runproof',
    ...Object.fromEntries(Object.entries(hook.headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(token !== null && { authorization: `Bearer ${token}` }),
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${mac(`${id}.${seconds}.${body}`)}`,
    'x-signature': mac(body),
  }
}

/** What became of one attempt. `final`: asking again would not help. */
export type Attempt = { readonly ok: boolean; readonly final: boolean; readonly why: string }

/** Sends one message once. Redirects are not followed: whoever may change where a name points must not get what is signed for it. */
export function sendOnce(
  hook: Hook,
  secrets: HookSecrets,
  id: string,
  nowMs: number,
  body: string,
  signal: AbortSignal,
): Promise<Attempt> {
  const url = new URL(hook.endpoint)
  const headers = { ...hookHeaders(hook, secrets, id, nowMs, body), 'content-length': String(Buffer.byteLength(body)) }
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(hook.timeoutMs)])
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve({ ok: false, final: false, why: timeout.aborted ? 'no answer in time' : error.message })
    const options = { method: hook.method, headers, signal: timeout }
    const request =
      url.protocol === 'https:'
        ? secureRequest(url, { ...options, rejectUnauthorized: !hook.isInsecure })
        : plainRequest(url, options)
    request.on('error', failed)
    request.on('response', (response) => {
      response.resume()
      response.on('error', failed)
      const status = response.statusCode ?? 0
      const ok = status >= 200 && status < 300
      // What is wrong with the message stays wrong; too many, too slow and not now do not.
      const final = !ok && status >= 300 && status < 500 && ![408, 425, 429].includes(status)
      resolve({ ok, final, why: `answered ${status}` })
    })
    request.end(body)
  })
}

export type Courier = {
  readonly sent: () => number
  readonly failed: () => number
  readonly nudge: () => void
  readonly done: Promise<void>
}

/** Sends what waits in an outbox, one message after the other, each as often as the hook says; then it is given up and told of. */
export function deliver(
  hook: Hook,
  secrets: HookSecrets,
  outbox: Outbox,
  { now, say, signal }: { readonly now: () => number; readonly say: (message: string) => void; readonly signal: AbortSignal },
): Courier {
  let [sent, failed] = [0, 0]
  let wake: () => void = () => {}
  const done = run().catch((error: unknown) => {
    if (!signal.aborted) say(`webhook ${hook.name}: ${String(error)}`)
  })

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const message = outbox.first()
      if (message === null) await idle()
      else await sendMessage(message)
    }
  }

  async function sendMessage({ id, body }: { readonly id: string; readonly body: string }): Promise<void> {
    let why = ''
    for (let attempt = 1; attempt <= hook.attempts; attempt++) {
      const result = await sendOnce(hook, secrets, id, now(), body, signal)
      if (signal.aborted) return
      if (result.ok) {
        sent++
        return outbox.remove(id)
      }
      why = result.why
      if (result.final) break
      if (attempt < hook.attempts) await sleep(Math.min(MOST_WAIT_MS, hook.delayMs * 2 ** (attempt - 1)), undefined, { signal })
    }
    failed++
    say(`webhook ${hook.name}: a message is given up: ${why}`)
    outbox.bury(id)
  }

  function idle(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }
  signal.addEventListener('abort', () => wake(), { once: true })

  return { sent: () => sent, failed: () => failed, nudge: () => wake(), done }
}
