import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalAddress, compileBlocks } from './address.ts'

test('an address has one text form', () => {
  assert.equal(canonicalAddress('2001:0DB8:0:0:0:0:0:1'), '2001:db8::1')
  assert.equal(canonicalAddress('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(canonicalAddress('::'), '::')
  assert.equal(canonicalAddress('1:0:0:2:0:0:0:3'), '1:0:0:2::3')
  assert.equal(canonicalAddress('10.0.0.1'), '10.0.0.1')
})

test('what is no address is none', () => {
  for (const text of [
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    'g::',
    '1:2:3:4:5:6:7',
    'example.com',
    '::1%eth0',
  ]) {
    assert.equal(canonicalAddress(text), null, text)
  }
})

test('a block holds its addresses and no others', () => {
  const internal = compileBlocks(['10.0.0.0/8', '192.168.1.7', '2001:db8::/32'])
  for (const address of ['10.255.0.1', '192.168.1.7', '2001:db8:1::9', '::ffff:10.1.2.3'])
    assert.equal(internal(address), true, address)
  for (const address of ['11.0.0.1', '192.168.1.8', '2001:db9::', 'localhost']) assert.equal(internal(address), false, address)
  assert.equal(compileBlocks(['0.0.0.0/0'])('8.8.8.8'), true)
  assert.equal(compileBlocks(['0.0.0.0/0'])('2001:db8::1'), false)
})

test('a block of IPv4 that is written as IPv6 is the block of IPv4', () => {
  const mapped = compileBlocks(['::ffff:10.0.0.0/104', '::ffff:192.168.1.7'])
  for (const address of ['10.255.0.1', '::ffff:10.1.2.3', '192.168.1.7']) assert.equal(mapped(address), true, address)
  for (const address of ['11.0.0.1', '192.168.1.8', '::']) assert.equal(mapped(address), false, address)
  assert.equal(compileBlocks(['::ffff:0:0/96'])('8.8.8.8'), true)
})

test('a block that is none is refused', () => {
  for (const block of [
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'example.com',
    '::/129',
    '::ffff:10.0.0.0/8',
    '::ffff:0:0/95',
    '::ffff:0:0/129',
    '',
  ]) {
    assert.throws(() => compileBlocks([block]), { code: 'format.malformed' }, block)
  }
})
