import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { base64, utf8 } from '../../../core/proof/bytes.ts'
import { pae } from '../../../core/proof/dsse.ts'
import { keyHint, spkiFromPem } from '../../../core/proof/keys.ts'
import { RunproofError } from '../../../core/model/errors.ts'
import { ask, listen, MODE_PAYLOAD_TYPE, type ControlOptions, type SignedMode } from './control.ts'

const folder = mkdtempSync(join(tmpdir(), 'runproof-control-'))
after(() => rmSync(folder, { recursive: true }))
let made = 0

type Key = { readonly pem: string; readonly key: KeyObject }
function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), key: privateKey }
}

async function guarded(more: Partial<ControlOptions> = {}) {
  const path = join(folder, `${made++}.sock`)
  const taken: SignedMode[] = []
  const close = await listen({
    path,
    node: 'node-a',
    operators: null,
    status: () => ({ well: true }),
    setMode: async (asked) => void taken.push(asked),
    reload: async () => 'digest',
    ...more,
  })
  return { path, taken, close }
}

/** What `runproof guard mode` sends. */
async function change(path: string, { pem, key }: Key, changed: object = {}, signer = key): Promise<unknown> {
  const { challenge, node } = await ask(path, { ask: 'challenge' })
  const asked = { mode: 'audit', process: null, challenge, node, askedAt: '2026-01-01T00:00:00.000Z', ...changed }
  const payload = utf8(JSON.stringify(asked))
  const sig = base64(sign('sha256', pae(MODE_PAYLOAD_TYPE, payload), { key: signer, dsaEncoding: 'der' }))
  const envelope = {
    payloadType: MODE_PAYLOAD_TYPE,
    payload: base64(payload),
    signatures: [{ keyid: keyHint(spkiFromPem(pem)), sig }],
  }
  return ask(path, { ask: 'mode', envelope, key: pem })
}

test('the socket is for its owner alone and is gone when the guard is', async () => {
  const { path, close } = await guarded()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.deepEqual(await ask(path, { ask: 'status' }), { status: { well: true } })
  assert.deepEqual(await ask(path, { ask: 'reload' }), { reloaded: 'digest' })
  await close()
  assert.equal(existsSync(path), false)
  await assert.rejects(ask(path, { ask: 'status' }), { code: 'service.unreachable' })
})

test('a change of mode that is signed is handed on with who signed it', async () => {
  const { path, taken, close } = await guarded()
  const key = newKey()
  await change(path, key, { mode: 'enforce', process: 'payments' })
  await close()
  assert.deepEqual(
    taken.map(({ mode, process, keyId }) => [mode, process, keyId]),
    [['enforce', 'payments', keyHint(spkiFromPem(key.pem))]],
  )
})

test('what is not signed by an operator, for this guard, now, changes nothing', async () => {
  const [operator, stranger] = [newKey(), newKey()]
  const { path, taken, close } = await guarded({ operators: [operator.pem] })
  await assert.rejects(change(path, stranger), { code: 'access.denied' })
  await assert.rejects(change(path, operator, {}, stranger.key), { code: 'signature.invalid' })
  await assert.rejects(change(path, operator, { node: 'node-b' }), { code: 'access.denied' })
  await assert.rejects(change(path, operator, { challenge: 'ab'.repeat(24) }), { code: 'access.denied' })
  await assert.rejects(change(path, operator, { mode: 'sleep' }), { code: 'request.invalid' })
  assert.deepEqual(taken, [])
  await close()
})

test('a challenge is good for once', async () => {
  const { path, taken, close } = await guarded()
  const key = newKey()
  const { challenge } = (await ask(path, { ask: 'challenge' })) as { challenge: string }
  await change(path, key, { challenge })
  await assert.rejects(change(path, key, { challenge }), { code: 'access.denied' })
  assert.equal(taken.length, 1)
  await close()
})

test('what the guard refuses comes back with its code; nonsense is refused and does not stop it', async () => {
  const { path, close } = await guarded({
    setMode: async () => {
      throw new RunproofError('guard.not_ready', 'not here')
    },
  })
  await assert.rejects(change(path, newKey()), { code: 'guard.not_ready', message: 'not here' })
  await assert.rejects(ask(path, { ask: 'dance' }), { code: 'request.invalid' })
  await new Promise<void>((closed) => {
    const socket = createConnection(path, () => socket.end('x'.repeat(100_000)))
    socket.on('error', () => {})
    socket.on('close', () => closed())
  })
  assert.deepEqual(await ask(path, { ask: 'status' }), { status: { well: true } })
  await close()
})

test('a socket that a dead guard left is taken over, a living one’s and any other file are not', async () => {
  const { path, close } = await guarded()
  await assert.rejects(listen({ path } as ControlOptions), { code: 'store.busy' })
  await close()
  writeFileSync(path, 'mine')
  await assert.rejects(listen({ path } as ControlOptions), { code: 'file.unwritable' })
})
