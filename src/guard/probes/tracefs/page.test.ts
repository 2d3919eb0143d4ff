import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import type { GuardPolicy } from '../../policy/model.ts'
import { eventFormat, pageFormat } from './format.ts'
import { readPage } from './page.ts'
import { sourcesFor, type Decode, type Seen } from './sources.ts'

type Recorded = { readonly headerPage: string; readonly formats: Readonly<Record<string, string>>; readonly pages: string }
const recorded = JSON.parse(readFileSync(new URL('fixtures/debian-6.1.json', import.meta.url), 'utf8')) as Recorded
const layout = pageFormat(recorded.headerPage)
const pages = gunzipSync(Buffer.from(recorded.pages, 'base64'))

const policy: GuardPolicy = {
  version: '1.0',
  mode: 'audit',
  enforce: 'best_effort',
  matching: 'strict',
  persist: false,
  processes: { x: { blocked_syscalls: ['ptrace', 'mount'], blocked_files: ['/w'], blocked_network: ['10.0.0.0/8'] } },
  alerts: { on_violation: [], on_critical: [] },
}

const decoders = new Map<number, Decode>()
for (const source of sourcesFor(policy)) {
  const text = recorded.formats[source.name]
  if (text === undefined) continue
  const format = eventFormat(text)
  decoders.set(format.id, source.decoder(format))
}

function seenIn(all: Buffer): readonly (Seen & { readonly ns: number })[] {
  const seen: (Seen & { readonly ns: number })[] = []
  for (let at = 0; at + layout.bytes <= all.length; at += layout.bytes)
    readPage(all.subarray(at, at + layout.bytes), layout, (ns, page, start, bytes) => {
      const one = decoders.get(page.readUInt16LE(start))?.(page, start, bytes)
      if (one) seen.push({ ...one, ns })
    })
  return seen
}

const seen = seenIn(pages)
const of = <K extends Seen['kind']>(kind: K) =>
  seen.filter((one): one is Extract<Seen, { kind: K }> & { ns: number } => one.kind === kind)

test('the layout of pages is what the kernel says', () => {
  assert.deepEqual(layout, { commitOffset: 8, dataOffset: 16, bytes: 4096 })
  assert.throws(() => pageFormat('nothing'), { code: 'format.malformed' })
  assert.throws(() => eventFormat('name: x\n'), { code: 'format.malformed' })
})

test('files are told by event probes, a name with a line break as one name, a page that was not there as no name', () => {
  const opened = of('open').map(({ path, folder, access }) => [path, folder, access])
  assert.deepEqual(opened.slice(1, 5), [
    ['/x.sh', null, 'read'],
    ['/w/secret/key', null, 'read'],
    ['key', null, 'read'],
    ['a\nb', null, 'read'],
  ])
  assert.deepEqual(
    opened.filter(([path]) => path === 'new'),
    [['new', null, 'write']],
  )
  assert.ok(opened.some(([path]) => path === null))
})

test('a connection is told by the call and by the kernel, a datagram by the call alone', () => {
  const to = of('connect').map(({ to, protocol }) => `${to?.address} ${to?.port} ${protocol}`)
  assert.deepEqual(to, ['127.0.0.1 99 null', '127.0.0.1 99 tcp', '::1 99 null', '::1 99 tcp', '10.1.1.2 53 null'])
})

test('programs, processes, their ends and their calls', () => {
  // One of the shell's children was not to become another program.
  assert.deepEqual([of('exec').length, of('task').length], [9, 10])
  assert.ok(of('exec').every(({ path }) => path === '/proc/self/exe' || path === '/bin/sh'))
  assert.ok(of('task').every(({ isThread }) => !isThread))
  // This kernel does not say whether it was the last thread.
  assert.ok(of('exit').every(({ isLast }) => isLast === null))
  assert.deepEqual(
    of('syscall').map(({ name }) => name),
    ['mount'],
  )
})

test('time goes forward within one CPU', () => {
  assert.ok(seen.every(({ ns }, index) => index === 0 || ns >= (seen[index - 1]?.ns ?? 0)))
})

test('a damaged page never reads outside of itself', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: pages.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      fc.integer({ min: 17, max: layout.bytes }),
      (at, byte, cut) => {
        const damaged = Buffer.from(pages)
        damaged[at] = byte
        const first = damaged.subarray(0, cut)
        readPage(first, layout, (_, page, start, bytes) => {
          assert.ok(start + bytes <= page.length)
        })
      },
    ),
  )
})

test('a page says when events before it were lost', () => {
  const page = Buffer.from(pages.subarray(0, layout.bytes))
  assert.equal(
    readPage(page, layout, () => {}),
    false,
  )
  page.writeUInt32LE((page.readUInt32LE(8) | 0x8000_0000) >>> 0, 8)
  assert.equal(
    readPage(page, layout, () => {}),
    true,
  )
})
