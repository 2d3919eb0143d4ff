import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../model/act.ts'
import { targetWords } from './words.ts'

const address: Target = { type: 'address', address: '10.0.0.1', name: null, port: 443, protocol: 'tcp', direction: 'out' }
const words: readonly (readonly [Target, string])[] = [
  [{ type: 'binary', path: '/bin/sh', partial: false }, '/bin/sh'],
  [{ type: 'path', path: '/etc/shadow', partial: true }, '/etc/shadow'],
  [{ type: 'capability', name: 'CAP_SYS_ADMIN' }, 'CAP_SYS_ADMIN'],
  [address, '10.0.0.1:443'],
  [{ ...address, name: 'db' }, 'db:443'],
  [{ ...address, address: '2001:db8::1' }, '[2001:db8::1]:443'],
  [{ ...address, address: '2001:db8::1', port: null }, '2001:db8::1'],
  [{ ...address, address: null }, 'unknown address:443'],
]
for (const [target, expected] of words) test(`in words: ${expected}`, () => assert.equal(targetWords(target), expected))
