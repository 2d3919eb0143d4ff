import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Run } from '../machine.ts'
import { toJson } from '../to-json.ts'
import { signRequest } from './aws.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import type { JsonValue } from '../../proof/jcs.ts'

const config = {
  aws_access_key: 'MYAWSACCESSKEYGOESHERE',
  aws_secret_access_key: 'MYAWSSECRETACCESSKEYGOESHERE',
  aws_service: 's3',
  aws_region: 'us-east-1',
}
const signed = (request: JsonValue, time: number, more = {}): JsonValue => {
  const value = signRequest([request, { ...config, ...more }, time], new Run(100_000))
  return value === undefined ? null : toJson(value)
}

test('a request gets the headers of the signature and keeps its own', () => {
  const answer = signed({ method: 'get', url: 'http://example.com', headers: { 'User-Agent': 'x' } }, 1451311705000000000)
  assert.deepEqual(answer, {
    method: 'get',
    url: 'http://example.com',
    headers: {
      'User-Agent': 'x',
      Authorization:
        'AWS4-HMAC-SHA256 Credential=MYAWSACCESSKEYGOESHERE/20151228/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=0047a7016c81e5c7f29cd522f97e911e04fc472fced0aee7916cbc287ad6c8e3',
      host: 'example.com',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date': '20151228T140825Z',
    },
  })
})

test('a request or settings that lack something are errors, and a URL of an unusual form is refused', () => {
  assert.throws(() => signed({ method: 'get' }, 0), BuiltinError)
  assert.throws(() => signed({ method: 'get', url: 'http://h', other: 1 }, 0), BuiltinError)
  assert.throws(() => signed({ method: 'get', url: 'http://h' }, 0, { aws_region: 5 }), BuiltinError)
  assert.throws(() => signed({ method: 'get', url: 'http://h' }, 1.5), BuiltinError)
  for (const url of ['http://u@h/', 'http://h/#f', 'ftp://h', 'http://h/a b']) {
    assert.throws(() => signed({ method: 'get', url }, 0), Unsupported, url)
  }
})
