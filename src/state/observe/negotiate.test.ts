import assert from 'node:assert/strict'
import { test } from 'node:test'
import { negotiate } from './negotiate.ts'

const accepted: readonly (readonly [accept: readonly string[], expected: string | null])[] = [
  [[], 'text'],
  [['*/*'], 'text'],
  [['application/json'], 'json'],
  [['text/json'], 'json'],
  [['text/html, application/json;q=0.9, */*;q=0.1'], 'json'],
  [['text/plain;q=0.2', 'application/vnd.goss-junit'], 'junit'],
  [['application/vnd.goss-documentation'], 'documentation'],
  [['application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'], 'prometheus'],
  [['text/plain;version=0.0.4'], 'prometheus'],
  [['application/*'], 'json'],
  [['text/plain;q=0, */*'], 'json'],
  [['image/png'], null],
  [['application/json;q=0'], null],
  [['nonsense'], 'text'],
]

for (const [accept, expected] of accepted) {
  test(`Accept ${JSON.stringify(accept)} wants ${expected ?? 'nothing that there is'}`, () => {
    const wanted = negotiate(accept)
    assert.equal(wanted === null ? null : wanted.kind === 'goss' ? wanted.format : wanted.kind, expected)
  })
}
