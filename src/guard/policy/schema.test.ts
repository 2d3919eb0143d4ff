import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guardPolicySchema } from './schema.ts'

test('the published schema of guard policies is the one that reads them', () => {
  const published = readFileSync(join(import.meta.dirname, '../../../docs/schemas/guard-policy.v1.schema.json'), 'utf8')
  assert.deepEqual(JSON.parse(published), guardPolicySchema())
})
