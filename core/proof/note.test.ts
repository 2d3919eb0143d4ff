import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { base64, utf8 } from './bytes.ts'
import { makeLog } from './fixtures.test.ts'
import {
  formatNote,
  formatVkey,
  MAX_NOTE_SIGNATURES,
  MAX_NOTE_TEXT,
  noteKeyHash,
  parseNote,
  parseVkey,
  verifyNote,
} from './note.ts'

const log = makeLog('log.example.test')
const verifier = { name: log.origin, publicKey: log.publicKey }
const text = 'first line\n\nthird line\n'
const note = log.note(text)
const line = (name: string, bytes: Uint8Array) => `— ${name} ${base64(bytes)}\n`

test('a signed note gives its text and who signed it', async () => {
  assert.deepEqual(await verifyNote(note, [verifier]), { text, verifiedBy: [verifier] })
})

test('a note is written and read back for any text of printable lines', () => {
  const printable = fc.string({ unit: 'grapheme' }).filter((part) => [...utf8(part)].every((byte) => byte >= 0x20))
  fc.assert(
    fc.property(fc.array(printable, { minLength: 1 }), fc.uint8Array({ minLength: 1, maxLength: 100 }), (lines, signature) => {
      fc.pre(lines.join('') !== '')
      const original = {
        text: `${lines.join('\n')}\n`,
        signatures: [{ name: 'a.test/é', keyHash: Uint8Array.of(1, 2, 3, 4), signature }],
      }
      assert.deepEqual(parseNote(formatNote(original)), original)
    }),
  )
})

test('unknown signatures are ignored, before and behind the known one', async () => {
  const sameHash = Uint8Array.from([...noteKeyHash(log.origin, log.publicKey), ...new Uint8Array(64)])
  const unknown = line('witness.test', sameHash) + line(log.origin, new Uint8Array(68).fill(7))
  const [head, own] = [note.slice(0, note.lastIndexOf('\n\n') + 2), note.slice(note.lastIndexOf('\n\n') + 2)]
  assert.equal((await verifyNote(head + unknown + own, [verifier])).text, text)
  assert.equal((await verifyNote(head + own + unknown, [verifier])).text, text)
  await assert.rejects(verifyNote(head + unknown, [verifier]), { code: 'signature.invalid', message: /no known key/ })
})

test('a known key whose signature fails condemns the note, even beside a good one', async () => {
  const bad = line(log.origin, Uint8Array.from([...noteKeyHash(log.origin, log.publicKey), ...new Uint8Array(64)]))
  await assert.rejects(verifyNote(note + bad, [verifier]), { code: 'signature.invalid', message: /does not match/ })
  await assert.rejects(verifyNote(note.replace('first', 'First'), [verifier]), {
    code: 'signature.invalid',
    message: /does not match/,
  })
})

test('the same key under another name, and another key under the same name, are unknown', async () => {
  await assert.rejects(verifyNote(note, [{ ...verifier, name: 'other.example.test' }]), { code: 'signature.invalid' })
  await assert.rejects(verifyNote(note, [{ ...verifier, publicKey: makeLog(log.origin).publicKey }]), {
    code: 'signature.invalid',
  })
  await assert.rejects(verifyNote(note, []), { code: 'signature.invalid' })
})

test('what is not a note is refused', () => {
  const signature = line('a.test', new Uint8Array(68))
  const bad = [
    '',
    'text\n',
    `text\n${signature}`,
    `\n\n${signature}`,
    `text\n\n${signature.trimEnd()}`,
    `text\n\n`,
    `te\txt\n\n${signature}`,
    `te\rxt\n\n${signature}`,
    `te\ud800xt\n\n${signature}`,
    `text\n\n${signature.replace('—', '-')}`,
    `text\n\n${signature.replace(' a.test', '  a.test')}`,
    `text\n\n${line('a+b', new Uint8Array(68))}`,
    `text\n\n${line('a\u00a0b', new Uint8Array(68))}`,
    `text\n\n${line('a\u0085b', new Uint8Array(68))}`,
    `text\n\n${line('', new Uint8Array(68))}`,
    `text\n\n${line('a.test', new Uint8Array(4))}`,
    `text\n\n— a.test not_base64\n`,
    `text\n\n${line('n'.repeat(256), new Uint8Array(68))}`,
  ]
  for (const envelope of bad) assert.throws(() => parseNote(envelope), { code: 'format.malformed' }, JSON.stringify(envelope))
})

test('text, signatures and their number have limits', () => {
  const signature = line('a.test', new Uint8Array(68))
  assert.equal(parseNote(`text\n\n${signature.repeat(MAX_NOTE_SIGNATURES)}`).signatures.length, MAX_NOTE_SIGNATURES)
  const large = { code: 'format.too_large' }
  assert.throws(() => parseNote(`text\n\n${signature.repeat(MAX_NOTE_SIGNATURES + 1)}`), large)
  assert.throws(() => parseNote(`${'x'.repeat(MAX_NOTE_TEXT)}\n\n${signature}`), large)
  assert.throws(() => parseNote(`text\n\n${line('a.test', new Uint8Array(7000))}`), large)
  assert.throws(() => parseNote(`${'x'.repeat(1_000_000)}\n\n${signature}`), large)
})

test('what cannot be read back is not written', () => {
  const signatures = [{ name: 'a.test', keyHash: new Uint8Array(4), signature: new Uint8Array(64) }]
  const malformed = { code: 'format.malformed' }
  assert.throws(() => formatNote({ text: 'no newline', signatures }), malformed)
  assert.throws(() => formatNote({ text: 'text\n', signatures: [] }), malformed)
  assert.throws(
    () =>
      formatNote({
        text: 'text\n',
        signatures: [{ ...signatures[0], name: 'a b', keyHash: new Uint8Array(4), signature: new Uint8Array(64) }],
      }),
    malformed,
  )
  assert.throws(
    () => formatNote({ text: 'text\n', signatures: [{ name: 'a', keyHash: new Uint8Array(5), signature: new Uint8Array(64) }] }),
    malformed,
  )
})

test('a verifier key is written and read back, and refused when its parts disagree', () => {
  const vkey = formatVkey(verifier)
  assert.deepEqual(parseVkey(vkey), verifier)
  const [name, hash, key] = vkey.split('+', 2).concat(vkey.slice(vkey.indexOf('+', vkey.indexOf('+') + 1) + 1))
  const bad = [
    '',
    'name',
    `other+${hash}+${key}`,
    `${name}+00000000+${key}`,
    `${name}+${hash}+${base64(Uint8Array.of(4, ...log.publicKey))}`,
    `${name}+${hash}`,
  ]
  for (const text of bad) assert.throws(() => parseVkey(text), { code: 'key.malformed' }, text)
})
