import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { asText, exampleOf, leastInput, type Schema } from './access-matrix-inputs.ts'
import { elsewhere, here, matrixWorld, nobody, type Answer, type Asker, type MatrixWorld } from './access-matrix-world.ts'
import { fits } from './service-faces-schema.ts'
import { root } from './sample.ts'

/** What the service says about itself: its OpenAPI document and its metrics. */

type Operation = {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }>>
  readonly security?: readonly object[]
}
type Document = {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: object; readonly responses: object }
}

let world: MatrixWorld
let document: Document
let everything: Asker
let sender: Asker

before(async () => {
  world = await matrixWorld()
  document = JSON.parse((await world.ask(nobody, 'GET', '/openapi.json')).text) as Document
  const roles = ['engineer', 'approver', 'admin', 'auditor'] as const
  const grants = roles.map((role) => ({ role, application: '*', environment: '*' }))
  everything = await world.person('Everything', grants)
  sender = await world.sensor('sender', { application: '*', environment: '*' })
})

after(() => world.end())

test('docs/api/openapi.json is the document that is served', () => {
  const path = join(root, 'docs', 'api', 'openapi.json')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const served = { ...document, info: { ...document.info, version } }
  if (process.env['UPDATE_OPENAPI'] === '1') {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${JSON.stringify(served, null, 2)}\n`)
  }
  assert.deepEqual(
    JSON.parse(readFileSync(path, 'utf8')),
    served,
    'the API changed: UPDATE_OPENAPI=1 ./runproof dev test test/service-faces.test.ts',
  )
})

test('every route is in the document, and the document names no other', () => {
  const routes = world.routes
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, url }) => `${method.toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  const documented = operations().map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(documented.sort(), [...new Set(routes)].sort())
})

test('the document has the structure of OpenAPI 3.1', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/)
  assert.ok(document.info.title && document.info.version)
  const ids = operations().map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const { path, method, operation } of operations()) {
    const place = `${method} ${path}`
    assert.match(operation.operationId, /^[a-z]+(-[a-z]+)+$/, place)
    assert.ok(operation.summary.length > 10, place)
    assert.ok(Object.keys(operation.responses).length > 0, place)
    for (const [status, response] of Object.entries(operation.responses)) {
      assert.match(status, /^([1-5]\d\d|default)$/, place)
      assert.ok('$ref' in response || 'description' in response, place)
    }
    const parameters = operation.parameters ?? []
    const inPath = parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      inPath.map(({ name }) => name).sort(),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort(),
      place,
    )
    assert.ok(
      inPath.every(({ required }) => required === true),
      place,
    )
    assert.ok(
      parameters.every(({ schema, in: where }) => schema && ['path', 'query', 'header'].includes(where)),
      place,
    )
    assert.equal(new Set(parameters.map(({ name, in: where }) => `${where} ${name}`)).size, parameters.length, place)
    if (method === 'get') assert.equal(operation.requestBody, undefined, place)
  }
})

test('every reference in the document leads somewhere', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference)
  assert.ok(references.length > 0)
  for (const reference of new Set(references)) {
    assert.match(reference, /^#\//)
    const found = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document)
    assert.ok(found, reference)
  }
})

test('every security scheme that is asked for is described', () => {
  const described = new Set(Object.keys(document.components.securitySchemes))
  const asked = operations().flatMap(({ operation }) => (operation.security ?? []).flatMap((one) => Object.keys(one)))
  assert.ok(asked.length > 0)
  assert.ok(asked.every((name) => described.has(name)))
})

test('what the document gives as an example is answered as the document says, and so is what it does not allow', async () => {
  // These need a browser, a redirect or bytes that no schema describes; test/access-matrix.test.ts asks them.
  const others = new Set(['log-out', 'start-login', 'finish-login', 'show-link'])
  let answered = 0
  for (const { path, method, operation } of operations().filter(({ operation: { operationId } }) => !others.has(operationId))) {
    const body = operation.requestBody?.content['application/json']?.schema
    const least = body && leastInput(operation.operationId, body)
    const damaged = Object.keys(body?.['properties'] ?? {}).map((field) => ({ ...least, [field]: [[{ wrong: true }]] }))
    for (const given of [least, ...damaged]) {
      const answer = await asked(path, method, operation, given && JSON.stringify(given))
      assertDocumented(operation, answer)
      answered++
    }
    if (least) assertDocumented(operation, await asked(path, method, operation, '{'))
    const unknown = await asked(`${path}?no-such-parameter=1`, method, operation, least && JSON.stringify(least))
    assertDocumented(operation, unknown)
  }
  assert.ok(answered > 80)
})

const names = [
  ...['runproof_ingest_backlog_bytes', 'runproof_ingest_lag_seconds', 'runproof_ingest_held_bytes'],
  ...['runproof_ingest_unclaimed_events', 'runproof_ledger_entries', 'runproof_segments_bytes', 'runproof_cases_open'],
  ...['runproof_folding', 'runproof_received_total', 'runproof_reports_total', 'runproof_close_failures_total'],
  ...['runproof_http_request_seconds', 'runproof_coverage_ratio', 'runproof_verdict', 'runproof_housekeeping_failures_total'],
]

test('metrics have the names that dashboards know, each with its help and type', async () => {
  const { text, type } = await world.ask(everything, 'GET', '/metrics')
  assert.match(type, /^text\/plain; version=0\.0\.4/)
  const typed = [...text.matchAll(/^# TYPE (\w+) (gauge|counter|histogram)$/gm)].map(([, name = '']) => name)
  assert.deepEqual(typed.sort(), [...names].sort(), 'a renamed metric is a breaking change: say so in CHANGELOG.md')
  for (const name of names) assert.match(text, new RegExp(`^# HELP ${name} \\S`, 'm'))
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#')))
    assert.match(line, /^\w+(\{\w+="[^"\\\n]*"(,\w+="[^"\\\n]*")*\})? (-?\d+(\.\d+)?(e[+-]?\d+)?|\+Inf|NaN)$/)
})

test('metrics move with what comes in, what is closed and what is decided', async () => {
  const start = await figures()
  assert.equal(start('runproof_cases_open'), world.state.countOpenCases())
  assert.equal(start('runproof_cases_open'), 2)
  assert.equal(start('runproof_reports_total{cause="close"}'), 2)
  assert.equal(start('runproof_folding'), 1)
  assert.ok(start('runproof_ledger_entries') > 3 && start('runproof_segments_bytes') > 100)
  assert.equal(start(`runproof_verdict{${labels(here)},verdict="fail"}`), 1)
  assert.equal(start(`runproof_verdict{${labels(here)},verdict="pass"}`), 0)
  const coverage = start(`runproof_coverage_ratio{${labels(here)}}`)
  assert.ok(coverage >= 0 && coverage < 1)

  const body = JSON.stringify({ sensor: 'falco', findings: [{ nothing: 'that falco says' }] })
  assert.equal((await world.ask(sender, 'POST', '/api/v1/runtime/findings/ingest', { body })).status, 200)
  assert.equal((await world.ask(nobody, 'POST', '/ingest/falco', { body })).status, 401)
  const received = await figures()
  const grown = (name: string): number => received(name) - start(name)
  assert.equal(grown('runproof_received_total{door="api",what="requests"}'), 1)
  assert.equal(grown('runproof_received_total{door="api",what="bytes"}'), body.length)
  assert.equal(grown('runproof_received_total{door="sensor",what="refused"}'), 1)
  assert.ok(grown('runproof_segments_bytes') > 0)

  await world.waive(elsewhere)
  await world.service.settled()
  const decided = await figures()
  assert.equal(decided('runproof_reports_total{cause="decision"}'), 1)
  assert.ok(decided('runproof_ledger_entries') > received('runproof_ledger_entries'))
  assert.equal(decided(`runproof_verdict{${labels(elsewhere)},verdict="fail"}`), 0)
  assert.equal(decided(`runproof_verdict{${labels(here)},verdict="fail"}`), 1)
  // What was sent is folded by now, and no body is in memory.
  assert.equal(decided('runproof_ingest_backlog_bytes'), 0)
  assert.equal(decided('runproof_ingest_held_bytes'), 0)
})

async function figures(): Promise<(name: string) => number> {
  const { text } = await world.ask(everything, 'GET', '/metrics')
  const values = new Map(text.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
  return (name) => values.get(name) ?? 0
}

function labels({ application, environment }: { readonly application: string; readonly environment: string }): string {
  return `application="${application}",environment="${environment}"`
}

function operations() {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
}

function asked(path: string, method: string, { operationId, parameters = [] }: Operation, body?: string): Promise<Answer> {
  const example = (name: string): string => {
    const found = parameters.find((parameter) => parameter.name === name)
    return encodeURIComponent(asText(exampleOf(found?.schema ?? {}, `${operationId}: ${name}`)))
  }
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => example(name))
  const needed = parameters.filter((parameter) => parameter.in === 'query' && parameter.required === true)
  const query = needed.map(({ name }) => `${name}=${example(name)}`).join('&')
  const asker = operationId.includes('ingest') || operationId === 'put-from-sensor' ? sender : everything
  const full = query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
  return world.ask(asker, method.toUpperCase(), full, body === undefined ? {} : { body })
}

function assertDocumented({ operationId, responses }: Operation, { status, text, type }: Answer): void {
  const place = `${operationId}: ${status} ${text.slice(0, 300)}`
  assert.ok(status < 500 || status === 503, place)
  const described = responses[String(status)]
  if (!described) {
    assert.ok(status >= 400 && 'default' in responses, place)
    assert.match(type, /^application\/problem\+json/, place)
    const problem = JSON.parse(text) as { readonly status: number; readonly code: string; readonly detail: string }
    assert.equal(problem.status, status, place)
    assert.ok(problem.code !== '' && problem.detail !== '', place)
    return
  }
  const [media = ''] = type.split(';')
  if (described.content) assert.ok(media in described.content, `${place}: ${type}`)
  const schema = described.content?.[media]?.schema
  if (schema && media === 'application/json')
    assert.deepEqual(fits(JSON.parse(Buffer.from(text, 'latin1').toString()), schema), [], place)
}
