import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64, utf8 } from './bytes.ts'
import { formatCheckpointBody, readCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { makeLog } from './fixtures.test.ts'
import { leafHash } from './merkle.ts'

const log = makeLog('2026a.audit.example.test')
const root = leafHash(utf8('only entry'))
const malformed = { code: 'format.malformed' }

test('a checkpoint is written and read back, sizes beyond 2^53 included', () => {
  for (const size of [0, 1, 300, (1n << 64n) - 1n]) {
    const text = formatCheckpointBody({ origin: log.origin, size, root })
    assert.deepEqual(readCheckpoint(text), { origin: log.origin, size: BigInt(size), root, extensions: [] })
  }
})

test('extension lines are read, not written', () => {
  assert.deepEqual(readCheckpoint(`o\n1\n${base64(root)}\nextra\nmore\n`).extensions, ['extra', 'more'])
  assert.throws(() => formatCheckpointBody({ origin: 'o\n1', size: 1, root }), malformed)
})

test('a text that others could read differently is refused', () => {
  const hash = base64(root)
  const bad = [
    '',
    `o\n1\n`,
    `o\n1\n${hash}`,
    `\n1\n${hash}\n`,
    `o\n\n${hash}\n`,
    `o\n1\n${hash}\n\next\n`,
    `o\n01\n${hash}\n`,
    `o\n+1\n${hash}\n`,
    `o\n0x1\n${hash}\n`,
    `o\n1 \n${hash}\n`,
    `o\n18446744073709551616\n${hash}\n`,
    `o\n${'9'.repeat(30)}\n${hash}\n`,
    `o\n1\n${hash.slice(0, -1)}\n`,
    `o\n1\n${base64(root.slice(1))}\n`,
  ]
  for (const text of bad) assert.throws(() => readCheckpoint(text), malformed, JSON.stringify(text))
})

test('a log vouches for its own checkpoint', async () => {
  const envelope = log.note(formatCheckpointBody({ origin: log.origin, size: 1, root }))
  assert.deepEqual(await verifyCheckpoint(envelope, log), { origin: log.origin, size: 1n, root, extensions: [] })
})

test('a checkpoint of another origin, key or size is refused, though the note may be signed', async () => {
  const envelope = log.note(formatCheckpointBody({ origin: log.origin, size: 1, root }))
  const foreign = log.note(formatCheckpointBody({ origin: 'elsewhere.example.test', size: 1, root }))
  await assert.rejects(verifyCheckpoint(foreign, log), { code: 'signature.invalid', message: /of elsewhere/ })
  await assert.rejects(verifyCheckpoint(envelope, makeLog(log.origin)), { code: 'signature.invalid' })
  await assert.rejects(verifyCheckpoint(envelope.replace('\n1\n', '\n2\n'), log), { code: 'signature.invalid' })
  await assert.rejects(verifyCheckpoint(log.note('not a checkpoint\n'), log), malformed)
})
