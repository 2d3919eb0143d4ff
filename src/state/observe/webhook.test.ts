import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Hook } from '../policies/model.ts'
import { scratch, until, nowMs } from './fixtures.ts'
import { Outbox } from './outbox.ts'
import { deliver, secretOf } from './webhook.ts'

const hookOf = (endpoint: string, rest: Partial<Hook> = {}): Hook => ({
  name: 'ops',
  endpoint,
  method: 'POST',
  headers: { 'X-Team': 'ops' },
  events: ['results'],
  attempts: 3,
  delayMs: 1,
  timeoutMs: 2000,
  tokenEnv: null,
  secretEnv: null,
  isInsecure: false,
  ...rest,
})
const secret = secretOf(`whsec_${Buffer.from('0123456789abcdef').toString('base64')}`)

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

/** A receiver that answers with these statuses, one after the other, the last for all that come later. */
async function receiving(
  statuses: readonly number[],
  use: (url: string, received: readonly Received[]) => Promise<void>,
): Promise<void> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const status = statuses[Math.min(received.length, statuses.length - 1)] ?? 200
      received.push({ headers: request.headers, body })
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function delivered(
  hook: Hook,
  outbox: Outbox,
  use: (said: readonly string[]) => Promise<void>,
): Promise<{ sent: number; failed: number }> {
  const stop = new AbortController()
  const said: string[] = []
  const courier = deliver(hook, { secret, token: 't' }, outbox, {
    now: () => nowMs,
    say: (message) => said.push(message),
    signal: stop.signal,
  })
  courier.nudge()
  await use(said)
  stop.abort()
  await courier.done
  return { sent: courier.sent(), failed: courier.failed() }
}

test('a message is signed over its id, its time and its body, so that its receiver can check it', async () => {
  await receiving([200], async (url, received) => {
    const outbox = new Outbox(null)
    outbox.add('{"a":"é"}', nowMs)
    await delivered(hookOf(url), outbox, () => until(() => outbox.size === 0))
    const [{ headers, body } = assert.fail()] = received
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
    assert.equal(headers['x-signature'], createHmac('sha256', secret).update(body).digest('base64'))
    assert.deepEqual(
      [headers['x-team'], headers.authorization, headers['webhook-timestamp']],
      ['ops', 'Bearer t', String(nowMs / 1000)],
    )
    assert.equal(body, '{"a":"é"}')
  })
})

test('a receiver that is down is asked again, with the same id, and in order', async () => {
  await receiving([503, 429, 200], async (url, received) => {
    const outbox = new Outbox(null)
    outbox.add('1', nowMs)
    outbox.add('2', nowMs)
    const counts = await delivered(hookOf(url), outbox, () => until(() => outbox.size === 0))
    assert.deepEqual(
      received.map(({ body }) => body),
      ['1', '1', '1', '2'],
    )
    assert.equal(new Set(received.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size, 1)
    assert.deepEqual(counts, { sent: 2, failed: 0 })
  })
})

test('what a receiver refuses is given up at once and told; so is a redirect, which is not followed', async (t) => {
  for (const status of [400, 302]) {
    await receiving([status], async (url, received) => {
      const folder = scratch(t)
      const outbox = new Outbox(folder)
      outbox.add('1', nowMs)
      let said: readonly string[] = []
      const counts = await delivered(hookOf(url), outbox, async (lines) => {
        said = lines
        await until(() => outbox.size === 0)
      })
      assert.equal(received.length, 1)
      assert.deepEqual(counts, { sent: 0, failed: 1 })
      assert.match(said.join(), new RegExp(`given up: answered ${status}`))
      assert.equal(readdirSync(join(folder, 'dead')).length, 1)
    })
  }
})

test('after as many attempts as the hook has, a message is given up', async () => {
  await receiving([500], async (url, received) => {
    const outbox = new Outbox(null)
    outbox.add('1', nowMs)
    await delivered(hookOf(url), outbox, () => until(() => outbox.size === 0))
    assert.equal(received.length, 3)
  })
})
