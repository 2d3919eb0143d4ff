import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import * as fc from 'fast-check'
import type { AnswerOf } from '../../model/fact.ts'
import type { Dialect } from '../../model/resource.ts'
import { DNS_TYPES, type DnsType, decodeResponse, encodeQuery, reverseName } from './dns-message.ts'
import { askDns } from './dns.ts'
import { localWire } from './local-wire.ts'

// A name server of our own, over both ways, that answers by the first label.
type Answer = { readonly code?: number; readonly truncated?: boolean; readonly records?: readonly (readonly [DnsType, Buffer])[] }
const name = (text: string): Buffer =>
  Buffer.concat([...text.split('.').flatMap((label) => [Buffer.of(label.length), Buffer.from(label)]), Buffer.of(0)])
const u16 = (...numbers: number[]): Buffer => Buffer.from(numbers.flatMap((number) => [number >> 8, number & 255]))
const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value, 'latin1')])

const zone: Readonly<Record<string, Answer>> = {
  a: {
    records: [
      ['A', Buffer.of(192, 0, 2, 20)],
      ['A', Buffer.of(192, 0, 2, 3)],
    ],
  },
  six: { records: [['AAAA', Buffer.from('20010db8000000000000000000000010', 'hex')]] },
  alias: {
    records: [
      ['CNAME', name('a.test')],
      ['A', Buffer.of(192, 0, 2, 3)],
    ],
  },
  mail: {
    records: [
      ['MX', Buffer.concat([u16(10), name('b.test')])],
      ['MX', Buffer.concat([u16(5), name('a.test')])],
    ],
  },
  srv: { records: [['SRV', Buffer.concat([u16(0, 5, 443), name('a.test')])]] },
  txt: { records: [['TXT', Buffer.concat([text('one'), text('a "b" \xe9')])]] },
  caa: { records: [['CAA', Buffer.concat([Buffer.of(128), text('issue'), Buffer.from('ca.example')])]] },
  ssh: { records: [['SSHFP', Buffer.from('0401ab', 'hex')]] },
  big: { truncated: true, records: [['A', Buffer.of(192, 0, 2, 9)]] },
  none: { code: 3 },
  broken: { code: 2 },
  refused: { code: 5 },
  // A pointer to itself, and a record that claims more than there is.
  loop: { records: [['CNAME', u16(0xc000 + 12 + 11 + 4 + 12)]] },
  '1': { records: [['PTR', name('a.test')]] },
}

function answerTo(query: Buffer, overTcp: boolean): Buffer | null {
  const length = query.readUInt8(12)
  const label = query.toString('latin1', 13, 13 + length)
  const found = zone[label]
  if (found === undefined) return null
  const head = Buffer.from(query.subarray(0, 12))
  const truncated = found.truncated === true && !overTcp
  head.writeUInt16BE(0x8180 | (found.code ?? 0) | (truncated ? 0x200 : 0), 2)
  const records = truncated ? [] : (found.records ?? [])
  head.writeUInt16BE(records.length, 6)
  const written = records.map(([type, data]) => Buffer.concat([u16(0xc00c, DNS_TYPES[type], 1, 0, 60, data.length), data]))
  return Buffer.concat([head, query.subarray(12), ...written])
}

const udp: Socket = createSocket('udp4')
const tcp: Server = createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const answer = answerTo(chunk.subarray(2), true)
    if (answer !== null) socket.write(Buffer.concat([u16(answer.length), answer]))
  })
})
let server = ''
before(async () => {
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve))
  const { port } = udp.address()
  udp.on('message', (message, from) => {
    const answer = answerTo(message, false)
    if (answer !== null) udp.send(answer, from.port, from.address)
  })
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject)
    tcp.listen(port, '127.0.0.1', resolve)
  })
  server = `127.0.0.1:${(tcp.address() as AddressInfo).port}`
})
after(() => {
  udp.close()
  tcp.close()
})

type Ask = { readonly dialect?: Dialect; readonly timeoutMs?: number; readonly server?: string | null }

function asked(
  host: string,
  type: string | null,
  { dialect = 'runproof', timeoutMs = 1000, server: at = server }: Ask = {},
): Promise<AnswerOf<'dns'>> {
  return askDns(localWire, dialect, { kind: 'dns', name: host, type, server: at, timeoutMs })
}
const records = async (host: string, type: string | null = null, ask: Ask = {}) => {
  const answer = await asked(host, type, ask)
  return 'value' in answer ? answer.value : answer.error
}

test('every type is printed as goss prints it, sorted', async () => {
  assert.deepEqual(await records('a.test', 'A'), ['192.0.2.20', '192.0.2.3'])
  assert.deepEqual(await records('six.test', 'AAAA'), ['2001:db8::10'])
  assert.deepEqual(await records('alias.test', 'CNAME'), ['a.test.'])
  assert.deepEqual(await records('alias.test', 'A'), ['192.0.2.3'])
  assert.deepEqual(await records('mail.test', 'MX'), ['10 b.test.', '5 a.test.'])
  assert.deepEqual(await records('srv.test', 'SRV'), ['0 5 443 a.test.'])
  assert.deepEqual(await records('txt.test', 'TXT'), ['a \\"b\\" \\233', 'one'])
  assert.deepEqual(await records('caa.test', 'CAA'), ['128 issue ca.example'])
  assert.deepEqual(await records('ssh.test', 'SSHFP'), ['4 1 AB'])
  assert.deepEqual(await records('192.0.2.1', 'PTR'), ['a.test.'])
})

test('a type that is none means addresses', async () => {
  assert.deepEqual(await records('a.test', 'BOGUS'), ['192.0.2.20', '192.0.2.3'])
})

test('what does not fit is asked for again over TCP', async () => {
  assert.deepEqual(await records('big.test', 'A'), ['192.0.2.9'])
})

test('no such name is an empty list; a server that fails or refuses is an error, but not for goss', async () => {
  assert.deepEqual(await records('none.test', 'A'), [])
  assert.equal(await records('broken.test', 'A'), `${server} answered SERVFAIL`)
  assert.equal(await records('refused.test'), `${server} answered REFUSED`)
  assert.deepEqual(await records('broken.test', 'A', { dialect: 'goss' }), [])
})

test('silence is an error in the words of goss, and so is what is no name', async () => {
  assert.equal(await records('silent.test', 'A', { timeoutMs: 50 }), 'DNS lookup timed out (50ms)')
  assert.equal(await records('silent.test', null, { timeoutMs: 50, dialect: 'goss' }), 'DNS lookup timed out (50ms)')
  assert.equal(await records('notanip', 'PTR'), 'dns: unrecognized address: notanip')
  assert.equal(await records(`${'x'.repeat(64)}.test`, 'A'), `dns: label too long in ${'x'.repeat(64)}.test`)
  assert.equal(await records('a..test', 'A'), 'dns: empty label in a..test')
  assert.match(String(await records('loop.test', 'CNAME')), /sent what is no answer$/)
})

test('without a server an address is itself and localhost is found', async () => {
  assert.deepEqual(await records('192.0.2.77', 'MX', { server: null }), ['192.0.2.77'])
  assert.ok((await records('localhost', null, { server: null })).includes('127.0.0.1'))
})

test('an IPv6 address is asked backwards, digit by digit', () => {
  assert.equal(reverseName('2001:db8::1'), `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa.`)
  assert.equal(reverseName('x'), null)
})

test('no message makes the reader throw or hang', () => {
  const types = fc.constantFrom(...(Object.keys(DNS_TYPES) as DnsType[]))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), types, fc.nat(4), (tail, type, count) => {
      const head = Buffer.concat([u16(7, 0x8180, 1, count, 0, 0)])
      decodeResponse(Buffer.concat([head, tail]), 7, type)
    }),
  )
})

test('a name that is asked for comes back in the question', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z0-9_-]{1,20}$/), { minLength: 1, maxLength: 5 }), (labels) => {
      const query = encodeQuery(1, labels.join('.'), 'A')
      assert.ok(typeof query !== 'string')
      assert.deepEqual(Buffer.from(query).subarray(12, -4), name(labels.join('.')))
    }),
  )
})
