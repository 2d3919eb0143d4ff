import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { hex, utf8 } from '../../core/proof/bytes.ts'
import { verifyEnvelope } from '../../core/proof/dsse.ts'
import { keyHint, spkiFromPem, verifyEcdsaP256, verifyEd25519 } from '../../core/proof/ecdsa.ts'
import { loadSigningKey, openKeys } from './keys.ts'
import { readPassphrase } from './passphrase.ts'
import { signEnvelope } from './sign-envelope.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-keys-'))
after(() => rmSync(scratch, { recursive: true }))
const fresh = (): string => mkdtempSync(join(scratch, 'd-'))
const data = utf8('what was signed')
const opensslMissing = spawnSync('openssl', ['version']).status === 0 ? false : 'the openssl command is not here'

describe('keys of the platform', () => {
  test('are made on first use and are the same afterwards', async () => {
    const dataDir = fresh()
    const [first, second] = [await openKeys({ dataDir }), await openKeys({ dataDir })]
    assert.deepEqual(readdirSync(join(dataDir, 'keys')), [])
    assert.equal((await first.signer('report')).keyId, (await second.signer('report')).keyId)
    assert.deepEqual((await first.log()).publicKey, (await second.log()).publicKey)
    assert.deepEqual(await first.redaction(), await second.redaction())
    assert.notEqual((await first.signer('report')).keyId, (await first.signer('owner')).keyId)
    assert.deepEqual(readdirSync(join(dataDir, 'keys')).sort(), ['log.pem', 'owner.pem', 'redaction.key', 'report.pem'])
    for (const name of readdirSync(join(dataDir, 'keys'))) {
      assert.equal(statSync(join(dataDir, 'keys', name)).mode & 0o777, 0o600, name)
    }
    assert.equal(statSync(join(dataDir, 'keys')).mode & 0o777, 0o700)
  })

  test('sign what core verifies', async () => {
    const keys = await openKeys({ dataDir: fresh() })
    const report = await keys.signer('report')
    assert.equal(report.name, 'report')
    assert.equal(report.keyId, keyHint(report.spki))
    assert.deepEqual(spkiFromPem(report.pem), report.spki)
    assert.ok(await verifyEcdsaP256(report.spki, data, await report.sign(data)))
    assert.ok(!(await verifyEcdsaP256(report.spki, utf8('something else'), await report.sign(data))))
    const log = await keys.log()
    assert.equal(log.publicKey.length, 32)
    assert.ok(await verifyEd25519(log.publicKey, data, log.sign(data)))
    assert.equal((await keys.redaction()).length, 32)
  })

  test('are one and the same when several processes ask at once', async () => {
    const dataDir = fresh()
    const script = `
      import { openKeys } from ${JSON.stringify(new URL('keys.ts', import.meta.url).href)}
      const keys = await openKeys({ dataDir: ${JSON.stringify(dataDir)} })
      console.log((await keys.signer('report')).keyId, Buffer.from((await keys.log()).publicKey).toString('hex'),
        Buffer.from(await keys.redaction()).toString('hex'))`
    const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    const said = await Promise.all([run(), run(), run(), run()])
    const keys = await openKeys({ dataDir })
    const wanted = [(await keys.signer('report')).keyId, hex((await keys.log()).publicKey), hex(await keys.redaction())].join(' ')
    assert.deepEqual(new Set(said.map(({ stdout }) => stdout.trim())), new Set([wanted]))
    assert.equal(readdirSync(join(dataDir, 'keys')).length, 3)
  })

  test('that others can read are refused with the fix', async () => {
    const dataDir = fresh()
    const keys = await openKeys({ dataDir })
    await keys.signer('report')
    await keys.redaction()
    for (const [name, use] of [
      ['report.pem', () => keys.signer('report')],
      ['redaction.key', () => keys.redaction()],
    ] as const) {
      const path = join(dataDir, 'keys', name)
      for (const mode of [0o640, 0o604, 0o644]) {
        chmodSync(path, mode)
        await assert.rejects(use, { code: 'key.unreadable', message: new RegExp(`chmod 600 ${path}`) })
      }
      chmodSync(path, 0o400)
      await assert.doesNotReject(use)
    }
  })

  test('of another kind, or none at all, are refused', async () => {
    const dataDir = fresh()
    const keys = await openKeys({ dataDir })
    const put = (name: string, content: string): void => writeFileSync(join(dataDir, 'keys', name), content, { mode: 0o600 })
    put('report.pem', pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey))
    put('owner.pem', pkcs8(generateKeyPairSync('ed25519').privateKey))
    put('log.pem', pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey))
    put('redaction.key', 'runproof-secret-v1 AAAA\n')
    await assert.rejects(keys.signer('report'), { code: 'key.unreadable', message: /secp384r1 key, not a P-256/ })
    await assert.rejects(keys.signer('owner'), { code: 'key.unreadable', message: /ed25519 key, not a P-256/ })
    await assert.rejects(keys.log(), { code: 'key.unreadable', message: /prime256v1 key, not an Ed25519/ })
    await assert.rejects(keys.redaction(), { code: 'key.unreadable', message: /32 bytes/ })
    put('report.pem', 'hello')
    put('redaction.key', 'hello')
    await assert.rejects(keys.signer('report'), { code: 'key.unreadable', message: /no PEM private key/ })
    await assert.rejects(keys.redaction(), { code: 'key.unreadable', message: /not a secret that Runproof made/ })
    put('report.pem', 'x'.repeat(20_000))
    await assert.rejects(keys.signer('report'), { code: 'key.unreadable', message: /20000 bytes/ })
    rmSync(join(dataDir, 'keys', 'report.pem'))
    mkdirSync(join(dataDir, 'keys', 'report.pem'))
    await assert.rejects(keys.signer('report'), { code: 'key.unreadable', message: /not a file/ })
  })

  test('cannot be made where no folder can be', async () => {
    const dataDir = fresh()
    writeFileSync(join(dataDir, 'keys'), '')
    await assert.rejects(openKeys({ dataDir }), { code: 'key.unreadable' })
  })
})

describe('with a passphrase', () => {
  test('nothing readable lies on the disk, and the keys open with it alone', async () => {
    const dataDir = fresh()
    const keys = await openKeys({ dataDir, passphrase: 'correct horse' })
    const { keyId } = await keys.signer('report')
    const secret = await keys.redaction()
    assert.match(readFileSync(join(dataDir, 'keys', 'report.pem'), 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/)
    assert.ok(!readFileSync(join(dataDir, 'keys', 'redaction.key'), 'utf8').includes(Buffer.from(secret).toString('base64')))

    const again = await openKeys({ dataDir, passphrase: 'correct horse' })
    assert.equal((await again.signer('report')).keyId, keyId)
    assert.deepEqual(await again.redaction(), secret)
    for (const passphrase of ['wrong', null]) {
      const refused = await openKeys({ dataDir, passphrase })
      await assert.rejects(refused.signer('report'), { code: 'key.unreadable', message: /passphrase/ })
      await assert.rejects(refused.redaction(), { code: 'key.unreadable', message: /passphrase/ })
    }
  })

  test('a changed byte of the sealed secret is noticed', async () => {
    const dataDir = fresh()
    await (await openKeys({ dataDir, passphrase: 'p' })).redaction()
    const path = join(dataDir, 'keys', 'redaction.key')
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text.replace(/.(?=.{20}\n$)/, (character) => (character === 'A' ? 'B' : 'A')),
    )
    await assert.rejects((await openKeys({ dataDir, passphrase: 'p' })).redaction(), { code: 'key.unreadable' })
  })

  test('a key that lies there unencrypted is refused with the fix', async () => {
    const dataDir = fresh()
    await (await openKeys({ dataDir })).log()
    await (await openKeys({ dataDir })).redaction()
    const keys = await openKeys({ dataDir, passphrase: 'p' })
    await assert.rejects(keys.log(), { code: 'key.unreadable', message: /openssl pkcs8/ })
    await assert.rejects(keys.redaction(), { code: 'key.unreadable', message: /not encrypted/ })
  })

  test('which comes from the first line of a file', () => {
    const path = join(fresh(), 'passphrase')
    writeFileSync(path, 'correct horse\nnot this\n')
    assert.equal(readPassphrase({ RUNPROOF_KEY_PASSPHRASE_FILE: path }), 'correct horse')
    assert.equal(readPassphrase({}), null)
    assert.equal(readPassphrase({ RUNPROOF_KEY_PASSPHRASE_FILE: '' }), null)
    writeFileSync(path, '\nsecond\n')
    assert.throws(() => readPassphrase({ RUNPROOF_KEY_PASSPHRASE_FILE: path }), { code: 'key.unreadable' })
    assert.throws(() => readPassphrase({ RUNPROOF_KEY_PASSPHRASE_FILE: `${path}.gone` }), { code: 'key.unreadable' })
  })
})

describe("a person's own key", () => {
  const own = (content: string, mode = 0o600): string => {
    const path = join(fresh(), 'alice.pem')
    writeFileSync(path, content, { mode })
    return path
  }

  test('may be PKCS#8, encrypted or not, or SEC 1, and is named after its file', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const encrypted = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }).toString()
    const sec1 = privateKey.export({ type: 'sec1', format: 'pem' }).toString()
    const keys = [
      await loadSigningKey(own(pkcs8(privateKey))),
      await loadSigningKey(own(sec1)),
      await loadSigningKey(own(encrypted), 'p'),
    ]
    assert.equal(new Set(keys.map(({ keyId }) => keyId)).size, 1)
    assert.deepEqual(
      keys.map(({ name }) => name),
      ['alice', 'alice', 'alice'],
    )
    await assert.rejects(loadSigningKey(own(encrypted)), { code: 'key.unreadable', message: /passphrase/ })
  })

  test('that is absent, public, or readable by others is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
    await assert.rejects(loadSigningKey(join(fresh(), 'gone.pem')), { code: 'key.unreadable', message: /no such file/ })
    await assert.rejects(loadSigningKey(own(publicPem)), { code: 'key.unreadable' })
    await assert.rejects(loadSigningKey(own(pkcs8(privateKey), 0o644)), { code: 'key.unreadable', message: /chmod 600/ })
  })

  test('whose file holds the point compressed has the same id', { skip: opensslMissing }, async () => {
    const pem = execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout']).toString()
    const compressed = execFileSync('openssl', ['ec', '-conv_form', 'compressed'], { input: pem, stdio: 'pipe' }).toString()
    assert.notEqual(compressed, pem)
    assert.equal((await loadSigningKey(own(compressed))).keyId, (await loadSigningKey(own(pem))).keyId)
  })
})

describe('a signed envelope', () => {
  const payload = utf8('{"a":1}')

  test('verifies with its key and no other', async () => {
    const keys = await openKeys({ dataDir: fresh() })
    const [report, owner] = [await keys.signer('report'), await keys.signer('owner')]
    const envelope = await signEnvelope(report, 'application/vnd.in-toto+json', payload)
    const checked = await verifyEnvelope(envelope, [report], 'application/vnd.in-toto+json')
    assert.deepEqual(checked, { ok: true, payload, keyId: report.keyId })
    const refused = await verifyEnvelope(envelope, [{ keyId: report.keyId, spki: owner.spki }], 'application/vnd.in-toto+json')
    assert.equal(refused.ok, false)
  })

  test('verifies with openssl', { skip: opensslMissing }, async () => {
    const folder = fresh()
    const report = await (await openKeys({ dataDir: folder })).signer('report')
    const envelope = await signEnvelope(report, 't', payload)
    writeFileSync(join(folder, 'pub.pem'), report.pem)
    writeFileSync(join(folder, 'sig'), Buffer.from(envelope.signatures[0].sig, 'base64'))
    const verify = (input: string): string =>
      execFileSync('openssl', ['dgst', '-sha256', '-verify', join(folder, 'pub.pem'), '-signature', join(folder, 'sig')], {
        input,
        stdio: 'pipe',
      }).toString()
    assert.match(verify('DSSEv1 1 t 7 {"a":1}'), /Verified OK/)
    assert.throws(() => verify('DSSEv1 1 t 7 {"a":2}'))
  })
})

function pkcs8(key: ReturnType<typeof createPublicKey>): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
