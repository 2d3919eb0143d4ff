import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareVersions } from './version.ts'

test('versions are ordered as Semantic Versioning 2.0.0 §11 says', () => {
  const ordered = [
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.2.0',
    '1.10.0',
    '10.0.0',
  ]
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`)
  }
})

test('numbers longer than a double holds are still compared exactly', () => {
  assert.ok(compareVersions('1.0.90071992547409930', '1.0.90071992547409931') < 0)
})
