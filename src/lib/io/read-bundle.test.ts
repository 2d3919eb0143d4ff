import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { bundleLimits } from './bundle.ts'
import { readBundle, readManifestFile } from './read-bundle.ts'
import { readText } from './read-text.ts'

function folder(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'runproof-bundle-'))
  t.after(() => rmSync(dir, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true })
    writeFileSync(join(dir, name), content)
  }
  return dir
}

test('a bundle is read with all its parts', async (t) => {
  const dir = folder(t, {
    'manifest.yaml': 'a: 1',
    'manifest.dsse.json': '{"x":1}',
    'owner.pub': 'PEM',
    'waivers/b.dsse.json': '{"w":2}',
    'waivers/a.dsse.json': '{"w":1}',
    'gate/plan.json': '{"p":1}',
    'gate/own.rego': 'package x',
    'redaction.yaml': 'r: 1',
  })
  assert.deepEqual(await readBundle(dir), {
    manifestPath: join(dir, 'manifest.yaml'),
    manifestText: 'a: 1',
    manifestSignature: { x: 1 },
    ownerKey: 'PEM',
    waivers: [
      { source: 'waivers/a.dsse.json', value: { w: 1 } },
      { source: 'waivers/b.dsse.json', value: { w: 2 } },
    ],
    redaction: { path: join(dir, 'redaction.yaml'), text: 'r: 1' },
    gate: { plan: { p: 1 }, sources: [{ path: 'gate/own.rego', text: 'package x' }] },
  })
})

test('what is absent is null, and a gate that is not compiled says so', async (t) => {
  const plain = await readBundle(folder(t, { 'manifest.json': '{}' }))
  assert.deepEqual(
    [plain.manifestSignature, plain.ownerKey, plain.waivers, plain.redaction, plain.gate],
    [null, null, [], null, null],
  )
  const { gate } = await readBundle(folder(t, { 'manifest.json': '{}', 'gate/own.rego': 'package x' }))
  assert.equal(gate?.plan, null)
})

test('a waiver that is not JSON is handed on as text, to be refused by name', async (t) => {
  const { waivers } = await readBundle(
    folder(t, { 'manifest.yaml': '', 'waivers/x.dsse.json': 'no', 'waivers/y.dsse.json': '{"a":1,"a":2}' }),
  )
  assert.deepEqual(
    waivers.map(({ value }) => value),
    ['no', '{"a":1,"a":2}'],
  )
})

test('refused with path and reason: no folder, a broken plan, too much, not UTF-8', async (t) => {
  const dir = folder(t, { 'manifest.yaml': new Uint8Array([0xff]), x: '' })
  await assert.rejects(readBundle(dir), { code: 'bundle.unreadable', message: /manifest\.yaml: it is not UTF-8/ })
  await assert.rejects(readBundle(join(dir, 'nowhere')), {
    code: 'bundle.unreadable',
    message: /nowhere: there is no such folder/,
  })
  await assert.rejects(readBundle(join(dir, 'x')), { code: 'bundle.unreadable' })
  await assert.rejects(readBundle(folder(t, { 'manifest.yaml': '', 'gate/plan.json': '{' })), {
    code: 'bundle.unreadable',
    message: /plan\.json is no compiled plan/,
  })
  const large = { 'manifest.yaml': '', 'waivers/x.dsse.json': 'x'.repeat(bundleLimits.waiver + 1) }
  await assert.rejects(readBundle(folder(t, large)), { code: 'bundle.unreadable', message: /has more than 262144 bytes/ })
})

test('a manifest is found by its folder or by its own name', async (t) => {
  const dir = folder(t, { 'manifest.yml': 'a: 1', 'other.yaml': 'b: 2' })
  assert.deepEqual(await readManifestFile(dir), { dir, path: join(dir, 'manifest.yml'), text: 'a: 1' })
  assert.deepEqual(await readManifestFile(join(dir, 'other.yaml')), { dir, path: join(dir, 'other.yaml'), text: 'b: 2' })
  await assert.rejects(readManifestFile(join(dir, 'none.yaml')), {
    code: 'bundle.unreadable',
    message: /none\.yaml: there is no such file/,
  })
})

test('a pipe in a file’s place is refused at once, not waited for', async (t) => {
  const dir = folder(t, {})
  execFileSync('mkfifo', [join(dir, 'pipe')])
  await assert.rejects(readText(join(dir, 'pipe'), 10), { code: 'file.unreadable', message: /not a file/ })
  await assert.rejects(readText(dir, 10), { code: 'file.unreadable' })
})
