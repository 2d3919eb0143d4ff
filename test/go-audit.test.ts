// Our ledger, read by code that is not ours: the Go project's transparency-log packages audit what `runproof ledger export` writes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exportLedger } from '../src/store/ledger/export.ts'
import { logKeyFor, numbered } from '../src/store/ledger/fixtures/ledgers.ts'
import { openLedger, type Ledger } from '../src/store/ledger/ledger.ts'
import { assessSample, run } from './sample.ts'
import { buildGoAudit, whyNoGoAudit } from './tools/goaudit.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-goaudit-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const fresh = (): string => mkdtempSync(join(scratch, 'd-'))

const skip = whyNoGoAudit()

/** Each test skips by itself: a skipped suite would not be counted. */
const checked = (name: string, check: () => void | Promise<void>): void => void test(name, { skip }, check)

describe('an exported ledger, audited by a Go program', () => {
  const program = join(scratch, 'goaudit')
  let older = ''
  let newer = ''

  /** One line, and how it ended. */
  const audit = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
    assert.equal(stdout.split('\n').length, 2, stdout + stderr)
    assert.equal(status, stdout.startsWith('ok: ') ? 0 : 1, stdout + stderr)
    return stdout.trimEnd()
  }

  const open = (key = 'go-audit', origin = 'go.audit.example'): Ledger =>
    openLedger({ path: join(fresh(), 'ledger.db'), logKey: logKeyFor(key), origin, now: Date.now })

  before(() => {
    if (skip !== false) return
    buildGoAudit(program)
    const ledger = open()
    older = fresh()
    newer = fresh()
    for (let first = 0; first < 600; first += 40) ledger.append(numbered(first, 40))
    exportLedger(ledger, older)
    ledger.append(numbered(600, 1))
    ledger.append(numbered(601, 499))
    exportLedger(ledger, newer)
    ledger.close()
  })

  /** A copy of the newer export in which one file is other than it was. */
  const changed = (path: string, change: (path: string) => void): string => {
    const copy = fresh()
    cpSync(newer, copy, { recursive: true })
    change(join(copy, path))
    return copy
  }
  const flipped = (path: string, at: number): string =>
    changed(path, (path) => {
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.with(at < 0 ? bytes.length + at : at, (bytes.at(at) ?? 0) ^ 1))
    })

  checked('of 1,100 entries is in order, its inclusions and its growth too', () => {
    assert.match(
      audit('-prove', '0,255,256,599,600,1099', '-older', older, newer),
      /^ok: go\.audit\.example, 1100 entries, 6 hash tiles, root \S{44}, included: 0,255,256,599,600,1099, grown out of the checkpoint of 600$/,
    )
  })

  checked('of three levels of tiles is in order', () => {
    const [ledger, dir] = [open(), fresh()]
    ledger.append(numbered(0, 65_536 + 300))
    exportLedger(ledger, dir)
    ledger.close()
    assert.match(audit('-prove', '0,65535,65536,65835', dir), /^ok: .* 65836 entries, 261 hash tiles, /)
  })

  checked('of nothing, and of one entry, is in order', () => {
    const [ledger, dir] = [open(), fresh()]
    exportLedger(ledger, dir)
    assert.match(audit(dir), /^ok: .* 0 entries, 0 hash tiles, root 47DEQpj8HBSa/)
    ledger.append(numbered(0, 1))
    exportLedger(ledger, dir)
    assert.match(audit('-prove', '0', dir), /^ok: .* 1 entries, 1 hash tiles, /)
    ledger.close()
  })

  checked('of the sample is in order, and so is the proof that the command line prints', async () => {
    const cwd = fresh()
    await assessSample([], cwd)
    assert.equal((await run(['ledger', 'export', 'log'], { cwd })).code, 0)
    const proof = join(cwd, 'entry-1.tlog-proof')
    const { out } = await run(['ledger', 'prove', '1'], { cwd })
    writeFileSync(proof, `${out}\n`)
    assert.match(audit('-prove', '0,1', '-proof', proof, join(cwd, 'log')), /^ok: .*included: 0,1, proof of entry 1 holds$/)

    const lines = out.split('\n')
    const variants: readonly (readonly [string, RegExp])[] = [
      [out.replace('index 1', 'index 0'), /entry 0: /],
      [out.replace('index 1', 'index 4000'), /not in this log/],
      [[...lines.slice(0, 2), ...lines.slice(3)].join('\n'), /entry 1: /],
      [out.replace('\n4\n', '\n5\n').replace('\n3\n', '\n5\n'), /checkpoint: /],
      [out.replace('tlog-proof@v1', 'tlog-proof@v2'), /not a c2sp/],
    ]
    for (const [text, why] of variants) {
      assert.notEqual(text, out)
      writeFileSync(proof, `${text}\n`)
      const line = audit('-proof', proof, join(cwd, 'log'))
      assert.match(line, /^FAIL: /)
      assert.match(line, why)
    }
  })

  const flips: readonly (readonly [string, number, RegExp])[] = [
    ['tile/entries/000', 10, /^FAIL: tile\/entries\/000: entry 0 does not hash/],
    ['tile/entries/002', -1, /^FAIL: tile\/entries\/002: entry 767 does not hash/],
    ['tile/entries/004.p/76', -1, /^FAIL: tile\/entries\/004\.p\/76: entry 1099 does not hash/],
    ['tile/entries/001', 0, /^FAIL: tile\/entries\/001: /],
    ['tile/0/000', 0, /^FAIL: tile\/0\/000: /],
    ['tile/0/003', -1, /^FAIL: tile\/0\/003: /],
    ['tile/0/004.p/76', 31, /^FAIL: tile\/0\/004\.p\/76: /],
    ['tile/1/000.p/4', 64, /^FAIL: tile\/1\/000\.p\/4: /],
    ['checkpoint', 30, /^FAIL: checkpoint: /],
    ['checkpoint', -10, /^FAIL: checkpoint: /],
    ['checkpoint', 0, /^FAIL: checkpoint: /],
    ['log.vkey', -5, /^FAIL: log\.vkey: /],
  ]
  for (const [path, at, why] of flips) {
    checked(`is refused when a byte of ${path} is another (at ${at})`, () => {
      assert.match(audit(flipped(path, at)), why)
    })
  }

  checked('is refused when an entry and its tile were both changed', () => {
    const dir = flipped('tile/entries/001', 10)
    writeFileSync(join(dir, 'tile/0/001'), readFileSync(join(newer, 'tile/0/002')))
    assert.match(audit(dir), /^FAIL: tile\/0\/001, or .* does not lead to the signed root .*nor do the entries/)
  })

  checked('is refused when a file is missing or ends early', () => {
    for (const path of ['tile/entries/003', 'tile/0/002', 'tile/1/000.p/4', 'checkpoint', 'log.vkey']) {
      assert.match(audit(changed(path, (path) => rmSync(path))), /^FAIL: .*no such file/, path)
      assert.match(audit(changed(path, (path) => truncateSync(path, 40))), /^FAIL: /, path)
    }
  })

  checked('is refused beside an earlier checkpoint that it did not grow out of', () => {
    const longer = audit('-older', newer, older)
    assert.match(longer, /^FAIL: the earlier export has 1100 entries, this one 600$/)
    for (const [key, origin, why] of [
      ['go-audit', 'go.audit.example', /another history/],
      ['somebody', 'go.audit.example', /is of the log/],
      ['go-audit', 'other.audit.example', /is of the log/],
    ] as const) {
      const [ledger, dir] = [open(key, origin), fresh()]
      ledger.append(numbered(5000, 600))
      exportLedger(ledger, dir)
      ledger.close()
      assert.match(audit('-older', dir, newer), why)
    }
  })

  checked('proves no entry that is not there', () => {
    for (const index of ['1100', '-1', 'x', '0,1100'])
      assert.match(audit(`-prove=${index}`, newer), /^FAIL: there is no entry/, index)
  })

  const tessera = fileURLToPath(new URL('../../shared/corpus/trust/tessera/testdata/', import.meta.url))
  test(
    'so is a log that Tessera wrote, which shows that the program is not made to our measure',
    { skip: skip || (existsSync(tessera) ? false : 'Tessera’s test log is not here') },
    () => {
      const dir = fresh()
      cpSync(join(tessera, 'log'), dir, { recursive: true })
      const [, vkey = ''] = /LOG_PUBLIC_KEY="([^"]+)"/.exec(readFileSync(join(tessera, 'build_log.sh'), 'utf8')) ?? []
      writeFileSync(join(dir, 'log.vkey'), vkey)
      assert.match(audit('-prove', '0,14', dir), /^ok: .* 15 entries, 1 hash tiles, /)
    },
  )
})
