import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, utf8 } from './bytes.ts'
import { digestHex } from './fixtures.test.ts'
import { readStatement, STATEMENT_TYPE, statementBytes } from './statement.ts'

const predicateType = 'https://example.test/predicate/v1'
const subject = [{ name: 'report.json', sha256: digestHex('report') }]
const statement = { subject, predicateType, predicate: { verdict: 'pass' } }
const json = JSON.parse(fromUtf8(statementBytes(statement))) as Record<string, unknown>

test('a statement is written canonically and read back', () => {
  assert.deepEqual(readStatement(statementBytes(statement), predicateType), statement)
  assert.equal(
    fromUtf8(statementBytes(statement)),
    `{"_type":"${STATEMENT_TYPE}","predicate":{"verdict":"pass"},"predicateType":"${predicateType}","subject":[{"digest":{"sha256":"${digestHex('report')}"},"name":"report.json"}]}`,
  )
})

test('fields and digests that we do not know are dropped, the predicate is kept whole', () => {
  const payload = utf8(
    `{"_type":"${STATEMENT_TYPE}","later":1,"predicateType":"${predicateType}","predicate":{"__proto__":{"a":1}},"subject":[{"digest":{"sha256":"${digestHex('x')}","sha512":"00"}}]}`,
  )
  const read = readStatement(payload, predicateType)
  assert.deepEqual(read.subject, [{ name: '', sha256: digestHex('x') }])
  assert.deepEqual(Object.keys(read.predicate), ['__proto__'])
})

test('everything else is refused', () => {
  const bad: readonly unknown[] = [
    { ...json, _type: 'https://in-toto.io/Statement/v0.1' },
    { ...json, predicateType: 'https://example.test/other/v1' },
    { ...json, predicate: null },
    { ...json, predicate: [] },
    { ...json, predicate: undefined },
    { ...json, subject: [] },
    { ...json, subject: Array.from({ length: 1025 }, () => (json['subject'] as unknown[])[0]) },
    { ...json, subject: [{ name: 'x', digest: { sha512: '00' } }] },
    { ...json, subject: [{ name: 'x', digest: { sha256: digestHex('x').toUpperCase() } }] },
    { ...json, subject: [{ name: 'x'.repeat(1025), digest: { sha256: digestHex('x') } }] },
    [],
    null,
  ]
  for (const value of bad)
    assert.throws(() => readStatement(utf8(JSON.stringify(value)), predicateType), { code: 'format.malformed' })
})

test('a payload that two parsers could read differently is refused', () => {
  const text = fromUtf8(statementBytes(statement))
  const malformed = { code: 'format.malformed' }
  assert.throws(
    () => readStatement(utf8(text.replace('{"_type"', '{"predicateType":"x","_type"')), predicateType),
    /duplicate key/,
  )
  assert.throws(() => readStatement(utf8(`${text} {}`), predicateType), malformed)
  assert.throws(() => readStatement(Uint8Array.of(0xff, ...utf8(text)), predicateType), malformed)
})

test('a statement that nobody could read is not written', () => {
  assert.throws(() => statementBytes({ ...statement, subject: [] }), { code: 'format.malformed' })
  assert.throws(() => statementBytes({ ...statement, subject: [{ name: 'x', sha256: 'short' }] }), { code: 'format.malformed' })
})
