import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commandLine } from './fixtures.ts'

const init = ['init', 'b', '--application', 'payments', '--environment', 'prod', '--workload', 'api']

function edit(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(from, to)
  assert.notEqual(changed, text)
  writeFileSync(path, changed)
}

test('init writes a manifest that validates, and never over one that is there', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  assert.equal((await run(...init)).code, 0)
  assert.match(
    (await run('validate', 'b')).out,
    /^b\/manifest\.yaml: valid, payments-prod 0\.1\.0 with 5 controls, 2 sensors, 1 workload\nsha256:[0-9a-f]{64}$/,
  )
  const before = readFileSync(join(dir, 'b/manifest.yaml'), 'utf8')
  const again = await run(...init, '--owner', 'Somebody else')
  assert.equal(again.code, 64)
  assert.match(again.err, /is there already/)
  assert.equal(readFileSync(join(dir, 'b/manifest.yaml'), 'utf8'), before)
})

test('init refuses a manifest under another name beside it, names that are no labels, and missing options', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  writeFileSync(join(dir, 'b/manifest.json'), '{}')
  rmSync(join(dir, 'b/manifest.yaml'))
  assert.match((await run(...init)).err, /manifest\.json is there already/)
  const named = await run('init', 'c', '--application', 'Pay ments', '--environment', 'prod')
  assert.equal(named.code, 64)
  assert.match(named.err, /write pay-ments/)
  assert.ok(!existsSync(join(dir, 'c')))
  assert.match((await run('init', 'c', '--application', 'x')).err, /--environment is missing/)
})

test('validate reports every problem with its place and exits 1', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  edit(join(dir, 'b/manifest.yaml'), 'every: 24h', 'every: 24 hours')
  edit(join(dir, 'b/manifest.yaml'), 'behaviour: open', 'behavior: open')
  const text = await run('validate', 'b')
  assert.equal(text.code, 1)
  assert.match(text.out, /b\/manifest\.yaml:\d+:\d+: window\.every: .* \(is "24 hours"\)\n {2}fix: write 24h/)
  assert.match(text.out, /did you mean `behaviour`\?/)
  const json = await run('validate', 'b', '--json')
  assert.equal(json.code, 1)
  const { valid, problems } = JSON.parse(json.out) as { valid: boolean; problems: { path: string }[] }
  assert.equal(valid, false)
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['window.every', 'controls[2].behaviour', 'controls[2].behavior'],
  )
})

test('a file that is not there is exit 3 with its path', async (t) => {
  const { run } = commandLine(t, 'manifest')
  const missing = await run('validate', 'nowhere')
  assert.equal(missing.code, 3)
  assert.match(missing.err, /nowhere: there is no such file \[bundle\.unreadable\]/)
})

test('lint warns and exits 0; --strict exits 1; errors exit 1 either way', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  const plain = await run('lint', 'b')
  assert.equal(plain.code, 0)
  assert.match(plain.out, /warning RP030/)
  assert.equal((await run('lint', 'b', '--strict')).code, 1)
  const { warnings } = JSON.parse((await run('lint', 'b', '--json')).out) as { warnings: { rule: string; fix: string }[] }
  assert.ok(warnings.every(({ rule, fix }) => /^RP\d{3}$/.test(rule) && fix !== ''))
  edit(join(dir, 'b/manifest.yaml'), 'every: 24h', 'every: x')
  assert.equal((await run('lint', 'b')).code, 1)
})

test('sign writes the signature and the owner’s key, and show says that it holds', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  assert.match((await run('show', 'b')).out, /signature {2}nobody signed it/)
  assert.equal((await run('sign', 'b')).code, 0)
  assert.match(readFileSync(join(dir, 'b/owner.pub'), 'utf8'), /BEGIN PUBLIC KEY/)
  const shown = await run('show', 'b')
  assert.equal(shown.code, 0)
  assert.match(shown.out, /signature {2}holds: by payments, key /)
  assert.match(shown.out, /payments\.exec\.no-shell +exec +observe +falco, tetragon +1 +No shell is started/)
  assert.equal((await run('show', 'b', '--key', 'b/owner.pub')).code, 0)
  const { signature } = JSON.parse((await run('show', 'b', '--json')).out) as { signature: { state: string } }
  assert.equal(signature.state, 'holds')
})

test('a signed version keeps its content: other content under it is refused, a raised version is signed', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  const path = join(dir, 'b/manifest.yaml')
  await run(...init)
  await run('sign', 'b')
  assert.equal((await run('sign', 'b')).code, 0, 'the same content may be signed again')
  const signature = readFileSync(join(dir, 'b/manifest.dsse.json'), 'utf8')
  edit(path, 'every: 24h', 'every: 12h')
  const reused = await run('sign', 'b')
  assert.equal(reused.code, 3)
  assert.match(
    reused.err,
    /version 0\.1\.0 is signed already, with other content; raise metadata\.version above 0\.1\.0 \[manifest\.version_reused\]/,
  )
  assert.equal(readFileSync(join(dir, 'b/manifest.dsse.json'), 'utf8'), signature)
  const changed = await run('show', 'b')
  assert.equal(changed.code, 1)
  assert.match(changed.out, /does not hold: the manifest was changed after it was signed/)
  edit(path, 'version: 0.1.0', 'version: 0.2.0')
  assert.equal((await run('sign', 'b')).code, 0)
  edit(path, 'version: 0.2.0', 'version: 0.1.9')
  assert.match((await run('sign', 'b')).err, /manifest\.version_reused/, 'an earlier version does not come back')
})

test('a signature that cannot be read, or is of another manifest, is never written over', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  await run('sign', 'b')
  edit(join(dir, 'b/manifest.yaml'), 'name: payments-prod', 'name: other')
  assert.match((await run('sign', 'b')).err, /signs payments-prod, this manifest is other/)
  writeFileSync(join(dir, 'b/manifest.dsse.json'), '{}')
  assert.match((await run('sign', 'b')).err, /cannot be read/)
  assert.match((await run('show', 'b')).out, /does not hold/)
})

test('another key than the owner’s is refused where owner.pub names one', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  await run('sign', 'b')
  const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(dir, 'eve.pem'), pem, { mode: 0o600 })
  assert.match((await run('sign', 'b', '--key', 'eve.pem')).err, /owner\.pub holds another key/)
  rmSync(join(dir, 'b/owner.pub'))
  assert.equal((await run('sign', 'b', '--key', 'eve.pem')).code, 0)
  writeFileSync(
    join(dir, 'stranger.pub'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }),
  )
  assert.equal((await run('show', 'b', '--key', 'stranger.pub')).code, 1)
})

test('an invalid manifest is not signed', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  edit(join(dir, 'b/manifest.yaml'), 'every: 24h', 'every: x')
  const refused = await run('sign', 'b')
  assert.equal(refused.code, 3)
  assert.match(refused.err, /b\/manifest\.yaml has one problem[\s\S]*\[manifest\.invalid\]/)
  assert.ok(!existsSync(join(dir, 'b/manifest.dsse.json')))
})

test('diff says in words what changed, and --strict exits 1 when the promise is weaker', async (t) => {
  const { dir, run } = commandLine(t, 'manifest')
  await run(...init)
  writeFileSync(
    join(dir, 'after.yaml'),
    readFileSync(join(dir, 'b/manifest.yaml'), 'utf8').replace('severity: critical', 'severity: low'),
  )
  const changed = await run('diff', 'b', 'after.yaml')
  assert.equal(changed.code, 0)
  assert.match(changed.out, /control payments\.syscall\.no-injection\n {2}! severity: critical → low {2}\(weakens\)/)
  assert.equal((await run('diff', 'b', 'after.yaml', '--strict')).code, 1)
  assert.equal((await run('diff', 'after.yaml', 'b', '--strict')).code, 0)
  assert.match((await run('diff', 'b', 'b')).err, /no difference/)
  const { weakens } = JSON.parse((await run('diff', 'b', 'after.yaml', '--json')).out) as { weakens: number }
  assert.equal(weakens, 1)
  assert.equal((await run('diff', 'b')).code, 64)
})

test('schema prints JSON Schema for both documents and refuses others', async (t) => {
  const { run } = commandLine(t, 'manifest')
  for (const name of ['manifest', 'waiver'])
    assert.match(
      (await run('schema', name)).out,
      new RegExp(`"\\$id": "https://runproof\\.dev/schemas/${name}\\.v1\\.schema\\.json"`),
    )
  assert.equal((await run('schema', 'x')).code, 64)
})

test('a wrong subcommand, option or argument is exit 64 and says what there is', async (t) => {
  const { run } = commandLine(t, 'manifest')
  assert.match((await run()).err, /a subcommand is missing; one of: init, validate/)
  assert.match((await run('constructor')).err, /no subcommand "constructor"/)
  for (const argv of [['validate', 'a', 'b'], ['validate', '--nonsense'], ['lint', 'a', 'b'], []])
    assert.equal((await run(...argv)).code, 64)
  assert.match((await run('validate', '--help')).out, /examples:/)
})
