import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { EXIT, type Io } from './command.ts'
import { events } from './events.ts'
import { runCommandLine } from './run.ts'

type Ran = { readonly code: number; readonly out: string; readonly err: string }

const folder = mkdtempSync(join(tmpdir(), 'runproof-events-'))
after(() => rmSync(folder, { recursive: true }))

async function run(argv: readonly string[], stdin = ''): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    interactive: false,
    columns: 100,
    colour: false,
    // oxlint-disable-next-line typescript/require-await -- a stream that is there already
    stdin: async function* () {
      yield Buffer.from(stdin)
    },
    cwd: folder,
    env: {},
    now: () => 0,
  }
  const code = await runCommandLine(['events', ...argv], io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

const printed = ({ out }: Ran): readonly unknown[] => (out === '' ? [] : out.split('\n').map((line): unknown => JSON.parse(line)))

const vectors = new URL('../../vectors/events/', import.meta.url)
type Vector = { readonly why: string; readonly sensor: string; readonly input: string; readonly expect: readonly object[] }

for (const name of readdirSync(vectors)) {
  const { why, sensor, input, expect } = JSON.parse(readFileSync(new URL(name, vectors), 'utf8')) as Vector
  test(`vectors/events/${name}: ${why}`, async () => {
    const ran = await run(['--sensor', sensor, '-'], input)
    assert.equal(ran.code, EXIT.ok, ran.err)
    const got = printed(ran)
    assert.equal(got.length, expect.length, ran.out)
    for (const [index, wanted] of expect.entries()) assert.partialDeepStrictEqual(got[index], { file: '-', ...wanted })
  })
}

const alert = '{"priority":"Notice","rule":"R","time":"2026-01-01T00:00:00Z"}\n'

test('files are read in order, compressed or not, and named as given', async () => {
  writeFileSync(join(folder, 'a.ndjson'), alert)
  writeFileSync(join(folder, 'b.gz'), gzipSync(`${alert}nonsense\n`))
  const ran = await run(['a.ndjson', join(folder, 'b.gz')])
  assert.deepEqual(
    printed(ran).map((event) => {
      const { file, line, class: kind } = event as { file: string; line: number; class: string }
      return [file, line, kind]
    }),
    [
      ['a.ndjson', 1, 'detection'],
      [join(folder, 'b.gz'), 1, 'detection'],
      [join(folder, 'b.gz'), 2, 'malformed'],
    ],
  )
})

test('--class prints only what was asked for', async () => {
  const ran = await run(['--class', 'malformed,health', '-'], `${alert}nonsense\n`)
  assert.deepEqual(printed(ran), [{ file: '-', line: 2, class: 'malformed', sensor: null, facts: {}, reason: 'not_json' }])
})

test('--summary counts by file, class and reason', async () => {
  writeFileSync(join(folder, 'none'), '')
  const ran = await run(['--summary', '-', 'none'], `${alert}${alert}nonsense\n{}\n`)
  assert.deepEqual(ran.out.split('\n'), [
    'FILE  CLASS      SENSOR  EVENTS  REASON',
    '-     detection  falco   2',
    '-     malformed  -       1       not_json',
    '-     malformed  -       1       unknown_shape',
    'none  -          -       0',
  ])
})

for (const [argv, code, message] of [
  [[], EXIT.usage, 'usage: runproof events'],
  [['-', '--sensor', 'osquery'], EXIT.usage, 'there is no sensor "osquery"'],
  [['-', '--class', 'verdict'], EXIT.usage, 'there is no class "verdict"'],
  [['-', '--frobnicate'], EXIT.usage, '--help'],
  [['missing.ndjson'], EXIT.could_not, 'missing.ndjson: there is no such file [events.unreadable]'],
] as const) {
  test(`runproof events ${argv.join(' ')} is refused`, async () => {
    const ran = await run(argv)
    assert.equal(ran.code, code)
    assert.ok(ran.err.includes(message), ran.err)
    assert.equal(ran.out, '')
  })
}

test('--help shows examples', async () => {
  const { code, out } = await run(['--help'])
  assert.equal(code, EXIT.ok)
  assert.equal(out, events.help)
})
