import { gzipSync } from 'node:zlib'
import type { JsonValue } from '../../../core/proof/jcs.ts'
import type { Random } from '../../fuzz/random.ts'
import { fitting, spoiled } from './by-schema.ts'
import { bearer, complete, type Attempt, type Known, type Maker } from './attempt.ts'
import type { Operation } from './operations.ts'
import { wireMakers } from './wire.ts'

/** Routes that are pages or for machines, and not in the document. */
const others = [
  ...[
    '/login',
    '/login/callback?code=x&state=y',
    '/login/link/rpe_x',
    '/login/link',
    '/session',
    '/logout',
    '/api/v1/sensors/enrol',
  ],
  ...['/livez', '/readyz', '/metrics', '/openapi.json', '/', '/favicon.ico', '/api', '/api/v1', '/ingest', '/ingest/'],
]

/** One attempt after the other, of every kind. */
export function attemptOf(known: Known, random: Random): Attempt {
  return random.pick(makers)(known, random)
}

const makers: readonly Maker[] = [
  asDocumented,
  asDocumented,
  notAsDocumented,
  notAsDocumented,
  brokenJson,
  evidence,
  wrongMethod,
  strangePath,
  strangeHeaders,
  strangeCredentials,
  ...wireMakers,
]

/** A request that the document allows; what it asks for may not exist. */
function asDocumented({ operations, tokens }: Known, random: Random): Attempt {
  const operation = random.pick(operations)
  return whole('as documented', operation, valuesOf(operation, random), random.pick(tokens), operation)
}

function notAsDocumented({ operations, tokens }: Known, random: Random): Attempt {
  const operation = random.pick(operations)
  const { parameters, body } = valuesOf(operation, random)
  const spoilsBody = body !== null && random.chance(0.5)
  const values = {
    parameters: spoilsBody ? parameters : (spoiled(parameters, random) as Record<string, JsonValue>),
    body: spoilsBody ? spoiled(body, random) : body,
  }
  return whole('not as documented', operation, values, random.pick(tokens), null)
}

type Values = { readonly parameters: Readonly<Record<string, JsonValue>>; readonly body: JsonValue | null }

function valuesOf({ parameters, body }: Operation, random: Random): Values {
  const given = parameters.filter(({ required }) => required || random.chance(0.4))
  return {
    parameters: Object.fromEntries(given.map(({ name, schema }) => [name, fitting(schema, random)])),
    body: body === null ? null : fitting(body, random),
  }
}

function whole(
  kind: string,
  operation: Operation,
  { parameters, body }: Values,
  token: string,
  documented: Operation | null,
): Attempt {
  const places = new Map(operation.parameters.map(({ name, in: place }) => [name, place]))
  let { path } = operation
  const query: string[] = []
  const headers: string[] = []
  for (const [name, value] of Object.entries(parameters)) {
    const text = typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value)
    if (places.get(name) === 'path') path = path.replace(`{${name}}`, encodeURIComponent(text))
    else if (places.get(name) === 'header') headers.push(`${name}: ${encodeURIComponent(text)}`)
    else query.push(`${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(text)}`)
  }
  const target = `${path.replaceAll(/\{\w+\}/g, 'x')}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const content = body === null ? null : JSON.stringify(body)
  return complete(kind, operation.method, target, [bearer(token), ...headers], content, documented)
}

function brokenJson({ operations, tokens }: Known, random: Random): Attempt {
  const { method, path } = random.pick(operations.filter(({ method }) => method !== 'GET'))
  const deep = 1 + random.int(50_000)
  const body = random.pick<string | Uint8Array>([
    ...[
      '',
      '{',
      '}',
      '[',
      '{"a":',
      '{"a":1,}',
      'nul',
      '"',
      '\u0000',
      '{"a":1}{"a":2}',
      '\ufeff{}',
      '[1,2',
      '1e999',
      '{"findings":',
    ],
    ...[
      '{"findings":[{}',
      '{"findings":{}}',
      '{"findings":[],"findings":[1]}',
      '{"batch_id":1,"findings":[]}',
      '{"a":"\\ud800"}',
    ],
    ...[
      '['.repeat(deep),
      '{"a":'.repeat(deep),
      `{"findings":[${'['.repeat(deep)}`,
      `{"__proto__":{"x":1}}`,
      `{"x":"${'y'.repeat(deep)}"}`,
    ],
    Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
    Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  ])
  const type = random.pick([
    'application/json',
    'application/json; charset=utf-16',
    'application/problem+json',
    'text/plain',
    '',
    'x/y;;;',
  ])
  return complete(
    'broken JSON',
    method,
    path.replaceAll(/\{\w+\}/g, 'x'),
    [bearer(random.pick(tokens)), `content-type: ${type}`],
    body,
  )
}

/** At the doors that keep whatever comes. */
function evidence({ tokens }: Known, random: Random): Attempt {
  const falco =
    '{"rule":"x","priority":"Warning","source":"syscall","time":"2026-03-02T00:00:00Z","output":"x","output_fields":{}}\n'
  const packed = gzipSync(falco.repeat(1 + random.int(50)))
  const bomb = (): Uint8Array => gzipSync(Buffer.alloc(1024 * (1 + random.int(4096))))
  const body = random.pick<string | Uint8Array>([
    ...[
      falco,
      falco.slice(0, random.int(falco.length)),
      falco.replaceAll('"', ''),
      '\n'.repeat(random.int(5000)),
      '\u0000'.repeat(500),
    ],
    ...[
      packed.subarray(0, random.int(packed.length)),
      packed,
      bomb(),
      Buffer.from(Array.from({ length: 200 }, () => random.int(256))),
    ],
    ...[
      '{"a":'.repeat(1 + random.int(20_000)),
      `"${'x'.repeat(random.int(100_000))}`,
      falco.replace('2026', '99999'),
      '[]',
      '[[[1]]]',
      'null',
    ],
  ])
  const encoding = random.pick(['gzip', 'zstd', 'br', 'deflate', 'identity', 'gzip, gzip', '???', ''])
  const type = random.pick([
    'application/json',
    'application/x-ndjson',
    'text/plain',
    'multipart/form-data',
    'a'.repeat(300),
    'application/x-ndjson',
  ])
  const target = random.pick([
    ...[
      '/ingest/falco',
      '/ingest/auto',
      '/ingest/tetragon',
      '/ingest/tracee',
      '/ingest/kubearmor',
      '/ingest/runproof',
      '/ingest/nobody',
    ],
    ...['/api/v1/runtime/findings/ingest', '/api/v1/runtime/findings/ingest?batch_id=&sensor=falco'],
    ...[
      `/api/v1/runtime/findings/ingest?batch_id=b${random.int(50)}&sensor=falco`,
      '/api/v1/runtime/findings/ingest?sensor=nobody',
      '/api/v1/batches',
    ],
  ])
  const headers = [
    bearer(random.pick(tokens)),
    `content-type: ${type}`,
    `content-encoding: ${encoding}`,
    `runproof-batch: ${random.pick(['', 'e30=', 'x'.repeat(5000)])}`,
  ]
  return complete('evidence', random.pick(['POST', 'POST', 'POST', 'PUT']), target, headers, body)
}

function wrongMethod({ operations, tokens }: Known, random: Random): Attempt {
  const method = random.pick([
    'GET',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'HEAD',
    'TRACE',
    'PROPFIND',
    'MKCOL',
    'SEARCH',
    'QUERY',
  ])
  const target = random.pick([...operations.map(({ path }) => path.replaceAll(/\{\w+\}/g, 'x')), ...others])
  return complete(
    'another method',
    method,
    target,
    random.chance(0.5) ? [bearer(random.pick(tokens))] : [],
    random.chance(0.3) ? '{}' : null,
  )
}

function strangePath({ operations, tokens }: Known, random: Random): Attempt {
  const { path } = random.pick(operations)
  const target = random.pick([
    ...[
      '/../../etc/passwd',
      '/api/v1/../../../etc/shadow',
      '/%2e%2e/%2e%2e/ledger.db',
      '/ingest/..%2f..%2fkeys',
      '//evil.example/',
      '/\\..\\',
    ],
    ...[
      '/%',
      '/%zz',
      '/%00',
      '/%c0%ae',
      '/%ff%fe',
      '/ingest/%',
      '/ingest/falco%00',
      '/login/link/%E0%A4%A',
      '*',
      'http://evil.example/livez',
    ],
    ...[`${path}${path}`, `${path}/`, `${path}?`, `${path}?a[b][c]=1&a=2&a=3`, `${path}?${'a=1&'.repeat(1 + random.int(1500))}`],
    ...[
      `/${'x'.repeat(random.int(30_000))}`,
      `/${'a/'.repeat(random.int(5000))}`,
      `/login/link/${'y'.repeat(random.int(2000))}`,
      `${path}?limit=${'9'.repeat(400)}`,
    ],
  ])
  // Past the size of a head there may be no answer any more, only an end.
  return {
    ...complete('a strange path', 'GET', target, [bearer(random.pick(tokens))], null),
    expected: target.length > 10_000 ? 0 : 1,
  }
}

function strangeHeaders({ operations, tokens }: Known, random: Random): Attempt {
  const { path, method } = random.pick(operations)
  const lines = random.pick<() => readonly string[]>([
    () => [`x-long: ${'v'.repeat(random.int(100_000))}`],
    () => Array.from({ length: random.int(3000) }, (_, index) => `x-${index}: ${index}`),
    () => [`cookie: ${'a=b; '.repeat(random.int(2000))}`],
    () => [`cookie: runproof_session=${'%'.repeat(random.int(100))}; __Host-runproof_session="`],
    () => ['accept: text/html', 'accept-encoding: gzip;q=x', 'range: bytes=-1', 'if-none-match: "', 'content-type: ;'],
    () => ['expect: 100-continue', 'content-length: 0'],
    () => ['expect: something-else'],
    () => ['upgrade: websocket', 'sec-websocket-key: x'],
    () => [
      `x-forwarded-for: ${random.pick(['::', '1.2.3.4, 5.6.7.8', 'x'.repeat(500), `10.${random.int(256)}.${random.int(256)}.1`])}`,
    ],
    () => ['x-forwarded-host: evil.example', 'x-forwarded-proto: gopher', 'origin: null', 'sec-fetch-site: cross-site'],
    () => ['content-type: application/json', 'content-type: text/plain', 'x-http-method-override: DELETE'],
  ])()
  const isShort = lines.reduce((bytes, line) => bytes + line.length, 0) < 10_000 && lines.length < 1000
  const attempt = complete(
    'strange headers',
    method,
    path.replaceAll(/\{\w+\}/g, 'x'),
    [bearer(random.pick(tokens)), ...lines],
    null,
  )
  return { ...attempt, expected: isShort && !lines[0]?.startsWith('expect') ? 1 : 0 }
}

function strangeCredentials({ operations }: Known, random: Random): Attempt {
  const { path, method } = random.pick(operations)
  const credentials = random.pick([
    ...[
      'Bearer',
      'Bearer ',
      'Bearer x',
      'Basic',
      'Basic !!!!',
      'Basic Og==',
      'Basic YTpi',
      'Digest username="x"',
      'Negotiate',
      '',
    ],
    ...[
      `Bearer rp_${'0'.repeat(16)}_${'A'.repeat(43)}`,
      `Bearer rps_${'f'.repeat(16)}_${'A'.repeat(43)}`,
      `Bearer ${'x'.repeat(5000)}`,
    ],
    ...['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', 'Bearer a.b.c', `Bearer ${'e30.'.repeat(200)}`],
  ])
  const from = `x-forwarded-for: 10.${random.int(256)}.${random.int(256)}.${random.int(256)}`
  return complete(
    'strange credentials',
    method,
    path.replaceAll(/\{\w+\}/g, 'x'),
    [`authorization: ${credentials}`, from],
    method === 'GET' ? null : '{}',
  )
}
