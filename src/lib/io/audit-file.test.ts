import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { utf8 } from '../../../core/proof/bytes.ts'
import { readAuditFile, writeAuditFile } from './audit-file.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-audit-'))
after(() => rmSync(scratch, { recursive: true }))
const fresh = (): string => mkdtempSync(join(scratch, 'd-'))

const members = new Map([
  ['decisions/0a.json', utf8('{"decision":1}')],
  ['decisions/0b.json', utf8('{"decision":2}')],
  ['evidence.ndjson.gz', Uint8Array.of(0x1f, 0x8b)],
  ['report.json', utf8('{}')],
  ['report.sigstore.json', utf8('{"a":1}')],
])

describe('an audit file', () => {
  test('comes back as it was written, and replaces what was there', async () => {
    const folder = fresh()
    const path = join(folder, 'x.runproof.tar')
    writeFileSync(path, 'older')
    await writeAuditFile(path, members)
    assert.deepEqual([...(await readAuditFile(path))], [...members])
    assert.deepEqual(readdirSync(folder), ['x.runproof.tar'])
    const bytes = readFileSync(path)
    await writeAuditFile(path, new Map([...members].reverse()))
    assert.deepEqual(readFileSync(path), bytes)
  })

  test('that cannot be written leaves the older one', async () => {
    const path = join(fresh(), 'x.tar')
    await writeAuditFile(path, members)
    await assert.rejects(writeAuditFile(path, new Map([['../up', utf8('')]])), { code: 'format.malformed' })
    assert.deepEqual([...(await readAuditFile(path))], [...members])
    assert.deepEqual(readdirSync(dirname(path)), ['x.tar'])
  })

  test('that is absent, no archive or too large is refused', async () => {
    const path = join(fresh(), 'x.tar')
    await assert.rejects(readAuditFile(path), { code: 'file.unreadable', message: /no such file/ })
    writeFileSync(path, 'hello')
    await assert.rejects(readAuditFile(path), { code: 'format.malformed' })
    await writeAuditFile(path, members)
    await assert.rejects(readAuditFile(path, { members: 4, memberBytes: 100, totalBytes: 100 }), { code: 'format.too_large' })
    await assert.rejects(readAuditFile(path, { members: 5, memberBytes: 13, totalBytes: 100 }), { code: 'format.too_large' })
    truncateSync(path, 2 ** 33)
    await assert.rejects(readAuditFile(path), { code: 'format.too_large', message: /8589934592 bytes/ })
  })
})

describe('a folder', () => {
  test('is read alike, without the files that do not belong', async () => {
    const folder = folderOf(members)
    writeFileSync(join(folder, 'trust.json'), '{}')
    writeFileSync(join(folder, 'decisions/readme.txt'), '')
    assert.deepEqual([...(await readAuditFile(folder))], [...members])
    symlinkSync(folder, join(scratch, 'link'))
    assert.equal((await readAuditFile(join(scratch, 'link'))).size, members.size)
  })

  test('without any member is empty', async () => {
    assert.equal((await readAuditFile(fresh())).size, 0)
  })

  test('with links or pipes in place of members is refused', async () => {
    const outside = join(scratch, 'outside.json')
    writeFileSync(outside, '{}')
    const [linked, linkedFolder, piped] = [fresh(), fresh(), fresh()]
    symlinkSync(outside, join(linked, 'report.json'))
    await assert.rejects(readAuditFile(linked), { code: 'file.unreadable', message: /symbolic link/ })
    symlinkSync(scratch, join(linkedFolder, 'decisions'))
    await assert.rejects(readAuditFile(linkedFolder), { code: 'file.unreadable', message: /not a folder/ })
    execFileSync('mkfifo', [join(piped, 'report.json')])
    await assert.rejects(readAuditFile(piped), { code: 'file.unreadable', message: /not a file/ })
    const nested = fresh()
    mkdirSync(join(nested, 'report.json'))
    await assert.rejects(readAuditFile(nested), { code: 'file.unreadable', message: /not a file/ })
  })

  test('beyond the limits is refused', async () => {
    const folder = folderOf(members)
    await assert.rejects(readAuditFile(folder, { members: 4, memberBytes: 100, totalBytes: 100 }), { code: 'format.too_large' })
    await assert.rejects(readAuditFile(folder, { members: 5, memberBytes: 13, totalBytes: 100 }), { code: 'format.too_large' })
    await assert.rejects(readAuditFile(folder, { members: 5, memberBytes: 100, totalBytes: 38 }), { code: 'format.too_large' })
    assert.equal((await readAuditFile(folder, { members: 5, memberBytes: 14, totalBytes: 39 })).size, 5)
  })
})

function folderOf(content: ReadonlyMap<string, Uint8Array>): string {
  const folder = fresh()
  for (const [name, bytes] of content) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  return folder
}
