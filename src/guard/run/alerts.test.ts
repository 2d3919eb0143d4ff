import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { alertTarget } from '../policy/alert-target.ts'
import type { Violation } from '../model.ts'
import { Alerts, type AlertsOptions } from './alerts.ts'
import { violation } from './fixtures.ts'

const secret = new TextEncoder().encode('0123456789abcdef')
const alerting = (changed: Partial<Violation> = {}): Violation => ({ ...violation, mode: 'alert', ...changed })

function alertsTo(
  to: readonly string[],
  more: Partial<AlertsOptions> = {},
): { readonly alerts: Alerts; readonly said: string[] } {
  const said: string[] = []
  const alerts = new Alerts({
    lists: { on_violation: to, on_critical: [] },
    targetOf: alertTarget,
    secret,
    log: (line) => said.push(`log: ${line}`),
    failed: (what) => said.push(what),
    retryMs: 1,
    ...more,
  })
  return { alerts, said }
}

/** A real receiver that answers with these statuses, one after the other, then 200. */
async function receiver(statuses: readonly number[]) {
  const got: { headers: IncomingHttpHeaders; body: string }[] = []
  const left = [...statuses]
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      got.push({ headers: request.headers, body })
      response.writeHead(left.shift() ?? 200).end()
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=x`
  return { url, got, close: () => new Promise((closed) => void (server.closeAllConnections(), server.close(closed))) }
}

test('a webhook gets the violation under the names of the specification, with its time, signed', async () => {
  const { url, got, close } = await receiver([])
  const { alerts } = alertsTo([`webhook:${url}`])
  alerts.tell(alerting())
  await alerts.end()
  await close()
  const [{ headers, body } = { headers: {}, body: '' }] = got
  const said = JSON.parse(body) as Record<string, unknown>
  assert.deepEqual(
    ['timestamp', 'process_name', 'pid', 'type', 'detail', 'severity', 'action', 'policy_mode'].map((name) => typeof said[name]),
    ['string', 'string', 'number', 'string', 'string', 'string', 'string', 'string'],
  )
  const signature = createHmac('sha256', secret)
    .update(`${String(headers['runproof-timestamp'])}.${body}`)
    .digest('hex')
  assert.equal(headers['runproof-signature'], `v1=${signature}`)
  assert.ok(Math.abs(Number(headers['runproof-timestamp']) - Date.now() / 1000) < 300)
})

test('a webhook that cannot now is asked again, one that refuses is not, and neither is forgotten', async () => {
  const busy = await receiver([503, 429])
  const first = alertsTo([`webhook:${busy.url}`])
  first.alerts.tell(alerting())
  while (first.alerts.counts.given === 0) await new Promise((soon) => setTimeout(soon, 5))
  await busy.close()
  assert.deepEqual([busy.got.length, first.said], [3, []])

  const refusing = await receiver([400])
  const second = alertsTo([`webhook:${refusing.url}`])
  second.alerts.tell(alerting())
  await second.alerts.end()
  await refusing.close()
  assert.equal(refusing.got.length, 1)
  // The address's query may hold a secret: it is not said.
  assert.deepEqual(second.said, [`an alert could not be given to ${refusing.url.replace(/\?.*/, '')}: it answers 400`])
  assert.deepEqual(second.alerts.counts, { given: 0, failed: 1, waiting: 0 })
})

test('nobody answering is tried a bounded number of times', async () => {
  let asked = 0
  const { alerts, said } = alertsTo(['webhook:http://127.0.0.1:1/x'], {
    post: async () => {
      asked += 1
      throw new Error('nobody is there')
    },
  })
  alerts.tell(alerting())
  while (alerts.counts.failed === 0) await new Promise((soon) => setTimeout(soon, 5))
  assert.equal(asked, 5)
  assert.match(said[0] ?? '', /nobody is there/)
})

test('in mode audit nobody is alerted; a critical one goes to both lists, to the same place once', async () => {
  const { alerts, said } = alertsTo(['log'], { lists: { on_violation: ['log'], on_critical: ['log'] } })
  alerts.tell({ ...violation, mode: 'audit' })
  alerts.tell(alerting({ severity: 'CRITICAL' }))
  alerts.tell(alerting({ detail: 'evil\u001b[2J' }))
  await alerts.end()
  assert.equal(said.length, 2)
  assert.match(said[0] ?? '', /^log: 2026-01-01T09:00:00Z CRITICAL payments\[4711\] logged: /)
  assert.ok(!(said[1] ?? '').includes('\u001b'))
})

test('a file gets one JSON object a line; one that cannot be written is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runproof-alerts-'))
  const path = join(folder, 'alerts.ndjson')
  const { alerts, said } = alertsTo([`file:${path}`, `file:${folder}/no/such/folder`])
  alerts.tell(alerting())
  alerts.tell(alerting())
  await alerts.end()
  assert.equal(readFileSync(path, 'utf8').trimEnd().split('\n').length, 2)
  assert.equal(said.length, 2)
  assert.equal(alerts.counts.failed, 2)
  rmSync(folder, { recursive: true })
})

test('more than can wait is counted, not kept', async () => {
  let release = (): void => {}
  const held = new Promise<number>((resolve) => (release = () => resolve(200)))
  const { alerts, said } = alertsTo(['webhook:http://127.0.0.1:1/x'], { post: () => held })
  for (let i = 0; i < 1003; i++) alerts.tell(alerting())
  assert.equal(alerts.counts.failed, 3)
  assert.match(said[0] ?? '', /too many wait already/)
  release()
  await alerts.end()
  assert.equal(alerts.counts.given, 1000)
})

test('two webhooks that differ in what is not shown of them are two', async () => {
  const asked: string[] = []
  const { alerts } = alertsTo(['webhook:http://127.0.0.1:1/x?to=a', 'webhook:http://127.0.0.1:1/x?to=b'], {
    post: async (url) => {
      asked.push(url.slice(-1))
      return 200
    },
  })
  alerts.tell(alerting())
  await alerts.end()
  assert.deepEqual(asked.toSorted(), ['a', 'b'])
})

test('a receiver that never answers does not keep a guard from ending, and what was meant for it is told as failed', async () => {
  const { alerts, said } = alertsTo(['webhook:http://127.0.0.1:1/x'], { post: () => new Promise(() => {}) })
  for (let i = 0; i < 3; i++) alerts.tell(alerting())
  await alerts.end(20)
  assert.deepEqual(alerts.counts, { given: 0, failed: 3, waiting: 0 })
  assert.match(said[0] ?? '', /the guard ended before/)
})

test('an alert that waits for its next attempt is not waited for at the end', async () => {
  const first = Promise.withResolvers<void>()
  const { alerts } = alertsTo(['webhook:http://127.0.0.1:1/x'], {
    retryMs: 1_000_000,
    post: async () => {
      first.resolve()
      return 503
    },
  })
  alerts.tell(alerting())
  await first.promise
  await alerts.end()
  assert.deepEqual(alerts.counts, { given: 0, failed: 1, waiting: 0 })
})
