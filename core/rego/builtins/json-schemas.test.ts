import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonValue } from '../../proof/jcs.ts'
import { NestedTooDeep } from '../limits.ts'
import { Run } from '../machine.ts'
import { BuiltinError, Unsupported } from './builtin.ts'
import { matchSchema, verifySchema } from './json-schemas.ts'

const run = (): Run => new Run(1_000_000)
const problems = (document: JsonValue, schema: JsonValue): unknown => matchSchema([JSON.stringify(document), schema], run())

test('a document that fits has no problems, and one that does not has all of them, by name', () => {
  const schema = {
    properties: { id: { type: 'integer', minimum: 10 }, name: { $ref: '#/definitions/name' } },
    required: ['id', 'kind'],
    additionalProperties: false,
    definitions: { name: { type: 'string', minLength: 2, pattern: '^[a-z]+$' } },
  }
  assert.deepEqual(problems({ id: 10, kind: 1 }, { ...schema, additionalProperties: true }), [true, []])
  const [verdict, found] = problems({ id: 3, name: 'A', more: 1 }, schema) as [boolean, { error: string; type: string }[]]
  assert.equal(verdict, false)
  assert.deepEqual(
    found.map(({ error }) => error),
    [
      '(Root): kind is required',
      '(Root): Additional property more is not allowed',
      'id: Must be greater than or equal to 10',
      'name: String length must be greater than or equal to 2',
      "name: Does not match pattern '^[a-z]+$'",
    ],
  )
})

test('drafts differ: in the fourth an exclusive bound is a boolean, and there are no conditions', () => {
  const four = { $schema: 'http://json-schema.org/draft-04/schema#' }
  assert.deepEqual(verifySchema([{ ...four, exclusiveMinimum: 1 }], run()), [
    false,
    'jsonschema: Invalid type. Expected: boolean, given: exclusiveMinimum',
  ])
  assert.deepEqual(problems(1, { ...four, if: false, else: false }), [true, []])
  assert.equal((problems(1, { if: false, else: false }) as [boolean])[0], false)
  assert.equal((problems(1, { minimum: 1, exclusiveMinimum: true }) as [boolean])[0], false)
})

test('a schema that is none is an error to match with and false to verify', () => {
  for (const schema of [
    { type: 'thing' },
    { minLength: -1 },
    { pattern: '(' },
    { required: [1] },
    { $ref: '#/definitions/nobody' },
    'no JSON',
  ]) {
    assert.throws(() => problems({}, schema), BuiltinError)
    assert.equal((verifySchema([schema], run()) as [boolean])[0], false)
  }
  assert.deepEqual(verifySchema(['{"type":"string"}'], run()), [true, null])
})

test('references to elsewhere and formats that Go’s parsers decide are refused, and a schema that is only itself ends', () => {
  for (const schema of [
    { $ref: 'http://example.com/a' },
    { $ref: '#name' },
    { properties: { a: { $id: 'x' } } },
    { format: 'email' },
  ]) {
    assert.throws(() => problems('a', schema), Unsupported)
  }
  assert.throws(() => problems({}, { $ref: '#' }), NestedTooDeep)
})
