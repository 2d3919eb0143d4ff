import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { JsonValue } from '../../core/proof/jcs.ts'
import { jsonSchemas } from './schema.ts'

for (const name of ['manifest', 'redaction', 'waiver'] as const) {
  test(`docs/schemas/${name}.v1.schema.json is what the code reads; renew it with: runproof manifest schema ${name}`, () => {
    const checkedIn = readFileSync(new URL(`../../docs/schemas/${name}.v1.schema.json`, import.meta.url), 'utf8')
    assert.equal(checkedIn, `${JSON.stringify(jsonSchemas[name](), null, 2)}\n`)
  })
}

test('a schema allows no field that the reader would refuse', () => {
  const open: string[] = []
  const walk = (schema: JsonValue, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    if (
      'properties' in schema && 'additionalProperties' in schema ? schema.additionalProperties !== false : 'properties' in schema
    )
      open.push(path)
    for (const [key, value] of Object.entries(schema)) walk(value, `${path}/${key}`)
  }
  walk(jsonSchemas.manifest(), '')
  walk(jsonSchemas.redaction(), '')
  walk(jsonSchemas.waiver(), '')
  // `properties` is also the name of the block itself.
  assert.deepEqual(open, [])
})
