import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyKeyRotation } from '../../core/proof/key-rotation.ts'
import { spkiFromPem } from '../../core/proof/keys.ts'
import { parseVkey } from '../../core/proof/note.ts'
import { readBundle } from '../../core/proof/sigstore-bundle.ts'
import { assessSample, run, scratch } from '../../test/sample.ts'

type Listed = {
  readonly log: { readonly origin: string; readonly vkey: string }
  readonly keys: readonly { readonly keyId: string; readonly key: string; readonly inUse: boolean }[]
  readonly rotations: readonly { readonly byPrevious: unknown; readonly byNext: unknown }[]
}

test('a stranger who trusts the first key can follow to the present one from what signer list prints', async () => {
  const cwd = scratch()
  const old = await assessSample(['--out', 'old'], cwd)
  assert.equal((await run(['signer', 'rotate'], { cwd })).code, 0)
  const current = (await listed(cwd)).keys.find(({ inUse }) => inUse)?.keyId ?? ''
  const revoked = await run(['signer', 'revoke', current.slice(0, 8), '--because', 'stolen\u001b[2J'], { cwd })
  assert.equal(revoked.code, 0, revoked.err)
  assert.match(revoked.out, /it was in use: \S+ signs reports from now on/)

  const { log, keys, rotations } = await listed(cwd)
  const { name: origin, publicKey } = parseVkey(log.vkey)
  let trusted = spkiFromPem(old.trust.signers[0]?.key ?? '')
  for (const { byPrevious, byNext } of rotations) {
    const bundles = { byPrevious: readBundle(byPrevious), byNext: readBundle(byNext) }
    const checked = await verifyKeyRotation(bundles, { previous: trusted, logs: [{ origin, publicKey }] })
    assert.ok(checked.ok)
    trusted = checked.next
  }
  assert.equal(rotations.length, 2)
  assert.deepEqual(trusted, spkiFromPem(keys.at(-1)?.key ?? ''))
  assert.deepEqual(
    keys.map(({ inUse }) => inUse),
    [false, false, true],
  )

  const shown = await run(['signer', 'list'], { cwd })
  assert.match(
    shown.out,
    /^\S+ {2}replaced at entry \d+\n\S+ {2}replaced at entry \d+; revoked at entry \d+: stolen.*\n\S+ {2}in use$/,
  )
  assert.ok(!shown.out.includes('\u001b'), 'a reason reaches a terminal without its control characters')

  const next = await assessSample(['--out', 'new', '--previous', old.auditPath], cwd)
  for (const { auditPath } of [old, next])
    assert.equal((await run(['verify', auditPath, '--trust', next.trustPath], { cwd })).code, 0)
  // Who still has the older trust root is told that the new key is unknown, and no more.
  const before = await run(['verify', next.auditPath, '--trust', old.trustPath], { cwd })
  assert.equal(before.code, 1)
  assert.match(before.out, /FAIL signature .*no trusted key is called/)
})

test('without a ledger there is no key to change, and nothing is made', async () => {
  const cwd = scratch()
  for (const words of [['list'], ['rotate'], ['revoke', 'x', '--because', 'y']]) {
    const ran = await run(['signer', ...words], { cwd })
    assert.deepEqual([ran.code, /ledger\.missing/.test(ran.err)], [3, true], words.join(' '))
  }
  assert.deepEqual(readdirSync(cwd), [])
})

test('wrong usage says what is right, and changes nothing', async () => {
  const cwd = scratch()
  await assessSample([], cwd)
  const { keys } = await listed(cwd)
  const keyId = keys[0]?.keyId ?? ''
  const wrong: readonly (readonly string[])[] = [
    [],
    ['replace'],
    ['rotate', 'now'],
    ['rotate', '--because', 'x'],
    ['revoke'],
    ['revoke', keyId],
    ['revoke', keyId, '--because', ' '],
    ['revoke', keyId.slice(0, 7), '--because', 'too short to be sure'],
    ['revoke', 'nobody-has-this-key', '--because', 'x'],
  ]
  for (const words of wrong) {
    const ran = await run(['signer', ...words], { cwd })
    assert.equal(ran.code, 64, `${words.join(' ')}: ${ran.out}${ran.err}`)
  }
  assert.deepEqual((await listed(cwd)).keys, keys)
  assert.deepEqual(readdirSync(join(cwd, 'data', 'keys')).sort(), ['log.pem', 'owner.pem', 'redaction.key', 'report.pem'])
})

async function listed(cwd: string): Promise<Listed> {
  const ran = await run(['signer', 'list', '--json'], { cwd })
  assert.equal(ran.code, 0, ran.err)
  return JSON.parse(ran.out) as Listed
}
