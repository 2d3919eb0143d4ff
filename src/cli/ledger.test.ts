import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fromBase64, fromHex, utf8 } from '../../core/proof/bytes.ts'
import { verifyCheckpoint } from '../../core/proof/checkpoint.ts'
import { leafHash, verifyInclusion } from '../../core/proof/merkle.ts'
import { parseVkey } from '../../core/proof/note.ts'
import { openKeys } from '../keys/keys.ts'
import { openLedger } from '../store/ledger/ledger.ts'
import type { Io } from './command.ts'
import { ledger } from './ledger.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runproof-cli-ledger-'))
after(() => rmSync(scratch, { recursive: true }))
const fresh = (): string => mkdtempSync(join(scratch, 'd-'))
const body = (i: number): Uint8Array => utf8(`{"n":${i}}`)

describe('runproof ledger show', () => {
  test('names the log, its checkpoint and the last entries in a table', async () => {
    const { code, out } = await run(await dataOf(30), 'show', '--limit', '2')
    assert.equal(code, 0)
    assert.match(
      out,
      /^log +[0-9a-f]{16}\.runproof\.invalid\nkey +\S+\nentries +30\nroot +[0-9a-f]{64}\nsigned +2027-01-15T08:00:00Z\n/,
    )
    assert.match(
      out,
      /\n\nINDEX {2}KIND {2}EVENT {5}BYTES {2}LEAF HASH\n {3}28 {2}test {2}event-28 {6}8 {2}[0-9a-f]{16}…\n {3}29 {2}test /,
    )
    assert.match(out, /the last 2 of 30 entries$/)
  })

  test('writes one JSON document for programs', async () => {
    const { code, out } = await run(await dataOf(3), 'show', '--json')
    const shown = JSON.parse(out) as { size: number; entries: { eventId: string }[] }
    assert.deepEqual([code, shown.size, shown.entries.map(({ eventId }) => eventId)], [0, 3, ['event-0', 'event-1', 'event-2']])
  })

  test('lets no control character reach the terminal', async () => {
    const data = await dataOf(0)
    await append(data, [{ body: body(0), kind: 'test', eventId: '\u001b[2Jgone\nnew line\u202e' }])
    const { out } = await run(data, 'show')
    assert.match(out, /\ufffd\[2Jgone\ufffdnew line\ufffd/)
    assert.ok(!out.includes('\u001b'))
  })

  test('of no ledger says so', async () => {
    await assert.rejects(run(fresh(), 'show'), { code: 'ledger.missing' })
  })
})

describe('runproof ledger prove', () => {
  test('prints a tlog-proof that verifies with the key alone', async () => {
    const data = await dataOf(11)
    const { out } = await run(data, 'prove', '7')
    const [head = '', ...rest] = out.split('\n\n')
    const [title, index, ...hashes] = head.split('\n')
    assert.deepEqual([title, index], ['c2sp.org/tlog-proof@v1', 'index 7'])
    const { publicKey } = await (await openKeys({ dataDir: data })).log()
    const { vkey } = JSON.parse((await run(data, 'show', '--json')).out) as { vkey: string }
    const { name: origin } = parseVkey(vkey)
    const { size, root } = await verifyCheckpoint(`${rest.join('\n\n')}\n`, { origin, publicKey })
    verifyInclusion({ index: 7, size, root, leafHash: leafHash(body(7)), proof: hashes.map((hash) => fromBase64(hash)) })
  })

  test('gives programs the entry too', async () => {
    const { out } = await run(await dataOf(11), 'prove', '10', '--json')
    const proof = JSON.parse(out) as { size: number; root: string; hashes: string[]; body: string; kind: string; eventId: string }
    assert.deepEqual([fromBase64(proof.body), proof.kind, proof.eventId], [body(10), 'test', 'event-10'])
    const [root, hashes] = [fromHex(proof.root), proof.hashes.map(fromHex)]
    verifyInclusion({ index: 10, size: proof.size, root, leafHash: leafHash(body(10)), proof: hashes })
  })

  test('of what is no index or not there is refused', async () => {
    const data = await dataOf(1)
    for (const index of ['1', '999999']) await assert.rejects(run(data, 'prove', index), { code: 'proof.invalid' })
    for (const index of ['01', '1.5', 'x', '1e3', '']) await assert.rejects(run(data, 'prove', index), { code: 'usage' })
  })
})

describe('runproof ledger verify', () => {
  test('says that everything leads to the signed root', async () => {
    const { code, out } = await run(await dataOf(300), 'verify')
    assert.equal(code, 0)
    assert.match(out, /entries +300\n/)
    assert.match(out, /\nok: every entry/)
  })

  test('fails with the contradiction and where to read on', async () => {
    const data = await dataOf(3)
    writeFileSync(join(data, 'ledger.head'), readFileSync(join(await dataOf(4), 'ledger.head')))
    const { code, out } = await run(data, 'verify')
    assert.equal(code, 1)
    assert.match(out, /^FAIL: the ledger contradicts itself: .*\n.*docs\/formats\/ledger\.md/)
    const json = await run(data, 'verify', '--json')
    assert.equal(json.code, 1)
    assert.equal((JSON.parse(json.out) as { ok: boolean }).ok, false)
  })
})

describe('runproof ledger export', () => {
  test('writes the files into a folder relative to where it was called', async () => {
    const [data, cwd] = [await dataOf(3), fresh()]
    const { code, out } = await run(data, 'export', 'log', { cwd })
    assert.equal(code, 0)
    assert.match(out, /^3 entries of \S+ in .*\/log: 4 files, 3 of them new\n/)
    assert.equal(readFileSync(join(cwd, 'log', 'checkpoint'), 'utf8'), readFileSync(join(data, 'ledger.head'), 'utf8'))
    assert.match((await run(data, 'export', 'log', { cwd })).out, /4 files, 0 of them new/)
  })
})

test('the data folder comes from the environment when no flag names it', async () => {
  const data = await dataOf(2)
  const lines: string[] = []
  assert.equal(await ledger.run(['show', '--json'], io(lines, { RUNPROOF_HOME: data })), 0)
  assert.match(lines.join(''), /"size": 2/)
})

test('wrong usage is 64 or says which value', async () => {
  const data = fresh()
  for (const args of [[], ['burn'], ['show', 'x'], ['prove'], ['export'], ['constructor'], ['prove', '1', '2']]) {
    assert.equal((await run(data, ...args)).code, 64, args.join(' '))
  }
  await assert.rejects(run(data, 'show', '--limit', '-1'), /limit/)
  await assert.rejects(run(data, 'show', '--limit', '10001'), { code: 'usage' })
  await assert.rejects(run(data, 'show', '--nonsense'), /nonsense/)
})

test('each form in the help is one that runs', async () => {
  const data = await dataOf(1)
  const examples = [...ledger.help.matchAll(/^ {2}runproof ledger (.*)$/gm)].map(([, line = '']) => line)
  assert.equal(examples.length, 4)
  for (const example of examples) {
    const args = example
      .replace(/ > .*/, '')
      .replace(/ --data \S+/, '')
      .split(' ')
    assert.equal((await run(data, ...args, { cwd: data })).code, 0, example)
  }
})

/** A data folder as `assess` leaves it. */
async function dataOf(count: number): Promise<string> {
  const data = fresh()
  await append(
    data,
    Array.from({ length: count }, (_, i) => ({ body: body(i), kind: 'test', eventId: `event-${i}` })),
  )
  return data
}

async function append(data: string, entries: readonly { body: Uint8Array; kind: string; eventId: string }[]): Promise<void> {
  const logKey = await (await openKeys({ dataDir: data })).log()
  const log = openLedger({ path: join(data, 'ledger.db'), logKey, now: () => 1_800_000_000_000 })
  log.append(entries)
  log.close()
}

type Where = { readonly cwd: string }
async function run(data: string, ...args: readonly (string | Where)[]): Promise<{ code: number; out: string }> {
  const lines: string[] = []
  const words = args.filter((argument) => typeof argument === 'string')
  const cwd = args.find((argument) => typeof argument === 'object')?.cwd ?? scratch
  const code = await ledger.run([...words, '--data', data], { ...io(lines, {}), cwd })
  return { code, out: lines.join('\n') }
}

function io(lines: string[], env: Io['env']): Io {
  return {
    out: (text) => lines.push(text),
    err: () => undefined,
    interactive: false,
    colour: false,
    columns: 100,
    stdin: async function* () {},
    cwd: scratch,
    env,
    now: () => 1_800_000_000_000,
  }
}
