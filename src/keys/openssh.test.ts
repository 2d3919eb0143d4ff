import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadSigningKey } from './signing-key.ts'

// The other eye: OpenSSH itself makes the keys and says what their public halves are.
const skip = spawnSync('ssh-keygen', ['-?']).error === undefined ? false : 'ssh-keygen is not installed'
const folder = mkdtempSync(join(tmpdir(), 'runproof-ssh-'))
after(() => rmSync(folder, { recursive: true }))

function keygen(name: string, passphrase: string, ...options: readonly string[]): string {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', 'test', '-f', path, ...options], { stdio: 'pipe' })
  return path
}
const ecdsa = ['-t', 'ecdsa', '-b', '256'] as const
const publicHalf = (path: string): string => execFileSync('ssh-keygen', ['-e', '-m', 'PKCS8', '-f', `${path}.pub`]).toString()

for (const [what, passphrase, options] of [
  ['plain', '', []],
  ['encrypted', 'correct horse', []],
  ['encrypted with more rounds', 'pässwörd', ['-a', '3']],
] as const) {
  test(`a key that ssh-keygen made, ${what}, signs as its public half says`, { skip }, async () => {
    const path = keygen(`good-${what.replaceAll(' ', '-')}`, passphrase, ...ecdsa, ...options)
    const key = await loadSigningKey(path, passphrase === '' ? null : passphrase)
    const data = new TextEncoder().encode('decided')
    const other = createPublicKey(publicHalf(path))
    assert.ok(verify('sha256', data, { key: other, dsaEncoding: 'der' }, await key.sign(data)))
    assert.equal(key.pem.trim(), other.export({ type: 'spki', format: 'pem' }).toString().trim())
  })
}

test(
  'refused with what mends it: no passphrase, a wrong one, another kind of key, another cipher, a cut file',
  { skip },
  async () => {
    const sealed = keygen('sealed', 'right', ...ecdsa)
    await assert.rejects(loadSigningKey(sealed), /RUNPROOF_KEY_PASSPHRASE_FILE/)
    await assert.rejects(loadSigningKey(sealed, 'wrong'), /not the one of this key/)
    await assert.rejects(loadSigningKey(keygen('ed', '', '-t', 'ed25519')), /ssh-ed25519 key, not a P-256 one/)
    await assert.rejects(loadSigningKey(keygen('wide', '', '-t', 'ecdsa', '-b', '384')), /nistp384 key, not a P-256 one/)
    await assert.rejects(
      loadSigningKey(keygen('gcm', 'right', ...ecdsa, '-Z', 'aes256-gcm@openssh.com'), 'right'),
      /ssh-keygen -p -Z aes256-ctr/,
    )
    const lines = readFileSync(keygen('cut', '', ...ecdsa), 'utf8').split('\n')
    const cut = join(folder, 'cut-short')
    writeFileSync(cut, [lines[0], lines[1], lines.at(-2)].join('\n'), { mode: 0o600 })
    await assert.rejects(loadSigningKey(cut), /no whole OpenSSH private key/)
  },
)
