import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { negotiate, statusOf } from './negotiate.ts'
import { formats, type Format } from './options.ts'

const recorded = new URL('../../../../shared/corpus/state/serve/recorded-0.4.10.txt', import.meta.url)
const skip = existsSync(recorded) ? false : 'the recorded answers of goss are not beside this repository'

test('every recorded request is answered with the type that goss gave', { skip }, () => {
  const requests = readFileSync(recorded, 'utf8').split('### ').slice(1)
  let seen = 0
  for (const request of requests) {
    const [line = '', , type = ''] = request.split('\n')
    const asked = [...line.matchAll(/-H Accept: (.*?)(?= -H | http)/g)].map(([, value = '']) => value)
    if (asked.length === 0) continue
    const ours = negotiate(
      asked.filter((value) => value !== ''),
      'rspecish',
      'goss',
    )
    assert.equal(`Content-Type: ${ours.contentType}`, type, line)
    seen += 1
  }
  assert.equal(seen, 42)
})

test('goss reads the last line and no lists', () => {
  const ask = (...accept: readonly string[]): Format => negotiate(accept, 'tap', 'goss').format
  assert.equal(ask(), 'tap')
  assert.equal(ask('application/json'), 'json')
  assert.equal(ask('application/json', 'text/html'), 'tap')
  assert.equal(ask('application/json, text/html'), 'tap')
  assert.equal(ask('application/vnd.goss-'), 'tap')
  assert.equal(ask('application/vnd.goss-constructor'), 'tap')
})

test('we read lists, weights and wildcards', () => {
  const ask = (accept: string, fallback: Format = 'rspecish'): Format => negotiate([accept], fallback, 'runproof').format
  assert.equal(ask('text/html, application/json;q=0.9, */*;q=0.1'), 'json')
  assert.equal(ask('application/json;q=0.1, application/vnd.goss-tap;q=0.5'), 'tap')
  assert.equal(ask('*/*'), 'rspecish')
  assert.equal(ask('text/*', 'json'), 'rspecish')
  assert.equal(ask('application/*', 'prometheus'), 'json')
  assert.equal(ask('application/xml'), 'junit')
  assert.equal(ask('text/plain;version=0.0.4;q=0.5,*/*;q=0.1'), 'prometheus')
  assert.equal(ask('application/json;q=0, */*', 'json'), 'json')
  assert.equal(ask('application/json;q=nope'), 'rspecish')
  assert.equal(negotiate(['text/html', 'application/json'], 'rspecish', 'runproof').format, 'json')
  assert.equal(negotiate(['application/json', 'text/html'], 'rspecish', 'runproof').format, 'json')
})

test('what nobody can answer gets the format by default, and so does a header without end', () => {
  for (const accept of [
    'text/html',
    'image/png;q=1',
    ';;;',
    ',',
    'application/json;q=0',
    `${'a/b,'.repeat(5000)}application/json`,
  ])
    assert.equal(negotiate([accept], 'documentation', 'runproof').format, 'documentation', accept.slice(0, 40))
})

test('each format has its type', () => {
  assert.deepEqual(
    formats.map((format) => negotiate([], format, 'runproof').contentType),
    formats.map(
      (format) =>
        ({ json: 'application/json', prometheus: 'text/plain; version=0.0.4' })[format as string] ??
        `application/vnd.goss-${format}`,
    ),
  )
})

test('a failure is 503', () => {
  assert.equal(statusOf({ exit: 0 }), 200)
  assert.equal(statusOf({ exit: 1 }), 503)
  assert.equal(statusOf({ exit: 2 }), 503)
})
