import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { resultOf } from '../fixtures.ts'
import { nowMs, watchedOf } from './fixtures.ts'
import { observeServer } from './server.ts'
import type { Watched } from './watched.ts'

const [passing, failing, unclear] = [resultOf(), resultOf({ outcome: 'fail' }), resultOf({ outcome: 'error', error: 'x' })]

type Asked = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

function ask(port: number, path: string, accept: string | readonly string[] = [], method = 'GET'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const headers = accept.length === 0 ? {} : { accept: [...(typeof accept === 'string' ? [accept] : accept)] }
    get({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part: string) => (body += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    }).on('error', reject)
  })
}

async function served<T>(watched: readonly Watched[], use: (port: number) => Promise<T>): Promise<T> {
  const counted = () => ({ runs: new Map([['HOST-001', 3]]), drifts: new Map([['HOST-001', 1]]), hooks: [] })
  const server = observeServer({ endpoint: '/healthz', watched: () => watched, counted, version: '1.0.0', now: () => nowMs })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const two = [watchedOf([passing]), watchedOf([failing], { id: 'WEB/2 x', host: 'web-2' })]

test('the endpoint answers for everything, a policy and a host: 200 while it is well, 503 while it is not', async () => {
  await served(two, async (port) => {
    const status = async (path: string): Promise<number> => (await ask(port, path)).status
    assert.deepEqual(
      await Promise.all(
        ['/healthz', '/healthz/HOST-001', '/healthz/host-001', '/healthz/web-1', '/healthz/web-2', '/healthz/WEB%2F2%20x'].map(
          status,
        ),
      ),
      [503, 200, 200, 200, 503, 503],
    )
    assert.deepEqual(
      await Promise.all(['/healthz/policy/HOST-001', '/healthz/host/web-2', '/healthz/host/HOST-001'].map(status)),
      [200, 503, 404],
    )
    assert.deepEqual(
      await Promise.all(['/healthz/', '/healthz/nobody', '/healthzz', '/', '/healthz/%ff'].map(status)),
      [503, 404, 404, 404, 404],
    )
  })
})

test('it answers in text, JSON and every format of goss, and only to who asks', async () => {
  await served(two, async (port) => {
    const text = await ask(port, '/healthz')
    assert.match(
      text.body,
      /^failing\nHOST-001: ok, 1 passed, 0 failed.*\nWEB\/2 x: failing.*\n {2}web-2: file \/etc\/shadow mode\n$/,
    )
    const json = await ask(port, '/healthz/web-2', 'application/json')
    assert.equal(json.headers['content-type'], 'application/json')
    const told = JSON.parse(json.body) as {
      status: string
      policies: { failures: { host: string; check: string; actual: string }[] }[]
    }
    assert.equal(told.status, 'failing')
    assert.deepEqual(told.policies[0]?.failures, [
      { host: 'web-2', check: 'file /etc/shadow mode', rule: 'file /etc/shadow mode', actual: '0644' },
    ])
    for (const format of ['documentation', 'json', 'junit', 'nagios', 'prometheus', 'rspecish', 'silent', 'structured', 'tap']) {
      const answer = await ask(port, '/healthz', ['text/plain;q=0.1', `application/vnd.goss-${format}`])
      assert.equal(answer.status, 503, format)
      if (format !== 'silent') assert.notEqual(answer.body, '', format)
    }
    assert.equal((await ask(port, '/healthz', 'image/png')).status, 406)
    assert.equal((await ask(port, '/healthz', [], 'POST')).status, 405)
    const head = await ask(port, '/healthz', [], 'HEAD')
    assert.deepEqual([head.status, head.body], [503, ''])
  })
})

test('metrics have a series for each check, and none twice', async () => {
  await served([watchedOf([passing, failing, unclear])], async (port) => {
    const { status, body } = await ask(port, '/metrics')
    assert.equal(status, 200)
    assert.match(
      body,
      /^runproof_state_check_passing\{policy="HOST-001",host="web-1",type="file",id="\/etc\/shadow",property="mode"\} 1$/m,
    )
    assert.match(body, /^runproof_state_policy_healthy\{policy="HOST-001"\} 0$/m)
    assert.match(body, /^runproof_state_runs_total\{policy="HOST-001"\} 3$/m)
    assert.match(body, /^runproof_state_drift_total\{policy="HOST-001"\} 1$/m)
    assert.match(body, /^runproof_state_check_not_judged\{.*\} 1$/m)
    const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.equal(new Set(series.map((line) => line.slice(0, line.lastIndexOf(' ')))).size, series.length)
  })
})
