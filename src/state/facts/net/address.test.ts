import assert from 'node:assert/strict'
import { type AddressInfo, type Server, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { askAddress, splitHostPort } from './address.ts'
import { localWire } from './local-wire.ts'
import { type Wire, WireError } from './wire.ts'

const server: Server = createServer((socket) => socket.end())
let port = 0
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => void server.close())

const reachable = async (
  address: string,
  localAddress: string | null = null,
  wire: Wire = localWire,
): Promise<boolean | string> => {
  const answer = await askAddress(wire, { kind: 'address', address, localAddress, timeoutMs: 1000 })
  return 'value' in answer ? answer.value : answer.error
}

test('tcp is the scheme where none is given, and a version of it must fit the address', async () => {
  for (const address of [`tcp://127.0.0.1:${port}`, `127.0.0.1:${port}`, `tcp4://127.0.0.1:${port}`])
    assert.equal(await reachable(address), true, address)
  for (const address of [
    `tcp6://127.0.0.1:${port}`,
    'tcp://127.0.0.1:1',
    'tcp://127.0.0.1',
    `http://127.0.0.1:${port}`,
    '::1:80',
  ]) {
    assert.equal(await reachable(address), false, address)
  }
})

test('udp says nothing of who listens', async () => {
  assert.equal(await reachable('udp://127.0.0.1:1'), true)
})

test('a local address that is none is passed over, one that is not ours is no', async () => {
  assert.equal(await reachable(`127.0.0.1:${port}`, '127.0.0.1'), true)
  assert.equal(await reachable(`127.0.0.1:${port}`, 'garbage'), true)
  assert.equal(await reachable(`127.0.0.1:${port}`, '203.0.113.9'), false)
})

test('a wire that is broken knows nothing of the address', async () => {
  const broken: Wire = { ...localWire, dial: () => Promise.reject(new WireError('ENOWIRE', 'no forwarding')) }
  assert.equal(await reachable('127.0.0.1:1', null, broken), 'no forwarding')
})

test('ports have well-known names', () => {
  assert.deepEqual(splitHostPort('x:https'), { host: 'x', port: 443 })
  assert.deepEqual(splitHostPort('[::1]:53'), { host: '::1', port: 53 })
  for (const wrong of ['x', 'x:nosuch', 'x:65536', 'a:b:1', '[::1]', '']) assert.equal(splitHostPort(wrong), null, wrong)
})
